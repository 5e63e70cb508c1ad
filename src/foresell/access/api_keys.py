"""API keys: how a program signs in. A key never has more permissions than its owner, and always expires."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from foresell.access.principal import Principal, act_for, load_principal
from foresell.access.tokens import fingerprint, new_secret
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import ApiKeyNotFound, Forbidden, NotReady, UsageError

SQL = AsyncStatements("foresell.access")

PREFIX = "fsk_"
HINT = 8
MOST = 50
MOST_DAYS = 365
#: Permissions that need a person, not a program.
PERSONAL = frozenset({"users.manage", "keys.manage", "privacy.erase", "contacts.export"})
REVEAL = "contacts.reveal"


async def create(
    con: AsyncConnection, principal: Principal, name: str, permissions: Iterable[str], expires_at: datetime | None
) -> tuple[str, Row]:
    """A new key and its stored row. The key itself is not stored. Without `expires_at` it is valid for a year.

    Raises UsageError for permissions a key cannot have, Forbidden for those the owner lacks.
    """
    wanted = sorted(set(permissions))
    if not wanted:
        raise UsageError("A key needs at least one permission.", parameter="scopes")
    if personal := sorted(PERSONAL.intersection(wanted)):
        raise UsageError(f"{personal[0]} cannot be given to a key: it needs a person.", parameter="scopes")
    if REVEAL in wanted:
        raise UsageError(
            f"A key gets {REVEAL} only from an administrator.",
            remedy="Create the key without it, then ask an administrator to let it show contact details.",
            parameter="scopes",
        )
    if missing := [permission for permission in wanted if not principal.may(permission)]:
        raise Forbidden(f"You do not have {missing[0]} yourself.", remedy="Create a key with fewer permissions.")
    now = datetime.now(UTC)
    ends = expires_at or now + timedelta(days=MOST_DAYS)
    ends = ends if ends.tzinfo else ends.replace(tzinfo=UTC)
    if not now < ends <= now + timedelta(days=MOST_DAYS):
        raise UsageError(f"A key must expire within {MOST_DAYS} days.", parameter="expires_at")
    if len(await list_own_keys(con)) >= MOST:
        raise NotReady(f"You already have {MOST} keys.", remedy="Revoke one first.")
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


async def list_own_keys(con: AsyncConnection) -> list[Row]:
    """The user's valid keys, newest first."""
    return await SQL.rows(con, "api_keys.list_own_keys")


async def list_all_keys(con: AsyncConnection) -> list[Row]:
    """Every visible valid key, by owner."""
    return await SQL.rows(con, "api_keys.list_all_keys")


async def revoke(con: AsyncConnection, api_key_id: int) -> bool:
    """Revoke a key at once; False when there is no such visible key."""
    return await SQL.run(con, "api_keys.revoke", api_key_id=api_key_id) == 1


async def grant_reveal(con: AsyncConnection, principal: Principal, api_key_id: int, reason: str) -> None:
    """Let a key show contact details, as far as its owner may. Raises ApiKeyNotFound, NotReady when it may already."""
    if not any(row["api_key_id"] == api_key_id for row in await list_all_keys(con)):
        raise ApiKeyNotFound()
    values = {"api_key_id": api_key_id, "reason": reason.strip(), "granted_by": principal.user_id}
    if not await SQL.run(con, "api_keys.grant_reveal", **values):
        raise NotReady("This key may already show contact details.")


async def withdraw_reveal(con: AsyncConnection, api_key_id: int) -> bool:
    """The key may no longer show contact details; False when it might not."""
    return await SQL.run(con, "api_keys.withdraw_reveal", api_key_id=api_key_id) == 1


async def principal_of(con: AsyncConnection, key: str) -> Principal | None:
    """The owner of a valid key with the key's permissions, or None. Acts for that user from here on."""
    owner = await SQL.row(con, "api_keys.find_owner", key_hash=fingerprint(key))
    if owner is None or owner["user_id"] is None:
        return None
    await act_for(con, owner["user_id"])
    row = await SQL.row(con, "api_keys.find_by_hash", key_hash=fingerprint(key))
    if row is None:
        return None
    await SQL.run(con, "api_keys.record_use", api_key_id=row["api_key_id"])
    return await load_principal(con, owner["user_id"], api_key_id=row["api_key_id"])
