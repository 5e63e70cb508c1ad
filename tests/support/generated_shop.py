"""Shops made by rule or by chance, as the snapshot's `orders` and `lines`: what the value and forecast scores read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa

#: (customer or None, day, net amount)
Order = tuple[str | None, date, float]


def orders_table(orders: Iterable[Order], country: str = "GB") -> duckdb.DuckDBPyConnection:
    """A connection with the tables `orders`, one row per order given, and `lines`, one line each of the same product."""
    rows = list(orders)
    con = duckdb.connect()
    given = pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "day": pa.array([row[1] for row in rows], pa.date32()),
            "amount": pa.array([row[2] for row in rows], pa.float64()),
        }
    )
    con.register("given", given)
    con.execute(
        "create table orders as select row_number() over () as order_id, customer_id, day::timestamp as ordered_at, day, "
        f"'{country}' as country, 1 as lines, amount::decimal(18, 4) as net_amount, "
        "customer_id is not null and amount > 0 as is_counted from given;"
        "create table lines as select customer_id, order_id, 1 as line_no, ordered_at, day, 1 as product_id, 1 as quantity, "
        "net_amount as amount, case when customer_id is null then 'anonymous' when net_amount < 0 then 'returns' "
        "else 'counted' end as class from orders"
    )
    return con


def every_day(first: date, days: int, amount: Callable[[date], float], per_day: int = 4) -> list[Order]:
    """`per_day` anonymous orders of equal size on each day whose `amount` is not 0."""
    all_days = (first + timedelta(days=day) for day in range(days))
    return [(None, day, amount(day) / per_day) for day in all_days if amount(day) for _ in range(per_day)]


def regulars(customers: int, first: date, days: int, seed: int) -> list[Order]:
    """A shop that obeys the value model: Poisson purchases until a customer leaves, amounts around a level of their own."""
    rng = np.random.default_rng(seed)
    orders: list[Order] = []
    for number in range(customers):
        rate, leaving = rng.gamma(0.8, 1 / 40), rng.beta(0.5, 3.0)
        level, now = 20.0 / rng.gamma(4.0) * 4.0, float(rng.integers(0, days))
        while now < days:
            orders.append((f"C{number:05d}", first + timedelta(days=int(now)), float(rng.gamma(3.0, level))))
            if len(orders) > 1 and orders[-2][0] == orders[-1][0] and rng.random() < leaving:
                break
            now += rng.exponential(1 / max(rate, 1e-9))
    return orders
