"""Periods of order days and what each is compared with. `tests/spec/metrics/test_periods.py` shows them day by day."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

#: The last 7, 30 or 90 days; the month, quarter or year of the last day of data, from its first day on; the year before.
#: Quarters and years are those of the fiscal year.
PeriodName = Literal["7d", "30d", "90d", "month", "quarter", "year_to_date", "last_year"]
PERIODS: tuple[str, ...] = get_args(PeriodName)
Unit = Literal["week", "month", "quarter", "year"]
Comparison = Literal["previous", "last_year"]

_UNITS: dict[str, Unit] = {"month": "month", "quarter": "quarter", "year_to_date": "year", "last_year": "year"}
_MONTHS: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}
WEEKS_A_YEAR = 52


@dataclass(frozen=True, slots=True)
class Period:
    """Order days from `first` to `last`, both included. `unit`: they begin a week, month, fiscal quarter or fiscal year, or are
    all of it."""

    first: date
    last: date
    unit: Unit | None = None

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def is_complete(self) -> bool:
        """Whether the unit has ended; a period of no unit is always complete."""
        return self.unit is None or self.last == end_of(self.first, self.unit)

    def compared(self, comparison: Comparison) -> Period:
        """What it is compared with."""
        return previous(self) if comparison == "previous" else last_year(self)

    def counterpart(self, part: Period) -> Period:
        """The days of the previous period that stand where `part` stands in this one: counted in months for a month of a
        quarter or year, in days otherwise; never beyond the previous period."""
        before = previous(self)
        if self.unit in ("quarter", "year") and part.unit == "month":
            first = _add_months(part.first, -_MONTHS[self.unit])
            last = end_of(first, "month") if part.is_complete else first + timedelta(days=part.days - 1)
        else:
            first, last = (before.first + (day - self.first) for day in (part.first, part.last))
        return Period(first, before.last if part.last == self.last else min(last, before.last))


def resolve(name: PeriodName, as_of: date, year_start: int = 1) -> Period:
    """A named period in data that ends the day before `as_of`. `year_start`: the month the fiscal year starts with."""
    last = as_of - timedelta(days=1)
    if (unit := _UNITS.get(name)) is None:
        return Period(last - timedelta(days=int(name.removesuffix("d")) - 1), last)
    first = start_of(last, unit, year_start)
    if name == "last_year":
        return Period(_add_months(first, -12), first - timedelta(days=1), unit)
    return Period(first, last, unit)


def start_of(day: date, unit: Unit, year_start: int = 1) -> date:
    """The first day of the week (from Monday), month, fiscal quarter or fiscal year a day is in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return _add_months(day.replace(day=1), -((day.month - year_start) % _MONTHS[unit]))


def end_of(first: date, unit: Unit) -> date:
    """The last day of the unit that begins on `first`."""
    if unit == "week":
        return first + timedelta(days=6)
    return _add_months(first, _MONTHS[unit]) - timedelta(days=1)


def previous(period: Period) -> Period:
    """The period just before: as many days, or for a complete calendar unit the whole unit before.

    An incomplete unit is compared with the same number of days from the beginning of the unit before; where that unit is
    shorter (30 days of March), with the days that end with it.
    """
    if period.unit is None:
        return Period(period.first - timedelta(days=period.days), period.first - timedelta(days=1))
    before = period.first - timedelta(days=1)
    is_week = period.unit == "week"
    first = period.first - timedelta(weeks=1) if is_week else _add_months(period.first, -_MONTHS[period.unit])
    if period.is_complete:
        return Period(first, before, period.unit)
    last = first + timedelta(days=period.days - 1)
    if last > before:
        return Period(before - timedelta(days=period.days - 1), before)
    return Period(first, last, period.unit)


def last_year(period: Period) -> Period:
    """The same period a year before: from the same date on (29 February: from the 28th), with the same number of days.

    A complete month, quarter or year is compared with the whole unit; a week with the one 52 weeks before, so that the days
    of the week agree.
    """
    if period.unit == "week":
        shift = timedelta(weeks=WEEKS_A_YEAR)
        return Period(period.first - shift, period.last - shift, "week")
    first = _add_months(period.first, -12)
    if period.unit is not None and period.is_complete:
        return Period(first, end_of(first, period.unit), period.unit)
    return Period(first, first + timedelta(days=period.days - 1), period.unit)


def bucket(first: date, unit: Unit, within: Period) -> Period:
    """The part of the calendar unit that begins on `first` which lies within a period; complete when that is all of it.

    A part that begins later than its unit has no unit: it is compared day by day.
    """
    start, last = max(first, within.first), min(end_of(first, unit), within.last)
    return Period(start, last, unit if start == first else None)


def _add_months(day: date, months: int) -> date:
    """The same day some months later, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
