"""Who is asking: the person (or the program with a person's key) behind a request, and what that allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import PermissionMissing, SecondFactorDue, SecondFactorRequired

SQL = AsyncStatements("foresell.access")

Scope = Literal["own", "team", "all"]
#: The second factor of a session that an alarm met: nothing goes on before it is confirmed again.
CONFIRM_AGAIN = datetime.fromtimestamp(0, UTC)
#: A user, or customers without an owner.
Owner = int | Literal["unassigned"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A user as of this request. `scope` says whose customers are visible; `api_key_id` is set for a program.

    With `second_factor_due` a role requires a second factor that is not set up yet: until then there are no permissions.
    """

    user_id: int
    name: str
    email: str
    roles: frozenset[str]
    permissions: frozenset[str]
    scope: Scope
    session_id: str | None
    api_key_id: int | None
    second_factor_at: datetime | None
    team_id: int | None
    second_factor_due: bool = False
    #: Narrows what is read to the customers of one owner, among those visible.
    owner: Owner | None = None

    def may(self, permission: str) -> bool:
        """Whether the user has this permission."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Raises PermissionMissing naming the permission that is missing, SecondFactorDue until a second factor is set up,
        SecondFactorRequired after an alarm.
        """
        self.require_set_up()
        if permission not in self.permissions:
            raise PermissionMissing(f"This needs the permission {permission}.", remedy="Ask an administrator for it.")
        if self.second_factor_at == CONFIRM_AGAIN:
            self.require_recent_factor()

    def require_set_up(self) -> None:
        """Raises SecondFactorDue when a role requires a second factor and none is set up."""
        if self.second_factor_due:
            raise SecondFactorDue(
                "Your role requires a second factor.",
                remedy="Set up an authenticator app or a passkey. It begins with POST /api/me/totp or /api/me/passkeys/options.",
            )

    def require_recent_factor(self, minutes: int = 5) -> None:
        """Raises SecondFactorRequired unless the user confirmed within `minutes` who they are; an API key cannot.

        With the second factor; with the password only where the account has none and no role requires one.
        """
        limit = datetime.now(UTC) - timedelta(minutes=minutes)
        if self.second_factor_at is None or self.second_factor_at < limit:
            raise SecondFactorRequired(
                f"This needs a confirmation from the last {minutes} minutes that it is you.",
                remedy="Confirm with POST /api/auth/step-up, then try again.",
            )


def begin_for(user_id: int | None) -> str:
    """`begin` and `act_for` in one statement text, for one round trip; run it unprepared on a connection in autocommit."""
    return f"begin; select set_config('foresell.user_id', '{'' if user_id is None else int(user_id)}', true)"


async def act_for(con: AsyncConnection, user_id: int | None) -> None:
    """Row-level security sees this user until the end of the transaction; None: not signed in."""
    await con.execute("select set_config('foresell.user_id', %s, true)", [str(user_id or "")])


async def load_principal(
    con: AsyncConnection, user_id: int, *, session_id: str | None = None, api_key_id: int | None = None
) -> Principal | None:
    """The user behind a session or an API key, or None when user, session or key no longer counts.

    Acts for the user from here on (see `act_for`). A user without a role, or with neither session nor key, is None.
    """
    await act_for(con, user_id)
    row = await SQL.row(con, "principal.load_principal", session_id=session_id, api_key_id=api_key_id)
    if row is None:
        return None
    permissions = frozenset(() if row["second_factor_due"] else row["permissions"])
    return Principal(
        **{**row, "roles": frozenset(row["roles"]), "permissions": permissions},
        session_id=session_id,
        api_key_id=api_key_id,
    )


async def is_still_valid(con: AsyncConnection, principal: Principal) -> bool:
    """Whether the session or API key of a principal still counts. Acts for the user from here on."""
    now = await load_principal(con, principal.user_id, session_id=principal.session_id, api_key_id=principal.api_key_id)
    return now is not None


async def find_end(con: AsyncConnection, principal: Principal) -> datetime | None:
    """When the principal's session or API key expires; None for a principal without either."""
    row = await SQL.row(con, "principal.find_end", session_id=principal.session_id, api_key_id=principal.api_key_id)
    return row["session_ends"] or row["api_key_ends"] if row else None
