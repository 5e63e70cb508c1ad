"""Commands around the installation: up, down, serve, worker, demo, doctor, sql."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from psycopg.rows import dict_row

from foresell import demo as demo_shop
from foresell.access import links, users
from foresell.audit import record
from foresell.cli import doctor as checks
from foresell.cli import predictions, printing, processes, scoring
from foresell.cli.data import Json
from foresell.cli.processes import Kept
from foresell.cli.session import open_home, open_published
from foresell.errors import Busy
from foresell.settings import Settings, read_settings
from foresell.snapshot import queries
from foresell.store import console, embedded, model_registry, runs
from foresell.store.database import Database, open_database
from foresell.tempdirs import clear_scratch, scratch_folder
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh

WATCH_SECONDS = 0.5
STOP_SECONDS = 60.0


class On(StrEnum):
    """Where a query runs."""

    truth = "truth"
    snapshot = "snapshot"


class Format(StrEnum):
    """How its answer is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (demo, up, down, serve, worker, doctor, sql):
        app.command()(command)


def demo(
    customers: Annotated[int, typer.Option(min=20, max=5_000_000, help="How many customers the shop has.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another shop.")] = 1,
    serve: Annotated[
        bool | None,
        typer.Option(
            "--serve/--no-serve", help="Serve the dashboard afterwards, or exit (default: serve on a terminal)."
        ),
    ] = None,
) -> None:
    """Make a believable shop, load it, score it, show the call list and serve the dashboard. Repeating it changes nothing."""
    settings, database = open_home()
    with printing.progress(True) as progress:
        files = demo_shop.write_shop(
            demo_shop.Shop(customers=customers, seed=seed),
            settings.home / "demo" / f"{customers}-{seed}",
            progress=progress,
        )
        source = f"demo-{customers}-{seed}"
        for file, name in (
            (files.customers, source),
            (files.products, source),
            (files.orders, source),
            (files.contacts, f"{source}-crm"),
        ):
            batch = load_file(settings, database, file, source=name, progress=progress)
            printing.say(
                f"{batch.file_name}: {batch.lines_loaded:,} lines loaded, {batch.lines_unchanged:,} unchanged, {batch.lines_rejected:,} rejected"
            )
        run = run_refresh(settings, database, progress=progress)
    printing.say()
    scoring.show_run(
        run, runs.line_classes(database, run["run_id"]), model_registry.run_models(database, run["run_id"])
    )
    printing.say()
    _show_best()
    program = "foresell" if os.environ.get("VIRTUAL_ENV") else ".venv/bin/foresell"
    printing.say(
        f"\nThis shop is made up. Next:\n"
        f"  {program} up                  the dashboard, in a browser\n"
        f"  {program} predictions         whom to call, most valuable first\n"
        f"  {program} metrics             how accurate the predictions are\n"
        f"  {program} customer C000001    one customer, from the scores to the orders behind them\n"
        f"  {program} inspect FILE        how Foresell would read a file of your own\n"
        f"  {program} --help              every command"
    )
    if serve if serve is not None else printing.out.is_terminal:
        printing.say()
        if process_id := _holder(settings):
            printing.say(f"Foresell is already up (process {process_id}): reload the page.")
        else:
            up()


def _show_best() -> None:
    """The segments, and the head of the call list (or of the customers, where nothing could be predicted)."""
    with open_published() as (run, con, database):
        segments = queries.segments(con)
        total, calls = queries.customers(con, queries.Filter(predicted=True), limit=10)
        rows = scoring.contacts_of(database, calls)
    printing.table(
        segments, {"segment": "segment", "customers": "customers", "revenue": "net revenue", "advice": "what to do"}
    )
    printing.say()
    predictions.show_calls(run, total, rows, contacts=True)


Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help="Where to answer (default: FORESELL_PORT, else 8000).")
]


def up(port: Port = None) -> None:
    """Keep Foresell up here until Ctrl-C: database, API and worker. Whatever dies is started again."""
    settings = read_settings()
    with _only_one(settings), _listening(settings, "127.0.0.1", port, elsewhere=port is None) as listener:
        number = listener.getsockname()[1]
        serving = Serving(settings, listener, worker=True)
        with serving:
            database = open_database(settings)
            serving.go()
            origin = settings.public_url or f"http://localhost:{number}"
            where = (
                f"process {embedded.process_id(settings.home)}" if settings.database_url is None else "your own server"
            )
            printing.say(f"Foresell is up on {settings.home} (database: {where}): {origin}")
            offer_first_link(settings, database, origin)
            printing.say("Stop with Ctrl-C or: foresell down")
            serving.watch()
        if settings.database_url is None:
            embedded.stop(settings.home)
    printing.say("Foresell is down.")


