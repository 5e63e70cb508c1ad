"""Commands around the installation: up, down, demo, doctor, sql."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from foresell import demo as demo_shop
from foresell import pipeline
from foresell.cli import doctor as checks
from foresell.cli import predicting, scoring, show
from foresell.cli.data import Json
from foresell.cli.session import open_home, open_published
from foresell.errors import Busy
from foresell.settings import Settings, read_settings
from foresell.snapshot import ask
from foresell.truth import console, embedded, models, runs
from foresell.truth.database import Database, open_database

WATCH_SECONDS = 2.0
STOP_SECONDS = 30.0


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
    for command in (demo, up, down, doctor, sql):
        app.command()(command)


def demo(
    customers: Annotated[int, typer.Option(min=20, max=5_000_000, help="How many customers the shop has.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another shop.")] = 1,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Exit when done instead of staying up.")] = False,
) -> None:
    """Make a believable shop, load it, score it and show it. Safe to repeat: the same shop changes nothing."""
    settings, database = open_home()
    with show.progress(True) as progress:
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
            batch = pipeline.load(settings, database, file, source=name, progress=progress)
            show.say(
                f"{batch.file_name}: {batch.lines_loaded:,} lines loaded, {batch.lines_unchanged:,} unchanged, {batch.lines_rejected:,} rejected"
            )
        run = pipeline.refresh(settings, database, progress=progress)
    show.say()
    scoring.show_run(run, runs.line_classes(database, run["run_id"]), models.run_models(database, run["run_id"]))
    show.say()
    _show_best()
    program = "foresell" if os.environ.get("VIRTUAL_ENV") else ".venv/bin/foresell"
    show.say(
        f"\nThis shop is made up. Next:\n  {program} predictions         who to call, best first\n  {program} metrics             how right that has been\n"
        f"  {program} customer C000001    one customer, down to the orders\n"
        f"  {program} inspect FILE        what Foresell makes of your own export\n  {program} --help"
    )
    if not no_serve:
        up()


def _show_best() -> None:
    """The segments, and the head of the call list (or of the customers, where nothing could be predicted)."""
    with open_published() as (run, con, database):
        segments = ask.segments(con)
        total, calls = ask.customers(con, ask.Filter(predicted=True), limit=10)
        rows = scoring.contacts_of(database, calls)
    show.table(
        segments, {"segment": "segment", "customers": "customers", "revenue": "net revenue", "advice": "what to do"}
    )
    show.say()
    predicting.show_calls(run, total, rows, contacts=True)


def up() -> None:
    """Keep the database running here until Ctrl-C; if it dies, it is started again."""
    settings = read_settings()
    with _only_one(settings):
        database = open_database(settings)
        where = f"process {embedded.process_id(settings.home)}" if settings.database_url is None else "your own server"
        show.say(f"Foresell is up on {settings.home} (database: {where}). Stop with Ctrl-C or: foresell down")
        _watch(settings, database)
        if settings.database_url is None:
            embedded.stop(settings.home)
    show.say("Foresell is down.")


def _watch(settings: Settings, database: Database) -> None:
    """Until a signal: bring the embedded server back whenever it is gone."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.wait(WATCH_SECONDS):
        if database.settings.database_url is None and not embedded.is_running(settings.home):
            show.note("The database was gone; starting it again.")
            embedded.ensure_running(settings.home)


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
    show.say("Foresell is down." if holder or stopped else f"Nothing was running on {settings.home}.")


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
        show.as_json([{"check": r.name, "ok": r.ok, "finding": r.finding, "remedy": r.remedy} for r in results])
    else:
        for result in results:
            show.out.print("✓ " if result.ok else "✗ ", style="green" if result.ok else "bold red", end="")
            show.say(f"{result.name}: {result.finding}")
            if result.remedy and not result.ok:
                show.say(f"    → {result.remedy}")
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
        show.as_json(records)
    elif format is Format.csv:
        show.write_csv(records, columns, Path("-"))
    else:
        show.table(records, {column: column for column in columns}, plain_ids=columns)
        more = f", the first {limit:,} shown" if len(rows) > limit else ""
        show.note(f"{len(rows):,} rows{more}")
