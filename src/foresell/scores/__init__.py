"""The scores room: what the snapshot says about each customer."""
