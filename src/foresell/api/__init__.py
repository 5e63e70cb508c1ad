"""The API: one file per resource. It shows what was written and computes nothing of its own."""
