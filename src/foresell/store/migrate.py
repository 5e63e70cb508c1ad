"""Migrations: numbered .sql files, each applied once, in order; all that are missing, in one transaction.

An applied migration never changes: its checksum is kept in the database and compared at every start. On a server of your
own this also creates the roles (without login) that sessions switch to.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import psycopg
from psycopg import sql

from foresell.database import Database
from foresell.errors import DatabaseTooOld, IncompatibleDatabase
from foresell.logs import logger
from foresell.settings import Settings

#: Owns the tables and migrates; loads, scores and publishes; reads in the console; serves the API behind row security.
ROLES = ("foresell_owner", "foresell_app", "foresell_reader", "foresell_web")
LOCK = 0x466F7265  # "Fore": one migrator at a time per database
_FILE = re.compile(r"^(\d{4})_(\w+)\.sql$")
_STEP = re.compile(r"^-- step (\w+)$", re.MULTILINE)
_INCLUDE = re.compile(r"^-- include (\w+) (\S+)$", re.MULTILINE)

Connection = psycopg.Connection[tuple[Any, ...]]

#: Changes rows in a way that SQL cannot, as the owner of the tables and in the transaction of the upgrade.
DataStep = Callable[[Connection], None]

log = logger("store")


@dataclass(frozen=True, slots=True, order=True)
class Migration:
    """One file of migrations/. `text` has the included files in it."""

    version: int
    name: str
    text: str = field(repr=False)

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"{self.version:04}_{self.name}.sql"

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AppliedMigration:
    """One row of core.schema_migrations."""

    version: int
    name: str
    checksum: str


def list_migrations() -> list[Migration]:
    """Every migration of this version of Foresell, in order."""
    migrations = []
    for file in resources.files("foresell.store").joinpath("migrations").iterdir():
        if match := _FILE.match(file.name):
            migrations.append(Migration(int(match[1]), match[2], _resolve_includes(file.read_text(encoding="utf-8"))))
    return sorted(migrations)


def read_schema() -> str:
    """The schema that all migrations together produce: the files of schema/ in their order."""
    folder = resources.files("foresell.store").joinpath("schema")
    files = sorted(folder.iterdir(), key=lambda file: int(file.name.split("_")[0]))
    return "\n".join(_resolve_includes(file.read_text(encoding="utf-8")) for file in files)


def _resolve_includes(text: str) -> str:
    """Replace each line `-- include PACKAGE FILE` by the text of that file of an installed package."""
    return _INCLUDE.sub(lambda match: read_include(match[1], match[2]), text)


def read_include(package: str, file: str) -> str:
    """The text of an SQL file of an installed package."""
    return resources.files(package).joinpath(file).read_text(encoding="utf-8")


def owner_conninfo(settings: Settings) -> str:
    """The connection string with which migrations are applied."""
    if settings.database_url is None:
        return Database(settings).conninfo("owner")
    return settings.owner_url or settings.database_url


def find_missing(owner: str) -> tuple[list[AppliedMigration], list[Migration]]:
    """The applied and the missing migrations, each in order. Raises as `migrate`."""
    migrations = list_migrations()
    with psycopg.connect(owner, autocommit=True) as con:
        applied = _list_applied(con)
    check_applied(applied, migrations)
    return applied, migrations[len(applied) :]


def migrate(
    owner: str, *, make_roles: bool, upgrade: bool = False, steps: Mapping[str, DataStep] | None = None
) -> list[int]:
    """Apply the migrations that are missing, all or none; returns their versions (none when the schema is up to date).

    An empty database is migrated at once; one that has data only with `upgrade`, which `foresell upgrade` passes after a backup.
    `steps`: the data steps that migrations name in a line `-- step NAME`, run where it stands; an empty database needs none.

    Raises DatabaseTooOld for a database from before 0.2.0. Raises IncompatibleDatabase, and changes nothing, when the
    database has a migration that this version does not know or whose text has changed, when it needs an upgrade, and when
    a migration fails.
    """
    migrations = list_migrations()
    with psycopg.connect(owner, autocommit=True) as con:
        applied = _list_applied(con)
        check_applied(applied, migrations)
        if len(applied) == len(migrations):
            return []
        con.execute("select pg_advisory_lock(%s)", [LOCK])
        applied = _list_applied(con)  # another process may have migrated in the meantime
        check_applied(applied, migrations)
        missing = migrations[len(applied) :]
        if applied and missing and not upgrade:
            raise IncompatibleDatabase(
                f"The database has schema {applied[-1].version}; this version of Foresell needs {migrations[-1].version}.",
                remedy="Run: foresell upgrade (it makes a backup first)",
            )
        if make_roles:
            _ensure_roles(con)
        with con.transaction():
            for migration in missing:
                _apply(con, migration, (steps or {}) if applied else None)
        for migration in missing:
            log.info("migration applied", action="migrate", version=migration.version)
        return [migration.version for migration in missing]


def check_applied(applied: list[AppliedMigration], migrations: list[Migration]) -> None:
    """Compare the applied migrations with the files. Raises IncompatibleDatabase for an unknown or changed one."""
    known = {migration.version: migration for migration in migrations}
    for row in applied:
        if row.version not in known:
            raise IncompatibleDatabase(
                f"The database has the migration {row.version:04}_{row.name}.sql, which this version of Foresell does not"
                " know.",
                remedy="Use the newer version of Foresell that upgraded it, or go back: foresell restore BACKUP (a file of the folder"
                " backups).",
            )
        migration = known[row.version]
        if row.checksum != migration.checksum:
            raise IncompatibleDatabase(
                f"The migration {migration.file} was changed after it had been applied to this database.",
                remedy=f"Restore the released {migration.file}, and put the change into a new migration.",
            )


def _list_applied(con: Connection) -> list[AppliedMigration]:
    """The applied migrations, in order; none in an empty database. Raises DatabaseTooOld."""
    if _has_table(con, "truth.schema_migrations"):
        raise DatabaseTooOld
    if not _has_table(con, "core.schema_migrations"):
        return []
    rows = con.execute("select version, name, checksum from core.schema_migrations order by version").fetchall()
    return [AppliedMigration(*row) for row in rows]


def _has_table(con: Connection, name: str) -> bool:
    row = con.execute("select to_regclass(%s) is not null", [name]).fetchone()
    return bool(row and row[0])


def _apply(con: Connection, migration: Migration, steps: Mapping[str, DataStep] | None) -> None:
    """Apply one migration with its data steps (None: there is no data). Raises IncompatibleDatabase when PostgreSQL refuses a
    statement of it."""
    try:
        con.execute("set local role foresell_owner")
        for number, part in enumerate(_STEP.split(migration.text)):
            if number % 2 == 0:
                con.execute(part.encode())
            elif steps is not None:
                steps[part](con)
        con.execute(
            "insert into core.schema_migrations (version, name, checksum) values (%s, %s, %s)",
            [migration.version, migration.name, migration.checksum],
        )
    except psycopg.OperationalError:
        raise  # no connection or no disk space: not the migration's fault
    except psycopg.Error as error:
        raise IncompatibleDatabase(
            f"The migration {migration.file} failed and was rolled back: {error.diag.message_primary}.",
            remedy="The database is as it was before. Go on with the previous version of Foresell, and report this message.",
        ) from None


def _ensure_roles(con: Connection) -> None:
    """Create the missing roles; CREATEROLE is needed only where one is missing."""
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
