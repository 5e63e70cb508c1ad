"""The sales forecast: week, month and quarter totals of net revenue and orders.

Last year's sales per trading day around the same date, times this year's trading days, times the growth of the last
eight weeks over the same weeks a year ago, damped. Measured against AutoETS, AutoARIMA, Theta and MSTL it won on months
and quarters (benchmarks/forecast_peers.py); weeks and days are less exact. With less than fifteen months of
history there is no year to compare with: the level of the last eight weeks is carried forward, and the forecast says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foresell.errors import NotReady
from foresell.scores.forecast.trading_days import Days, open_days
from foresell.sql import read_sql

Floats = NDArray[np.float64]

TARGETS = ("revenue", "orders")

#: 52 weeks: the same weekday a year ago.
_YEAR = 364
#: Half the width of the window around that day, and the weeks over which growth is measured.
_AROUND, _RECENT = 10, 56
#: Fifteen months: a year, the eight weeks before it, and something to smooth over. Below three there is no level either.
_FULL_HISTORY, _LEAST_HISTORY = 455, 84
#: Growth beyond this compares with a year-ago window that was nearly empty.
_GROWTH = (0.2, 5.0)
#: Half of the growth (in logs) is taken to last: between "as last year" and "it goes on like this". Measured on the
#: nine months of 2011 in Online Retail II: .90 at 0, .92 at 0.5, .91 at 1; any width of the windows agrees.
_LASTING = 0.5

SCHEMA = pa.schema(
    [
        ("grain", pa.string()),  # week | month | quarter
        ("starts", pa.date32()),
        ("ends", pa.date32()),  # the first day after it
        ("target", pa.string()),  # revenue | orders
        ("known", pa.float64()),  # what of it lies before as_of
        ("expected", pa.float64()),  # the whole, known part included
        ("low", pa.float64()),  # 80 % interval; null where history is too short to have seen errors
        ("high", pa.float64()),
        ("method", pa.string()),  # year_on_year | level
        ("note", pa.string()),  # what to keep in mind, or empty
    ]
)


@dataclass(frozen=True, slots=True)
class Sales:
    """Daily takings up to `as_of`: arrays with one value per day from `first` on, `is_open` reaching 400 days further."""

    first: date
    as_of: date
    revenue: Floats
    orders: Floats
    is_open: Days
    country: str | None

    @property
    def days(self) -> int:
        """How many days are known."""
        return len(self.orders)

    def until(self, as_of: date) -> Sales:
        """The same shop as it was known on an earlier day, trading days included."""
        days = (as_of - self.first).days
        return known_sales(self.first, self.revenue[:days], self.orders[:days], self.country)


def read_sales(con: duckdb.DuckDBPyConnection, as_of: date) -> Sales:
    """Daily takings from the snapshot, strictly before `as_of`. Raises NotReady where there are none or too few."""
    rows = con.sql(read_sql("foresell.scores.training", "daily_sales.sql"), params={"as_of": as_of}).to_arrow_table()
    if rows.num_rows < _LEAST_HISTORY:
        missing = ceil((_LEAST_HISTORY - rows.num_rows) / 30.4)
        raise NotReady(
            f"A forecast needs at least 3 months of sales; there are {rows.num_rows} days before {as_of}.",
            remedy=f"It needs {missing} more month{'s' if missing > 1 else ''}.",
        )
    orders = rows["orders"].to_numpy().astype(np.float64)
    silent = int(rows.num_rows - 1 - np.flatnonzero(orders)[-1]) if orders.any() else rows.num_rows
    if silent >= _RECENT:
        raise NotReady(
            f"There are no orders in the last {silent} days before {as_of}, so there is no level to forecast from.",
            remedy="Load newer sales, or ask about an earlier date.",
        )
    return known_sales(rows["day"][0].as_py(), rows["revenue"].to_numpy(), orders, rows["country"][0].as_py())


def known_sales(first: date, revenue: Floats, orders: Floats, country: str | None) -> Sales:
    """Takings with the trading days they teach, known and for 400 days ahead."""
    as_of = first + timedelta(days=len(orders))
    is_open = open_days(orders, first, as_of + timedelta(days=400), country)
    return Sales(first, as_of, np.asarray(revenue, dtype=np.float64), orders, is_open, country)


def forecast(con: duckdb.DuckDBPyConnection, as_of: date) -> pa.Table:
    """Totals of the current and coming weeks (4), months (4) and quarters (2): one row per period and target, see SCHEMA.

    The 80 % interval is split-conformal: the errors that the same method, the same number of days ahead, made at
    weekly origins of the past. Raises NotReady where history is too short or has ended.
    """
    sales = read_sales(con, as_of)
    past = origins(sales)
    rows = [_row(sales, past, *period, target) for period in _periods(as_of) for target in TARGETS]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def expected_total(sales: Sales, starts: date, ends: date, target: str = "revenue") -> float:
    """Expected takings of [starts, ends), both on or after `sales.as_of` and within a year of it."""
    days = [day for day in range((starts - sales.first).days, (ends - sales.first).days) if sales.is_open[day]]
    values = sales.revenue if target == "revenue" else sales.orders
    per_day = _mean(values, sales.is_open, sales.days - _RECENT, sales.days)
    if sales.days < _FULL_HISTORY:
        return max(0.0, per_day * len(days))
    year_ago = _mean(values, sales.is_open, sales.days - _RECENT - _YEAR, sales.days - _YEAR)
    growth = float(np.clip(per_day / year_ago, *_GROWTH)) ** _LASTING if year_ago > 0 else 1.0
    around = [_mean(values, sales.is_open, day - _YEAR - _AROUND, day - _YEAR + _AROUND + 1) for day in days]
    return max(0.0, growth * float(np.sum(around)))


def origins(sales: Sales, every: int = 7) -> list[Sales]:
    """The shop as it was known every `every` days, wherever today's method could have been used; newest first."""
    days = range(sales.days - every, shortest_history(sales) - 1, -every)
    return [sales.until(sales.first + timedelta(days=day)) for day in days]


