"""The door to the truth: which server, which role, how to connect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import adbc_driver_manager
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row

from foresell.errors import DatabaseUnavailable, DiskTrouble, ForesellError, UsageError
from foresell.settings import Settings
from foresell.store import embedded, migrate

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

Role = Literal["owner", "app", "reader", "web"]
SEARCH_PATH = "core"


@dataclass(frozen=True, slots=True)
class Database:
    """A reachable, migrated database: `connect` for rows and statements, `arrow` for bulk.

    What is done through it is recorded in the audit as done by user `acting_for` (None: whoever holds the command line), `via`
    web, worker or command line.
    """

    settings: Settings = field(repr=False)
    acting_for: int | None = None
    via: Literal["web", "worker", "command line"] = "command line"

    def conninfo(self, role: Role, search_path: str = SEARCH_PATH) -> str:
        """The connection string of a role."""
        via = "web" if role == "web" else self.via.replace(" ", "\\ ")
        options = f"-c search_path={search_path} -c foresell.via={via} -c foresell.user_id={self.acting_for or ''}"
        if role == "reader":
            options += " -c default_transaction_read_only=on -c statement_timeout=60s"
        if role == "web":
            options += " -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"
        url = self.settings.owner_url if role == "owner" else self.settings.database_url
        if url is None:
            return make_conninfo(embedded.conninfo(self.settings.home, f"foresell_{role}"), options=options)
        if conninfo_to_dict(url).get("user") != f"foresell_{role}":
            options += f" -c role=foresell_{role}"
        return make_conninfo(url, options=options, connect_timeout=10)

    @contextmanager
    def connect(self, role: Role = "app") -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A transaction: committed when the block ends well, rolled back when it does not. Rows are dicts."""
        with _in_our_words(), psycopg.connect(self.conninfo(role), row_factory=dict_row) as con:
            yield con

    @contextmanager
    def arrow(self, role: Role = "app") -> Iterator[adbc.Connection]:
        """An ADBC connection in a transaction of its own: committed when the block ends well."""
        import adbc_driver_postgresql.dbapi as adbc  # takes half a second, and most commands need no bulk

        with _in_our_words():
            con = adbc.connect(self.conninfo(role))
            try:
                yield con
                con.commit()
            except BaseException:
                with suppress(
                    adbc_driver_manager.Error
                ):  # the connection may be gone; the first error is the one to tell
                    con.rollback()
                raise
            finally:
                with suppress(adbc_driver_manager.Error):
                    con.close()


def open_database(settings: Settings) -> Database:
    """Start the embedded server where that is the one, bring the schema up to date, and return the door.

    Raises DatabaseUnavailable when the server does not answer.
    """
    for url in (settings.database_url, settings.owner_url):
        try:
            conninfo_to_dict(url or "")
        except psycopg.ProgrammingError:
            raise UsageError(
                "DATABASE_URL is not a PostgreSQL URL.", remedy="Write it as postgresql://user@host/database."
            ) from None
    if settings.database_url is None:
        embedded.ensure_running(settings.home)
    database = Database(settings)
    with _in_our_words():
        if settings.database_url is None:
            migrate.migrate(database.conninfo("owner"), make_roles=False)
        else:
            migrate.migrate(settings.owner_url or settings.database_url, make_roles=True)
    return database


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Translate the drivers' errors once, here. Their messages may quote rows, so only harmless ones are passed on."""
    try:
        yield
    except ForesellError:
        raise
    except psycopg.errors.DiskFull:
        raise _disk_full() from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise ForesellError(
            f"The database role may not do this: {error.diag.message_primary}.",
            remedy="Run: foresell doctor",
        ) from None
    except psycopg.OperationalError as error:
        raise _unavailable(str(error)) from None
    except adbc_driver_manager.Error as error:
        if error.sqlstate == "57014":  # the driver turns Ctrl-C into a cancelled statement
            raise KeyboardInterrupt from None
        if error.sqlstate == "53100":
            raise _disk_full() from None
        if not error.sqlstate or error.sqlstate[:2] in ("08", "57", "00"):
            raise _unavailable(str(error)) from None
        raise


def _disk_full() -> DiskTrouble:
    return DiskTrouble(
        "The database's disk is full; nothing of this command was kept.", remedy="Free some space and try again."
    )


def _unavailable(words: str) -> DatabaseUnavailable:
    first_line = words.strip().splitlines()[0] if words.strip() else "no answer"
    return DatabaseUnavailable(
        f"The database does not answer: {first_line}",
        remedy="Try again: an embedded server is restarted by the next command; otherwise check DATABASE_URL.",
    )
