"""What screens look like; never touches a store, a socket or a clock."""
