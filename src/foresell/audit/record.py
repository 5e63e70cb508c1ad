"""Record and list audit events: what was done, by whom, to what, and to which customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from psycopg.types.json import Jsonb

from foresell.db import AsyncConnection, AsyncStatements, Connection, Row, Statements

SQL = AsyncStatements("foresell.audit")
SYNC_SQL = Statements("foresell.audit")


async def record(
    con: AsyncConnection,
    action: str,
    *,
    actor: int | None,
    subject: str | None = None,
    detail: Mapping[str, object] = {},
    customers: Iterable[str] = (),
    request_id: str | None = None,
) -> None:
    """Record one event in the transaction of the action itself, so that neither exists without the other.

    `actor` is the user the transaction acts for (the database refuses another), None before sign-in. `subject` such as
    `batch:7`. `detail` holds ids, counts and hashes, never personal data. `customers` are the ids of all customers whose
    data was shown, exported or changed, in any order: one statement, about 9 bytes each.
    """
    await SQL.row(con, "audit.record", **_event(action, actor, subject, detail, customers, request_id))


def record_sync(
    con: Connection,
    action: str,
    *,
    actor: int | None = None,
    subject: str | None = None,
    detail: Mapping[str, object] = {},
    customers: Iterable[str] = (),
) -> None:
    """`record` for the command line and the worker, whose connections are synchronous."""
    SYNC_SQL.row(con, "audit.record", **_event(action, actor, subject, detail, customers, None))


def _event(
    action: str,
    actor: int | None,
    subject: str | None,
    detail: Mapping[str, object],
    customers: Iterable[str],
    request_id: str | None,
) -> dict[str, object]:
    return {
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": Jsonb(dict(detail)),
        "customers": ",".join(customers),
        "request_id": request_id,
    }


async def list_events(
    con: AsyncConnection, *, limit: int, before: int | None, **filters: object
) -> tuple[int, list[Row]]:
    """How many events match, and the newest `limit` of them before event `before`.

    `filters`: actor (user id), action, subject, customer (id), first and last (days, both included); None matches all.
    """
    total = await SQL.row(con, "audit.count_events", **filters)
    assert total is not None
    return total["total"], await SQL.rows(con, "audit.list_events", limit=limit, before=before, **filters)


def list_events_sync(
    con: Connection, *, limit: int, action: str | None = None, customer: str | None = None
) -> list[Row]:
    """The newest events, of one action, about one customer, or all."""
    no_filter = dict.fromkeys(("actor", "subject", "first", "last", "before"))
    return SYNC_SQL.rows(con, "audit.list_events", **no_filter, limit=limit, action=action, customer=customer)
