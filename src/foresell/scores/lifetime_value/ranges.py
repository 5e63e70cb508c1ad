"""The likely range of a value: what customers of the same decile of value went on to spend, at the latest period that has ended.

A single customer's year is mostly chance, and no model of single customers says how much: the past does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DECILES = 10
QUANTILES = (0.1, 0.9)


@dataclass(frozen=True, slots=True)
class DecileRanges:
    """For each decile of value, highest first, the 10 % and the 90 % quantile of actual / predicted revenue."""

    low: tuple[float, ...]
    high: tuple[float, ...]

    def around(self, value: Floats) -> tuple[Floats, Floats]:
        """(low, high) of each value, in its order; the value itself lies inside."""
        low, high = np.zeros(len(value)), np.zeros(len(value))
        for part, least, most in zip(_split_deciles(value), self.low, self.high, strict=True):
            low[part], high[part] = value[part] * min(least, 1.0), value[part] * max(most, 1.0)
        return low, high


def measure_ranges(predicted: Floats, actual: Floats) -> DecileRanges:
    """The quantiles of one ended period; revenue below nothing counts as nothing."""
    low, high = [], []
    for part in _split_deciles(predicted):
        some = part[predicted[part] > 0]
        ratio = np.maximum(actual[some], 0.0) / predicted[some]
        least, most = np.quantile(ratio, QUANTILES) if len(ratio) else (0.0, 1.0)
        low.append(float(least))
        high.append(float(most))
    return DecileRanges(tuple(low), tuple(high))


def _split_deciles(value: Floats) -> list[NDArray[np.intp]]:
    """The places of the values by decile, highest first; ties by position."""
    return np.array_split(np.argsort(-value, kind="stable"), DECILES)
