"""Sources: outside systems Foresell reads. `contract` says what a source is; each kind has a package of its own."""
