"""Does it hold at size? A million customers and twenty million lines: load and refresh, time and memory.

    .venv/bin/python -m benchmarks.million [--quick]

Load beside a bare copy of the same file (DuckDB's read_csv, ADBC COPY into one table without keys); refresh beside
reading the tables back over ADBC and the bare RFM query in DuckDB's memory. Memory is that of this process; what the
database server takes is said apart.
"""

from __future__ import annotations

from benchmarks import bare
from benchmarks.ground import demo_orders, fresh_home, settle, watched_server, workspace
from benchmarks.measure import GIB, Bar, Watch, keep, quick, table, watch

from foresell import pipeline

CUSTOMERS = 1_000_000
LOAD_LIMIT, LOAD_GIB = 5.0, 4.0
REFRESH_LIMIT, REFRESH_GIB = 3.0, 6.0


def measure(customers: int) -> tuple[dict[str, Watch], int, dict[str, float]]:
    """Costs by step, lines loaded, and the published run's own timings."""
    costs: dict[str, Watch] = {}
    with workspace() as folder, fresh_home() as database:
        csv, server = demo_orders(folder, customers), watched_server(database)
        settle(database)
        with watch(server) as costs["bare copy"]:
            bare.copy(database, csv)
        bare.drop(database)
        settle(database)
        with watch(server) as costs["load"]:
            batch = pipeline.load(database.settings, database, csv)
        settle(database)
        with watch(server) as costs["refresh"]:
            run = pipeline.refresh(database.settings, database)
        with watch(server) as costs["bare read and score"]:
            scored = bare.score(database, run["as_of"])
        assert scored == run["customers_scored"]
    return costs, batch.lines_loaded, run["timings"]


def main() -> None:
    """Measures, prints and keeps the result."""
    customers = 10_000 if quick() else CUSTOMERS
    costs, lines, timings = measure(customers)
    load, refresh = costs["load"], costs["refresh"]
    bars = [
        Bar("load / bare copy", load.seconds / costs["bare copy"].seconds, LOAD_LIMIT),
        Bar("memory of the load", load.peak / GIB, LOAD_GIB, unit="GiB"),
        Bar("refresh / (bare read + RFM query)", refresh.seconds / costs["bare read and score"].seconds, REFRESH_LIMIT),
        Bar("memory of the refresh", refresh.peak / GIB, REFRESH_GIB, unit="GiB"),
    ]
    rows = [
        (
            step, f"{cost.seconds:.1f}", f"{cost.peak / GIB:.2f}", f"{cost.others_peak / GIB:.2f}",
            f"{cost.load_before:.1f}, {cost.load_after:.1f}",
        )
        for step, cost in costs.items()
    ]  # fmt: skip
    head = ("step", "seconds", "peak memory, GiB", "server's own memory, GiB", "load average before, after")
    steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in timings.items())
    text = table(head, rows) + f"\n\nThe refresh's own steps: {steps}."
    details = {"customers": customers, "lines": lines, "rows": [list(row) for row in rows], "refresh_steps": timings}
    keep("million", f"{customers:,} customers, {lines:,} lines", bars, details, text)


if __name__ == "__main__":
    main()
