"""Lifetime value: expected net revenue of a customer's next twelve months."""
