"""Intervals of shares."""

from __future__ import annotations

import math

#: Half the width of the interval that holds 95 % of a normal distribution, in standard deviations.
Z = 1.959964


def wilson_interval(right: int, total: int) -> tuple[float, float]:
    """The interval in which a share lies with 95 % confidence, for any number of observations (Wilson 1927); 0 to 1 for none."""
    if not total:
        return 0.0, 1.0
    share, spread = right / total, Z * Z / total
    middle = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def wilson(right: int, total: int) -> dict[str, float | None]:
    """A share with its interval: share, low, high; None without observations."""
    if not total:
        return {"share": None, "low": None, "high": None}
    low, high = wilson_interval(right, total)
    return {"share": right / total, "low": low, "high": high}
