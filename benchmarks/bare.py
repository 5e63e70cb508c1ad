"""Lower bounds for load and refresh: the least work on the same data and the same server, without checks or history."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from foresell.database import Database
from foresell.sql import read_sql
from foresell.store import export_tables
from foresell.store.load import BATCH_ROWS

#: From the store's tables as exported (money in ten-thousandths) to the input of the RFM query.
ORDERS = """
create temp table orders as
select i.order_id, r.customer_id, cast(o.ordered_at as date) as day, sum(i.amount) / 10000 as net_amount,
    r.customer_id is not null and sum(i.amount) > 0 as is_counted
from order_items as i
join read_orders as o using (order_id)
join products as p using (product_id)
left join customer_records as r using (record_id)
where o.status <> 'cancelled' and p.kind = 'product'
group by i.order_id, r.customer_id, o.ordered_at
"""


def copy(database: Database, csv: Path, threads: int = 2) -> int:
    """Read the CSV with DuckDB unchanged and COPY it over ADBC into one table without keys. Returns the number of rows."""
    con = duckdb.connect(config={"threads": threads})
    rows = con.sql(f"from read_csv('{csv}')").to_arrow_reader(BATCH_ROWS)
    with database.arrow("owner") as pg, pg.cursor() as cur:
        return int(cur.adbc_ingest("bare", rows, mode="create"))


def drop(database: Database) -> None:
    """Drop the table that `copy` created."""
    with database.connect("owner") as con:
        con.execute("drop table bare")


def score(database: Database, as_of: date, threads: int = 2) -> int:
    """Read the tables back over ADBC into DuckDB's memory and run the RFM query. Returns the number of customers scored."""
    con = duckdb.connect(config={"threads": threads})
    for name, rows in export_tables.read_tables(database):
        con.register("arriving", rows)
        con.execute(f"create temp table {'read_orders' if name == 'orders' else name} as from arriving")
        con.unregister("arriving")
    con.execute(ORDERS)
    con.execute(f"create temp table scores as {read_sql('foresell.scores.rfm', 'rfm.sql')}", {"as_of": as_of})
    return int(con.execute("select count(*) from scores").fetchall()[0][0])
