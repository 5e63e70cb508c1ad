"""Does it hold at size? A million customers and twenty million lines: load and refresh, time and memory.

    .venv/bin/python -m benchmarks.million [--quick]

Load beside a bare copy of the same file (DuckDB's read_csv, ADBC COPY into one table without keys); refresh beside
reading the tables back over ADBC and the bare RFM query in DuckDB's memory. Memory is that of this process; what the
database server takes is said apart.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from benchmarks import bare
from benchmarks.ground import SEED, demo_orders, fresh_home, settle, watched_server, workspace
from benchmarks.measure import GIB, Bar, Watch, keep, quick, table, watch

from foresell.database import Database
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh

CUSTOMERS = 1_000_000
LOAD_LIMIT, LOAD_GIB = 5.0, 4.0
REFRESH_LIMIT, REFRESH_GIB = 3.0, 6.0
STEPS = ("bare copy", "load", "bare read and score", "refresh")
T = TypeVar("T")


def measure(customers: int) -> tuple[dict[str, list[Watch]], int, dict[str, float]]:
    """Costs by step, lines loaded, and the published run's own timings.

    Each floor is measured before and after ours: the machine has other work, and the first who reads a table that was
    just loaded pays for marking its rows as committed.
    """
    costs: dict[str, list[Watch]] = {name: [] for name in STEPS}
    with workspace() as folder, fresh_home() as database:
        csv, server = demo_orders(folder, customers), watched_server(database)

        def timed(step: str, action: Callable[[], T]) -> T:
            settle(database)
            with watch(server) as cost:
                result = action()
            costs[step].append(cost)
            print(f"{step}: {cost.seconds:.1f} s", flush=True)
            return result

        def copied() -> None:
            timed("bare copy", lambda: bare.copy(database, csv))
            bare.drop(database)

        copied()
        batch = timed("load", lambda: load_file(database.settings, database, csv))
        copied()
        as_of = last_day(database)
        scored = timed("bare read and score", lambda: bare.score(database, as_of))
        run = timed("refresh", lambda: run_refresh(database.settings, database, predict=False))
        assert scored == run["customers_scored"] and as_of == run["as_of"]
        timed("bare read and score", lambda: bare.score(database, as_of))
    return costs, batch.lines_loaded, run["timings"]


def last_day(database: Database) -> date:
    """The day after the last order."""
    with database.connect() as con:
        row = con.execute("select max(ordered_at)::date + 1 as day from orders").fetchone()
    assert row is not None
    return date.fromisoformat(str(row["day"]))


def seconds(costs: list[Watch]) -> float:
    """The mean, where a step was measured twice."""
    return statistics.mean(cost.seconds for cost in costs)


def main() -> None:
    """Measures, prints and keeps the result."""
    customers = 10_000 if quick() else CUSTOMERS
    costs, lines, timings = measure(customers)
    took = {step: seconds(each) for step, each in costs.items()}
    [load], [refresh] = costs["load"], costs["refresh"]
    bars = [
        Bar("load / bare copy", took["load"] / took["bare copy"], LOAD_LIMIT),
        Bar("memory of the load", load.peak / GIB, LOAD_GIB, unit="GiB"),
        Bar("refresh / (bare read + RFM query)", took["refresh"] / took["bare read and score"], REFRESH_LIMIT),
        Bar("memory of the refresh", refresh.peak / GIB, REFRESH_GIB, unit="GiB"),
    ]
    rows = [
        (
            step, f"{cost.seconds:.1f}", f"{cost.peak / GIB:.2f}", f"{cost.others_peak / GIB:.2f}",
            f"{cost.load_before:.1f}, {cost.load_after:.1f}",
        )
        for step, each in costs.items()
        for cost in each
    ]  # fmt: skip
    head = ("step", "seconds", "peak memory, GiB", "server's own memory, GiB", "load average before, after")
    steps = ", ".join(f"{step} {each:.1f} s" for step, each in timings.items())
    text = table(head, rows) + f"\n\nFloors were measured before and after ours. The refresh's own steps: {steps}."
    details = {
        "seed": SEED,
        "customers": customers,
        "lines": lines,
        "rows": [list(row) for row in rows],
        "refresh_steps": timings,
    }
    keep("million", f"{customers:,} customers, {lines:,} lines", bars, details, text)


if __name__ == "__main__":
    main()
