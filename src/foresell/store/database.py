"""Opening the database: starts the embedded server where one is used, and migrates the schema."""

from __future__ import annotations

import os
from contextlib import suppress
from ipaddress import ip_address

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
        check_url(url or "")
    close_to_others(settings.home)
    if settings.database_url is None:
        embedded.ensure_running(settings.home)
    with translate_errors():
        migrate.migrate(migrate.owner_conninfo(settings), make_roles=settings.database_url is not None)
    return Database(settings)


def check_url(url: str) -> None:
    """Raises UsageError for what is no PostgreSQL URL, and for one of another machine that does not say how it is protected.

    What PostgreSQL does unasked falls back to clear text, and `require` encrypts without looking who answers.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise UsageError(
            "DATABASE_URL is not a PostgreSQL URL.", remedy="Write it as postgresql://user@host/database."
        ) from None
    hosts = str(parts.get("hostaddr") or parts.get("host") or os.environ.get("PGHOST", "")).split(",")
    mode = parts.get("sslmode") or os.environ.get("PGSSLMODE")
    if not all(map(_is_here, hosts)) and mode not in ("verify-full", "verify-ca", "disable"):
        raise UsageError(
            "DATABASE_URL is on another machine and does not ask for a verified certificate.",
            remedy="Add ?sslmode=verify-full, or ?sslmode=disable where no one else is on the network.",
        )


def _is_here(host: str) -> bool:
    """Whether a host of a PostgreSQL URL is this machine: a folder of sockets (also none) or a loopback address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return not host or host[0] in "/@" or host == "localhost"


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
