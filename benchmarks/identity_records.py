"""A million records of the demo shop and its contact list, normalized and given comparison keys.

    .venv/bin/python -m benchmarks.identity_records [--quick]

Measured on one core for `normalize` alone (processor time), and in two processes for the tables of records and keys
(wall-clock time). Compared with the least that any comparison needs: every value in lower case and without blanks at its
ends, telephone numbers parsed by `phonenumbers`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import phonenumbers
from benchmarks.ground import SEED
from benchmarks.measure import GIB, Target, Watch, is_quick, table, watch, write_results

from foresell.demo import Shop
from foresell.demo.contacts import draw_contacts
from foresell.demo.people import draw_parties, draw_traits
from foresell.demo.shop import CHUNK
from foresell.identity.normalization import normalize, shared_values
from foresell.identity.record import RawRecord
from foresell.identity.record_tables import key_table, normalize_table

RECORDS = 1_000_000
ONE_CORE_SECONDS, TABLES_SECONDS, LIMIT_GIB = 45.0, 40.0, 3.0
SECRET = bytes(32)
_TEXTS = ("name", "email", "phone", "address", "city", "postcode", "country")


def draw_records(count: int) -> list[RawRecord]:
    """This number of records: customers of the shop, each followed by the contacts around it."""
    shop, taken, records = Shop(seed=SEED, customers=count), set[str](), list[RawRecord]()
    for chunk in range(count // CHUNK + 1):
        parties = draw_parties(shop, draw_traits(shop, chunk), taken, chunk)
        for source, rows in (("shop", parties), ("crm", draw_contacts(shop, parties, taken, chunk))):
            for row in rows:
                code = row.country if isinstance(row.country, str) else row.country.code
                values = [row.name, row.email, row.phone, row.street, row.city, None, row.postcode, code]
                records.append(RawRecord(len(records), source, *(value or None for value in values)))
        if len(records) >= count:
            break
    return records[:count]


def simplest(records: list[RawRecord]) -> Iterator[list[str | None]]:
    """The baseline."""
    for record in records:
        found = [value and value.strip().lower() for value in (getattr(record, name) for name in _TEXTS)]
        if record.phone:
            try:
                number = phonenumbers.parse(record.phone, record.country)
                found[2] = f"{number.country_code}{number.national_number}"
            except phonenumbers.NumberParseException:
                found[2] = None
        yield found


def processor_seconds(records: list[RawRecord]) -> tuple[float, float]:
    """(baseline, normalize), turn by turn in parts, so that other work of the machine touches both alike."""
    baseline = ours = 0.0
    for start in range(0, len(records), 20_000):
        part = records[start : start + 20_000]
        began = time.process_time()
        for _ in simplest(part):
            pass
        middle = time.process_time()
        for record in part:
            normalize(record)
        baseline, ours = baseline + middle - began, ours + time.process_time() - middle
    return baseline, ours


def measure_tables(records: list[RawRecord]) -> tuple[dict[str, Watch], int]:
    """Costs by step, and the number of keys."""
    costs: dict[str, Watch] = {}
    with watch() as costs["records, two processes"]:
        found = normalize_table(records, processes=2)
    with watch() as costs["shared values blanked"]:
        found = shared_values(found)
    with watch() as costs["keys, two processes"]:
        keys = key_table(found, SECRET, processes=2)
    return costs, keys.num_rows


def main() -> None:
    """Measure, print and save the results."""
    records = draw_records(20_000 if is_quick() else RECORDS)
    scale = RECORDS / len(records)
    baseline, ours = processor_seconds(records)
    costs, keys = measure_tables(records)
    both = costs["records, two processes"].seconds + costs["keys, two processes"].seconds
    targets = [
        Target("normalize a million records, processor seconds of one core", ours * scale, ONE_CORE_SECONDS, unit="s"),
        Target("records and keys, two processes, wall-clock", both * scale, TABLES_SECONDS, unit="s"),
        Target("normalize / baseline", ours / baseline, 1.5),
        Target("memory, all processes", max(cost.peak for cost in costs.values()) / GIB, LIMIT_GIB, unit="GiB"),
    ]
    rows = [
        ("baseline, one core", f"{baseline:.1f}", ""),
        ("normalize, one core", f"{ours:.1f}", ""),
        *(
            (step, f"{cost.seconds:.1f}", f"{cost.load_before:.1f}, {cost.load_after:.1f}")
            for step, cost in costs.items()
        ),
    ]
    details = {"seed": SEED, "records": len(records), "keys": keys, "rows": [list(row) for row in rows]}
    text = table(("step", "seconds", "load average before, after"), rows) + f"\n\n{keys:,} keys."
    write_results("identity_records", f"{len(records):,} records normalized and keyed", targets, details, text)


if __name__ == "__main__":
    main()
