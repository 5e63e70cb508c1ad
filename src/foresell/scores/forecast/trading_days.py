"""On which days the shop trades: weekdays, public holidays and yearly closures, learned from its own sales.

A quiet day is not a closed day: a shop with two orders a week has no sales on most days. Only a silence too long to be
chance for this shop counts as a closure.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.bool_]

#: A weekday, or the public holidays, with less than this share of a usual day's orders: closed.
_HARDLY = 0.1

#: A closure swallows at least this many usual orders (chance: e^-10); one that returns each year, this many days.
_CLOSURE_DAYS, _CLOSURE_ORDERS = 3, 10.0

#: Where holidays differ inside a country, the part most of its trade comes from.
_PART = {"GB": "ENG", "DE": "NW", "CA": "ON", "AU": "NSW", "ES": "MD", "CH": "ZH"}


def open_days(orders: NDArray[np.float64], first: date, until: date, country: str | None) -> Days:
    """Whether the shop trades, one value per day from `first` up to (not including) `until`.

    `orders` counts the orders of each known day from `first` on; later days follow what those teach: closed weekdays,
    public holidays of `country` (a code or an English name; unknown ones have none) where the shop kept them, and
    closures repeated on the same dates of the year.
    """
    known, total = len(orders), (until - first).days
    weekday = (first.weekday() + np.arange(total)) % 7
    closed = _closed_weekdays(orders[-364:], weekday[:known][-364:])[weekday]
    holiday = _holidays(first, total, country)
    trading = orders[~closed[:known]]
    usual = float(trading.mean()) if trading.size else 0.0
    observed = orders[holiday[:known] & ~closed[:known]]
    if observed.size and observed.mean() < _HARDLY * usual:
        closed |= holiday
    yearly = _closures(orders, closed[:known], usual, _CLOSURE_DAYS)
    closed[:known] |= _closures(orders, closed[:known], usual, 1)
    if yearly.any():
        again = [_closed_last_year(first, ahead, yearly) for ahead in range(known, total)]
        closed[known:] |= np.array(again, dtype=np.bool_)
    return ~closed


def _closed_weekdays(orders: NDArray[np.float64], weekday: NDArray[np.int64]) -> Days:
    """Which of Monday ... Sunday have hardly any orders."""
    count = np.bincount(weekday, minlength=7)
    mean = np.bincount(weekday, weights=orders, minlength=7) / np.maximum(count, 1)
    return np.asarray((count >= 4) & (mean < _HARDLY * mean.max()), dtype=np.bool_)


def _holidays(first: date, total: int, country: str | None) -> Days:
    """Which days are public holidays in `country`."""
    found = np.zeros(total, dtype=np.bool_)
    for year in range(first.year, (first + timedelta(days=total)).year + 1):
        days = _holidays_of(country, year) - first.toordinal()
        found[days[(days >= 0) & (days < total)]] = True
    return found


@lru_cache(maxsize=1000)
def _holidays_of(country: str | None, year: int) -> NDArray[np.int64]:
    """The public holidays of a year as ordinals; none where the country is unknown."""
    try:
        code = (country or "").strip()
        code = code if len(code) == 2 else getattr(holidays, code.title().replace(" ", "")).country
        calendar = holidays.country_holidays(code.upper(), subdiv=_PART.get(code.upper()), years=year)
    except (AttributeError, NotImplementedError, TypeError):
        return np.empty(0, dtype=np.int64)
    return np.array([day.toordinal() for day in calendar], dtype=np.int64)


def _closures(orders: NDArray[np.float64], closed: Days, usual: float, least: int) -> Days:
    """Days inside a silence too long to be chance, with at least `least` days that would have been trading days.

    Days closed anyway do not break a silence, nor begin or end one. A single day next to Easter is one, but comes back on another date.
    """
    silent = np.flatnonzero(np.diff(np.concatenate([[0], (orders == 0).astype(np.int8), [0]])))
    found = np.zeros(len(orders), dtype=np.bool_)
    for start, end in zip(silent[::2], silent[1::2], strict=True):
        missed = start + np.flatnonzero(~closed[start:end])
        if len(missed) >= least and len(missed) * usual >= _CLOSURE_ORDERS:
            found[missed[0] : missed[-1] + 1] = True
    return found


def _closed_last_year(first: date, day: int, closures: Days) -> bool:
    """Whether the shop was in a closure on this date of the year before, as far as that is known."""
    today = first + timedelta(days=day)
    before = (date(today.year - 1, today.month, min(today.day, 28) if today.month == 2 else today.day) - first).days
    return bool(0 <= before < len(closures) and closures[before])
