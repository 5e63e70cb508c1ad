"""Load and refresh at size: a million customers and twenty million lines, time and memory.

    .venv/bin/python -m benchmarks.million [--quick]

Load is compared with a bare copy of the same file (DuckDB's read_csv, ADBC COPY into one table without keys); refresh with
reading the tables back over ADBC and the bare RFM query in DuckDB's memory. Memory is that of this process; that of
the database server is listed separately.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from benchmarks import bare
from benchmarks.ground import SEED, checkpoint, demo_orders, fresh_home, processes_lister, workspace
from benchmarks.measure import GIB, Target, Watch, is_quick, table, watch, write_results

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

    Each floor is measured before and after ours: the machine has other work, and the first query that reads a table
    just loaded pays for marking its rows as committed.
    """
    costs: dict[str, list[Watch]] = {name: [] for name in STEPS}
    with workspace() as folder, fresh_home() as database:
        csv, server = demo_orders(folder, customers), processes_lister(database)

        def measure_step(step: str, action: Callable[[], T]) -> T:
            checkpoint(database)
            with watch(server) as cost:
                result = action()
            costs[step].append(cost)
            print(f"{step}: {cost.seconds:.1f} s", flush=True)
            return result

        def measure_copy() -> None:
            measure_step("bare copy", lambda: bare.copy(database, csv))
            bare.drop(database)

        measure_copy()
        batch = measure_step("load", lambda: load_file(database.settings, database, csv))
        measure_copy()
        as_of = last_day(database)
        scored = measure_step("bare read and score", lambda: bare.score(database, as_of))
        run = measure_step("refresh", lambda: run_refresh(database.settings, database, predict=False))
        assert scored == run["customers_scored"] and as_of == run["as_of"]
        measure_step("bare read and score", lambda: bare.score(database, as_of))
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
    """Measure, print and save the results."""
    customers = 10_000 if is_quick() else CUSTOMERS
    costs, lines, timings = measure(customers)
    took = {step: seconds(each) for step, each in costs.items()}
    [load], [refresh] = costs["load"], costs["refresh"]
    targets = [
        Target("load / bare copy", took["load"] / took["bare copy"], LOAD_LIMIT),
        Target("memory of the load", load.peak / GIB, LOAD_GIB, unit="GiB"),
        Target("refresh / (bare read + RFM query)", took["refresh"] / took["bare read and score"], REFRESH_LIMIT),
        Target("memory of the refresh", refresh.peak / GIB, REFRESH_GIB, unit="GiB"),
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
    text = (
        table(head, rows) + f"\n\nThe bare steps were measured before and after ours. The refresh's own steps: {steps}."
    )
    details = {
        "seed": SEED,
        "customers": customers,
        "lines": lines,
        "rows": [list(row) for row in rows],
        "refresh_steps": timings,
    }
    write_results("million", f"{customers:,} customers, {lines:,} lines", targets, details, text)


if __name__ == "__main__":
    main()
