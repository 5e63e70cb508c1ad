"""Snapshots: immutable DuckDB files built from the database as of a day."""
