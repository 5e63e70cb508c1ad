"""Sign-ins between two steps: each has a ticket, of which only the hash is stored."""

from __future__ import annotations

from typing import Any, Literal

from psycopg.types.json import Jsonb

from foresell.access.tokens import fingerprint, new_secret
from foresell.db import AsyncConnection, AsyncStatements, Row

SQL = AsyncStatements("foresell.access")

Kind = Literal["second factor", "passkey", "new passkey", "oidc"]
SECONDS = 300


async def issue_challenge(
    con: AsyncConnection,
    kind: Kind,
    user_id: int | None,
    data: dict[str, Any] | None = None,
    *,
    ticket: str | None = None,
) -> str:
    """A ticket for the next step, valid for five minutes."""
    ticket = ticket or new_secret()
    await SQL.run(con, "challenges.delete_expired")
    await SQL.run(
        con,
        "challenges.insert_challenge",
        token_hash=fingerprint(ticket),
        kind=kind,
        user_id=user_id,
        data=Jsonb(data or {}),
        seconds=SECONDS,
    )
    return ticket


async def find_challenge(con: AsyncConnection, kind: Kind, ticket: str) -> Row | None:
    """user_id and data of a valid ticket, which stays valid; None for an invalid one."""
    await _present_ticket(con, ticket)
    return await SQL.row(con, "challenges.find_challenge", token_hash=fingerprint(ticket), kind=kind)


async def consume_challenge(con: AsyncConnection, kind: Kind, ticket: str) -> Row | None:
    """user_id and data of a valid ticket, which is used up; None for an invalid one."""
    await _present_ticket(con, ticket)
    return await SQL.row(con, "challenges.consume_challenge", token_hash=fingerprint(ticket), kind=kind)


async def _present_ticket(con: AsyncConnection, ticket: str) -> None:
    """Row-level security shows a challenge only to the holder of its ticket."""
    await SQL.run(con, "challenges.present_ticket", token_hash=fingerprint(ticket))
