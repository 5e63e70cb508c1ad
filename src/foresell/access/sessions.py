"""Sessions: one per sign-in on a device, kept alive by refresh tokens that each work once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from foresell.access.client_info import ClientInfo
from foresell.access.principal import act_for
from foresell.access.tokens import fingerprint, new_secret
from foresell.db import AsyncConnection, AsyncStatements, Row

SQL = AsyncStatements("foresell.access")

By = Literal["password", "passkey", "link", "oidc"]
Because = Literal["signed out", "by user", "by admin", "password changed", "second factor added"]
SESSION_DAYS = 14
IDLE_HOURS = 24
#: Two tabs that wake up together send the same token; the second comes this late at most.
GRACE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Started:
    """A session with the refresh token it goes on with."""

    user_id: int
    session_id: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An invalid refresh token. `reused`: it was valid once, so it was copied; its session was ended."""

    user_id: int | None = None
    session_id: str | None = None
    reused: bool = False


async def start(con: AsyncConnection, user_id: int, by: By, client_info: ClientInfo) -> Started:
    """A session of the user this transaction acts for, who just proved everything the account asks for."""
    row = await SQL.row(
        con,
        "sessions.start",
        user_id=user_id,
        by=by,
        device=client_info.device,
        network=client_info.network,
        days=SESSION_DAYS,
    )
    assert row
    session_id = str(row["session_id"])
    return Started(user_id, session_id, await _issue(con, session_id))


async def refresh(con: AsyncConnection, token: str) -> Started | Refused:
    """Trade a refresh token for the next one. Commit also after Refused: it may have ended a session."""
    owner = await SQL.row(con, "sessions.find_token_owner", token_hash=fingerprint(token))
    if not owner or owner["user_id"] is None:
        return Refused()
    user_id = int(owner["user_id"])
    await act_for(con, user_id)
    await SQL.run(con, "sessions.lock", token_hash=fingerprint(token))
    row = await SQL.row(
        con,
        "sessions.load_token",
        token_hash=fingerprint(token),
        idle_hours=IDLE_HOURS,
        grace_seconds=GRACE_SECONDS,
    )
    if row is None or not row["alive"]:
        return Refused(user_id)
    session_id = str(row["session_id"])
    if row["used"] and not row["in_grace"]:
        await SQL.run(con, "sessions.end", session_id=session_id, because="reuse")
        return Refused(user_id, session_id, reused=True)
    await SQL.run(con, "sessions.consume_token", token_hash=fingerprint(token), session_id=session_id)
    return Started(user_id, session_id, await _issue(con, session_id))


async def find_by_token(con: AsyncConnection, token: str) -> tuple[int, str] | None:
    """User and session of a refresh token, spent or not. Acts for that user from here on."""
    owner = await SQL.row(con, "sessions.find_token_owner", token_hash=fingerprint(token))
    if not owner or owner["user_id"] is None:
        return None
    await act_for(con, owner["user_id"])
    row = await SQL.row(con, "sessions.find_by_token", token_hash=fingerprint(token))
    return (owner["user_id"], str(row["session_id"])) if row else None


async def end(con: AsyncConnection, session_id: str, because: Because) -> bool:
    """End one session of the user this transaction acts for; False when there is no such live one."""
    return await SQL.run(con, "sessions.end", session_id=session_id, because=because) == 1


async def end_others(con: AsyncConnection, session_id: str | None, because: Because) -> int:
    """End all sessions of the user but this one, and forget the devices. Returns how many were ended."""
    await SQL.run(con, "sessions.delete_old_devices")
    return await SQL.run(con, "sessions.end_others", session_id=session_id, because=because)


async def list_sessions(con: AsyncConnection) -> list[Row]:
    """The live sessions of the user, the last used first."""
    return await SQL.rows(con, "sessions.list_sessions")


async def record_step_up(con: AsyncConnection, session_id: str) -> None:
    """Record that a second factor was confirmed just now."""
    await SQL.run(con, "sessions.record_step_up", session_id=session_id)


async def remember_device(con: AsyncConnection, user_id: int, client_info: ClientInfo) -> str:
    """Remember the device a user signed in on. Returns the token it keeps: its own one, when it is known already."""
    if client_info.device_token and await is_known_device(con, user_id, client_info):
        return client_info.device_token
    token = new_secret()
    await SQL.run(con, "sessions.remember_device", token_hash=fingerprint(token), user_id=user_id)
    return token


async def is_known_device(con: AsyncConnection, user_id: int | None, client_info: ClientInfo) -> bool:
    """Whether the user this transaction acts for signed in on this device before."""
    row = await SQL.row(con, "sessions.is_known_device", token_hash=client_info.device_hash, user_id=user_id)
    return bool(row and row["known"])


async def _issue(con: AsyncConnection, session_id: str) -> str:
    token = new_secret()
    await SQL.run(con, "sessions.issue", token_hash=fingerprint(token), session_id=session_id)
    return token
