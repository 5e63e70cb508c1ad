"""Golden records, timeline and relations at a million customers, 150,000 of whom have two records; and how complete customers are.

    .venv/bin/python -m benchmarks.golden_records [--customers 1000000] [--quick]

For speed, a second source differs from the first in a third of its values, and there are one order per customer and 20,000
relations. Completeness is of the demo shop alone, with its second source matched as it arrives (generated data),
and of Online Retail II (real, without any contact data). Seed 7.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from benchmarks.ground import fresh_home
from benchmarks.measure import GIB, Target, table, watch, write_results
from psycopg.rows import dict_row

from foresell.database import Database
from foresell.db import Statements
from foresell.demo import Shop, write_shop
from foresell.identity import moves
from foresell.identity.relations import opportunity_values
from foresell.privacy.vault import vault_of
from foresell.snapshot.completeness import measure_completeness
from foresell.snapshot.open import open_snapshot
from foresell.store.load import load_staging
from foresell.types import Staging
from foresell.workflows.golden import choose_golden_records
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh

SQL = Statements("foresell.identity")
CUSTOMERS, DEMO_CUSTOMERS = 1_000_000, 2_000
SHARE = 0.15
KINDS = ["order", "return", "cancelled order", "call", "follow-up", "snooze", "owner", "merge", "split", "record", "pin",
         "relation", "erasure"]  # fmt: skip
#: The goal for active customers, and what one read may take.
GOAL, MOST_MS = 0.8, 50.0


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


def take_milliseconds(ask: Callable[[], object], times: int = 50) -> dict[str, float]:
    """Median, 95th percentile and worst of many calls."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - started))
    taken.sort()
    return {"median": statistics.median(taken), "p95": taken[int(0.95 * times)], "worst": taken[-1]}


