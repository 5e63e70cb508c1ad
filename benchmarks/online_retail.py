"""Online Retail from file to published run, compared with a bare copy of the same rows.

    .venv/bin/python -m benchmarks.online_retail [--quick]

Ours parses, checks, derives customers and products, keeps keys, builds the snapshot, scores and publishes; the bare copy
is DuckDB's read_csv and an ADBC COPY into one table without keys. Same process, same server, in turns.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from benchmarks import bare
from benchmarks.ground import checkpoint, fresh_home, online_retail, workspace
from benchmarks.measure import Target, is_quick, spread, table, watch, write_results

from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh

TURNS = 5
LIMIT = 4.0


def one_turn(csv: Path, ours_first: bool) -> dict[str, float]:
    """Seconds of each side on a fresh home."""
    cost: dict[str, float] = {}
    with fresh_home() as database:

        def run_ours() -> None:
            checkpoint(database)
            with watch() as loading:
                batch = load_file(database.settings, database, csv)
            with watch() as refreshing:
                run = run_refresh(database.settings, database, predict=False)
            assert batch.lines_loaded == 541_909 and run["state"] == "published"
            cost.update(load=loading.seconds, refresh=refreshing.seconds, ours=loading.seconds + refreshing.seconds)

        def run_bare() -> None:
            checkpoint(database)
            with watch() as copying:
                bare.copy(database, csv)
            cost.update(bare=copying.seconds, load_average=copying.load_before)
            bare.drop(database)

        for side in (run_ours, run_bare) if ours_first else (run_bare, run_ours):
            side()
    return cost


def main() -> None:
    """Measure, print and save the results."""
    with workspace() as folder:
        csv = online_retail(folder)
        turns = [one_turn(csv, ours_first=bool(n % 2)) for n in range(1 if is_quick() else TURNS)]
    columns = {name: [turn[name] for turn in turns] for name in turns[0]}
    ratio = statistics.median(columns["ours"]) / statistics.median(columns["bare"])
    paired = [turn["ours"] / turn["bare"] for turn in turns]
    names = {"bare": "bare copy", "ours": "file to published run", "load": "... load", "refresh": "... refresh"}
    rows = [(words, spread(columns[name])) for name, words in names.items()]
    text = f"Seconds, median (smallest-largest) of {len(turns)} turns; ratio turn by turn {spread(paired)}.\n\n"
    write_results(
        "online_retail",
        "Online Retail: 541,909 lines, file to published run",
        [Target("file to published run / bare copy", ratio, LIMIT)],
        {"turns": turns},
        text + table(("", "seconds"), rows),
    )


if __name__ == "__main__":
    main()
