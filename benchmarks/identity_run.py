"""A million customer records of two sources: a run over all of them, the same again, a tenth more, and single arrivals.

    .venv/bin/python -m benchmarks.identity_run [--customers 670000] [--quick]

With 670,000 customers and their contacts in the second source there are about a million records. Precision and recall are of pairs of records in one customer, against the generator's true pairs, which no file has; the
baseline merges records with the same e-mail address.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import combinations
from pathlib import Path

from benchmarks.ground import SEED, checkpoint, fresh_home
from benchmarks.measure import GIB, Target, table, watch, write_results

from foresell.database import Database
from foresell.demo import Shop, ShopFiles, write_shop
from foresell.privacy.vault import vault_of
from foresell.workflows.arrival import match_batch
from foresell.workflows.load import load_file
from foresell.workflows.resolve import resolve_records

CUSTOMERS = 670_000
LATE = 10  # one contact in ten comes later
ARRIVALS = 100
COMPARING = ("read", "normalize", "score", "cluster", "reconcile")

Key = tuple[str, str]


def make_files(folder: Path, customers: int) -> ShopFiles:
    """The shop's files with few orders: they are not what is measured."""
    day = Shop().last_day
    return write_shop(Shop(SEED, customers, day - timedelta(days=27), day, 2.0), folder)


def split_contacts(file: Path, folder: Path) -> tuple[Path, Path, Path]:
    """The contacts in three files: most, a tenth, and single ones to arrive."""
    files = [(folder / f"{name}.csv").open("w", newline="", encoding="utf-8") for name in ("most", "late", "single")]
    with file.open(newline="", encoding="utf-8") as stream:
        rows = csv.reader(stream)
        writers = [csv.writer(each) for each in files]
        header = next(rows)
        for writer in writers:
            writer.writerow(header)
        for number, row in enumerate(rows):
            late = number % LATE == 0
            writers[2 if late and number < LATE * ARRIVALS else 1 if late else 0].writerow(row)
    for each in files:
        each.close()
    return folder / "most.csv", folder / "late.csv", folder / "single.csv"


def true_pairs(files: ShopFiles) -> set[tuple[Key, Key]]:
    """Pairs of records of one customer."""
    groups: dict[str, set[Key]] = defaultdict(set)
    with files.true_pairs.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            groups[row["customer_no"]] |= {("crm", row["crm_id"]), ("shop", row["customer_no"])}
    return pairs_of(groups.values())


def pairs_of(groups: Iterable[Iterable[Key]]) -> set[tuple[Key, Key]]:
    """The pairs within groups."""
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def read_customers(database: Database) -> dict[Key, str]:
    """The customer of each record."""
    with database.connect() as con:
        rows = con.execute("select source, source_key, customer_id from customer_records").fetchall()
    return {(row["source"], row["source_key"]): row["customer_id"] for row in rows}


def judge(found: set[tuple[Key, Key]], true: set[tuple[Key, Key]]) -> tuple[float, float]:
    """Precision and recall."""
    right = len(found & true)
    return right / max(1, len(found)), right / max(1, len(true))


def same_email(files: ShopFiles) -> set[tuple[Key, Key]]:
    """The baseline: records with the same e-mail address, in lower case."""
    groups: dict[str, set[Key]] = defaultdict(set)
    for source, file, key in (("shop", files.customers, "customer_no"), ("crm", files.contacts, "crm_id")):
        with file.open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                if row["email"]:
                    groups[row["email"].lower()].add((source, row[key]))
    return pairs_of(group for group in groups.values() if len(group) < 50)


def measure_arrivals(database: Database, file: Path) -> list[float]:
    """Seconds that the matching of each single record takes, in the transaction that loads it."""
    taken: list[float] = []
    lines = file.read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        for number, line in enumerate(lines[1 : ARRIVALS + 1]):
            single = Path(folder) / f"{number}.csv"
            single.write_text(f"{lines[0]}\n{line}\n", encoding="utf-8")
            batch = load_file(database.settings, database, single, source="late-crm", accept_guesses=True)
            with database.arrow() as pg, pg.cursor() as cur:
                cur.execute(
                    "delete from identity.match_keys where record_id in (select record_id from core.customer_records where batch_id = $1)",
                    [batch.batch_id],
                )
                cur.execute(
                    "delete from identity.compared_records where record_id in (select record_id from core.customer_records where batch_id = $1)",
                    [batch.batch_id],
                )
                started = time.perf_counter()
                match_batch(cur, vault_of(database.settings), batch.batch_id)
                taken.append(time.perf_counter() - started)
                pg.rollback()
    return taken


