"""The rules of the demo shop as small tables: given on the left, expected on the right."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from foresell.demo.assortment import price_point
from foresell.demo.baskets import CANCELLED, COMPLETED, RETURNED, Orders
from foresell.demo.shop import MOST_CUSTOMERS, customer_numbers
from foresell.demo.totals import CLASSES, line_classes, shop_totals
from foresell.demo.trading import trading_days

PRODUCTS = 10  # products 0 to 9; 10 and above are charges

# order, status, customer, product, quantity, pence -> class
LINES = [
    (0, COMPLETED, 5, 1, 2, 1000, "counted"),
    (0, COMPLETED, 5, 10, 1, 395, "non_product"),
    (0, COMPLETED, 5, 13, -1, 500, "non_product"),
    (1, CANCELLED, 5, 2, 1, 700, "cancelled"),
    (1, CANCELLED, 5, 10, 1, 395, "cancelled"),
    (2, COMPLETED, -1, 3, 1, 250, "anonymous"),
    (3, RETURNED, 5, 1, -1, 1000, "returns"),
    (4, RETURNED, -1, 3, -1, 250, "anonymous"),
]


def orders() -> Orders:
    order, status, customer, product, quantity, pence, _ = (np.array(column) for column in zip(*LINES, strict=True))
    first = np.unique(order, return_index=True)[1]
    return Orders(first, customer[first], first * 0, status[first], np.bincount(order), product, quantity, pence)


def test_each_line_has_the_first_class_that_applies() -> None:
    assert [CLASSES[n] for n in line_classes(orders(), PRODUCTS)] == [line[-1] for line in LINES]


def test_totals() -> None:
    totals = shop_totals(orders(), PRODUCTS)
    assert totals["pence"] == {
        "counted": 2000,
        "non_product": -105,
        "cancelled": 1095,
        "anonymous": 0,
        "returns": -1000,
        "all": 1990,
    }
    assert totals["lines"] == {"counted": 1, "non_product": 2, "cancelled": 2, "anonymous": 2, "returns": 1, "all": 8}
    assert (totals["orders"], totals["orders_counted"], totals["customers_counted"]) == (5, 1, 1)
    assert (totals["gross_revenue_pence"], totals["returns_pence"], totals["net_revenue_pence"]) == (2250, -1250, 1000)
    assert totals["postage_pence"] == 395


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(2025, 12, 24), True),
        (date(2025, 12, 25), False),
        (date(2025, 12, 26), False),
        (date(2025, 12, 27), True),  # a Saturday
        (date(2025, 12, 28), False),  # a Sunday
        (date(2025, 12, 31), True),
        (date(2026, 1, 1), False),
        (date(2026, 1, 2), True),
    ],
)
def test_trading_days(day: date, open_: bool) -> None:
    opened = date(2025, 12, 1)
    trading = trading_days(opened, opened, date(2026, 1, 31), np.ones(12))
    assert (trading.weight[(day - opened).days] > 0) == open_


def test_shop_time_stands_still_on_closed_days() -> None:
    opened = date(2025, 12, 22)
    trading = trading_days(opened, opened, date(2025, 12, 31), np.ones(12))
    assert trading.clock[3] == trading.clock[4] == trading.clock[5]
    assert trading.day_of(trading.clock[3] + np.array([-0.01, 0.0, 0.01])).tolist() == [2, 5, 5]
    assert trading.clock[-1] == pytest.approx(trading.days)


def test_price_points() -> None:
    given = np.array([3.0, 12.0, 80.0, 120.0, 160.0, 197.0, 502.0, 1250.0, 1297.4])
    assert price_point(given).tolist() == [49, 49, 95, 99, 149, 195, 499, 1249, 1299]


def test_customer_numbers_are_seven_digits_and_never_twice_the_same() -> None:
    numbers = customer_numbers(np.arange(MOST_CUSTOMERS))
    assert (numbers.min(), numbers.max()) == (1_000_000, 9_999_999)
    assert np.bincount(numbers - 1_000_000).max() == 1
