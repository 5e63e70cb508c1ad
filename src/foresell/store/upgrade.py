"""Upgrading a database to the schema of this version of Foresell, with a backup first, and going back to a backup."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from foresell.database import EMBEDDED_DATABASE, embedded_conninfo, translate_errors
from foresell.errors import BadInput, DatabaseUnavailable, DiskTrouble, UsageError
from foresell.settings import Settings
from foresell.store import embedded, migrate

RESTORED_DATABASE = "foresell_restored"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade did: the versions of the applied migrations (none: nothing was missing), and the backup before it."""

    versions: list[int]
    backup: Path | None


def upgrade_database(settings: Settings, steps: Mapping[str, migrate.DataStep], *, backup: bool = True) -> Upgrade:
    """Apply the missing migrations with their data steps, all or none of them, after a backup of a database that has data.

    Raises IncompatibleDatabase when one fails; then the database is as before. Raises DiskTrouble or DatabaseUnavailable, and
    changes nothing, when the backup fails.
    """
    if settings.database_url is None:
        embedded.ensure_running(settings.home)
    owner = migrate.owner_conninfo(settings)
    with translate_errors():
        applied, missing = migrate.find_missing(owner)
    if not missing:
        return Upgrade([], None)
    file = _back_up(settings, owner, applied[-1].version) if applied and backup else None
    with translate_errors():
        own_server = settings.database_url is not None
        return Upgrade(migrate.migrate(owner, make_roles=own_server, upgrade=True, steps=steps), file)


def restore_backup(settings: Settings, file: Path) -> int:
    """Replace the embedded database by a backup; returns the schema version it has.

    The database is replaced only when all of the backup is restored. Raises UsageError for an external server, BadInput for a
    file that is no whole backup.
    """
    if settings.database_url is not None:
        raise UsageError("This is for the embedded database.", remedy="Restore on your own server: pg_restore --clean")
    embedded.ensure_running(settings.home)
    home = settings.home
    with psycopg.connect(embedded_conninfo(home, "postgres", "postgres"), autocommit=True) as con:
        _drop(con, RESTORED_DATABASE)
        con.execute(sql.SQL("create database {} owner foresell_owner").format(sql.Identifier(RESTORED_DATABASE)))
        try:
            _run("pg_restore", embedded_conninfo(home, "postgres", RESTORED_DATABASE), "--exit-on-error", str(file))
            with psycopg.connect(embedded_conninfo(home, "postgres", RESTORED_DATABASE)) as restored:
                row = restored.execute("select max(version) from core.schema_migrations").fetchone()
        except (DatabaseUnavailable, psycopg.errors.UndefinedTable):
            _drop(con, RESTORED_DATABASE)
            raise BadInput(
                f"{file} is not a whole backup of Foresell; nothing was changed.",
                remedy=f"Choose one of {settings.backups}.",
            ) from None
        _drop(con, EMBEDDED_DATABASE)
        con.execute(
            sql.SQL("alter database {} rename to {}").format(
                sql.Identifier(RESTORED_DATABASE), sql.Identifier(EMBEDDED_DATABASE)
            )
        )
    embedded.set_up_database(home)
    assert row
    return int(row[0])


def _drop(con: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    con.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _back_up(settings: Settings, owner: str, version: int) -> Path:
    """The whole database as one file that only its owner can read; complete or absent."""
    settings.backups.mkdir(parents=True, exist_ok=True, mode=0o700)
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    file = settings.backups / f"schema-{version:04}-{moment}.dump"
    draft = file.with_suffix(".draft")
    own_server = settings.database_url is not None
    conninfo, role = (
        (owner, ["--role=foresell_owner"]) if own_server else (embedded_conninfo(settings.home, "postgres"), [])
    )
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        _run("pg_dump", conninfo, "--format=custom", f"--file={draft}", *role)
        return draft.rename(file)
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(
            f"The backup before the upgrade failed; nothing was changed. {error.message}",
            remedy="Back the database up yourself, then: foresell upgrade --without-backup",
        ) from None
    finally:
        draft.unlink(missing_ok=True)


def _run(program: str, conninfo: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password is not in its arguments. Raises DiskTrouble or DatabaseUnavailable."""
    parts = {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value is not None}
    password = {"PGPASSWORD": parts.pop("password")} if "password" in parts else {}
    command = [str(embedded.BIN / program), *arguments, f"--dbname={make_conninfo('', **parts)}"]
    result = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **password})
    if "No space left" in result.stderr:
        raise DiskTrouble("The disk is full; nothing was changed.", remedy="Free some space and try again.")
    if result.returncode != 0:
        raise DatabaseUnavailable(f"{program} failed: {result.stderr.strip()[-400:]}", remedy="Run: foresell doctor")
