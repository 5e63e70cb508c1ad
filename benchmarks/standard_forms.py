"""Standard forms: microseconds a row of five fields, as a ratio to the normalization that matching does on the same rows.

    .venv/bin/python -m benchmarks.standard_forms [--rows 200000] [--quick]

Rows are drawn with seed 7 from 2,000 names and 4 countries; one value in five is a fault: a placeholder, a typing error, a NUL.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable

from benchmarks.measure import Target, write_results

from foresell.identity.normalization import normalize
from foresell.identity.record import RawRecord
from foresell.identity.standard_forms import FIELDS, standardise

ROWS, QUICK_ROWS, REPEATS = 200_000, 5_000, 3
#: The goal in microseconds a row (benchmarks of the notes, one core), and what the ratio may be.
MOST_US, MOST_RATIO = 120.0, 3.0
PLACES = {"GB": ("020 7946 0{:03}", "LS1 4AP"), "DE": ("030 901820 {:03}", "10115"), "US": ("(212) 736-5{:03}", "10001"),
          "NL": ("020 624 1{:03}", "1012AB")}  # fmt: skip
FAULTS = ("n/a", "-", "unknown", "\x00", "12345", "ann@gmail.con", "???")


def make_rows(count: int) -> list[dict[str, str]]:
    """Rows of name, email, phone, postcode and country."""
    rng = random.Random(7)
    rows = []
    for number in range(count):
        person = f"Ann{rng.randrange(2_000)} Smith"
        country = rng.choice(list(PLACES))
        phone, postcode = PLACES[country]
        row = {"name": person.replace("0", "a").replace("1", "b"), "email": f"ann{number}@Post{number % 500}.com",
               "phone": phone.format(rng.randrange(1_000)), "postcode": postcode, "country": country}  # fmt: skip
        if rng.random() < 0.2:
            row[rng.choice(("name", "email", "phone", "postcode"))] = rng.choice(FAULTS)
        rows.append(row)
    return rows


def standardise_rows(rows: list[dict[str, str]]) -> None:
    """The standard form of each value."""
    for row in rows:
        for field in FIELDS:
            standardise(field, row[field], row["country"])


def normalize_rows(rows: list[dict[str, str]]) -> None:
    """What matching does on the same rows."""
    for row in rows:
        normalize(RawRecord(0, "", **row))


def measure(work: Callable[[list[dict[str, str]]], None], rows: list[dict[str, str]]) -> float:
    """Processor microseconds a row, the median of REPEATS."""
    found = []
    for _ in range(REPEATS):
        started = time.process_time()
        work(rows)
        found.append((time.process_time() - started) / len(rows) * 1e6)
    return statistics.median(found)


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    rows = make_rows(QUICK_ROWS if options.quick else options.rows)
    standard, matching = measure(standardise_rows, rows), measure(normalize_rows, rows)
    targets = [
        Target("standard forms of a row", standard, MOST_US, unit="µs"),
        Target("as a ratio to the normalization for matching", standard / matching, MOST_RATIO),
    ]
    text = f"{len(rows):,} rows of five fields, seed 7, processor time on one core; normalization takes {matching:.0f} µs a row."
    write_results("standard_forms", "Standard forms of customer values", targets, {"rows": len(rows)}, text)


if __name__ == "__main__":
    main()
