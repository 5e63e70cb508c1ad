"""Matching with real directories: precision and recall on a made-up customer list that is derived from them with typing errors.

Half of the list are businesses that the directory lacks: their entries are taken out before it is loaded. A control takes
all that shares a comparison key and must be less precise. Run: python -m benchmarks.directories
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.measure import table, write_results

from foresell.enrichment import entries
from foresell.enrichment.entries import save_entries
from foresell.enrichment.fields import Directory, Entry, Reading
from foresell.enrichment.readers import read_entries
from foresell.identity.normalization.records import normalize_as_company
from foresell.identity.record import RawRecord, Record
from foresell.settings import Settings
from foresell.store import embedded
from foresell.store.database import open_database
from foresell.workflows import enrich
from foresell.workflows.directories import key_entries

SECRET = b"\1" * 32
DATA = Path(os.environ.get("FORESELL_DATA", "../shared/data"))
FILES: list[tuple[Directory, str]] = [
    ("osm", "directory_osm/businesses_helsinki.parquet"),
    ("osm", "directory_osm/businesses_liechtenstein.parquet"),
    ("overture", "directory_overture/places_2500.parquet"),
    ("gleif", "companies_gleif/lei_12000.parquet"),
]
AT_ONCE = 500


def misspell(random: Random, text: str) -> str:
    """The text with one letter left out, doubled or swapped with the next."""
    if len(text) < 4:
        return text
    at = random.randrange(1, len(text) - 1)
    return random.choice(
        [
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        ]
    )


def make_customer(random: Random, number: int, entry: Entry) -> Record:
    """The business as a shop would know it: a tenth of the names and streets misspelt, half of each contact detail unknown."""
    details = entry.details
    is_known = {name: random.random() < 0.5 for name in ("phone", "email", "street")}
    name = misspell(random, entry.name) if random.random() < 0.1 else entry.name
    street = misspell(random, str(details.get("street", ""))) if random.random() < 0.1 else details.get("street")
    raw = RawRecord(
        number, "customers", name, details.get("email") if is_known["email"] else None,
        details.get("phone") if is_known["phone"] else None, street if is_known["street"] else None, details.get("city"), None,
        details.get("postcode"), details.get("country"),
    )  # fmt: skip
    return normalize_as_company(raw)


def measure(con: Any, directory: Directory, file: str) -> dict[str, float]:
    """Loads half of the directory and matches customers made of all of it."""
    random = Random(11)
    found = list(read_entries(DATA / file, directory, Reading()))
    random.shuffle(found)
    found = found[:4_000]
    listed = found[: len(found) // 2]
    for kept in ("entry_keys", "entries", "osm_entries", "directory_loads"):
        con.execute(f"delete from enrichment.{kept}".encode())
    save_entries(con, directory, (file, "0" * 64), key_entries(listed, SECRET), whole=False, made_up=True)
    names = {entry.key for entry in listed}
    customers = [make_customer(random, number, entry) for number, entry in enumerate(found)]
    started, right, wrong = time.process_time(), 0, 0
    matcher = enrich.Matcher(con, SECRET)
    for begin in range(0, len(customers), AT_ONCE):
        for at, by_source in matcher.find(customers[begin : begin + AT_ONCE]).items():
            for match in by_source.values():
                is_right = match.entry["entry_key"] == found[begin + at].key
                right, wrong = right + is_right, wrong + (not is_right)
    return {
        "entries": len(listed), "customers": len(customers), "listed": len(names), "matched": right + wrong, "wrong": wrong,
        "precision": right / max(right + wrong, 1), "recall": right / len(names),
        "ms": 1000 * (time.process_time() - started) / len(customers),
    }  # fmt: skip


def by_any_key(found: Any, record: Record, entry: Record) -> bool:
    """The control: all that shares a comparison key is taken."""
    return True


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="foresell-bench-") as folder:
        settings = Settings(home=Path(folder) / "home")
        database = open_database(settings)
        try:
            with database.connect() as con:
                entries.take_lock(con)
                measured = []
                for directory, file in FILES:
                    for name, judge in (("as used", enrich.is_sure), ("any shared key", by_any_key)):
                        enrich.is_sure = judge  # type: ignore[assignment]
                        measured.append({"file": file, "judge": name, **measure(con, directory, file)})
                        enrich.is_sure = IS_SURE
        finally:
            embedded.stop(settings.home)
    shown = [
        (
            row["file"], row["judge"], f"{row['entries']:,}", f"{row['customers']:,}", f"{row['precision']:.3f}",
            f"{row['recall']:.3f}", f"{row['ms']:.1f}",
        )
        for row in measured
    ]  # fmt: skip
    headings = ("directory", "what is taken", "entries", "customers", "precision", "recall", "ms a customer")
    write_results("directories", "Customers found in directories", [], {"measured": measured}, table(headings, shown))


IS_SURE: Callable[..., bool] = enrich.is_sure

if __name__ == "__main__":
    main()
