"""Edges of histograms: round numbers, as many bins as were asked for or fewer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor, log10

#: Widths of bins of days, and of shares.
_DAYS = (1, 2, 5, 7, 10, 14, 20, 30, 50, 60, 90, 100, 180, 200, 365, 500, 730, 1000)
_SHARES = (0.01, 0.02, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5)
#: Steps of a decade, finest first.
_DECADES = ((1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8), (1, 1.5, 2, 3, 5, 7), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,))


def of(axis: str, low: float, high: float, bins: int) -> list[float]:
    """Edges for values from low to high, both included: of recency, frequency, monetary or probability."""
    if axis == "probability":
        width = next(width for width in _SHARES if round(1 / width) <= bins)
        return [round(width * place, 6) for place in range(round(1 / width) + 1)]
    if axis == "recency":
        return _even_edges(low, high, bins)
    return _growing_edges(low, high, bins, whole=axis == "frequency")


def _even_edges(low: float, high: float, bins: int) -> list[float]:
    """Equal widths of whole days."""
    for width in (*_DAYS, *(1000 * 2**power for power in range(1, 40))):
        first, last = floor(low / width), floor(high / width) + 1
        if last - first <= bins:
            return [float(width * place) for place in range(first, last + 1)]
    raise AssertionError("widths without end")


def _growing_edges(low: float, high: float, bins: int, *, whole: bool) -> list[float]:
    """Widths that grow with the values, from 1 on; one more bin holds what is below."""
    for steps in _DECADES:
        found = _trim(_decades(high, steps, whole), low)
        if len(found) - 1 <= bins:
            return found
    return [found[0], found[-1]] if bins < 2 or len(found) < 3 else [found[0], *found[-bins:]]


def _decades(high: float, steps: Sequence[float], whole: bool) -> list[float]:
    """1, 2, 5, 10, 20, 50 ... up to the first edge above high."""
    top = max(1, ceil(log10(max(high, 1))) + 1)
    found = sorted({float(step * 10**power) for power in range(top + 1) for step in steps})
    if whole:
        found = [edge for edge in found if edge == int(edge)]
    last = next(place for place, edge in enumerate(found) if edge > high)
    return found[: max(last, 1) + 1]


def _trim(edges: list[float], low: float) -> list[float]:
    """Without empty bins at the start; with one for values below the first edge."""
    if low < edges[0]:
        return [float(floor(low)), *edges]
    first = max((place for place, (start, _) in enumerate(pairwise(edges)) if start <= low), default=0)
    return edges[first:]
