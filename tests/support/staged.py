"""Small staged sources for tests of the store: makes a Staging from a table of text."""

from __future__ import annotations

import hashlib

import duckdb

from foresell.types import Staging

COLUMNS = ("order_key", "customer_key", "ordered_at", "status", "sku", "quantity", "unit_price")


def stage_lines(
    text: str, *, source: str = "shop", customers: str = "", products: str = "", name: str = "orders.csv"
) -> Staging:
    """Lines `order customer day status sku quantity price` (customer - is anonymous, status ok|cancelled|returned).

    `customers` lines are `key name country`, `products` lines `sku name category kind`.
    """
    con = duckdb.connect()
    lines = [line.split() for line in text.strip().splitlines() if line.strip()]
    con.execute(
        "create temp table staged_lines (line bigint, order_key varchar, customer_key varchar, ordered_at timestamp,"
        " status varchar, sku varchar, quantity decimal(14, 3), unit_price decimal(14, 4), amount decimal(18, 4),"
        " country varchar, currency varchar)"
    )
    for number, (order, customer, day, status, sku, quantity, price) in enumerate(lines, 2):
        con.execute(
            "insert into staged_lines values (?, ?, ?, ?, ?, ?, ?::decimal(14, 3), ?::decimal(14, 4),"
            " ?::decimal(14, 3) * ?::decimal(14, 4), 'GB', 'GBP')",
            [
                number,
                order,
                None if customer == "-" else customer,
                day,
                {"ok": "completed"}.get(status, status),
                sku,
                quantity,
                price,
                quantity,
                price,
            ],
        )
    con.execute(
        "create temp table staged_customers as select customer_key, null::varchar as name, null::varchar as email,"
        " null::varchar as phone, null::varchar as address, null::varchar as city, null::varchar as region,"
        " null::varchar as postcode, min(country) as country, null::date as signup_date"
        " from staged_lines where customer_key is not null group by 1"
    )
    for line in filter(None, customers.strip().splitlines()):
        key, person, country = line.split()
        con.execute("delete from staged_customers where customer_key = ?", [key])
        con.execute(
            "insert into staged_customers (customer_key, name, country) values (?, ?, ?)", [key, person, country]
        )
    con.execute(
        "create temp table staged_products as select sku, null::varchar as name, null::varchar as category,"
        " true as category_derived, 'product' as kind, null::decimal(14, 4) as list_price from staged_lines group by 1"
    )
    for line in filter(None, products.strip().splitlines()):
        sku, product, category, kind = line.split()
        con.execute("delete from staged_products where sku = ?", [sku])
        con.execute("insert into staged_products values (?, ?, ?, false, ?, null)", [sku, product, category, kind])
    con.execute(
        "create temp table staged_rejects (file varchar, line bigint, column_name varchar, value varchar, reason varchar)"
    )
    content = f"{text}|{customers}|{products}"
    return Staging(
        con, source, "mapped", "orders", name, len(content), hashlib.sha256(content.encode()).hexdigest(), len(lines), 0
    )
