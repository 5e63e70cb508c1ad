"""Customers and their records for the API: which customer an id stands for, its history, and merges, splits and undo.

Every statement runs for the acting user, behind row security; the database checks the permission of each change again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import psycopg

from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import AlreadyUndone, CustomersChanged, MoveNotFound
from foresell.identity.moves import NOT_THERE

SQL = AsyncStatements("foresell.identity")


async def map_current(con: AsyncConnection, ids: Sequence[str]) -> dict[str, str]:
    """By each of these ids, the customer it stands for now; an unknown id stands for itself."""
    if not ids:
        return {}
    rows = await SQL.rows(con, "customers.current", ids=list(ids))
    return {row["id"]: row["customer_id"] for row in rows}


async def find_current(con: AsyncConnection, customer_id: str | None) -> str | None:
    """The customer an id stands for now; an unknown id, or none, is returned as it is."""
    return customer_id and (await map_current(con, [customer_id]))[customer_id]


async def list_aliases(con: AsyncConnection, customer_id: str) -> list[str]:
    """The ids that stand for a customer now, its own included."""
    return [row["id"] for row in await SQL.rows(con, "customers.aliases", customer_id=customer_id)]


async def list_records(con: AsyncConnection, customers: Sequence[str] = (), records: Sequence[int] = ()) -> list[Row]:
    """The visible records of these customers, or these records, the oldest first.

    Columns: record_id, customer_id, source, source_key, name (None without customers.names), city, region, postcode, country,
    signup_date, has_email, has_phone, has_address, batch_id, loaded_at.
    """
    return await SQL.rows(con, "customers.records", customers=list(customers), records=list(records))


async def list_orders(con: AsyncConnection, records: Sequence[int]) -> list[int]:
    """The numbers of the orders of these records, as far as their customers are visible."""
    return [row["order_id"] for row in await SQL.rows(con, "customers.orders_of_records", records=list(records))]


async def list_moves(
    con: AsyncConnection, ids: Sequence[str], *, since: datetime | None, limit: int = 100
) -> list[Row]:
    """The merges and splits that name one of these ids, the newest first; after_run: made or undone after `since`."""
    return await SQL.rows(con, "customers.moves", ids=list(ids), since=since, limit=limit)


async def find_run_start(con: AsyncConnection, run_id: int) -> datetime | None:
    """When a run started: what was moved since then is not in its figures yet."""
    row = await SQL.row(con, "customers.run_started", run_id=run_id)
    return row["started_at"] if row else None


async def list_owners(con: AsyncConnection, customers: Sequence[str]) -> dict[str, Row]:
    """By customer that has one, the owner: user_id, name."""
    rows = await SQL.rows(con, "customers.owners", customers=list(customers))
    return {row["customer_id"]: row["owner"] for row in rows}


async def count_follow_ups(con: AsyncConnection, customers: Sequence[str]) -> dict[str, Row]:
    """By customer that has open follow-ups: follow_ups, first_due."""
    rows = await SQL.rows(con, "customers.follow_ups", customers=list(customers))
    return {row["customer_id"]: row for row in rows}


async def list_refusals(con: AsyncConnection, customers: Sequence[str]) -> list[Row]:
    """Decisions in force that two of these customers are different: customer_a, customer_b, decided_at, reason, user."""
    return await SQL.rows(con, "customers.refused", customers=list(customers))


async def merge(con: AsyncConnection, customers: Sequence[str], reason: str | None) -> Row:
    """Make all records of the other customers records of the first. Returns move_id, customer_id, merged_ids.

    Raises CustomersChanged when one of them is no customer, is merged already, or is named twice.
    """
    with explain_changes():
        row = await SQL.row(con, "customers.merge", customers=list(customers), reason=reason)
    assert row is not None
    return {"move_id": row["move_id"], "customer_id": customers[0], "merged_ids": list(customers[1:])}


async def split(con: AsyncConnection, customer_id: str, records: Sequence[int], reason: str | None) -> Row:
    """Make some records of a customer another customer, the one they came from or a new one.

    Returns move_id, customer_id, new_customer_id. Raises CustomersChanged unless they are some, but not all, of its records.
    """
    with explain_changes():
        row = await SQL.row(con, "customers.split", customer_id=customer_id, records=list(records), reason=reason)
    assert row is not None
    return {"move_id": row["move_id"], "customer_id": customer_id, "new_customer_id": row["customer_id"]}


async def undo(con: AsyncConnection, move_id: int) -> Row:
    """Undo a merge or split, also one that others followed. Returns move_id, customer_ids, records.

    customer_ids: whose records changed; records: how many did. Raises MoveNotFound, AlreadyUndone.
    """
    known = await SQL.row(con, "customers.move", move_id=move_id)
    if known is None:
        raise MoveNotFound(remedy="List the moves of a customer: GET /api/customers/{customer_id}/identity")
    if known["undone_at"]:
        raise AlreadyUndone("This was undone already.")
    with explain_changes():
        rows = await SQL.rows(con, "customers.undo", move_id=move_id)
    ids = {known["customer_id"], *(row["was"] for row in rows), *(row["now_at"] for row in rows)}
    return {"move_id": move_id, "customer_ids": sorted(ids), "records": len(rows)}


@contextmanager
def explain_changes() -> Iterator[None]:
    """Raises CustomersChanged where a statement finds no such customer, record, move, review or decision any more."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate != NOT_THERE:
            raise
        raise CustomersChanged(
            f"Nothing was changed: {error.diag.message_primary}.", remedy="Load the page again and look."
        ) from None
