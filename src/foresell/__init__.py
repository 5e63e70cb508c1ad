"""Foresell: one trustworthy record per customer, who will buy next, what it is worth, and how often that was right."""

__version__ = "0.2.0"
