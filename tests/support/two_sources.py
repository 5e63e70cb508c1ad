"""Customers of a second source: contact lists without orders, and customers merged across sources."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from foresell.database import Database
from foresell.identity import moves
from foresell.types import Batch
from tests.support.loading import load
from tests.support.staged import stage_lines

COLUMNS = ("customer_key", "name", "email", "phone", "address", "city", "region", "postcode", "country", "signup_date")


def load_contacts(
    database: Database, source: str, contacts: Sequence[Mapping[str, str | None]], name: str = ""
) -> Batch:
    """Load records of a source that has customers only; each a mapping of some of COLUMNS. `name`: of the file, when it differs."""
    staging = stage_lines("", source=source, name=name or f"{source}.csv", customers="")
    staging.con.execute("delete from staged_customers")
    for contact in contacts:
        values = [contact.get(column) for column in COLUMNS]
        staging.con.execute(
            f"insert into staged_customers ({', '.join(COLUMNS)}) values ({', '.join('?' * 10)})", values
        )
    changed = f"{name}{contacts}"
    staging = replace(staging, file_sha256=hashlib.sha256(changed.encode()).hexdigest())
    return load(database, staging)


def customer_of(database: Database, source: str, key: str) -> str:
    """The customer that a record belongs to."""
    with database.connect() as con:
        row = con.execute(
            "select customer_id from customer_records where source = %s and source_key = %s", [source, key]
        ).fetchone()
    assert row is not None
    return str(row["customer_id"])


def merge_records(database: Database, *records: tuple[str, str]) -> str:
    """Make the customers of these (source, key) one: the first one's. Returns its id."""
    first, *others = dict.fromkeys(customer_of(database, *record) for record in records)
    with database.connect() as con:
        moves.merge(con, {first: others})
    return first


def open_review(database: Database) -> int:
    """A review of the first and the last record, as a run writes it."""
    with database.connect() as con:
        row = con.execute(
            "insert into identity.reviews (record_a, record_b, why, weight, pattern)"
            " select min(record_id), max(record_id), 'conflict', 9, 'person 1' from customer_records returning review_id"
        ).fetchone()
    assert row is not None
    return int(row["review_id"])
