"""API keys: what a program shows instead of a person's sign-in. Never more than its owner may, never for ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from foresell.access.principal import Principal, act_for, load_principal
from foresell.access.tokens import fingerprint, new_secret
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import Forbidden, NotReady, UsageError

SQL = AsyncStatements("foresell.access")

PREFIX = "fsk_"
HINT = 8
MOST = 50
MOST_DAYS = 365
#: A person has to be there for these.
PERSONAL = frozenset({"users.manage", "keys.manage", "privacy.erase", "contacts.export"})


async def create(
    con: AsyncConnection, principal: Principal, name: str, permissions: Iterable[str], expires_at: datetime | None
) -> tuple[str, Row]:
    """A key and what is kept of it. The key itself is never seen again. Without `expires_at` it counts for a year.

    Raises UsageError for what a key cannot have, Forbidden for what the owner may not do.
    """
    wanted = sorted(set(permissions))
    if not wanted:
        raise UsageError("A key needs at least one permission.", parameter="scopes")
    if personal := sorted(PERSONAL.intersection(wanted)):
        raise UsageError(f"{personal[0]} needs a person and cannot be given to a key.", parameter="scopes")
    if missing := [permission for permission in wanted if not principal.may(permission)]:
        raise Forbidden(f"You do not hold {missing[0]} yourself.", remedy="Ask for a key with less.")
    now = datetime.now(UTC)
    ends = expires_at or now + timedelta(days=MOST_DAYS)
    ends = ends if ends.tzinfo else ends.replace(tzinfo=UTC)
    if not now < ends <= now + timedelta(days=MOST_DAYS):
        raise UsageError(f"A key ends within {MOST_DAYS} days from now.", parameter="expires_at")
    if len(await listed(con)) >= MOST:
        raise NotReady(f"There are {MOST} keys already.", remedy="Revoke one first.")
    key = new_secret(PREFIX)
    row = await SQL.row(
        con,
        "api_keys.create",
        user_id=principal.user_id,
        name=name,
        key_hash=fingerprint(key),
        hint=key[:HINT],
        permissions=wanted,
        expires_at=ends,
    )
    assert row
    return key, row


async def listed(con: AsyncConnection) -> list[Row]:
    """The user's keys that still count, newest first."""
    return await SQL.rows(con, "api_keys.listed")


async def of_everybody(con: AsyncConnection) -> list[Row]:
    """Every key in reach that still counts, by whose it is."""
    return await SQL.rows(con, "api_keys.of_everybody")


async def revoke(con: AsyncConnection, api_key_id: int) -> bool:
    """End a key at once; False when there is no such one in reach."""
    return await SQL.run(con, "api_keys.revoke", api_key_id=api_key_id) == 1


async def principal_of(con: AsyncConnection, key: str) -> Principal | None:
    """Who a key speaks for and what it allows, or None. Acts for that user from here on."""
    owner = await SQL.row(con, "api_keys.owner", key_hash=fingerprint(key))
    if owner is None or owner["user_id"] is None:
        return None
    await act_for(con, owner["user_id"])
    row = await SQL.row(con, "api_keys.by_hash", key_hash=fingerprint(key))
    if row is None:
        return None
    await SQL.run(con, "api_keys.touch", api_key_id=row["api_key_id"])
    return await load_principal(con, owner["user_id"], api_key_id=row["api_key_id"])
