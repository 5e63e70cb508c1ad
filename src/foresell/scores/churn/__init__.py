"""Churn: the chance of no order within 90 and 180 days."""