def measure_speed(customers: int) -> dict[str, Any]:
    """Seconds and memory of each step, and milliseconds of single reads, at a number of customers."""
    with fresh_home() as database:
        settings, vault, steps = database.settings, vault_of(database.settings), {}

        def step(name: str, act: Callable[[], Any]) -> Any:
            with watch() as cost:
                started = time.process_time()
                result = act()
                own = time.process_time() - started
            steps[name] = {"seconds": cost.seconds, "processor_seconds": own, "peak_gib": cost.peak / GIB}
            return result

        second = int(SHARE * customers)
        step("load the first source", lambda: load_staging(database, stage("shop", customers, False, True), vault))
        step("load the second source", lambda: load_staging(database, stage("crm", second, True, False), vault))
        step("merge", lambda: merge(database, second))
        step("relate", lambda: relate(database, min(20_000, customers // 10)))
        with database.connect("owner") as con:
            con.execute("analyze")
        choices = step("choose golden records", lambda: choose_golden_records(settings, database))
        step("choose again, nothing changed", lambda: choose_golden_records(settings, database))
        step("golden records of all customers", lambda: read_all(database))
        step(
            "compare all records, and refresh without predictions",
            lambda: run_refresh(settings, database, predict=False),
        )
        return {"customers": customers, "compared": choices.compared, "steps": steps, "reads": measure_reads(database)}


def read_all(database: Database) -> None:
    """The shown values of every customer."""
    with database.connect() as con:
        con.execute("select count(name), count(country), sum(known) from identity.golden_records").fetchall()


def measure_reads(database: Database) -> dict[str, dict[str, float]]:
    """What pages ask for, as an administrator behind row security."""
    with database.connect() as con:
        [row] = con.execute("select customer_id from core.customer_records where source = 'crm' limit 1").fetchall()
        [admin] = con.execute(
            "insert into access.users (name, email) values ('A', 'a@b.example') returning user_id"
        ).fetchall()
        con.execute("insert into access.user_roles values (%s, 'admin')", [admin["user_id"]])
    one = [row["customer_id"]]
    reads = {
        "choose for one customer": take_milliseconds(
            lambda: choose_golden_records(database.settings, database, one), 20
        )
    }
    with database.connect() as con:
        opportunities = opportunity_values()
        reads["referral opportunities"] = take_milliseconds(
            lambda: SQL.rows(con, "relations.opportunities", **opportunities), 5
        )
    with psycopg.connect(database.conninfo("web"), row_factory=dict_row) as web:
        web.execute("select set_config('foresell.user_id', %s, false)", [str(admin["user_id"])])
        values = {"customer": row["customer_id"], "kinds": KINDS, "ids": [f"C{i:06d}" for i in range(1000, 1100)]}
        for name, query in {
            "timeline of one customer": "select * from web.timeline_of(%(customer)s, %(kinds)s, 'infinity', 'z', 1, 51)",
            "golden values of 100 customers": "select * from web.people_of(%(ids)s)",
            "relations of one customer": "select * from web.relations_around('C000500')",
        }.items():
            reads[name] = take_milliseconds(lambda query=query: web.execute(query, values).fetchall())  # type: ignore[misc]
    return reads


def read_completeness(database: Database) -> dict[str, Any]:
    """How complete the customers are, after a refresh without predictions."""
    run = run_refresh(database.settings, database, predict=False)
    with open_snapshot(database.settings.snapshots / run["snapshot_file"]) as con:
        found = measure_completeness(con)
    return {
        name: found[name] for name in ("active", "completeness", "at_goal", "all_customers", "all_completeness")
    } | {"fields": {each["field_group"]: each["share"] for each in found["fields"]}}


def measure_how_complete(customers: int, is_small: bool) -> dict[str, dict[str, Any]]:
    """By data, how complete its customers are."""
    with fresh_home() as database:
        files = write_shop(Shop(customers=customers, seed=1), database.settings.home / "demo")
        for file in (files.customers, files.products, files.orders):
            load_file(database.settings, database, file, source="shop")
        found = {"demo shop alone": read_completeness(database)}
        load_file(database.settings, database, files.contacts, source="crm")
        found["demo shop with its second source"] = read_completeness(database)
    real = Path(os.environ.get("FORESELL_DATA", "../shared/data")) / "online_retail_ii" / "online_retail_ii.parquet"
    if not is_small and real.exists():
        with fresh_home() as database:
            load_file(database.settings, database, real, source="online retail ii", accept_guesses=True)
            found["Online Retail II"] = read_completeness(database)
    return found


def main() -> None:
    """Measure, print and save the results."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.golden_records", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--customers", type=int, help=f"for speed (default {CUSTOMERS:,}; with --quick 20,000)")
    parser.add_argument("--quick", action="store_true", help="small data; saves no results")
    arguments = parser.parse_args()
    small = arguments.quick
    speed = measure_speed(arguments.customers or (20_000 if small else CUSTOMERS))
    complete = measure_how_complete(500 if small else DEMO_CUSTOMERS, small)
    second = complete["demo shop with its second source"]
    size = f"{speed['customers']:,} customers"
    targets = [
        Target(
            "active customers of the demo shop complete",
            100 * second["completeness"],
            100 * GOAL,
            at_least=True,
            unit="%",
        ),
        *(
            Target(f"{name}, {size}, p95", speed["reads"][name]["p95"], MOST_MS, unit="ms")
            for name in ("timeline of one customer", "golden values of 100 customers", "relations of one customer")
        ),
    ]
    text = "\n\n".join(
        (
            f"{speed['compared']:,} of {size} have two records.",
            table(("step", "s", "of them this process's own", "peak, GiB"), (
                (name, *(f"{cost[part]:.1f}" for part in ("seconds", "processor_seconds", "peak_gib")))
                for name, cost in speed["steps"].items()
            )),
            table(("read", "median, ms", "p95", "worst"), (
                (name, *(f"{taken[part]:.1f}" for part in ("median", "p95", "worst"))) for name, taken in speed["reads"].items()
            )),
            table(("data", "active", "complete", "at the goal", "all", "complete"), (
                (name, f"{found['active']:,}", f"{found['completeness']:.1%}", f"{found['at_goal']:,}",
                 f"{found['all_customers']:,}", f"{found['all_completeness']:.1%}")
                for name, found in complete.items()
            )),
        )
    )  # fmt: skip
    title = "Golden records, timeline and relations, and how complete customers are"
    write_results("golden_records", title, targets, {"speed": speed, "completeness": complete}, text)


if __name__ == "__main__":
    main()
