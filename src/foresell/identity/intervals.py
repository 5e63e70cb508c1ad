"""Intervals of shares."""

from __future__ import annotations

#: 95 % of a normal distribution are within so many standard deviations.
Z = 1.959964


def wilson(successes: int, trials: int) -> dict[str, float | None]:
    """The share of successes with its 95 % score interval (Wilson 1927): share, low, high; None without trials."""
    if not trials:
        return {"share": None, "low": None, "high": None}
    share, weight = successes / trials, Z * Z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = Z / (1 + weight) * (share * (1 - share) / trials + weight / (4 * trials)) ** 0.5
    return {"share": share, "low": middle - half, "high": middle + half}
