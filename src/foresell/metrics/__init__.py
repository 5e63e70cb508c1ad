"""Metrics: one .sql file each, with the rows and the result computed from them, so that they cannot drift apart."""
