"""20,000 sales of a QuickBooks company, imitated, that is edited while it is read: what is missing or stale, and the cost.

    .venv/bin/python -m benchmarks.connected_source [--quick]

Ten seeds; 2,500 sales share one second, after each page five are edited and three deleted, and a fifth of the calls fails.
The control pages by offset, as most clients do. Processor time is of this process; the imitation runs in another, as does
PostgreSQL.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from typing import Any

from benchmarks.ground import fresh_home
from benchmarks.measure import Target, table, write_results
from tests.support.connected import OffsetPaging, held_sales, true_sales

from foresell.database import Database
from foresell.demo.imitations.quickbooks import Habits, QuickBooksImitation
from foresell.sources.connectors import catalogue
from foresell.workflows.connect import connect_imitation
from foresell.workflows.sync import sync_source

SALES, IN_ONE_SECOND, FAULTS, SEEDS = 20_000, 2_500, 0.2, 10


def serve(pipe: Pipe, sales: int, in_one_second: int, seed: int) -> None:
    """The imitation in a process of its own: `calm` ends the edits, `sales` answers what is true, `end` ends it."""
    habits = Habits(edits_between_pages=5, deletes_between_pages=3, rows_in_one_second=in_one_second)
    with QuickBooksImitation(customers=500, invoices=sales, seed=seed, fault_share=FAULTS, habits=habits) as company:
        pipe.send((company.url, company.connection()))
        while (order := pipe.recv()) != "end":
            with company.lock:
                if order == "calm":
                    habits.edits_between_pages = habits.deletes_between_pages = 0
                pipe.send(true_sales(company))


@contextmanager
def company_of(sales: int, in_one_second: int, seed: int) -> Iterator[tuple[Pipe, str, Any]]:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, sales, in_one_second, seed))
    process.start()
    try:
        url, given = ours.recv()
        yield ours, url, given
    finally:
        ours.send("end")
        process.join()


def ask(pipe: Pipe, what: str) -> dict[str, Any]:
    pipe.send(what)
    answer: dict[str, Any] = pipe.recv()
    return answer


def compare(database: Database, true: dict[str, Any]) -> tuple[int, int]:
    """How many sales are missing, and how many are stale or should be gone."""
    held = held_sales(database)
    wrong = sum(held[key] != sale for key, sale in true.items() if key in held)
    surplus = sum(status != "cancelled" for key, (status, _) in held.items() if key not in true)
    return len(true.keys() - held.keys()), wrong + surplus


def read_company(sales: int, in_one_second: int, seed: int) -> dict[str, Any]:
    """Read a company whole and then what changed. Returns what was missing or stale after each, and the cost."""
    with fresh_home() as database, company_of(sales, in_one_second, seed) as (pipe, url, given):
        connection = connect_imitation(database.settings, database, "books", url, given)
        cpu, wall, syncs, requests = time.process_time(), time.monotonic(), 0, 0
        while True:
            done = sync_source(database.settings, database, connection)
            syncs, requests = syncs + 1, requests + done.requests
            if done.state == "done":
                break
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        whole = compare(database, ask(pipe, "calm"))
        while sync_source(database.settings, database, connection).state != "done":
            pass
        delta = compare(database, ask(pipe, "sales"))
    return {
        "seed": seed,
        "whole": whole,
        "delta": delta,
        "cpu": cpu,
        "wall": wall,
        "syncs": syncs,
        "requests": requests,
    }


def main() -> None:
    """Measure and save the results."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.connected_source", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="small data; saves no results")
    quick = parser.parse_args().quick
    sales, in_one_second, seeds = (1_000, 120, 2) if quick else (SALES, IN_ONE_SECOND, SEEDS)
    ours = [read_company(sales, in_one_second, seed) for seed in range(1, seeds + 1)]
    original = catalogue.QuickBooks
    catalogue.QuickBooks = OffsetPaging  # type: ignore[misc]
    control = read_company(sales, in_one_second, 1)
    catalogue.QuickBooks = original  # type: ignore[misc]
    cpu = statistics.median(row["cpu"] for row in ours)
    targets = [
        Target(
            f"sales missing after the next sync, worst of {seeds} seeds",
            max(row["delta"][0] for row in ours),
            0,
            unit="",
        ),
        Target("sales stale after the next sync, worst", max(row["delta"][1] for row in ours), 0, unit=""),
        Target(f"processor time of this process for {sales:,} sales, median", cpu, 5, unit="s"),
        Target(
            "missing or stale after the next sync, by offset (control)",
            sum(control["delta"]),
            1,
            at_least=True,
            unit="",
        ),
    ]
    rows = [
        (str(row["seed"]), *(f"{n}" for n in (*row["whole"], *row["delta"])), f"{row['cpu']:.1f}", f"{row['wall']:.1f}",
         str(row["requests"]), str(row["syncs"]))
        for row in ours
    ]  # fmt: skip
    rows.append(("by offset", *(f"{n}" for n in (*control["whole"], *control["delta"])), f"{control['cpu']:.1f}",
                 f"{control['wall']:.1f}", str(control["requests"]), str(control["syncs"])))  # fmt: skip
    heads = (
        "seed",
        "missing",
        "stale",
        "missing after the next sync",
        "stale after it",
        "processor s",
        "s",
        "calls",
        "syncs",
    )
    write_results(
        "connected_source",
        f"{sales:,} sales read while they are edited",
        targets,
        {"runs": ours, "control": control},
        table(heads, rows),
    )


if __name__ == "__main__":
    main()
