"""Sales by category: what counts as an order and as a buyer of a category."""

from __future__ import annotations

from foresell.metrics import catalogue
from tests.support.small_snapshot import Line, snapshot

#: (order, customer, day, status, product, quantity, price)
LINES: list[Line] = [
    ("1", "ann", "2025-01-02", "completed", "mug", 2, 5.0),
    ("1", "ann", "2025-01-02", "completed", "sample", 1, 0.0),  # free: neither an order nor a buyer of its category
    ("2", "bob", "2025-01-03", "completed", "mug", 1, 5.0),
    ("3", "bob", "2025-01-04", "returned", "mug", -1, 5.0),  # lowers the revenue, is no order
    ("4", None, "2025-01-05", "completed", "mug", 1, 5.0),  # anonymous: an order without a buyer
]


def test_revenue_orders_and_customers_of_each_category() -> None:
    con = snapshot(LINES, "2025-02-01")
    con.execute("update products set category = case when sku = 'sample' then 'Free' else 'Cups' end")
    statement = catalogue.SALES["category"].result({})
    rows = con.execute(statement, {"category": None, "first_day": None, "last_day": None}).fetchall()
    assert [(name, float(revenue), orders, customers) for name, revenue, orders, customers in rows] == [
        ("Cups", 15.0, 3, 2),
        ("Free", 0.0, 0, 0),
    ]
