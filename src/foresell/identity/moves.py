"""Merges and splits customers, and undoes either at any time.

Customers are the records that the moves which are not undone give them, in their sequence. So moves can be undone in any
order; nothing but a record's customer changes, and orders and money stay with their records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

import psycopg
from psycopg.types.json import Jsonb

from foresell.db import Connection, Row, Statements
from foresell.errors import CustomerNotFound, UsageError

SQL = Statements("foresell.identity")

#: Who moves records: a person, a comparison of all records, or a record that was loaded.
MadeBy = Literal["user", "run", "arrival"]
#: The state of a statement whose customers, records or move are not what it needs.
NOT_THERE = "FS404"


def merge(
    con: Connection,
    merges: Mapping[str, Sequence[str]],
    *,
    by: MadeBy = "user",
    reason: str | None = None,
) -> list[int]:
    """Make all records of the values records of their keys. Returns the ids of the moves, one per key.

    The merged ids stand for their customer from now on. Raises UsageError when an id is no customer, is merged already, or
    is named twice; then nothing is changed.
    """
    others = Jsonb([list(each) for each in merges.values()])
    with _explain("List them: foresell customers"):
        rows = SQL.rows(con, "moves.merge", customers=list(merges), others=others, by=by, reason=reason)
    return [row["move_id"] for row in rows]


def split(con: Connection, customer_id: str, records: Sequence[int], *, reason: str | None = None) -> Row:
    """Make some records of a customer another customer: the one they were loaded as, or a new one. Returns move_id, customer_id.

    Raises UsageError unless they are some, but not all, of its records.
    """
    with _explain("List its records: foresell identity records"):
        row = SQL.row(con, "moves.split", customer=customer_id, records=list(records), reason=reason)
    assert row is not None
    return row


def undo(con: Connection, move_id: int) -> list[Row]:
    """Undo a merge or split, also one that others followed. Returns the records that changed: record_id, was, now_at.

    What it puts or takes apart is remembered as a decision: a run does not repeat it. Raises UsageError for an unknown move,
    or one undone already.
    """
    with _explain("List the moves of a customer: foresell identity history"):
        return SQL.rows(con, "moves.undo", move_id=move_id)


def find_customer(con: Connection, customer_id: str) -> str:
    """The customer an id stands for now: itself, or the one it was merged into. Raises CustomerNotFound."""
    row = SQL.row(con, "moves.current", customer_id=customer_id.upper())
    if row is None or row["customer_id"] is None:
        raise CustomerNotFound(remedy="List them: foresell customers")
    return str(row["customer_id"])


def list_records(con: Connection, customer_id: str) -> list[Row]:
    """The records of a customer, the oldest first: record_id, source, source_key."""
    return SQL.rows(con, "moves.records", customer_id=customer_id)


def list_moves(con: Connection, customer_id: str, *, limit: int = 100) -> list[Row]:
    """The moves that name a customer or an id that stands for it, the newest first."""
    return SQL.rows(con, "moves.history", customer_id=customer_id, limit=limit)


@contextmanager
def _explain(remedy: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate != NOT_THERE:
            raise
        raise UsageError(f"Nothing was changed: {error.diag.message_primary}.", remedy=remedy) from None
