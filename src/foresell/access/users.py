"""Users, roles and teams, as user administrators see and change them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.types.json import Jsonb

from foresell.access.email import normalise_email
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import Forbidden, NotReady, RoleNotFound, UsageError, UserNotFound

SQL = AsyncStatements("foresell.access")

FIRST_EMAIL = "admin@localhost"
ROLE_POLICY = ("requires_second_factor", "reveals_a_day", "contact_exports_a_day")


async def list_users(con: AsyncConnection) -> list[Row]:
    """All visible users with roles and team, by name."""
    return await SQL.rows(con, "users.list_users", user_id=None)


async def get(con: AsyncConnection, user_id: int) -> Row:
    """One user with roles and team. Raises NotFound."""
    row = await SQL.row(con, "users.list_users", user_id=user_id)
    if row is None:
        raise UserNotFound()
    return row


async def find_by_email(con: AsyncConnection, email: str) -> int | None:
    """The user with this e-mail who is not disabled."""
    row = await SQL.row(con, "users.find_by_email", email=email)
    return row["user_id"] if row else None


async def create(
    con: AsyncConnection, *, name: str, email: str, roles: Iterable[str], team_id: int | None = None
) -> Row:
    """A new user who cannot sign in yet (see `links.issue_link`). Raises UsageError for an e-mail in use or unknown roles."""
    try:
        row = await SQL.row(con, "users.create", name=name.strip(), email=clean_email(email), team_id=team_id)
    except UniqueViolation:
        raise UsageError("This e-mail address is already in use.", parameter="email") from None
    except ForeignKeyViolation:
        raise UsageError("This team does not exist.", parameter="team_id") from None
    assert row
    await _set_roles(con, row["user_id"], roles)
    return await get(con, row["user_id"])


async def change(con: AsyncConnection, user_id: int, changes: dict[str, Any], *, by: int | None) -> Row:
    """Change any of name, email, team_id, disabled, roles. Returns the user as it is now.

    Disabling ends the user's sessions, and stops the keys for as long as it lasts. Raises Forbidden when `by` changes their own
    roles or state, NotReady when no user administrator would remain.
    """
    if by == user_id and {"roles", "disabled"} & changes.keys():
        raise Forbidden("You cannot change your own roles or status.", remedy="Ask another administrator.")
    await SQL.run(con, "users.lock_users")
    if by is not None and not await SQL.run(con, "users.is_manager"):
        raise Forbidden("You are no longer allowed to manage users.")
    await get(con, user_id)
    if "roles" in changes:
        await _set_roles(con, user_id, changes["roles"])
    for column in ("name", "email", "team_id", "disabled"):
        if column in changes:
            value = clean_email(changes[column]) if column == "email" else changes[column]
            await _set(con, column, user_id, value)
    if changes.get("disabled"):
        await _end_sessions(con, user_id, by)
    if not await SQL.run(con, "users.has_manager"):
        raise NotReady("There must be at least one administrator.", remedy="Make another user an administrator first.")
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


async def list_roles(con: AsyncConnection) -> list[Row]:
    """Every role with its scope, what it is for and what it permits."""
    return await SQL.rows(con, "users.list_roles")


async def change_role(con: AsyncConnection, role: str, changes: dict[str, Any]) -> Row:
    """Change the sign-in and contact limits of a role; what is left out stays. Raises RoleNotFound.

    `changes`: requires_second_factor, reveals_a_day, contact_exports_a_day (customers and exports in 24 hours, None: no
    limit). Counts for everyone at once.
    """
    await SQL.run(con, "users.lock_users")
    for row in await list_roles(con):
        if row["name"] == role:
            changed = {**row, **changes}
            await SQL.run(con, "users.change_role", role=role, **{name: changed[name] for name in ROLE_POLICY})
            return changed
    raise RoleNotFound(remedy="List the roles: GET /api/roles")


async def list_teams(con: AsyncConnection) -> list[Row]:
    """Every team with how many users it has."""
    return await SQL.rows(con, "users.list_teams")


async def create_team(con: AsyncConnection, name: str) -> Row:
    """A new team. Raises UsageError when there is one of this name."""
    try:
        row = await SQL.row(con, "users.create_team", team=name.strip())
    except UniqueViolation:
        raise UsageError("There is already a team with this name.", parameter="name") from None
    assert row
    return row


async def has_active_user(con: AsyncConnection) -> bool:
    """Whether any user can sign in."""
    row = await SQL.row(con, "users.active")
    return bool(row and row["active"])


async def ensure_first_admin(con: AsyncConnection) -> int | None:
    """The administrator of an installation that no user can sign in to yet, created if missing; None when a user can."""
    if await has_active_user(con):
        return None
    known = await find_by_email(con, FIRST_EMAIL)
    if known is not None:
        return known
    user = await create(con, name="Administrator", email=FIRST_EMAIL, roles=["admin"])
    return int(user["user_id"])


def clean_email(email: str) -> str:
    """An e-mail address as it is stored. Raises UsageError when it is not one."""
    address = normalise_email(email)
    if address is None:
        raise UsageError("This is not an e-mail address.", remedy="Write it as name@example.com.", parameter="email")
    return address


async def _set(con: AsyncConnection, column: str, user_id: int, value: object) -> None:
    try:
        await SQL.run(con, f"users.set_{column}", user_id=user_id, value=value)
    except UniqueViolation:
        raise UsageError("This e-mail address is already in use.", parameter="email") from None
    except ForeignKeyViolation:
        raise UsageError("This team does not exist.", parameter="team_id") from None


async def _end_sessions(con: AsyncConnection, user_id: int, by: int | None) -> None:
    """Sessions do not come back with the user. `by`: None on the command line."""
    statement = "users.reset_from_command_line" if by is None else "users.reset"
    await SQL.run(con, statement, user_id=user_id, factors=False)


async def _set_roles(con: AsyncConnection, user_id: int, wanted: Iterable[str]) -> None:
    named, known = sorted(set(wanted)), [row["name"] for row in await list_roles(con)]
    if not set(named) <= set(known):
        raise UsageError("This role does not exist.", remedy=f"Choose from: {', '.join(known)}.", parameter="roles")
    await SQL.run(con, "users.drop_roles", user_id=user_id, roles=named)
    await SQL.run(con, "users.add_roles", user_id=user_id, roles=named)
