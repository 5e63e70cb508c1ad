"""Why a customer is called, on tables small enough to check by hand: each condition, each sentence, each order."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import numpy as np
import pytest

from foresell.scores.call_reason.reasons import Rhythm, find_reasons, write_sentences
from foresell.scores.call_reason.score import Outlook, rank_customers, read_rhythm
from foresell.scores.training.features import features, frame_of
from tests.spec.scores.shop import Order, shop

AS_OF = date(2025, 6, 30)


def rhythm(**numbers: float) -> Rhythm:
    """One customer who ordered five times, usually every 18 days."""
    usual = {
        "purchases": 5, "silent_days": 10, "median_gap": 18, "long_gap": 18.7, "first_amount": 240.4, "year_before": 4310.2,
    }  # fmt: skip
    return Rhythm(*(np.array([float(value)]) for value in (usual | numbers).values()))


def reason_of(alive: float = 0.9, **numbers: float) -> tuple[str | None, str | None]:
    """The reason and its sentence."""
    one = rhythm(**numbers)
    found = find_reasons(one, np.array([alive]))
    return found[0], write_sentences(found, one, AS_OF, "GBP")[0]


@pytest.mark.parametrize(
    ("numbers", "reason", "sentence"),
    [
        ({"silent_days": 46}, "overdue", "Usually orders every 18 days; last order 46 days ago."),
        ({"silent_days": 27}, "overdue", "Usually orders every 18 days; last order 27 days ago."),
        ({"silent_days": 2, "median_gap": 1, "long_gap": 2}, "overdue", "Usually orders every day; last order 2 days ago."),
        (
            {"silent_days": 100, "alive": 0.49},
            "win-back", "Ordered every 18 days until March; £4,310 in the year before.",
        ),
        (
            {"silent_days": 109, "alive": 0.9},  # 6 x 18 = 108
            "win-back", "Ordered every 18 days until March; £4,310 in the year before.",
        ),
        (
            {"silent_days": 200, "year_before": 9.5},
            "win-back", "Ordered every 18 days until December 2024; £9.50 in the year before.",
        ),
        ({"silent_days": 14}, "due", "Usually orders every 18 days; next order expected about 4 July."),
        ({"silent_days": 18}, "due", "Usually orders every 18 days; next order expected about 30 June."),
        ({"silent_days": 14, "median_gap": 18.5}, "due", "Usually orders every 19 days; next order expected about 5 July."),
        (
            {"silent_days": 25, "long_gap": 30},
            "due", "Usually orders every 18 days; next order was expected about 23 June.",
        ),
        ({"purchases": 1, "silent_days": 21}, "second order", "First order 21 days ago (£240); no second yet."),
        ({"purchases": 1, "silent_days": 14, "first_amount": 1_250.6}, "second order",
         "First order 14 days ago (£1,251); no second yet."),
        ({"purchases": 1, "silent_days": 90}, "second order", "First order 90 days ago (£240); no second yet."),
    ],
)  # fmt: skip
def test_a_reason_is_written_in_the_customers_own_numbers(
    numbers: dict[str, float], reason: str, sentence: str
) -> None:
    assert reason_of(**numbers) == (reason, sentence)


@pytest.mark.parametrize(
    "numbers",
    [
        {"silent_days": 13},  # before 0.75 x 18 = 13.5
        {"silent_days": 19},  # after the own 90 % gap, before 1.5 x the median: lateness that means nothing
        {"silent_days": 26},
        {"silent_days": 30, "long_gap": 40, "median_gap": 45},  # before 0.75 x 45
        {"silent_days": 366, "alive": 0.2},  # silent for more than a year
        {"purchases": 2, "silent_days": 60},
        {"purchases": 3, "silent_days": 60},
        {"purchases": 1, "silent_days": 13},
        {"purchases": 1, "silent_days": 91},
        {"purchases": np.nan},  # the latest order was undone
    ],
)
def test_everything_else_is_no_reason(numbers: dict[str, float]) -> None:
    assert reason_of(**numbers) == (None, None)


def test_money_is_in_the_currency_of_the_shop() -> None:
    one = rhythm(purchases=1, silent_days=20)
    found = find_reasons(one, np.array([0.9]))
    written = {currency: write_sentences(found, one, AS_OF, currency)[0] for currency in ("EUR", "CHF", None)}
    assert [text.split("(")[1].split(")")[0] for text in written.values()] == ["€240", "240 CHF", "240"]


def days_before(*ages: int) -> list[str]:
    return [(AS_OF - timedelta(days=age)).isoformat() for age in ages]


ORDERS: list[Order] = [
    *[("ann", day, 100.0) for day in days_before(82, 64, 47, 28, 10)],  # gaps 18, 17, 19, 18
    ("bob", days_before(400)[0], 70.0),
    ("bob", days_before(38)[0], 30.0),
    ("bob", days_before(30)[0], 50.0),
    ("cid", days_before(60)[0], 40.0),
    ("cid", days_before(5)[0], 90.0),
    ("cid", days_before(4)[0], -90.0),  # the latest order came back
]


def rhythm_of(orders: list[Order]) -> dict[str, list[float]]:
    con = shop(orders)
    found = read_rhythm(con, frame_of(features(con, AS_OF), AS_OF))
    return {
        customer: [getattr(found, field.name)[at] for field in fields(Rhythm)]
        for at, customer in enumerate(sorted({str(order[0]) for order in orders if order[1] < AS_OF.isoformat()}))
    }


def test_the_rhythm_of_a_customer() -> None:
    found = rhythm_of(ORDERS)
    assert found["ann"] == pytest.approx([5, 10, 18, 18.7, 100, 500])
    assert found["bob"] == pytest.approx([3, 30, (362 + 8) / 2, 8 + 0.9 * 354, 70, 80])  # the year up to the last order
    assert np.isnan(found["cid"][0]) and found["cid"][1] == 60, (
        "an order that was undone is no purchase, and no silence"
    )


def test_later_orders_change_nothing() -> None:
    later: list[Order] = [(who, day, 5_000.0) for who in ("ann", "bob") for day in days_before(0, -1, -40)]
    assert repr(rhythm_of([*ORDERS, *later, ("dan", days_before(0)[0], 1.0)])) == repr(rhythm_of(ORDERS))


def outlook(**numbers: float) -> Outlook:
    usual = {"before": 300.0, "now": 120.0, "order_value": 250.0, "probability": 0.4, "alive": 0.6}
    return Outlook(*(np.array([value]) for value in (usual | numbers).values()))


@pytest.mark.parametrize(
    ("reason", "numbers", "rank"),
    [
        ("overdue", {}, (300 - 120) * 0.6),
        ("overdue", {"now": 310.0}, 0.0),
        ("win-back", {"alive": 0.2}, 12 * 300 * 0.2),  # less than the 4,310.20 of the year before
        ("win-back", {"alive": 0.2, "before": 500.0}, 4310.2 * 0.2),
        ("win-back", {"alive": 0.01, "before": 500.0}, 4310.2 * 0.05),
        ("second order", {}, 250 * 0.6),
        ("due", {}, 120 * 0.6),
        # expected revenue is off: what was bought takes its place
        ("overdue", {"before": np.nan, "now": np.nan}, 4310.2 * 30 / 365 * 0.6),
        ("win-back", {"before": np.nan, "now": np.nan, "alive": 0.2}, 4310.2 * 0.2),
        ("second order", {"order_value": np.nan, "now": np.nan}, 240.4 * 0.6),
        ("due", {"now": np.nan}, 4310.2 * 30 / 365 * 0.6),
    ],
)
def test_who_comes_first_within_a_reason(reason: str, numbers: dict[str, float], rank: float) -> None:
    found = rank_customers(np.array([reason], dtype=object), rhythm(), outlook(**numbers))
    assert found[0] == pytest.approx(rank)
    assert np.isnan(rank_customers(np.array([None], dtype=object), rhythm(), outlook(**numbers))[0])


def test_the_value_at_risk_is_never_negative_and_in_whole_pence() -> None:
    assert outlook(before=100.128, now=50.01).at_risk.tolist() == [50.12]
    assert outlook(before=10.0, now=50.0).at_risk.tolist() == [0.0]
    assert np.isnan(outlook(now=np.nan).at_risk[0])
