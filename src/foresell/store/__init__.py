"""The store: PostgreSQL, the system of record, and its only writer."""
