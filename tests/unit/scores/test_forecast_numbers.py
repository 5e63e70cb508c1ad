"""The arithmetic of the forecast: it scales with money, ignores the future, and knows the calendar."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.scores.forecast import model as forecast
from foresell.scores.forecast.model import expected_total, known_sales, months_later

FIRST = date(2024, 1, 1)


def sales(days: int, seed: int = 0, scale: float = 1.0) -> forecast.Sales:
    rng = np.random.default_rng(seed)
    orders = rng.poisson(20, days).astype(float)
    return known_sales(FIRST, orders * 30 * scale, orders, "GB")


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(0.001, 1000), lead=st.integers(0, 60), length=st.integers(1, 92))
def test_twice_the_money_is_twice_the_forecast(scale: float, lead: int, length: int) -> None:
    one, other = sales(600), sales(600, scale=scale)
    starts = one.as_of + timedelta(days=lead)
    ends = starts + timedelta(days=length)
    assert expected_total(other, starts, ends) == pytest.approx(scale * expected_total(one, starts, ends))


@settings(max_examples=25, deadline=None)
@given(lead=st.integers(0, 60), first=st.integers(1, 40), second=st.integers(1, 40))
def test_the_parts_of_a_period_add_up(lead: int, first: int, second: int) -> None:
    shop = sales(600)
    a, b, c = (shop.as_of + timedelta(days=day) for day in (lead, lead + first, lead + first + second))
    assert expected_total(shop, a, c) == pytest.approx(expected_total(shop, a, b) + expected_total(shop, b, c))


@settings(max_examples=15, deadline=None)
@given(known=st.integers(460, 700), seed=st.integers(0, 5))
def test_what_was_known_then_is_all_that_a_past_forecast_uses(known: int, seed: int) -> None:
    shop = sales(760, seed)
    then = shop.until(FIRST + timedelta(days=known))
    alone = known_sales(FIRST, shop.revenue[:known], shop.orders[:known], "GB")
    ends = then.as_of + timedelta(days=30)
    assert (then.is_open == alone.is_open).all()
    assert expected_total(then, then.as_of, ends) == expected_total(alone, alone.as_of, ends)


def test_past_origins_use_todays_method_only() -> None:
    assert min(origin.days for origin in forecast.origins(sales(600))) >= 455
    assert min(origin.days for origin in forecast.origins(sales(300))) >= 84


@pytest.mark.parametrize(("days", "known"), [(461, []), (462, [455]), (469, [462, 455])])
def test_the_earliest_origin_has_the_least_history_the_method_asks_for(days: int, known: list[int]) -> None:
    assert [origin.days for origin in forecast.origins(sales(days))] == known


def test_an_error_that_cannot_be_measured_gives_no_interval() -> None:
    assert forecast.half_width(np.array([0.1, np.inf, np.inf, 0.2, 0.3])) is None


@pytest.mark.parametrize(
    ("month", "count", "expected"),
    [("2025-11-01", 2, "2026-01-01"), ("2026-01-01", -1, "2025-12-01"), ("2026-03-01", -12, "2025-03-01")],
)
def test_months_later(month: str, count: int, expected: str) -> None:
    assert months_later(date.fromisoformat(month), count) == date.fromisoformat(expected)
