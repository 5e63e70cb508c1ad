"""One SQL, two engines: the scores PostgreSQL computes from the store are row for row those of the snapshot."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from foresell import demo
from foresell.database import Database
from foresell.scores.rfm import segments
from foresell.settings import Settings
from foresell.snapshot.open import open_snapshot
from foresell.sql import read_sql
from foresell.store import runs
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh
from tests.support.segment_texts import check_texts
from tests.support.transpile import transpile

COLUMNS = "customer_id, last_purchase_day, recency_days, frequency, monetary, r, f, m, rfm_score, segment"


def in_postgres(database: Database, as_of: date) -> list[tuple[object, ...]]:
    """The whole chain of table and score SQL, transpiled, run by PostgreSQL on the store."""
    with database.connect() as con:
        for table in ("lines", "orders"):
            text = transpile(read_sql("foresell.snapshot", f"tables/{table}.sql"), "postgres", {"as_of": as_of})
            con.execute(f"create temp table {table} on commit drop as {text}")
        rules = (
            "select * from core.segment_rules where rules_version = (select max(rules_version) from core.segment_rules)"
        )
        con.execute(f"create temp table segment_rules on commit drop as {rules}")
        text = transpile(read_sql("foresell.scores.rfm", "rfm.sql"), "postgres", {"as_of": as_of})
        con.execute(f"create temp table scored on commit drop as {text}")
        stored = con.execute("select * from segment_rules order by position").fetchall()
        position, values = segments.position_sql(segments.from_rows(stored))
        placed = transpile(f"select scored.*, {position} as position from scored", "postgres", values)
        rows = con.execute(
            f"select {COLUMNS} from (select placed.*, name as segment from ({placed}) as placed"
            " join segment_rules using (position)) as scored order by customer_id"
        ).fetchall()
    return [tuple(row.values()) for row in rows]


def in_duckdb(settings: Settings, database: Database) -> list[tuple[object, ...]]:
    with open_snapshot(settings.snapshots / runs.get_published_run(database)["snapshot_file"]) as con:
        return con.execute(f"select {COLUMNS} from rfm_scores order by customer_id").fetchall()


def check(settings: Settings, database: Database, as_of: date | None = None) -> list[tuple[object, ...]]:
    run = run_refresh(settings, database, as_of=as_of, predict=False)
    there, here = in_postgres(database, run["as_of"]), in_duckdb(settings, database)
    assert len(here) == run["customers_scored"]
    assert there == here
    with open_snapshot(settings.snapshots / run["snapshot_file"]) as con:
        check_texts(con)
    return here


@pytest.mark.real_data
def test_online_retail_loaded_scored_twice_and_checked_against_polars(
    settings: Settings, database: Database, data_dir: Path
) -> None:
    file = data_dir / "online_retail" / "online_retail.parquet"
    batch = load_file(settings, database, file)
    assert (batch.lines_read, batch.lines_loaded, batch.orders_new, batch.products_new, batch.customers_new) == (
        541_909,
        541_909,
        25_900,
        4_070,
        4_372,
    )
    with database.connect() as con:
        totals = con.execute(
            "select sum(quantity * unit_price) as money, count(*) filter (where customer_id is null) as anonymous,"
            " count(*) filter (where order_key like 'C%%') as cancellations from transactions"
        ).fetchone()
    assert totals is not None
    assert (round(totals["money"], 2), totals["anonymous"], totals["cancellations"]) == (
        Decimal("9747747.93"),
        135_080,
        9_288,
    )
    rows = check(settings, database)
    assert ties(rows) > 1000, "the data must hold ties for this to prove anything"
    check(settings, database, as_of=date(2011, 6, 1))
    compare_with_polars(file, rows, non_products(database), customer_ids(database))


def test_a_generated_shop(settings: Settings, database: Database, tmp_path: Path) -> None:
    files = demo.write_shop(demo.Shop(customers=3000, seed=5), tmp_path)
    for file in (files.customers, files.products, files.orders):
        load_file(settings, database, file, source="demo")
    check(settings, database)


def ties(rows: list[tuple[object, ...]]) -> int:
    """How many customers share their frequency with another."""
    return len(rows) - len({row[3] for row in rows})


def non_products(database: Database) -> list[str]:
    with database.connect() as con:
        return [row["sku"] for row in con.execute("select sku from products where kind = 'non_product'").fetchall()]


def customer_ids(database: Database) -> dict[str, str]:
    with database.connect() as con:
        return {
            row["source_key"]: row["customer_id"]
            for row in con.execute("select source_key, customer_id from customer_records").fetchall()
        }


def compare_with_polars(file: Path, rows: list[tuple[object, ...]], excluded: list[str], ids: dict[str, str]) -> None:
    """The same scores from the file itself, worked out another way: counting who is worse, customer by customer."""
    lines = pl.read_parquet(file).filter(pl.col("customer_id").is_not_null(), ~pl.col("stock_code").is_in(excluded))
    pence = (pl.col("price") * 10_000).round().cast(pl.Int64) * pl.col("quantity")
    orders = lines.group_by("invoice", "customer_id").agg(net=pence.sum(), day=pl.col("invoice_date").min().dt.date())
    counted = pl.col("net") > 0
    customers = (
        orders.group_by("customer_id")
        .agg(last=pl.col("day").filter(counted).max(), frequency=counted.sum(), money=pl.col("net").sum())
        .filter(pl.col("frequency") > 0)
        .sort("customer_id")
    )
    many = len(customers)

    def score(column: str) -> list[int]:
        values = customers[column].to_list()
        worse = {value: sum(other < value for other in values) for value in set(values)}
        return [1 + 5 * worse[value] // many for value in values]

    expected = {
        ids[str(customer)]: (last, (date(2011, 12, 10) - last).days, frequency, Decimal(money) / 10_000, r, f, m)
        for (customer, last, frequency, money), r, f, m in zip(
            customers.iter_rows(), score("last"), score("frequency"), score("money"), strict=True
        )
    }
    assert {row[0]: row[1:8] for row in rows} == expected


@pytest.mark.real_data
def test_two_overlapping_exports_one_after_the_other(
    settings: Settings, database: Database, data_dir: Path, tmp_path: Path
) -> None:
    book = data_dir / "online_retail_ii" / "online_retail_ii.parquet"
    for sheet in ("2009-2010", "2010-2011"):
        part = tmp_path / f"{sheet}.parquet"
        duckdb.execute(f"copy (from '{book}' where sheet = '{sheet}') to '{part}' (format parquet)")
        load_file(settings, database, part)
    with database.connect() as con:
        row = con.execute(
            "select count(*) as lines, count(distinct order_id) as orders, sum(amount) as money from order_items"
        ).fetchone()
    assert row is not None
    expected = duckdb.execute(
        f"select count(*), count(distinct invoice), sum(quantity * price::decimal(14, 4)) from '{book}'"
        " where not (sheet = '2009-2010' and invoice_date >= '2010-12-01')"
    ).fetchall()
    assert [tuple(row.values())] == expected
    assert row["lines"] == 1_044_848
    check(settings, database)
