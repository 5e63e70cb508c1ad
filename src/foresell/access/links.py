"""One-time sign-in links: for the first sign-in, or after a lost password."""

from __future__ import annotations

from foresell.access.client_info import ClientInfo
from foresell.access.principal import act_for
from foresell.access.tokens import fingerprint, new_secret
from foresell.db import AsyncConnection, AsyncStatements

SQL = AsyncStatements("foresell.access")

FIRST_MINUTES = 15
INVITED_MINUTES = 24 * 60


async def issue_link(
    con: AsyncConnection, user_id: int, *, minutes: int = INVITED_MINUTES, loopback_only: bool = False
) -> str:
    """The token of a new link for a user; only its hash is stored."""
    token = new_secret()
    await SQL.run(
        con,
        "links.insert_link",
        token_hash=fingerprint(token),
        user_id=user_id,
        minutes=minutes,
        loopback_only=loopback_only,
    )
    return token


async def consume_link(con: AsyncConnection, token: str, client_info: ClientInfo) -> int | None:
    """The user of a valid link, which is used up; None for an invalid one. Acts for that user from here on."""
    owner = await SQL.row(con, "links.find_owner", token_hash=fingerprint(token))
    if owner is None or owner["user_id"] is None:
        return None
    await act_for(con, owner["user_id"])
    taken = await SQL.run(con, "links.consume_link", token_hash=fingerprint(token), is_here=client_info.is_here)
    return int(owner["user_id"]) if taken else None


def url(origin: str, token: str) -> str:
    """The link's address. The token is in the fragment, which browsers send to no server: no proxy logs it."""
    return f"{origin}/sign-in#token={token}"
