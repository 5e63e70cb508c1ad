"""Forecast: expected net revenue and orders of the shop by week, month and quarter."""
