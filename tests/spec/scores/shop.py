"""A shop in a few lines: `orders` are (customer, day, amount) or (customer, day, amount, products)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa

Order = tuple[str, str, float] | tuple[str, str, float, int]


def shop(orders: Iterable[Order]) -> duckdb.DuckDBPyConnection:
    """A snapshot of these orders; each of its products is one line, all at ten o'clock, amounts below 0 are credit notes."""
    rows = [
        {"order_id": i, "customer_id": o[0], "day": date.fromisoformat(o[1]), "amount": o[2], "n": o[3] if o[3:] else 1}
        for i, o in enumerate(orders, start=1)
    ]
    schema = {"order_id": pa.int64(), "customer_id": pa.string(), "day": pa.date32(), "amount": pa.float64()}
    con = duckdb.connect()
    con.register("given", pa.Table.from_pylist(rows, schema=pa.schema([*schema.items(), ("n", pa.int32())])))
    con.execute(
        """create table orders as select order_id, customer_id, day + interval 10 hour as ordered_at, day,
        'Utopia' as country, n as lines, amount::decimal(18, 4) as net_amount,
        customer_id is not null and amount > 0 as is_counted from given;
        create table lines as select customer_id, order_id, line_no::integer as line_no, ordered_at, day,
        line_no::integer as product_id, 1::decimal(14, 3) as quantity, (net_amount / lines)::decimal(18, 4) as amount,
        if(net_amount < 0, 'returns', 'counted') as class from (select *, unnest(range(1, lines + 1)) as line_no from orders);
        create table customers as select distinct customer_id, 'Utopia' as country from orders where customer_id is not null"""
    )
    return con


def believable_shop(customers: int = 600, days: int = 480, seed: int = 0) -> tuple[duckdb.DuckDBPyConnection, date]:
    """Customers with rates from a gamma law who lapse after a while: habits hold something to learn, and not all of it."""
    rng = np.random.default_rng(seed)
    first = date(2021, 1, 1)
    rate, start = rng.gamma(0.9, 0.04, customers), rng.integers(0, days - 60, customers)
    life = rng.exponential(300, customers)
    here = np.arange(days)[None, :]
    alive = (here >= start[:, None]) & (here < (start + life)[:, None])
    bought = (rng.random((customers, days)) < rate[:, None]) & alive
    bought[np.arange(customers), start] = True
    worth = rng.lognormal(4, 0.6, customers)
    orders: list[Order] = [
        (
            f"c{who:05d}",
            (first + timedelta(days=int(day))).isoformat(),
            round(float(worth[who] * rng.lognormal(0, 0.4)), 2),
        )
        for who, day in zip(*np.nonzero(bought), strict=True)
    ]
    return shop(orders), first + timedelta(days=days)