def shortest_history(sales: Sales) -> int:
    """How many days of history the method that serves these sales asks for."""
    return _FULL_HISTORY if sales.days >= _FULL_HISTORY else _LEAST_HISTORY


def errors(sales: Sales, past: list[Sales], lead: int, length: int, target: str) -> Floats:
    """Relative errors |actual / expected - 1| of totals over `length` days starting `lead` days after each past origin."""
    values = sales.revenue if target == "revenue" else sales.orders
    found = []
    for then in past:
        starts, first = then.as_of + timedelta(days=lead), then.days + lead
        if first + length <= sales.days:
            expected = expected_total(then, starts, starts + timedelta(days=length), target)
            found.append(abs(values[first : first + length].sum() / expected - 1) if expected > 0 else np.inf)
    return np.array(found, dtype=np.float64)


def half_width(found: Floats) -> float | None:
    """The split-conformal half width of an 80 % interval, relative to the forecast; None with fewer than four errors."""
    rank = ceil(0.8 * (len(found) + 1))
    width = float(np.sort(found)[rank - 1]) if rank <= len(found) else np.inf
    return width if np.isfinite(width) else None


def _row(sales: Sales, past: list[Sales], grain: str, starts: date, ends: date, target: str) -> dict[str, object]:
    """One row of SCHEMA."""
    values = sales.revenue if target == "revenue" else sales.orders
    known = float(values[max(0, (starts - sales.first).days) :].sum()) if starts < sales.as_of else 0.0
    ahead = max(starts, sales.as_of)
    coming = expected_total(sales, ahead, ends, target)
    width = half_width(errors(sales, past, (ahead - sales.as_of).days, (ends - ahead).days, target))
    return {
        "grain": grain,
        "starts": starts,
        "ends": ends,
        "target": target,
        "known": known,
        "expected": known + coming,
        "low": None if width is None else known + coming * max(0.0, 1 - width),
        "high": None if width is None else known + coming * (1 + width),
        "method": "year_on_year" if sales.days >= _FULL_HISTORY else "level",
        "note": " ".join(_notes(sales, grain, width)),
    }


def _notes(sales: Sales, grain: str, width: float | None) -> list[str]:
    """What a reader should keep in mind about one row, in sentences."""
    notes = []
    if sales.days < _FULL_HISTORY:
        months = ceil((_FULL_HISTORY - sales.days) / 30.4)
        notes.append(f"Needs {months} more month{'s' if months > 1 else ''} of history to include the season.")
    if grain == "week":
        notes.append("Weeks are less exact than months.")
    if width is None:
        notes.append("Too little history for an interval.")
    return notes


def _periods(as_of: date) -> list[tuple[str, date, date]]:
    """The current and coming periods as (grain, first day, day after the last)."""
    monday, month = as_of - timedelta(days=as_of.weekday()), as_of.replace(day=1)
    quarter = month.replace(month=3 * ((month.month - 1) // 3) + 1)
    return [
        *(("week", monday + timedelta(days=7 * n), monday + timedelta(days=7 * n + 7)) for n in range(4)),
        *(("month", months_later(month, n), months_later(month, n + 1)) for n in range(4)),
        *(("quarter", months_later(quarter, n), months_later(quarter, n + 3)) for n in (0, 3)),
    ]


def months_later(month: date, count: int) -> date:
    """The first of the month `count` months after a first of month."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def _mean(values: Floats, is_open: Days, start: int, end: int) -> float:
    """Takings per trading day in [start, end), as far as known; 0 where the shop never opened."""
    start, end = max(start, 0), min(end, len(values))
    trading = int(is_open[start:end].sum())
    return float(values[start:end].sum()) / trading if trading else 0.0
