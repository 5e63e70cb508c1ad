"""Local imitations of vendors' services, for tests and demonstrations: seeded data, and the faults that the real ones have."""
