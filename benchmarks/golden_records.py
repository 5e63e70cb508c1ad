"""How long golden records, the timeline and relations take with 1,000,000 customers, 150,000 of whom have two records.

    .venv/bin/python -m benchmarks.golden_records [customers]

Makes a home of its own in the temporary folder, with a second source that differs from the first in a third of its values, one
order per customer, and 20,000 relations; merges, chooses, and prints seconds and milliseconds. Seed 7.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg
from psycopg.rows import dict_row

from foresell.database import Database
from foresell.db import Statements
from foresell.identity import moves
from foresell.identity.relations import opportunity_values
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.store import embedded
from foresell.store.database import open_database
from foresell.store.load import load_staging
from foresell.types import Staging
from foresell.workflows.golden import choose_golden_records
from foresell.workflows.refresh import run_refresh

SQL = Statements("foresell.identity")
SHARE = 0.15
KINDS = ["order", "return", "cancelled order", "call", "follow-up", "snooze", "owner", "merge", "split", "record", "pin",
         "relation", "erasure"]  # fmt: skip


def stage(source: str, customers: int, changed: bool, orders: bool) -> Staging:
    """Customers 1 to `customers` of a source, with an order each if wanted. changed: a third of the values differ."""
    con = duckdb.connect()
    con.execute("select setseed(0.7)")
    other = "case when i % 3 = 0 then 'x' else '' end" if changed else "''"
    con.execute(
        "create temp table staged_customers as select 'k' || i as customer_key, 'Ann' || i || ' Smith' || "
        f"{other} as name, 'ann' || i || {other} || '@post.example.com' as email,"
        " '+44 20 7' || lpad((i % 1000000)::varchar, 6, '0') || '0' as phone,"
        f" i || ' High Street' || {other} as address, 'Leeds' as city, null::varchar as region, 'LS1 4AP' as postcode,"
        f" 'United Kingdom' as country, date '2020-01-01' + (i % 1000)::integer as signup_date from range(1, {customers + 1}) as r (i)"
    )
    lines = customers if orders else 0
    con.execute(
        "create temp table staged_lines as select i + 1 as line, 'o' || i as order_key, 'k' || i as customer_key,"
        " timestamp '2026-01-01' + to_days((i % 300)::integer) as ordered_at, 'completed' as status, 'tea' as sku,"
        " 1::decimal(14, 3) as quantity, 5::decimal(14, 4) as unit_price, 5::decimal(18, 4) as amount,"
        f" 'United Kingdom' as country, 'GBP' as currency from range(1, {lines + 1}) as r (i)"
    )
    con.execute(
        "create temp table staged_products as select 'tea' as sku, 'Tea' as name, 'Drinks' as category,"
        " false as category_derived, 'product' as kind, null::decimal(14, 4) as list_price"
    )
    con.execute(
        "create temp table staged_rejects (file varchar, line bigint, column_name varchar, value varchar, reason varchar)"
    )
    digest = source.encode().hex().rjust(64, "0")
    return Staging(con, source, "mapped", "orders", f"{source}.csv", 1, digest, lines, 0)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Prints how long the block took."""
    started, busy = time.monotonic(), time.process_time()
    yield
    seconds, own = time.monotonic() - started, time.process_time() - busy
    print(f"{name:52} {seconds:8.1f} s, {own:.1f} s of them in this process's own time", flush=True)


def milliseconds(name: str, ask: Callable[[], object], times: int = 50) -> None:
    """Prints median, 95th percentile and worst of many calls."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - started))
    taken.sort()
    print(f"{name:52} {statistics.median(taken):8.1f} ms, p95 {taken[int(0.95 * times)]:.1f}, worst {taken[-1]:.1f}")


def merge(database: Database, pairs: int) -> None:
    """Make each customer of the second source one with the customer of the same key of the first."""
    query = (
        "select a.customer_id as a, b.customer_id as b from customer_records as a join customer_records as b using (source_key)"
        " where a.source = 'shop' and b.source = 'crm' and a.customer_id <> b.customer_id limit %s"
    )
    with database.connect() as con:
        rows = con.execute(query, [pairs]).fetchall()
        moves.merge(con, {row["a"]: [row["b"]] for row in rows}, by="run")


def relate(database: Database, relations: int) -> None:
    """Relations between neighbours."""
    with database.connect() as con:
        con.execute(
            "insert into identity.relations (record_a, record_b, kind, evidence, made_by)"
            " select i, i + 1 + i %% 5, (array['household', 'premises', 'works for', 'referred by'])[1 + i %% 4], 'same phone', 'run'"
            " from generate_series(1, %s) as i",
            [relations],
        )


def measure(settings: Settings, database: Database, customers: int) -> None:
    """Build the shop and print everything."""
    vault = vault_of(settings)
    with step(f"load {customers:,} customers with an order each"):
        load_staging(database, stage("shop", customers, False, True), vault)
    with step(f"load {int(SHARE * customers):,} customers of a second source"):
        load_staging(database, stage("crm", int(SHARE * customers), True, False), vault)
    with step("merge them"):
        merge(database, int(SHARE * customers))
    with step("relations"):
        relate(database, min(20_000, customers // 10))
    with database.connect("owner") as con:
        con.execute("analyze")
    for name in ("choose golden records", "choose again, nothing changed"):
        with step(name):
            choices = choose_golden_records(settings, database)
    print(
        f"{choices.compared:,} customers compared; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB"
    )
    with database.connect() as con:
        [row] = con.execute("select customer_id from core.customer_records where source = 'crm' limit 1").fetchall()
    with step("golden_records of all customers"), database.connect() as con:
        con.execute("select count(name), count(country), sum(known) from identity.golden_records").fetchall()
    milliseconds("choose for one customer", lambda: choose_golden_records(settings, database, [row["customer_id"]]), 20)
    with step("refresh without predictions"):
        run = run_refresh(settings, database, predict=False)
    print({name: round(seconds, 1) for name, seconds in run["timings"].items()})
    with database.connect() as con:
        admin = con.execute(
            "insert into access.users (name, email) values ('A', 'a@b.example') returning user_id"
        ).fetchone()
        assert admin
        con.execute("insert into access.user_roles values (%s, 'admin')", [admin["user_id"]])
        con.execute("select count(*) from identity.golden_records")
    with database.connect() as con:
        milliseconds(
            "referral opportunities", lambda: SQL.rows(con, "relations.opportunities", **opportunity_values()), 5
        )
    with psycopg.connect(database.conninfo("web"), row_factory=dict_row) as con:
        con.execute("select set_config('foresell.user_id', %s, false)", [str(admin["user_id"])])
        values = {"customer": row["customer_id"], "kinds": KINDS, "ids": [f"C{i:06d}" for i in range(1000, 1100)]}
        timeline = "select * from web.timeline_of(%(customer)s, %(kinds)s, 'infinity', 'z', 1, 51)"
        milliseconds("timeline of one customer", lambda: con.execute(timeline, values).fetchall())
        milliseconds(
            "golden values of 100 customers",
            lambda: con.execute("select * from web.people_of(%(ids)s)", values).fetchall(),
        )
        milliseconds(
            "relations of one customer", lambda: con.execute("select * from web.relations_around('C000500')").fetchall()
        )


def main() -> None:
    """Measure in a home of its own."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="foresell-benchmark-") as folder:
        settings = Settings(home=Path(folder) / "home", memory_gib=2.0, threads=2)
        try:
            measure(settings, open_database(settings), customers)
        finally:
            embedded.stop(settings.home)


if __name__ == "__main__":
    main()
