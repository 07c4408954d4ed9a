"""The key figures of the room: descriptions over pure functions; never does I/O and never reads a clock."""
