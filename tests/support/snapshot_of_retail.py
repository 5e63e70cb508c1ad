"""Snapshot tables straight from the Online Retail parquet files, without a store, for tests and benchmarks."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import duckdb

#: Codes that are no goods: postage, manual entries, fees, adjustments, tests, vouchers.
NON_PRODUCT = r"^(POST|D|M|m|DOT|C2|S|B|CRUK|PADS|BANK CHARGES|AMAZONFEE|ADJUST.*|TEST.*|GIFT.*)$"

_SOURCE = {
    "ii": (
        "online_retail_ii/online_retail_ii.parquet",
        "not (sheet = '2009-2010' and invoice_date >= timestamp '2010-12-01')",
    ),
    "i": ("online_retail/online_retail.parquet", "true"),
}

_TABLES = """
create table lines as
select customer_id, order_id, row_number() over (partition by order_id order by n)::integer as line_no, ordered_at,
       ordered_at::date as day, product_id, quantity::decimal(14, 3) as quantity, amount::decimal(18, 4) as amount,
       case when is_non_product then 'non_product' when customer_id is null then 'anonymous'
            when amount < 0 or quantity < 0 then 'returns' else 'counted' end as class, country
from raw order by customer_id, ordered_at;
create table orders as
select order_id, any_value(customer_id) as customer_id, min(ordered_at) as ordered_at, min(ordered_at)::date as day,
       any_value(country) as country, count(*)::integer as lines, sum(amount)::decimal(18, 4) as net_amount,
       any_value(customer_id) is not null and sum(amount) > 0 as is_counted
from lines where class <> 'non_product' group by order_id order by customer_id, ordered_at;
alter table lines drop column country;
create table customers as
select customer_id, any_value(country) as country, min(day) as signup_date
from orders where customer_id is not null group by customer_id;
create table meta as select max(day) + 1 as as_of from orders;
"""


def data_folder() -> Path:
    """Where the public data sets lie."""
    return Path(os.environ.get("FORESELL_DATA", "../shared/data"))


def retail_snapshot(edition: str = "ii", folder: Path | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory snapshot of Online Retail: `ii` has two years, `i` one; as_of is the day after the last order."""
    file, keep = _SOURCE[edition]
    con = duckdb.connect(config={"threads": 2})
    con.execute(
        f"""create table raw as select row_number() over () as n, 'C' || customer_id as customer_id,
        dense_rank() over (order by invoice)::bigint as order_id, invoice_date as ordered_at,
        dense_rank() over (order by upper(stock_code))::integer as product_id, stock_code as sku,
        regexp_full_match(stock_code, '{NON_PRODUCT}') as is_non_product, quantity, quantity * price as amount, country
        from (select *, file_row_number from read_parquet('{(folder or data_folder()) / file}', file_row_number = true)
              where {keep} order by file_row_number)"""
    )
    con.execute(_TABLES)
    con.execute(
        """create table products as select product_id, any_value(sku) as sku, any_value(sku) as name, '' as category,
        true as category_derived, if(any_value(is_non_product), 'non_product', 'product') as kind
        from raw group by product_id; drop table raw"""
    )
    return con


def as_of_of(con: duckdb.DuckDBPyConnection) -> date:
    """The snapshot's own date."""
    row = con.execute("select as_of from meta").fetchall()[0]
    return date.fromisoformat(str(row[0]))
