"""How complete customers are: the demo shop alone, with its second source merged by the true pairs, and Online Retail II.

    .venv/bin/python -m benchmarks.completeness [--quick]

Merging by the true pairs is the best that matching could do; the demo's figures are of generated data. Online Retail II is real and
has no contact data at all.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

from benchmarks.ground import fresh_home
from benchmarks.measure import is_quick

from foresell.database import Database
from foresell.demo import Shop, write_shop
from foresell.identity import moves
from foresell.snapshot.completeness import measure_completeness
from foresell.snapshot.open import open_snapshot
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh


def report(name: str, database: Database) -> None:
    """Refresh without predictions, and print how complete the customers are."""
    run = run_refresh(database.settings, database, predict=False)
    with open_snapshot(database.settings.snapshots / run["snapshot_file"]) as con:
        found = measure_completeness(con)
    fields = ", ".join(f"{each['field_group']} {each['share']:.1%}" for each in found["fields"])
    print(
        f"{name}: {found['active']:,} active, {found['completeness']:.1%} complete, {found['at_goal']:,} at the goal;"
        f" all {found['all_customers']:,}: {found['all_completeness']:.1%}. Active: {fields}"
    )
    for each in found["sources"]:
        print(f"    {each['source']}: {each['records']:,} records, {each['completeness']:.1%}")


def merge_true_pairs(database: Database, file: Path) -> int:
    """Make each contact one with the customer it is. Returns how many customers got records."""
    with database.connect() as con:
        rows = con.execute("select source, source_key, customer_id from customer_records").fetchall()
        ids = {(row["source"], row["source_key"]): row["customer_id"] for row in rows}
        merges: dict[str, list[str]] = {}
        for pair in csv.DictReader(file.open(encoding="utf-8-sig")):
            shop, crm = ids.get(("shop", pair["customer_no"])), ids.get(("crm", pair["crm_id"]))
            if shop and crm:
                merges.setdefault(shop, []).append(crm)
        moves.merge(con, merges, by="run")
    return len(merges)


def measure_demo(customers: int) -> None:
    """The demo shop, before and after its second source."""
    with fresh_home() as database:
        files = write_shop(Shop(customers=customers, seed=1), database.settings.home / "demo")
        for file in (files.customers, files.products, files.orders):
            load_file(database.settings, database, file, source="shop")
        report("demo shop alone", database)
        load_file(database.settings, database, files.contacts, source="crm")
        merged = merge_true_pairs(database, files.true_pairs)
        report(f"with the second source, {merged:,} customers merged by the true pairs", database)


def main() -> None:
    """Measure both."""
    measure_demo(500 if is_quick() else 2_000)
    file = Path(os.environ.get("FORESELL_DATA", "../shared/data")) / "online_retail_ii" / "online_retail_ii.parquet"
    if not is_quick() and file.exists():
        with fresh_home() as database:
            load_file(database.settings, database, file, source="online retail ii", accept_guesses=True)
            report("Online Retail II", database)


if __name__ == "__main__":
    main()
