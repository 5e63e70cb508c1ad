"""Which predictions a shop's data allow: purchase, churn, expected revenue, lifetime value and forecast, against what needs no model.

    .venv/bin/python -m benchmarks.service_gate                       # the public shops and customers without memory
    .venv/bin/python -m benchmarks.service_gate --data SALES.csv      # any file that `foresell load` reads
    .venv/bin/python -m benchmarks.service_gate --data HOME           # the published run of a home, or a snapshot file

Each row is what training would decide: the model that is served, or "off" and what it did not beat, with the mean skill and its 5 %
bound. The public shops lie in FORESELL_DATA; Superstore is the public CSV of 9,994 lines, in superstore/superstore.csv there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
from benchmarks.ground import fresh_home
from benchmarks.measure import Target, table, write_results
from tests.support import gate_shops
from tests.support.snapshot_of_retail import as_of_of, data_folder, retail_snapshot

from foresell.scores.train import train_scores
from foresell.scores.training.model_registry import ModelVersion
from foresell.settings import Settings
from foresell.snapshot.open import open_snapshot
from foresell.store import runs
from foresell.store.database import open_database
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh

SEED = 7
TASKS = ("purchase", "churn", "expected_revenue", "lifetime_value", "revenue_forecast")
CHANCE_TASKS = ("purchase", "expected_revenue", "lifetime_value")
#: Draws of customers without memory, and how many of them may be served something.
DRAWS, FALSE_SERVE = 20, 0.05


def judge(name: str, con: duckdb.DuckDBPyConnection, tasks: tuple[str, ...] = TASKS) -> list[dict[str, Any]]:
    """One row per task: what training decides on this shop."""
    started = time.monotonic()
    trained, refused = train_scores(con, as_of_of(con), tasks, seed=SEED)
    versions = {version.task: version for version in trained}
    seconds = round(time.monotonic() - started, 1)
    return [
        {"shop": name, "task": task, "seconds": seconds, **(_served(versions[task]) if task in versions else {"served": "off", "why": refused[task].message})}
        for task in tasks
    ]  # fmt: skip


def _served(version: ModelVersion) -> dict[str, Any]:
    skills = version.card.get("gate", {})
    figures = "; ".join(f"v {name} {each['value']:+.3f} ({each['bound']:+.3f})" for name, each in skills.items())
    return {"served": version.kind, "why": figures or version.reason}


def public_shops(superstore: Path) -> Iterator[tuple[str, duckdb.DuckDBPyConnection]]:
    """The shops of the table, the largest first; those without data are left out."""
    folder = data_folder()
    retail = retail_snapshot("ii", folder)
    yield "Online Retail II", retail
    for customers in (1000, 500, 200):
        yield f"Online Retail II, {customers:,} customers", gate_shops.part_of(retail, customers)
    if superstore.exists():
        yield "Superstore", gate_shops.superstore_shop(superstore)
    cdnow = folder / "cdnow" / "cdnow_master.parquet"
    if cdnow.exists():
        whole = gate_shops.cdnow_shop(cdnow)
        yield "CDNOW", whole
        yield "CDNOW, 500 customers", gate_shops.part_of(whole, 500)


def count_false_serves(draws: int, customers: int) -> list[dict[str, Any]]:
    """How often each task is served among customers without memory, who allow no prediction."""
    served = dict.fromkeys(CHANCE_TASKS, 0)
    for seed in range(draws):
        for row in judge("memoryless", gate_shops.memoryless_shop(seed, customers), CHANCE_TASKS):
            served[row["task"]] += row["served"] != "off"
    return [
        {"shop": f"Without memory, {customers} customers", "task": task, "seconds": None, "served": f"{count} of {draws}", "why": "false serves"}
        for task, count in served.items()
    ]  # fmt: skip


def judge_data(data: Path) -> list[dict[str, Any]]:
    """The table of a home, a snapshot file or a file of sales."""
    if data.suffix == ".duckdb":
        with duckdb.connect(str(data), read_only=True) as con:
            return judge(data.stem, con)
    if data.is_dir():
        settings = Settings(home=data)
        run = runs.get_published_run(open_database(settings))
        with open_snapshot(settings.snapshots / run["snapshot_file"]) as con:
            return judge(data.name, con)
    with fresh_home() as database:
        load_file(database.settings, database, data)
        run = run_refresh(database.settings, database, predict=False)
        with open_snapshot(database.settings.snapshots / run["snapshot_file"]) as con:
            return judge(data.stem, con)


def show(rows: list[dict[str, Any]]) -> None:
    """Print rows as they come."""
    for row in rows:
        print(f"{row['shop']:36} {row['task']:17} {row['served']:26} {row['why']}", flush=True)


def main() -> int:
    """Print the table; save it when all public shops were judged. Returns 1 where chance was served too often."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, help="a home, a snapshot file, or a file of sales")
    parser.add_argument("--superstore", type=Path, default=data_folder() / "superstore" / "superstore.csv")
    parser.add_argument("--quick", action="store_true", help="500 customers and few draws; saves no results")
    arguments = parser.parse_args()
    if arguments.data:
        show(judge_data(arguments.data))
        return 0
    rows: list[dict[str, Any]] = []
    for name, con in public_shops(arguments.superstore):
        if arguments.quick and "500" not in name:
            continue
        found = judge(name, con)
        show(found)
        rows += found
    draws = 3 if arguments.quick else DRAWS
    chance = count_false_serves(draws, 400)
    show(chance)
    most = max(int(row["served"].split()[0]) for row in chance)
    targets = [Target("of predictions served to customers without memory", most / draws, FALSE_SERVE, unit="share")]
    head = ("shop", "task", "served", "mean skill and 5 % bound")
    lines = [(row["shop"], row["task"], row["served"], row["why"]) for row in rows + chance]
    write_results("service_gate", "The service gate", targets, {"rows": rows + chance}, table(head, lines))
    return int(most > FALSE_SERVE * draws)


if __name__ == "__main__":
    sys.exit(main())
