"""RFM: recency, frequency and monetary value, five classes each, and the segment of each combination."""
