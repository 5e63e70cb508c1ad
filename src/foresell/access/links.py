"""One-time sign-in links: how a person gets in for the first time, or again after losing a password."""

from __future__ import annotations

from foresell.access.client_info import Visitor
from foresell.access.principal import act_for
from foresell.access.tokens import fingerprint, new_secret
from foresell.db import AsyncConnection, AsyncStatements

SQL = AsyncStatements("foresell.access")

FIRST_MINUTES = 15
INVITED_MINUTES = 24 * 60


async def issue(
    con: AsyncConnection, user_id: int, *, minutes: int = INVITED_MINUTES, loopback_only: bool = False
) -> str:
    """The token of a new link for a user; only its hash is kept."""
    token = new_secret()
    await SQL.run(
        con,
        "links.issue",
        token_hash=fingerprint(token),
        user_id=user_id,
        minutes=minutes,
        loopback_only=loopback_only,
    )
    return token


async def take(con: AsyncConnection, token: str, visitor: Visitor) -> int | None:
    """Whose link this is, which from now on counts no more; None when it never did. Acts for that user from here on."""
    owner = await SQL.row(con, "links.owner", token_hash=fingerprint(token))
    if owner is None or owner["user_id"] is None:
        return None
    await act_for(con, owner["user_id"])
    taken = await SQL.run(con, "links.take", token_hash=fingerprint(token), is_here=visitor.is_here)
    return int(owner["user_id"]) if taken else None


def url(origin: str, token: str) -> str:
    """Where the link leads."""
    return f"{origin}/sign-in?token={token}"
