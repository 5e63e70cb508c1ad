"""Migrations: numbered .sql files, each applied once, in order, in one transaction.

On the user's own server this also creates the roles (without login) that sessions switch to.
"""

from __future__ import annotations

import re
from importlib import resources

import psycopg
from psycopg import sql

from foresell.errors import ForesellError
from foresell.logs import logger

#: Owns the tables and migrates; loads, scores and publishes; reads in the console; serves the API behind row security.
ROLES = ("foresell_owner", "foresell_app", "foresell_reader", "foresell_web")
LOCK = 0x466F7265  # "Fore": one migrator at a time per database
_FILE = re.compile(r"^(\d{4})_(\w+)\.sql$")
_INCLUDE = re.compile(r"^-- include (\w+) (\S+)$", re.MULTILINE)

log = logger("truth")


def available() -> list[tuple[int, str, str]]:
    """(version, name, SQL) of every migration, in order."""
    found = []
    for file in resources.files("foresell.store").joinpath("migrations").iterdir():
        if match := _FILE.match(file.name):
            found.append((int(match[1]), match[2], _included(file.read_text(encoding="utf-8"))))
    return sorted(found)


def schema() -> str:
    """The whole schema as it should be: the files of schema/ in their order."""
    folder = resources.files("foresell.store").joinpath("schema")
    files = sorted(folder.iterdir(), key=lambda file: int(file.name.split("_")[0]))
    return "\n".join(_included(file.read_text(encoding="utf-8")) for file in files)


def _included(text: str) -> str:
    """The text with each `-- include package file` replaced by that file of an installed package."""
    return _INCLUDE.sub(lambda found: resources.files(found[1]).joinpath(found[2]).read_text(encoding="utf-8"), text)


def migrate(owner_conninfo: str, *, make_roles: bool) -> list[int]:
    """Bring the schema up to date; returns the versions applied now (none when it already was).

    Raises ForesellError when the database is of a newer Foresell than this one.
    """
    with psycopg.connect(owner_conninfo, autocommit=True) as con:
        if _applied(con) == [version for version, _, _ in available()]:
            return []
        con.execute("select pg_advisory_lock(%s)", [LOCK])
        applied = _applied(con)
        newest = available()[-1][0]
        if applied and applied[-1] > newest:
            raise ForesellError(
                f"The database is at version {applied[-1]}, this Foresell knows only {newest}.",
                remedy="Use the newer Foresell that made it.",
            )
        if make_roles:
            _ensure_roles(con)
        return [
            version
            for version, name, text in available()
            if version not in applied and _apply(con, version, name, text)
        ]


def _applied(con: psycopg.Connection[tuple[object, ...]]) -> list[int]:
    known = con.execute("select to_regclass('truth.schema_migrations') is not null").fetchone()
    if not known or not known[0]:
        return []
    rows = con.execute("select version from truth.schema_migrations order by version").fetchall()
    return [int(str(row[0])) for row in rows]


def _apply(con: psycopg.Connection[tuple[object, ...]], version: int, name: str, text: str) -> bool:
    with con.transaction():
        con.execute("set local role foresell_owner")
        con.execute(text.encode())
        con.execute("insert into truth.schema_migrations (version, name) values (%s, %s)", [version, name])
    log.info("migration applied", action="migrate", version=version)
    return True


def _ensure_roles(con: psycopg.Connection[tuple[object, ...]]) -> None:
    """Create what is missing; each needs CREATEROLE only where it is really missing."""
    for role in ROLES:
        if not con.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
            con.execute(sql.SQL("create role {} nologin nosuperuser nobypassrls").format(sql.Identifier(role)))
        con.execute(
            sql.SQL(
                "do $$ begin if not pg_has_role(current_user, {}, 'set') then grant {} to current_user; end if; end $$"
            ).format(sql.Literal(role), sql.Identifier(role))
        )
    con.execute(
        "do $$ begin if not has_database_privilege('foresell_owner', current_database(), 'create') then"
        " execute format('grant create on database %I to foresell_owner', current_database()); end if; end $$"
    )
