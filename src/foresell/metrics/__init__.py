"""The metrics room: one .sql per question asked of a run, its rows and its figures side by side, so that they cannot drift apart."""
