"""Commands on users: who may sign in, and the one-time links by which they come in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import psycopg
import typer
from psycopg.rows import dict_row

from foresell.access import links, users
from foresell.audit import record
from foresell.cli import printing
from foresell.cli.data import Json
from foresell.cli.session import open_home
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import NotFound
from foresell.settings import Settings
from foresell.store.database import Database

SQL = AsyncStatements("foresell.access")

T = TypeVar("T")
DEFAULT_ORIGIN = "http://localhost:8000"
Email = Annotated[str, typer.Argument(help="What the person signs in with.")]

users_app = typer.Typer(help="Who may sign in; inviting, locking out, and letting in again.")


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(users_app, name="users")


@users_app.callback(invoke_without_command=True)
def list_users(context: typer.Context, json: Json = False) -> None:
    """Everybody who may sign in, or once did."""
    if context.invoked_subcommand:
        return
    _, database = open_home()
    found = _in_transaction(database, users.listed)
    if json:
        printing.as_json(found)
        return
    for row in found:
        row["roles"] = ", ".join(row["roles"])
        row["team"] = row["team"]["name"] if row["team"] else None
        row["disabled"] = "disabled" if row["disabled"] else None
    printing.table(found, {"email": "e-mail", "name": "name", "roles": "roles", "team": "team", "disabled": ""})


@users_app.command("add")
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[
        list[str], typer.Option(help="rep, manager, analyst, marketer, steward or admin; may be repeated.")
    ],
    team: Annotated[str | None, typer.Option(help="The person's team; made when there is none of that name.")] = None,
) -> None:
    """Add a user and print the one-time link by which the person comes in."""
    settings, database = open_home()

    async def added(con: AsyncConnection) -> str:
        known = {row["name"]: row["team_id"] for row in await users.teams(con)}
        team_id = None if team is None else known.get(team) or (await users.create_team(con, team))["team_id"]
        user = await users.create(con, name=name, email=email, roles=role, team_id=team_id)
        await record.record(con, "user.added", actor=None, subject=_subject(user), detail={"roles": user["roles"]})
        return await _link(con, settings, user["user_id"])

    _say_link(settings, _in_transaction(database, added))


@users_app.command("link")
def link(
    email: Email,
    lost_factor: Annotated[
        bool, typer.Option("--lost-factor", help="Also forget authenticator app, passkeys and recovery codes.")
    ] = False,
) -> None:
    """Print a one-time link for somebody who cannot get in. All sessions of that user end."""
    settings, database = open_home()

    async def linked(con: AsyncConnection) -> str:
        user = await _find(con, email)
        await SQL.run(con, "users.reset_by_hand", user_id=user["user_id"], factors=lost_factor)
        await record.record(
            con, "user.reset", actor=None, subject=_subject(user), detail={"second_factor": lost_factor}
        )
        return await _link(con, settings, user["user_id"])

    _say_link(settings, _in_transaction(database, linked))


@users_app.command("disable")
def disable(email: Email) -> None:
    """Lock a user out, at once and everywhere."""
    _change(email, disabled=True)
    printing.say(f"{email} is locked out.")


@users_app.command("enable")
def enable(email: Email) -> None:
    """Let a user in again."""
    _change(email, disabled=False)
    printing.say(f"{email} may sign in again.")


def _change(email: str, *, disabled: bool) -> None:
    _, database = open_home()

    async def changed(con: AsyncConnection) -> None:
        user = await _find(con, email)
        await users.change(con, user["user_id"], {"disabled": disabled}, by=None)
        await record.record(con, "user.changed", actor=None, subject=_subject(user), detail={"disabled": disabled})

    _in_transaction(database, changed)


async def _find(con: AsyncConnection, email: str) -> Row:
    """The user with this e-mail, disabled or not. Raises NotFound."""
    for row in await users.listed(con):
        if row["email"] == users.clean_email(email):
            return row
    raise NotFound("User not found", remedy="List them: foresell users")


async def _link(con: AsyncConnection, settings: Settings, user_id: int) -> str:
    """A link; without a public address it counts on this machine only."""
    token = await links.issue(con, user_id, loopback_only=settings.public_url is None)
    return links.url(settings.public_url or DEFAULT_ORIGIN, token)


def _say_link(settings: Settings, url: str) -> None:
    where = "" if settings.public_url else " on this machine"
    printing.say(f"Counts once, within {links.INVITED_MINUTES // 60} hours{where}:")
    printing.out.print(url, markup=False, soft_wrap=True)


def _subject(user: Row) -> str:
    return f"user:{user['user_id']}"


def _in_transaction(database: Database, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def whole() -> T:
        connect: Any = psycopg.AsyncConnection.connect
        async with await connect(database.conninfo("app"), row_factory=dict_row) as con:
            return await work(con)

    return asyncio.run(whole())
