"""The demo room: a believable shop that does not exist."""
