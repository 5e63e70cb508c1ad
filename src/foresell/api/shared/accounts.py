"""What signing in and the account pages both do with the account of a user."""

from __future__ import annotations

from typing import Any

from foresell.access import factors, passwords
from foresell.access.principal import Principal
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import PersonRequired

SQL = AsyncStatements("foresell.access")


async def describe_account(con: AsyncConnection, principal: Principal) -> dict[str, Any]:
    """The account of the signed-in user, in the shape of `Me`."""
    row = await SQL.row(con, "users.load_own")
    assert row
    has = await factors.load_factors(con)
    return {
        **row,
        "setup_open": row["setup_open"] and principal.may("company.manage"),
        "user_id": principal.user_id,
        "roles": sorted(principal.roles),
        "permissions": sorted(principal.permissions),
        "scope": principal.scope,
        "team_id": principal.team_id,
        "password": has.password,
        "second_factor": bool(has.second),
        "second_factor_due": principal.second_factor_due,
        "factors": has.second,
        "recovery_codes": has.recovery_codes,
    }


def require_person(principal: Principal) -> str:
    """The session of a person. Raises PersonRequired for a program with an API key."""
    if principal.session_id is None:
        raise PersonRequired
    return principal.session_id


async def set_password(con: AsyncConnection, password: str) -> None:
    """Give the user this transaction acts for another password. Raises UsageError when it is not good enough."""
    row = await SQL.row(con, "users.load_own")
    has = await factors.load_factors(con)
    assert row
    passwords.check_new(password, has_factor=bool(has.second), context=(row["name"], row["email"]))
    stands = passwords.stands_alone(password)
    await SQL.run(con, "factors.set_password", hash=await passwords.hash_password(password), stands_alone=stands)
