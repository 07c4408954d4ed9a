"""One file for each kind of tile of a wall."""
