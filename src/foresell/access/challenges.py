"""Sign-ins that wait for their next step: each has a ticket, of which only the hash is kept."""

from __future__ import annotations

from typing import Any, Literal

from psycopg.types.json import Jsonb

from foresell.access.tokens import fingerprint, new_secret
from foresell.db import AsyncConnection, AsyncStatements, Row

SQL = AsyncStatements("foresell.access")

Kind = Literal["second factor", "passkey", "new passkey", "oidc"]
SECONDS = 300


async def issue(
    con: AsyncConnection,
    kind: Kind,
    user_id: int | None,
    data: dict[str, Any] | None = None,
    *,
    ticket: str | None = None,
) -> str:
    """A ticket for the next step, good for five minutes."""
    ticket = ticket or new_secret()
    await SQL.run(con, "challenges.clear")
    await SQL.run(
        con,
        "challenges.issue",
        token_hash=fingerprint(ticket),
        kind=kind,
        user_id=user_id,
        data=Jsonb(data or {}),
        seconds=SECONDS,
    )
    return ticket


async def look(con: AsyncConnection, kind: Kind, ticket: str) -> Row | None:
    """user_id and data of a ticket that still counts; it stays good."""
    await _hold(con, ticket)
    return await SQL.row(con, "challenges.look", token_hash=fingerprint(ticket), kind=kind)


async def take(con: AsyncConnection, kind: Kind, ticket: str) -> Row | None:
    """user_id and data of a ticket that still counts, which from now on it does not."""
    await _hold(con, ticket)
    return await SQL.row(con, "challenges.take", token_hash=fingerprint(ticket), kind=kind)


async def _hold(con: AsyncConnection, ticket: str) -> None:
    """Row security shows a challenge to whoever holds its ticket, and to nobody else."""
    await SQL.run(con, "challenges.hold", token_hash=fingerprint(ticket))
