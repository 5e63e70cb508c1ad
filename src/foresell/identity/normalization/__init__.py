"""Normalization of customer records, used by the batch and on arrival: plain Python, one record at a time."""

from foresell.identity.normalization.records import normalize
from foresell.identity.normalization.shared_values import shared_values

__all__ = ["normalize", "shared_values"]
