"""Connections to PostgreSQL: the connection string of each role, rows and statements by psycopg, bulk by ADBC.

The drivers' errors are translated here once. The embedded server listens on a Unix socket below the home.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import adbc_driver_manager
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row

from foresell.errors import DatabaseUnavailable, DiskTrouble, ForesellError
from foresell.settings import Settings

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

Role = Literal["owner", "app", "reader", "web"]
SEARCH_PATH = "core"
EMBEDDED_DATABASE = "foresell"
WAL_FILE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Database:
    """A reachable, migrated database: `connect` for rows and statements, `arrow` for bulk.

    The audit records changes made through it as made by user `acting_for` (None: the user of the command line), `via`
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
            options += " -c client_connection_check_interval=1s"
            options += f" -c foresell.single_user={'on' if self.settings.single_user else 'off'}"
        url = self.settings.owner_url if role == "owner" else self.settings.database_url
        if url is None:
            return make_conninfo(embedded_conninfo(self.settings.home, f"foresell_{role}"), options=options)
        if conninfo_to_dict(url).get("user") != f"foresell_{role}":
            options += f" -c role=foresell_{role}"
        return make_conninfo(url, options=options, connect_timeout=10)

    def is_disk_full(self) -> bool:
        """Whether the embedded server has no space for its next file of the write-ahead log; False for an external server."""
        if self.settings.database_url is not None:
            return False
        with suppress(OSError):
            return shutil.disk_usage(self.settings.home).free < WAL_FILE_BYTES
        return False

    @contextmanager
    def connect(self, role: Role = "app") -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A connection in a transaction: committed when the block succeeds, rolled back when it raises. Rows are dicts."""
        with translate_errors(), psycopg.connect(self.conninfo(role), row_factory=dict_row) as con:
            yield con

    @contextmanager
    def arrow(self, role: Role = "app") -> Iterator[adbc.Connection]:
        """An ADBC connection in a transaction of its own: committed when the block succeeds."""
        import adbc_driver_postgresql.dbapi as adbc  # takes half a second, and most commands do not need it

        with translate_errors():
            con = adbc.connect(self.conninfo(role))
            try:
                yield con
                con.commit()
            except BaseException:
                with suppress(adbc_driver_manager.Error):  # the connection may be gone: report the first error
                    con.rollback()
                raise
            finally:
                with suppress(adbc_driver_manager.Error):
                    con.close()


def embedded_conninfo(home: Path, role: str, database: str = EMBEDDED_DATABASE) -> str:
    """The connection string of a role of the embedded server; it contains the role's password."""
    return make_conninfo(
        host=str(socket_folder(home)),
        dbname=database,
        user=role,
        password=role_password(home, role),
        connect_timeout=10,
    )


def socket_folder(home: Path) -> Path:
    """The folder of the server's Unix socket: `home/postgres`, or one below the system's temporary folder when that path
    is too long (107 characters) or has characters that a socket path may not have."""
    folder = home / "postgres"
    if len(str(folder)) <= 85 and re.fullmatch(r"[\w./-]+", str(folder), re.ASCII):
        return folder
    return Path(tempfile.gettempdir()) / f"foresell-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"


def role_password(home: Path, role: str) -> str:
    """The password of a role of the embedded server, from `home/keys/<role>`; generated at the first call."""
    file = home / "keys" / role
    try:
        return file.read_text()
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as draft:
            draft.write(secrets.token_urlsafe(24))
        Path(draft.name).replace(file)
        return file.read_text()


@contextmanager
def translate_errors() -> Iterator[None]:
    """Translate the drivers' errors into ForesellErrors. Messages that may quote rows are not passed on.

    Raises DatabaseUnavailable, DiskTrouble or ForesellError; KeyboardInterrupt for a statement cancelled by Ctrl-C.
    """
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
        "The database's disk is full; this command saved nothing.", remedy="Free some space and try again."
    )


def _unavailable(message: str) -> DatabaseUnavailable:
    first_line = message.strip().splitlines()[0] if message.strip() else "no answer"
    return DatabaseUnavailable(
        f"The database does not answer: {first_line}",
        remedy="Try again: an embedded server is restarted by the next command; otherwise check DATABASE_URL.",
    )
