"""Users, roles and teams, as whoever manages users sees and changes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.types.json import Jsonb

from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import Forbidden, NotReady, UsageError, UserNotFound

SQL = AsyncStatements("foresell.access")

FIRST_EMAIL = "admin@localhost"


async def listed(con: AsyncConnection) -> list[Row]:
    """All users in reach with roles and team, by name."""
    return await SQL.rows(con, "users.listed", user_id=None)


async def get(con: AsyncConnection, user_id: int) -> Row:
    """One user with roles and team. Raises NotFound."""
    row = await SQL.row(con, "users.listed", user_id=user_id)
    if row is None:
        raise UserNotFound()
    return row


async def of_email(con: AsyncConnection, email: str) -> int | None:
    """The user with this e-mail who is not disabled."""
    row = await SQL.row(con, "users.of_email", email=email)
    return row["user_id"] if row else None


async def create(
    con: AsyncConnection, *, name: str, email: str, roles: Iterable[str], team_id: int | None = None
) -> Row:
    """A new user who cannot sign in yet (see `links.issue`). Raises UsageError for an e-mail in use or unknown roles."""
    try:
        row = await SQL.row(con, "users.create", name=name.strip(), email=clean_email(email), team_id=team_id)
    except UniqueViolation:
        raise UsageError("This e-mail is in use already.", parameter="email") from None
    except ForeignKeyViolation:
        raise UsageError("There is no such team.", parameter="team_id") from None
    assert row
    await _set_roles(con, row["user_id"], roles)
    return await get(con, row["user_id"])


async def change(con: AsyncConnection, user_id: int, changes: dict[str, Any], *, by: int | None) -> Row:
    """Change any of name, email, team_id, disabled, roles. Returns the user as it is now.

    Disabling ends everything of that user at once. Raises Forbidden for one's own roles and state (`by` is who asks),
    NotReady when nobody would be left who manages users.
    """
    if by == user_id and {"roles", "disabled"} & changes.keys():
        raise Forbidden("Nobody changes the own roles or state.", remedy="Ask another administrator.")
    await SQL.run(con, "users.one_at_a_time")
    if by is not None and not await SQL.run(con, "users.i_manage"):
        raise Forbidden("You do not manage users any more.")
    await get(con, user_id)
    if "roles" in changes:
        await _set_roles(con, user_id, changes["roles"])
    for column in ("name", "email", "team_id", "disabled"):
        if column in changes:
            value = clean_email(changes[column]) if column == "email" else changes[column]
            await _set(con, column, user_id, value)
    if not await SQL.run(con, "users.somebody_manages"):
        raise NotReady("Nobody would be left who manages users.", remedy="Make somebody else an administrator first.")
    return await get(con, user_id)


async def change_own(con: AsyncConnection, user_id: int, changes: dict[str, Any]) -> None:
    """Change any of one's own name, email, preferences."""
    for column in ("name", "email", "preferences"):
        if column in changes:
            value: Any = changes[column]
            if column == "email":
                value = clean_email(value)
            await _set(con, column, user_id, Jsonb(value) if column == "preferences" else value)


async def reset(con: AsyncConnection, user_id: int, *, factors: bool) -> None:
    """End a user's sessions; with `factors`, also forget app, passkeys and recovery codes (a lost phone)."""
    await get(con, user_id)
    await SQL.run(con, "users.reset", user_id=user_id, factors=factors)


async def roles(con: AsyncConnection) -> list[Row]:
    """Every role with its scope, what it is for and what it permits."""
    return await SQL.rows(con, "users.roles")


async def teams(con: AsyncConnection) -> list[Row]:
    """Every team with how many users it has."""
    return await SQL.rows(con, "users.teams")


async def create_team(con: AsyncConnection, name: str) -> Row:
    """A new team. Raises UsageError when there is one of this name."""
    try:
        row = await SQL.row(con, "users.create_team", team=name.strip())
    except UniqueViolation:
        raise UsageError("There is a team of this name.", parameter="name") from None
    assert row
    return row


async def first_admin(con: AsyncConnection) -> int | None:
    """The administrator of an installation nobody can sign in to yet, made when there is none; None when somebody can."""
    if await SQL.run(con, "users.somebody_can_sign_in"):
        return None
    known = await of_email(con, FIRST_EMAIL)
    if known is not None:
        return known
    user = await create(con, name="Administrator", email=FIRST_EMAIL, roles=["admin"])
    return int(user["user_id"])


def clean_email(email: str) -> str:
    """An e-mail as it is kept. Raises UsageError when it is none."""
    cleaned = email.strip().lower()
    name, _, domain = cleaned.rpartition("@")
    if (
        not name
        or not domain
        or len(cleaned) > 254
        or any(char.isspace() or not char.isprintable() for char in cleaned)
    ):
        raise UsageError("This is not an e-mail address.", remedy="Write it as name@example.com.", parameter="email")
    return cleaned


async def _set(con: AsyncConnection, column: str, user_id: int, value: object) -> None:
    try:
        await SQL.run(con, f"users.set_{column}", user_id=user_id, value=value)
    except UniqueViolation:
        raise UsageError("This e-mail is in use already.", parameter="email") from None
    except ForeignKeyViolation:
        raise UsageError("There is no such team.", parameter="team_id") from None


async def _set_roles(con: AsyncConnection, user_id: int, wanted: Iterable[str]) -> None:
    named, known = sorted(set(wanted)), [row["name"] for row in await roles(con)]
    if not set(named) <= set(known):
        raise UsageError("There is no such role.", remedy=f"Choose of: {', '.join(known)}.", parameter="roles")
    await SQL.run(con, "users.drop_roles", user_id=user_id, roles=named)
    await SQL.run(con, "users.add_roles", user_id=user_id, roles=named)
