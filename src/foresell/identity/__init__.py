"""Which records are one customer: normalization, matching, clustering, and merges that can be undone."""
