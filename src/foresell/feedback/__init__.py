"""What customers say: the sentiment of a text, and reviews and mentions as they are stored. Knows the store by SQL only."""