def main() -> None:
    """Measure and save the results."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.identity_run", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--customers", type=int, help=f"of the shop (default {CUSTOMERS:,}; with --quick 5,000)")
    parser.add_argument("--quick", action="store_true", help="small data; saves no results")
    arguments = parser.parse_args()
    customers = arguments.customers or (5_000 if arguments.quick else CUSTOMERS)
    with fresh_home() as database, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        files = make_files(folder / "shop", customers)
        most, late, single = split_contacts(files.contacts, folder)
        settings = database.settings
        for source, file in (("shop", files.customers), ("crm", most)):
            load_file(settings, database, file, source=source, accept_guesses=True)
        checkpoint(database)
        with watch() as first_cost:
            first = resolve_records(settings, database)
        checkpoint(database)
        with watch() as cost:
            again = resolve_records(settings, database)
        before = read_customers(database)
        load_file(settings, database, late, source="crm", accept_guesses=True)
        more = resolve_records(settings, database)
        after = read_customers(database)
        kept = sum(after[key] == customer for key, customer in before.items()) / len(before)
        true = true_pairs(files)
        loaded = set(after)
        true = {(a, b) for a, b in true if a in loaded and b in loaded}
        groups: dict[str, set[Key]] = defaultdict(set)
        for key, customer in after.items():
            groups[customer].add(key)
        precision, recall = judge(pairs_of(groups.values()), true)
        base_precision, base_recall = judge({(a, b) for a, b in same_email(files) if a in loaded and b in loaded}, true)
        arrivals = measure_arrivals(database, single)
    comparing = sum(again["timings"].get(step, 0.0) for step in COMPARING)
    size = f"{len(before):,} records"
    targets = [
        Target(
            f"read, normalize, score, cluster and reconcile {size}",
            comparing * 1_000_000 / len(before),
            90,
            unit="s per million",
        ),
        Target(f"peak memory, first run of {size}", first_cost.peak / GIB, 3, unit="GiB"),
        Target(f"peak memory, the same run again, {size}", cost.peak / GIB, 3, unit="GiB"),
        Target("moves of the same run again", again["counts"]["merges"] + again["counts"]["splits"], 0, unit=""),
        Target("ids kept when a tenth more records come", kept * 100, 99.9, at_least=True, unit="%"),
        Target("precision", precision, 0.95, at_least=True, unit=""),
        Target("recall, relative to merging the same e-mail", recall / base_recall, 1.0, at_least=True),
        Target(
            f"one arrival among {len(after):,} records, p95",
            statistics.quantiles(arrivals, n=20)[18] * 1000,
            10,
            unit="ms",
        ),
    ]
    details = {
        "records": len(after), "customers": len(groups), "first": first, "again": again, "a tenth more": more,
        "precision": precision, "recall": recall, "same e-mail": {"precision": base_precision, "recall": base_recall},
        "arrival_ms": {"p50": statistics.median(arrivals) * 1000, "most": max(arrivals) * 1000},
    }  # fmt: skip
    steps = [
        (step, *(f"{run['timings'].get(step, 0):.1f}" for run in (first, again, more))) for step in first["timings"]
    ]
    text = (
        f"{len(after):,} records of two sources, {len(groups):,} customers. Precision {precision:.4f}, recall {recall:.4f}; merging"
        f" the same e-mail: precision {base_precision:.4f}, recall {base_recall:.4f}. One arrival: p50"
        f" {details['arrival_ms']['p50']:.1f} ms.\n\n"
        + table(("step", "first run, s", "again, s", "a tenth more, s"), steps)
    )
    write_results(
        "identity_run", f"Which of {len(after):,} records of two sources are one customer", targets, details, text
    )


if __name__ == "__main__":
    main()