def serve(
    port: Port = None,
    host: Annotated[str, typer.Option(help="Which address to listen on.")] = "127.0.0.1",
) -> None:
    """Only the API, for production: behind a proxy with TLS, beside your own database and `foresell worker`."""
    settings = read_settings()
    with _listening(settings, host, port) as listener, Serving(settings, listener, worker=False) as serving:
        database = open_database(settings)
        serving.go()
        origin = settings.public_url or f"http://{host}:{listener.getsockname()[1]}"
        printing.say(f"The API answers on {origin}. Stop with Ctrl-C.")
        offer_first_link(settings, database, origin)
        serving.watch()


def worker() -> None:
    """Only the worker: imports, undos and refreshes asked for in the API. Any number of them may run."""
    from foresell.worker import run

    settings = read_settings()
    open_database(settings)
    printing.say("The worker waits for work. Stop with Ctrl-C.")
    run(settings)


def offer_first_link(settings: Settings, database: Database, origin: str) -> None:
    """While nobody can sign in: print a one-time link for the administrator.

    It counts on this machine only, unless browsers reach Foresell at a public address.
    """

    async def issue() -> str | None:
        conninfo = database.conninfo("app")
        async with await psycopg.AsyncConnection.connect(conninfo, row_factory=dict_row) as con:
            admin = await users.first_admin(con)
            if admin is None:
                return None
            await record.record(con, "link.issued", actor=None, subject=f"user:{admin}")
            here = settings.public_url is None
            return await links.issue(con, admin, minutes=links.FIRST_MINUTES, loopback_only=here)

    if token := asyncio.run(issue()):
        where = "" if settings.public_url else ", on this machine"
        printing.say(f"Nobody can sign in yet. Once, within {links.FIRST_MINUTES} minutes{where}:")
        printing.out.print(links.url(origin, token), markup=False, soft_wrap=True)


