"""The truth room: PostgreSQL, the system of record, and its only writer."""
