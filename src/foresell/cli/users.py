"""Commands on users: users, users add, users link, users disable, users enable."""

from __future__ import annotations

from typing import Annotated, TypeVar

import typer

from foresell.access import links, users
from foresell.audit import record
from foresell.cli import printing
from foresell.cli.options import Json
from foresell.cli.session import open_home, run_in_transaction
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import NotFound
from foresell.settings import Settings

SQL = AsyncStatements("foresell.access")

T = TypeVar("T")
DEFAULT_ORIGIN = "http://localhost:8000"
Email = Annotated[str, typer.Argument(help="The e-mail address the user signs in with.")]

users_app = typer.Typer(help="List, add, disable or enable users.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(users_app, name="users")


@users_app.callback(invoke_without_command=True)
def list_users(context: typer.Context, json: Json = False) -> None:
    """List all users, including disabled ones."""
    if context.invoked_subcommand:
        return
    _, database = open_home()
    rows = run_in_transaction(database, users.list_users)
    if json:
        printing.print_json(rows)
        return
    if not rows:
        printing.print_text("No users yet. Add one: foresell users add EMAIL --name NAME --role ROLE")
        return
    for row in rows:
        row["roles"] = ", ".join(row["roles"])
        row["team"] = row["team"]["name"] if row["team"] else None
        row["disabled"] = "disabled" if row["disabled"] else "active"
    printing.print_table(
        rows, {"email": "E-mail", "name": "Name", "roles": "Roles", "team": "Team", "disabled": "Status"}
    )


@users_app.command("add")
def add_user(
    email: Email,
    name: Annotated[str, typer.Option(help="The user's name.")],
    role: Annotated[
        list[str], typer.Option(help="rep, manager, analyst, marketer, steward or admin. May be repeated.")
    ],
    team: Annotated[str | None, typer.Option(help="The user's team; created if it does not exist.")] = None,
) -> None:
    """Add a user and print a one-time sign-in link."""
    settings, database = open_home()

    async def add_row(con: AsyncConnection) -> str:
        team_ids = {row["name"]: row["team_id"] for row in await users.list_teams(con)}
        team_id = None if team is None else team_ids.get(team) or (await users.create_team(con, team))["team_id"]
        user = await users.create(con, name=name, email=email, roles=role, team_id=team_id)
        await record.record(con, "user.added", actor=None, subject=_subject(user), detail={"roles": user["roles"]})
        return await _issue_link(con, settings, user["user_id"])

    _print_link(settings, run_in_transaction(database, add_row))


@users_app.command("link")
def link_user(
    email: Email,
    lost_factor: Annotated[
        bool, typer.Option("--lost-factor", help="Also remove the authenticator app, passkeys and recovery codes.")
    ] = False,
) -> None:
    """Print a one-time sign-in link for a user who cannot sign in. Ends all of the user's sessions."""
    settings, database = open_home()

    async def reset_user(con: AsyncConnection) -> str:
        user = await _find_user(con, email)
        await SQL.run(con, "users.reset_from_command_line", user_id=user["user_id"], factors=lost_factor)
        await record.record(
            con, "user.reset", actor=None, subject=_subject(user), detail={"second_factor": lost_factor}
        )
        return await _issue_link(con, settings, user["user_id"])

    _print_link(settings, run_in_transaction(database, reset_user))


@users_app.command("disable")
def disable_user(email: Email) -> None:
    """Disable a user. All sessions end immediately."""
    _set_disabled(email, disabled=True)
    printing.print_text(f"{email} is disabled.")


@users_app.command("enable")
def enable_user(email: Email) -> None:
    """Enable a disabled user."""
    _set_disabled(email, disabled=False)
    printing.print_text(f"{email} can sign in again.")


def _set_disabled(email: str, *, disabled: bool) -> None:
    _, database = open_home()

    async def change_user(con: AsyncConnection) -> None:
        user = await _find_user(con, email)
        await users.change(con, user["user_id"], {"disabled": disabled}, by=None)
        await record.record(con, "user.changed", actor=None, subject=_subject(user), detail={"disabled": disabled})

    run_in_transaction(database, change_user)


async def _find_user(con: AsyncConnection, email: str) -> Row:
    """The user with this e-mail, disabled or not. Raises NotFound."""
    for row in await users.list_users(con):
        if row["email"] == users.clean_email(email):
            return row
    raise NotFound("User not found", remedy="List the users: foresell users")


async def _issue_link(con: AsyncConnection, settings: Settings, user_id: int) -> str:
    """The URL of a new link; without a public URL it works on this machine only."""
    token = await links.issue_link(con, user_id, loopback_only=settings.public_url is None)
    return links.url(settings.public_url or DEFAULT_ORIGIN, token)


def _print_link(settings: Settings, url: str) -> None:
    where = "" if settings.public_url else " on this machine"
    printing.print_text(f"Sign-in link; works once, within {links.INVITED_MINUTES // 60} hours{where}:")
    printing.out.print(url, markup=False, soft_wrap=True)


def _subject(user: Row) -> str:
    return f"user:{user['user_id']}"
