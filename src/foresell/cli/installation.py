"""Runs an installation on its home: database, API and worker until Ctrl-C; at most one per home."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foresell.access import links, users
from foresell.audit import record
from foresell.cli import printing
from foresell.cli.session import run_in_transaction
from foresell.cli.supervisor import Supervisor, open_listener
from foresell.database import Database
from foresell.db import AsyncConnection
from foresell.errors import Busy, DatabaseUnavailable
from foresell.settings import Settings
from foresell.store import embedded
from foresell.store.database import open_database

STOP_SECONDS = 60.0


def run_installation(settings: Settings, port: int | None = None) -> None:
    """Serve on this machine until Ctrl-C, then stop everything, an embedded database included."""
    with (
        _lock_home(settings),
        open_listener(settings, "127.0.0.1", port, any_port=port is None) as listener,
    ):
        number = listener.getsockname()[1]
        with Supervisor(settings, listener, worker=True) as supervisor:
            database = open_database(settings)
            supervisor.serve()
            origin = settings.public_url or f"http://localhost:{number}"
            printing.print_text(f"Foresell is up: {origin}")
            printing.print_text(f"Home: {settings.home}; database: {_describe_database(settings)}")
            print_first_link(settings, database, origin)
            printing.print_text("Stop with Ctrl-C or: foresell down")
            supervisor.watch()
        if settings.database_url is None:
            embedded.stop(settings.home)
    printing.print_text("Foresell is down.")


def _describe_database(settings: Settings) -> str:
    return "external server" if settings.database_url else f"embedded, process {embedded.process_id(settings.home)}"


def stop_installation(settings: Settings) -> bool:
    """Stop `foresell up` and the embedded database of this home. Returns whether anything was running."""
    running = running_process(settings)
    if running:
        with contextlib.suppress(ProcessLookupError):
            os.kill(running, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while running_process(settings) and time.monotonic() < deadline:
            time.sleep(0.1)
    stopped = settings.database_url is None and embedded.stop(settings.home)
    return bool(running or stopped)


def print_first_link(settings: Settings, database: Database, origin: str) -> None:
    """As long as no user can sign in: print a one-time sign-in link for the administrator.

    It works on this machine only, unless browsers reach Foresell at a public URL.
    """

    async def issue_link(con: AsyncConnection) -> str | None:
        admin = await users.ensure_first_admin(con)
        if admin is None:
            return None
        await record.record(con, "link.issued", actor=None, subject=f"user:{admin}")
        local = settings.public_url is None
        return await links.issue_link(con, admin, minutes=links.FIRST_MINUTES, loopback_only=local)

    try:
        token = run_in_transaction(database, issue_link)
    except DatabaseUnavailable:  # it stopped just after the start; `foresell up` restarts it
        printing.print_note(
            "The database does not answer, so no sign-in link was made. If no one can sign in yet, run later:"
            f" foresell users link {users.FIRST_EMAIL}"
        )
        return
    if token:
        where = "" if settings.public_url else ", on this machine"
        printing.print_text(
            f"Open this link to become the administrator. It works once, within {links.FIRST_MINUTES} minutes{where}:"
        )
        printing.out.print(links.url(origin, token), markup=False, soft_wrap=True)


@contextmanager
def _lock_home(settings: Settings) -> Iterator[None]:
    """Holds the lock of `foresell up` on this home; the file contains the process id. Raises Busy when it is held."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Busy(
                f"Foresell is already up on {settings.home} (process {lock.read().strip() or 'unknown'}).",
                remedy="Use it, or stop it first: foresell down. For a second installation, set another FORESELL_HOME.",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def running_process(settings: Settings) -> int | None:
    """The process id of the `foresell up` that runs on this home, if any.

    Just after a start the file may still have the number of an earlier process: only one that has the file open is believed.
    """
    file = settings.home / "up.lock"
    with contextlib.suppress(OSError, ValueError), file.open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = int(lock.read())
            return pid if any(each.samefile(file) for each in Path(f"/proc/{pid}/fd").iterdir()) else None
    return None
