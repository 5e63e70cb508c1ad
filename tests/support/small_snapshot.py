"""A snapshot in memory from a small table of orders, through the same SQL as the real one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import duckdb

from foresell.snapshot.build import Draft
from foresell.store import migrate

#: (order, customer or None, day, status, sku, quantity, price)
Line = tuple[str, str | None, str, str, str, float, float]
NON_PRODUCTS = ("postage", "fee")


def rules() -> list[tuple[object, ...]]:
    """The segment rules Foresell comes with, from the schema itself."""
    text = migrate.read_schema()
    con = duckdb.connect()
    con.execute(
        "create table segment_rules (rules_version int, position int, name varchar, r_min int, r_max int, f_min int,"
        " f_max int, m_min int, m_max int, conditions varchar, advice varchar)"
    )
    start = text.index("insert into segment_rules")
    con.execute(text[start : text.index(";\n", start)])
    return con.execute("select * exclude (rules_version) from segment_rules").fetchall()


def snapshot(lines: Iterable[Line], as_of: str) -> duckdb.DuckDBPyConnection:
    """A connection holding every table of the snapshot, built by the SQL of the snapshot package."""
    con = duckdb.connect()
    con.execute("attach ':memory:' as core")
    con.execute(
        "create table core.segment_rules (position int, name varchar, r_min int, r_max int, f_min int, f_max int,"
        " m_min int, m_max int, conditions varchar, advice varchar)"
    )
    con.executemany(
        "insert into core.segment_rules values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [list(rule) for rule in rules()]
    )
    fill_store(con, list(lines))
    Draft(con, Path("unused")).make_tables(date.fromisoformat(as_of))
    return con


def fill_store(con: duckdb.DuckDBPyConnection, lines: Sequence[Line]) -> None:
    """Create the store's tables that a snapshot is built from, filled from a list of lines."""
    con.execute(
        "create temp table given (place bigint, o varchar, c varchar, d timestamp, s varchar, k varchar, q decimal(14, 3), p decimal(14, 4))"
    )
    if lines:
        con.executemany(
            "insert into given values (?, ?, ?, ?, ?, ?, ?, ?)", [[place, *line] for place, line in enumerate(lines)]
        )
    con.execute(
        "create table core.customer_records as select row_number() over (order by c) as record_id, c as customer_id from (select distinct c from given where c is not null)"
    )
    con.execute(
        "create table core.golden_records as select customer_id, 'GB' as country, null::date as signup_date, 17 as known,"
        " dense_rank() over (order by customer_id) as name_order from core.customer_records"
    )
    con.execute(
        "create table core.field_groups as from (values (1, 'name', 25), (2, 'email', 25), (3, 'phone', 15), (4, 'address', 20),"
        " (5, 'country', 10), (6, 'signup_date', 5)) as g (position, field_group, weight)"
    )
    con.execute(
        "create table core.source_completeness as select 'shop' as source, count(*) as records, count(*) as name, 0 as email,"
        " 0 as phone, 0 as address, count(*) as country, 0 as signup_date from core.customer_records"
    )
    con.execute(
        "create table core.products as select row_number() over (order by k)::int as product_id, k as sku, k as name, 'Other' as category,"
        f" true as category_derived, case when k in {NON_PRODUCTS} then 'non_product' else 'product' end as kind"
        " from (select distinct k from given)"
    )
    con.execute(
        "create table core.orders as select row_number() over (order by o) as order_id, o as order_key, r.record_id, min(d) as ordered_at,"
        " case when max(s) = 'ok' then 'completed' else max(s) end as status, 'GB' as country, 'GBP' as currency"
        " from given left join core.customer_records as r on r.customer_id = c group by o, r.record_id"
    )
    con.execute(
        "create table core.order_items as select order_id, row_number() over (partition by order_id order by place)::int as line_no,"
        " product_id, q as quantity, (q * p)::decimal(18, 4) as amount"
        " from given join core.orders on order_key = o join core.products on sku = k"
    )
    con.execute("drop table given")


def parse(text: str) -> list[Line]:
    """Lines `order customer day status sku quantity price`; customer - is an anonymous sale."""
    rows = [line.split() for line in text.strip().splitlines() if line.strip() and not line.strip().startswith("#")]
    return [
        (order, None if customer == "-" else customer, day, status, sku, float(quantity), float(price))
        for order, customer, day, status, sku, quantity, price in rows
    ]
