"""The snapshot room: an immutable DuckDB file built from the truth as of a day."""
