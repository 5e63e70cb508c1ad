"""Shops on which the service gate is judged: Online Retail II and parts of it, CDNOW, Superstore, and customers without memory.

Each is the `orders` and `lines` of a snapshot in memory, with its `meta`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from foresell.scores.training.panel import copy_snapshot
from tests.support.snapshot_of_retail import as_of_of

_FROM_SALES = """
create table lines as
select customer_id, dense_rank() over (order by order_key)::bigint as order_id,
       row_number() over (partition by order_key order by product_key)::integer as line_no, day::timestamp as ordered_at, day,
       dense_rank() over (order by product_key)::integer as product_id, quantity::decimal(14, 3) as quantity,
       amount::decimal(18, 4) as amount, 'counted' as class
from sales order by customer_id, day;
create table orders as
select order_id, any_value(customer_id) as customer_id, min(ordered_at) as ordered_at, min(day) as day, 'US' as country,
       count(*)::integer as lines, sum(amount)::decimal(18, 4) as net_amount, sum(amount) > 0 as is_counted
from lines group by order_id order by customer_id, ordered_at;
create table meta as select max(day) + 1 as as_of from orders;
drop table sales
"""


def part_of(con: duckdb.DuckDBPyConnection, customers: int, seed: int = 0) -> duckdb.DuckDBPyConnection:
    """A shop of some of the customers of another, drawn by the hash of their ids, without its anonymous sales."""
    pick = f"""customer_id in (select distinct customer_id from orders where is_counted
        order by md5(customer_id || '{int(seed)}'), customer_id limit {int(customers)})"""
    part = copy_snapshot(con, pick)
    part.execute("create table meta as select ?::date as as_of", [as_of_of(con)])
    return part


def cdnow_shop(file: Path) -> duckdb.DuckDBPyConnection:
    """CDNOW, 23,570 customers who first bought in early 1997: one line per purchase. `file` holds customer, date and amount."""
    con = duckdb.connect(config={"threads": 2})
    con.execute(
        f"""create table sales as select 'C' || customer_id as customer_id, customer_id || ' ' || date as order_key, date as day,
        1 as product_key, cds as quantity, amount from read_parquet('{file}') where amount > 0"""
    )
    con.execute(_FROM_SALES)
    return con


def superstore_shop(file: Path) -> duckdb.DuckDBPyConnection:
    """Superstore, the public CSV of 9,994 lines."""
    con = duckdb.connect(config={"threads": 2})
    con.execute(
        f"""create table sales as select "Customer ID" as customer_id, "Order ID" as order_key,
        strptime("Order Date", '%m/%d/%Y')::date as day, "Product ID" as product_key, Quantity::integer as quantity, Sales::double as amount
        from read_csv('{file}', all_varchar = true, ignore_errors = true)"""
    )
    con.execute(_FROM_SALES)
    return con


def memoryless_shop(
    seed: int, customers: int = 300, days: int = 420, chance: float = 1 / 45
) -> duckdb.DuckDBPyConnection:
    """Customers who all order with the same chance on every day, for amounts drawn alike: the past says nothing about anyone.

    They start on days spread over the first third, so that some are known for longer than others.
    """
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, days // 3, customers)
    who, when = np.nonzero((rng.random((customers, days)) < chance) & (np.arange(days) >= starts[:, None]))
    con = duckdb.connect(config={"threads": 2})
    con.register(
        "drawn",
        pa.table(
            {
                "customer_id": np.char.add("M", who.astype(str)),
                "day": pa.array(np.datetime64(date(2024, 1, 1)) + when, pa.date32()),
                "amount": np.round(rng.lognormal(3, 0.8, len(who)) + 1, 2),
            }
        ),
    )
    con.execute(
        """create table sales as select customer_id, customer_id || day as order_key, day, 1 as product_key, 1 as quantity, amount
        from drawn"""
    )
    con.execute(_FROM_SALES)
    return con
