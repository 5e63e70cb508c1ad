"""Periods and what they are compared with, day by day: month lengths, leap days, periods that have not ended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from foresell.metrics.periods import Comparison, Period, PeriodName, Unit, bucket, end_of, resolve, start_of

#: period, as_of: first day, last day, complete? | previous period | same period last year
TABLE = """
7d            2024-03-08: 2024-03-01 2024-03-07 yes | 2024-02-23 2024-02-29 | 2023-03-01 2023-03-07
30d           2024-03-31: 2024-03-01 2024-03-30 yes | 2024-01-31 2024-02-29 | 2023-03-01 2023-03-30
30d           2024-03-15: 2024-02-14 2024-03-14 yes | 2024-01-15 2024-02-13 | 2023-02-14 2023-03-15
30d           2024-03-30: 2024-02-29 2024-03-29 yes | 2024-01-30 2024-02-28 | 2023-02-28 2023-03-29
90d           2025-01-01: 2024-10-03 2024-12-31 yes | 2024-07-05 2024-10-02 | 2023-10-03 2023-12-31
month         2011-12-10: 2011-12-01 2011-12-09 no  | 2011-11-01 2011-11-09 | 2010-12-01 2010-12-09
month         2024-03-01: 2024-02-01 2024-02-29 yes | 2024-01-01 2024-01-31 | 2023-02-01 2023-02-28
month         2023-03-01: 2023-02-01 2023-02-28 yes | 2023-01-01 2023-01-31 | 2022-02-01 2022-02-28
month         2024-02-29: 2024-02-01 2024-02-28 no  | 2024-01-01 2024-01-28 | 2023-02-01 2023-02-28
month         2023-03-31: 2023-03-01 2023-03-30 no  | 2023-01-30 2023-02-28 | 2022-03-01 2022-03-30
month         2024-04-01: 2024-03-01 2024-03-31 yes | 2024-02-01 2024-02-29 | 2023-03-01 2023-03-31
month         2024-01-02: 2024-01-01 2024-01-01 no  | 2023-12-01 2023-12-01 | 2023-01-01 2023-01-01
quarter       2024-05-16: 2024-04-01 2024-05-15 no  | 2024-01-01 2024-02-14 | 2023-04-01 2023-05-15
quarter       2024-04-01: 2024-01-01 2024-03-31 yes | 2023-10-01 2023-12-31 | 2023-01-01 2023-03-31
quarter       2024-06-30: 2024-04-01 2024-06-29 no  | 2024-01-01 2024-03-30 | 2023-04-01 2023-06-29
year_to_date  2024-03-02: 2024-01-01 2024-03-01 no  | 2023-01-01 2023-03-02 | 2023-01-01 2023-03-02
year_to_date  2023-03-02: 2023-01-01 2023-03-01 no  | 2022-01-01 2022-03-01 | 2022-01-01 2022-03-01
year_to_date  2025-01-01: 2024-01-01 2024-12-31 yes | 2023-01-01 2023-12-31 | 2023-01-01 2023-12-31
last_year     2025-03-02: 2024-01-01 2024-12-31 yes | 2023-01-01 2023-12-31 | 2023-01-01 2023-12-31
"""

#: As above, with the month the fiscal year starts with.
FISCAL = """
year_to_date  4 2024-05-16: 2024-04-01 2024-05-15 no  | 2023-04-01 2023-05-15 | 2023-04-01 2023-05-15
year_to_date  4 2024-03-31: 2023-04-01 2024-03-30 no  | 2022-04-01 2023-03-31 | 2022-04-01 2023-03-31
year_to_date  4 2024-04-01: 2023-04-01 2024-03-31 yes | 2022-04-01 2023-03-31 | 2022-04-01 2023-03-31
last_year     4 2024-03-02: 2022-04-01 2023-03-31 yes | 2021-04-01 2022-03-31 | 2021-04-01 2022-03-31
quarter       2 2024-05-01: 2024-02-01 2024-04-30 yes | 2023-11-01 2024-01-31 | 2023-02-01 2023-04-30
quarter       2 2024-01-16: 2023-11-01 2024-01-15 no  | 2023-08-01 2023-10-15 | 2022-11-01 2023-01-15
quarter      12 2024-02-11: 2023-12-01 2024-02-10 no  | 2023-09-01 2023-11-11 | 2022-12-01 2023-02-10
month         4 2024-03-11: 2024-03-01 2024-03-10 no  | 2024-02-01 2024-02-10 | 2023-03-01 2023-03-10
"""

#: period, fiscal year, as_of, unit of the bars: the days at the place of each bar in the previous period
COUNTERPARTS = """
quarter       1 2024-05-16 month: 2024-01-01 2024-01-31 | 2024-02-01 2024-02-14
quarter       1 2024-07-01 month: 2024-01-01 2024-01-31 | 2024-02-01 2024-02-29 | 2024-03-01 2024-03-31
quarter       2 2024-05-01 month: 2023-11-01 2023-11-30 | 2023-12-01 2023-12-31 | 2024-01-01 2024-01-31
month         1 2024-03-31 month: 2024-01-31 2024-02-29
30d           1 2024-03-15 month: 2024-01-15 2024-01-30 | 2024-01-31 2024-02-13
7d            1 2024-03-08 week:  2024-02-23 2024-02-25 | 2024-02-26 2024-02-29
"""

#: chosen days | previous period | same period last year
CHOSEN = """
2024-02-29 2024-02-29 | 2024-02-28 2024-02-28 | 2023-02-28 2023-02-28
2023-02-28 2023-02-28 | 2023-02-27 2023-02-27 | 2022-02-28 2022-02-28
2024-11-01 2024-11-30 | 2024-10-02 2024-10-31 | 2023-11-01 2023-11-30
2024-12-25 2025-01-05 | 2024-12-13 2024-12-24 | 2023-12-25 2024-01-05
"""

#: unit, its first day, the days that are shown: days of the bar, complete? | same days last year
BARS = """
month 2011-11-01 2011-01-01 2011-12-09: 2011-11-01 2011-11-30 yes | 2010-11-01 2010-11-30
month 2011-12-01 2011-01-01 2011-12-09: 2011-12-01 2011-12-09 no  | 2010-12-01 2010-12-09
month 2011-01-01 2011-01-20 2011-12-09: 2011-01-20 2011-01-31 no  | 2010-01-20 2010-01-31
month 2024-02-01 2024-01-01 2024-12-31: 2024-02-01 2024-02-29 yes | 2023-02-01 2023-02-28
week  2024-12-30 2024-01-01 2025-01-05: 2024-12-30 2025-01-05 yes | 2024-01-01 2024-01-07
week  2024-12-30 2024-01-01 2025-01-01: 2024-12-30 2025-01-01 no  | 2024-01-01 2024-01-03
"""


def lines(table: str) -> list[list[str]]:
    return [line.replace(":", "").replace("|", "").split() for line in table.strip().splitlines()]


def days_of(period: Period) -> list[str]:
    return [period.first.isoformat(), period.last.isoformat()]


def check(period: Period, *expected: list[str]) -> None:
    comparisons: tuple[Comparison, ...] = ("previous", "last_year")
    assert [days_of(period.compared(comparison)) for comparison in comparisons] == list(expected)
    if not period.is_complete:
        assert all(period.compared(comparison).days == period.days for comparison in comparisons)


@pytest.mark.parametrize("row", lines(TABLE), ids=lambda row: f"{row[0]} {row[1]}")
def test_a_named_period(row: list[str]) -> None:
    names: list[PeriodName] = [row[0]]  # type: ignore[list-item]
    period = resolve(names[0], date.fromisoformat(row[1]))
    assert [*days_of(period), "yes" if period.is_complete else "no"] == row[2:5]
    check(period, row[5:7], row[7:9])


@pytest.mark.parametrize("row", lines(FISCAL), ids=lambda row: f"{row[0]} {row[2]} from month {row[1]}")
def test_a_named_period_of_the_fiscal_year(row: list[str]) -> None:
    names: list[PeriodName] = [row[0]]  # type: ignore[list-item]
    period = resolve(names[0], date.fromisoformat(row[2]), int(row[1]))
    assert [*days_of(period), "yes" if period.is_complete else "no"] == row[3:6]
    assert [days_of(period.compared("previous")), days_of(period.compared("last_year"))] == [row[6:8], row[8:10]]


@pytest.mark.parametrize("row", lines(COUNTERPARTS), ids=lambda row: f"{row[0]} {row[2]} by {row[3]}")
def test_bars_are_compared_with_the_days_at_their_place_in_the_previous_period(row: list[str]) -> None:
    names: list[PeriodName] = [row[0]]  # type: ignore[list-item]
    unit: list[Unit] = [row[3]]  # type: ignore[list-item]
    period = resolve(names[0], date.fromisoformat(row[2]), int(row[1]))
    bars, first = [], start_of(period.first, unit[0])
    while first <= period.last:
        bars.append(bucket(first, unit[0], period))
        first = end_of(first, unit[0]) + timedelta(days=1)
    days = [day for bar in bars for day in days_of(period.counterpart(bar))]
    assert days == row[4:]
    assert [days[0], days[-1]] == days_of(period.compared("previous")), "together they are the previous period"


@pytest.mark.parametrize("row", lines(CHOSEN), ids=lambda row: f"{row[0]} {row[1]}")
def test_chosen_days(row: list[str]) -> None:
    check(Period(date.fromisoformat(row[0]), date.fromisoformat(row[1])), row[2:4], row[4:6])


@pytest.mark.parametrize("row", lines(BARS), ids=lambda row: f"{row[0]} {row[1]} of {row[2]}")
def test_a_bar_of_the_chart(row: list[str]) -> None:
    unit: list[Unit] = [row[0]]  # type: ignore[list-item]
    first, *shown = (date.fromisoformat(text) for text in row[1:4])
    bar = bucket(first, unit[0], Period(shown[0], shown[1]))
    is_complete = bar.unit is not None and bar.is_complete
    assert [*days_of(bar), "yes" if is_complete else "no"] == row[4:7]
    assert days_of(bar.compared("last_year")) == row[7:9]
