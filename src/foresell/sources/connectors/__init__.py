"""Sources that are read over the network or watched on disk. To add one: a module here, and a line in the catalogue."""
