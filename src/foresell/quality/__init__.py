"""The quality of what batches bring: profiles of their columns, and what differs from earlier batches."""