class Serving:
    """The processes of an installation: API workers on one listening socket, and with `worker` one worker.

    Entered, one API process imports what it needs; `go` lets it begin and, once it answers, starts the others, so that
    somebody who waits has the machine for themselves; `watch` keeps all (and an embedded database) up until a signal;
    left, they stop in order: the API first, then the worker.
    """

    def __init__(self, settings: Settings, listener: socket.socket, *, worker: bool) -> None:
        self.settings = settings
        self.listener = listener
        self.has_worker = worker
        self.stopped = threading.Event()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Serving:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopped.set())
        clear_scratch(self.settings.work)
        self.metrics = self._stack.enter_context(scratch_folder(self.settings.work, "metrics"))
        environment = {"PROMETHEUS_MULTIPROC_DIR": str(self.metrics)}
        fd = self.listener.fileno()
        self.api = [
            Kept("API", "foresell.api.serve", [str(fd)], [fd], environment) for _ in range(self.settings.web_workers)
        ]
        self.rest = [Kept("worker", "foresell.worker", environment=environment)] if self.has_worker else []
        self._stack.callback(processes.stop, self.rest)
        self._stack.callback(processes.stop, self.api)
        self.api[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def go(self) -> None:
        """Let them begin: the database is there. Raises ForesellError when the API does not stay up."""
        self.api[0].go()
        while not self._answers() and not self.stopped.is_set():
            self._bring_back()
        for each in (*self.api[1:], *self.rest):
            each.start()
            each.go()

    def _answers(self) -> bool:
        """Whether the API answers; the socket listens already, so a question waits for it rather than fails."""
        host, port = self.listener.getsockname()[:2]
        connection = HTTPConnection(host, port, timeout=WATCH_SECONDS)
        with contextlib.closing(connection), contextlib.suppress(OSError, HTTPException):
            connection.request("GET", "/api/health")
            return connection.getresponse().status == HTTPStatus.OK
        return False

    def watch(self) -> None:
        """Until a signal: bring back whatever is gone."""
        while not self.stopped.wait(WATCH_SECONDS):
            self._bring_back()
            if self.settings.database_url is None and not embedded.is_running(self.settings.home):
                printing.note("The database was gone; starting it again.")
                embedded.ensure_running(self.settings.home)

    def _bring_back(self) -> None:
        for each in (*self.api, *self.rest):
            if gone := each.look():
                printing.note(f"The {each.name} was gone; it is started again.")
                processes.forget_gauges(self.metrics, gone)


@contextmanager
def _listening(settings: Settings, host: str, port: int | None, *, elsewhere: bool = False) -> Iterator[socket.socket]:
    """A socket that listens; on a free port when the usual one is taken and `elsewhere` is fine. Raises Busy."""
    wanted = port or settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, wanted))
        except OSError as error:
            if not elsewhere or error.errno != errno.EADDRINUSE:
                raise Busy(
                    f"Port {wanted} of {host} cannot be had: {error.strerror}.",
                    remedy="Choose another: --port, or FORESELL_PORT.",
                ) from None
            listener.bind((host, 0))
            printing.note(f"Port {wanted} is taken by another program; using {listener.getsockname()[1]} instead.")
        listener.listen(2048)
        yield listener


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """The lock of `foresell up` on this home; it holds our process id. Raises Busy when another holds it."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Busy(
                f"Foresell is up on {settings.home} already (process {lock.read().strip() or 'unknown'}).",
                remedy="Use it as it is, or stop it first: foresell down. Another FORESELL_HOME is another Foresell.",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def down() -> None:
    """Stop `foresell up` and the embedded database of this home."""
    settings = read_settings()
    holder = _holder(settings)
    if holder:
        with contextlib.suppress(ProcessLookupError):
            os.kill(holder, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while _holder(settings) and time.monotonic() < deadline:
            time.sleep(0.1)
    stopped = settings.database_url is None and embedded.stop(settings.home)
    printing.say("Foresell is down." if holder or stopped else f"Nothing was running on {settings.home}.")


def _holder(settings: Settings) -> int | None:
    """The process that holds the lock of `foresell up`, if any."""
    try:
        with (settings.home / "up.lock").open("r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read().strip() or 0) or None
    except OSError:
        pass
    return None


def doctor(json: Json = False) -> None:
    """Check the installation, the database and what is published, and say what to do about anything amiss."""
    results = checks.examine(read_settings())
    if json:
        printing.as_json([{"check": r.name, "ok": r.ok, "finding": r.finding, "remedy": r.remedy} for r in results])
    else:
        for result in results:
            printing.out.print("✓ " if result.ok else "✗ ", style="green" if result.ok else "bold red", end="")
            printing.say(f"{result.name}: {result.finding}")
            if result.remedy and not result.ok:
                printing.say(f"    → {result.remedy}")
    if not all(result.ok for result in results):
        raise typer.Exit(1)


def sql(
    query: Annotated[
        str, typer.Argument(help="One SELECT; PostgreSQL's dialect on the truth, DuckDB's on the snapshot.")
    ],
    on: Annotated[On, typer.Option(help="The system of record, or the published snapshot.")] = On.snapshot,
    format: Annotated[Format, typer.Option(help="How to print the answer.")] = Format.table,
    limit: Annotated[int, typer.Option(min=1, help="Rows shown as a table; CSV and JSON are complete.")] = 1000,
) -> None:
    """Ask in SQL; nothing can be changed here."""
    if on is On.snapshot:
        with open_published() as (_, con, _):
            columns, rows = console.ask_snapshot(con, query)
    else:
        _, database = open_home()
        columns, rows = console.ask_truth(database, query)
    _print_answer(columns, rows, format, limit)


def _print_answer(columns: list[str], rows: list[tuple[Any, ...]], format: Format, limit: int) -> None:
    columns = [f"{name}_{place}" if columns.count(name) > 1 else name for place, name in enumerate(columns, 1)]
    records = [dict(zip(columns, row, strict=True)) for row in (rows[:limit] if format is Format.table else rows)]
    if format is Format.json:
        printing.as_json(records)
    elif format is Format.csv:
        printing.write_csv(records, columns, Path("-"))
    else:
        printing.table(records, {column: column for column in columns}, plain_ids=columns)
        more = f", the first {limit:,} shown" if len(rows) > limit else ""
        printing.note(f"{len(rows):,} rows{more}")
