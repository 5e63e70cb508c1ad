"""What leaves Foresell as a file."""
