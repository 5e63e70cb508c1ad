"""The shop's own season as a clock: a week in December may hold as many purchases as two in January.

Purchases are timed by this clock before a repeat-purchase model sees them, so that a customer who is silent in the quiet
weeks is not taken for lost, and a coming high season counts for as much as it will bring.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

YEAR = 364
_NEIGHBOURS = 2


@dataclass(frozen=True, slots=True)
class Season:
    """How busy each of the last 52 weeks was, oldest first, 1.0 being the mean; repeats for ever in both directions."""

    weeks: tuple[float, ...]

    def back(self, days: ArrayLike) -> Floats:
        """Season days in the last `days` calendar days before the season's end."""
        return _sum_daily_rates(np.repeat(self.weeks[::-1], 7), days)

    def ahead(self, days: ArrayLike) -> Floats:
        """Season days in the coming `days` calendar days."""
        return _sum_daily_rates(np.repeat(self.weeks, 7), days)


FLAT = Season((1.0,) * 52)


def season_of(purchases: ArrayLike) -> Season:
    """The season of a shop with these purchases per day, oldest first and without gaps: the last 364 days count.

    A week is the mean of itself and two weeks to each side, the year being a circle. With less than 364 days, or
    nothing sold, the clock runs evenly.
    """
    daily = np.asarray(purchases, dtype=np.float64)[-YEAR:]
    if len(daily) < YEAR or daily.sum() <= 0:
        return FLAT
    weekly = daily.reshape(52, 7).sum(axis=1)
    smooth = np.mean([np.roll(weekly, shift) for shift in range(-_NEIGHBOURS, _NEIGHBOURS + 1)], axis=0)
    return Season(tuple((smooth / smooth.mean()).tolist()))


def _sum_daily_rates(rates: Floats, days: ArrayLike) -> Floats:
    """The sum of the first `days` daily rates, which repeat after a year; fractions of a day count in full measure."""
    total = np.concatenate([[0.0], np.cumsum(rates)])
    years, rest = np.divmod(np.asarray(days, dtype=np.float64), YEAR)
    return np.asarray(years * total[-1] + np.interp(rest, np.arange(YEAR + 1), total), dtype=np.float64)
