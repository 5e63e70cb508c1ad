"""Scores: values computed for each customer from the snapshot."""
