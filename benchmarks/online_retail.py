"""How much does it cost to do it right? Online Retail, file to published run, beside a bare copy of the same rows.

    .venv/bin/python -m benchmarks.online_retail [--quick]

Ours parses, checks, derives customers and products, keeps keys, builds the snapshot, scores and publishes; the bare copy
is DuckDB's read_csv and an ADBC COPY into one table without keys. Same process, same server, by turns.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from benchmarks import bare
from benchmarks.ground import fresh_home, online_retail, settle, workspace
from benchmarks.measure import Bar, keep, quick, spread, table, watch

from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh

TURNS = 5
LIMIT = 4.0


def one_turn(csv: Path, ours_first: bool) -> dict[str, float]:
    """Seconds of each side on a fresh home."""
    cost: dict[str, float] = {}
    with fresh_home() as database:

        def ours() -> None:
            settle(database)
            with watch() as loading:
                batch = load_file(database.settings, database, csv)
            with watch() as refreshing:
                run = run_refresh(database.settings, database, predict=False)
            assert batch.lines_loaded == 541_909 and run["state"] == "published"
            cost.update(load=loading.seconds, refresh=refreshing.seconds, ours=loading.seconds + refreshing.seconds)

        def floor() -> None:
            settle(database)
            with watch() as copying:
                bare.copy(database, csv)
            cost.update(bare=copying.seconds, load_average=copying.load_before)
            bare.drop(database)

        for side in (ours, floor) if ours_first else (floor, ours):
            side()
    return cost


def main() -> None:
    """Measures, prints and keeps the result."""
    with workspace() as folder:
        csv = online_retail(folder)
        turns = [one_turn(csv, ours_first=bool(n % 2)) for n in range(1 if quick() else TURNS)]
    columns = {name: [turn[name] for turn in turns] for name in turns[0]}
    ratio = statistics.median(columns["ours"]) / statistics.median(columns["bare"])
    paired = [turn["ours"] / turn["bare"] for turn in turns]
    names = {"bare": "bare copy", "ours": "file to published run", "load": "... load", "refresh": "... refresh"}
    rows = [(words, spread(columns[name])) for name, words in names.items()]
    text = f"Seconds, median (smallest-largest) of {len(turns)} turns; ratio turn by turn {spread(paired)}.\n\n"
    keep(
        "online_retail",
        "Online Retail: 541,909 lines, file to published run",
        [Bar("file to published run / bare copy", ratio, LIMIT)],
        {"turns": turns},
        text + table(("", "seconds"), rows),
    )


if __name__ == "__main__":
    main()
