"""Opening the database: starts the embedded server where one is used, and migrates the schema."""

from __future__ import annotations

from contextlib import suppress

import psycopg
from psycopg.conninfo import conninfo_to_dict

from foresell.database import Database, translate_errors
from foresell.errors import DatabaseUnavailable, IncompatibleDatabase, UsageError
from foresell.secret_files import close_to_others
from foresell.settings import Settings
from foresell.store import embedded, migrate


def open_database(settings: Settings) -> Database:
    """Start the embedded server if no DATABASE_URL is set, create the schema in an empty database, and return the Database.

    Raises UsageError for a malformed URL, DatabaseUnavailable when the server does not answer, IncompatibleDatabase when the
    schema is not that of this version.
    """
    for url in (settings.database_url, settings.owner_url):
        try:
            conninfo_to_dict(url or "")
        except psycopg.ProgrammingError:
            raise UsageError(
                "DATABASE_URL is not a PostgreSQL URL.", remedy="Write it as postgresql://user@host/database."
            ) from None
    close_to_others(settings.home)
    if settings.database_url is None:
        embedded.ensure_running(settings.home)
    with translate_errors():
        migrate.migrate(migrate.owner_conninfo(settings), make_roles=settings.database_url is not None)
    return Database(settings)


def open_running_database(settings: Settings) -> Database | None:
    """The Database, without creating a server or starting one; None where none is running or it does not answer."""
    if settings.database_url is None and not embedded.is_running(settings.home):
        return None
    with suppress(DatabaseUnavailable, IncompatibleDatabase):
        return open_database(settings)
    return None


def has_database(settings: Settings) -> bool:
    """Whether there is a database, running or not."""
    return settings.database_url is not None or (settings.home / "postgres").is_dir()
