"""On which days a shop trades, learned from its own orders."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from foresell.scores.forecast.trading_days import open_days


def orders(
    first: str, until: str, per_day: float, closed: set[str] = frozenset(), no_saturdays: bool = True
) -> np.ndarray:
    start = date.fromisoformat(first)
    days = [start + timedelta(days=n) for n in range((date.fromisoformat(until) - start).days)]
    return np.array(
        [0.0 if day.isoformat() in closed or (no_saturdays and day.weekday() == 5) else per_day for day in days]
    )


CHRISTMAS = {f"2024-12-{day}" for day in range(24, 32)} | {f"2025-01-0{day}" for day in range(1, 4)}
HOLIDAYS_KEPT = {"2025-04-18", "2025-04-20", "2025-04-21", "2025-05-05", "2025-05-26", "2025-08-25", "2024-08-26"}
#: A shop in England: no Saturdays, shut 24 December to 3 January and on public holidays. Known: July 2024 to end of October 2025.
KNOWN = orders("2024-07-01", "2025-11-01", 20, CHRISTMAS | HOLIDAYS_KEPT)

DAYS = [
    ("2025-11-03", True, "a Monday"),
    ("2025-11-08", False, "a Saturday"),
    ("2025-12-23", True, "before the closure"),
    ("2025-12-24", False, "the closure returns on its date"),
    ("2025-12-29", False, "and so on all its days"),
    ("2026-01-04", True, "after it, a Sunday"),
    ("2026-04-03", False, "Good Friday, on another date than last year"),
    ("2026-04-06", False, "Easter Monday, a holiday in England"),
    ("2026-04-20", True, "last year's Easter is no yearly closure"),
    ("2025-01-02", False, "known: closed"),
    ("2025-03-04", True, "known: open"),
]


@pytest.mark.parametrize(("day", "trades", "why"), DAYS, ids=[row[2] for row in DAYS])
@pytest.mark.parametrize("country", ["GB", "United Kingdom", "united kingdom"])
def test_a_shop_in_england(day: str, trades: bool, why: str, country: str) -> None:
    first = date(2024, 7, 1)
    found = open_days(KNOWN, first, date(2026, 6, 1), country)
    assert found[(date.fromisoformat(day) - first).days] == trades


def test_holidays_it_worked_through_are_trading_days() -> None:
    known = orders("2024-07-01", "2025-11-01", 20, no_saturdays=False)
    assert open_days(known, date(2024, 7, 1), date(2026, 6, 1), "GB").all()


def test_two_orders_a_week_do_not_close_a_shop() -> None:
    rng = np.random.default_rng(8)
    known = rng.poisson(0.28, 600).astype(float)
    assert open_days(known, date(2024, 1, 1), date(2026, 1, 1), "DE").mean() > 0.95


@pytest.mark.parametrize("country", [None, "", "EIRE", "Unspecified", "RSA", "zz", "os", "1"])
def test_an_unknown_country_has_no_holidays(country: str | None) -> None:
    assert open_days(np.ones(400), date(2024, 1, 1), date(2025, 6, 1), country).all()


def test_a_leap_day_has_a_year_before() -> None:
    assert open_days(np.ones(800), date(2026, 1, 1), date(2028, 4, 1), "GB").shape == (821,)
