"""Does what was asked for in the API: `python -m foresell.worker`, kept up by `foresell up`, or `foresell worker`."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException

from foresell import logs
from foresell.audit import seals
from foresell.errors import AuditBroken, BadInput, Busy, DatabaseUnavailable, EmptySource, ForesellError, TooManyRejects
from foresell.logs import logger
from foresell.parent_watch import await_go
from foresell.settings import Settings, read_settings
from foresell.sources.files.inspection import inspect_file, save_mapping
from foresell.sources.files.mapping import read_mapping
from foresell.store import batches, jobs
from foresell.store.database import Database
from foresell.uploads import Upload, folder_of
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh

#: A worker that gave no sign for so long is gone, and what it had is taken up again.
HEARTBEAT_SECONDS = 2.0
GONE_SECONDS = 8.0
TEND_SECONDS = 2.0
SEAL_SECONDS = 1.0
CLEAR_SECONDS = 600.0
AGAIN_SECONDS = 3

log = logger("worker")


def run(settings: Settings) -> None:
    """Until told to stop. While the database is away, wait for it."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    while not stopped.is_set():
        app = make_app(settings)
        with suppress(ConnectorException, psycopg.OperationalError, TimeoutError):
            async with app.open_async():
                tending = [asyncio.create_task(each) for each in (_tend(app), _seal(settings), _clear(settings))]
                working = asyncio.create_task(_work(app))
                for number in (signal.SIGINT, signal.SIGTERM):
                    loop.add_signal_handler(number, _stop, stopped, working)
                try:
                    await asyncio.wait({working, *tending}, return_when=asyncio.FIRST_COMPLETED)
                    with suppress(asyncio.CancelledError):
                        await working
                finally:
                    for each in tending:
                        each.cancel()
        if not stopped.is_set():
            log.warning("database away", action="wait")
            await asyncio.sleep(1)


def _stop(stopped: asyncio.Event, working: asyncio.Task[None]) -> None:
    stopped.set()
    working.cancel()  # the worker then lets the job under way finish; whoever cannot wait kills it, and it is begun again


async def _work(app: procrastinate.App) -> None:
    await app.run_worker_async(
        name="foresell",
        queues=["desk"],
        concurrency=1,
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=GONE_SECONDS,
        fetch_job_polling_interval=2.0,
    )


def make_app(settings: Settings) -> procrastinate.App:
    """The queue and its one task."""
    database = Database(settings, via="worker")
    conninfo = database.conninfo("app", search_path="jobs")
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4))
    again = procrastinate.RetryStrategy(wait=AGAIN_SECONDS, retry_exceptions={Busy, jobs.Taken, DatabaseUnavailable})

    @app.task(name="do", queue="desk", retry=again)
    def do(job_id: int) -> None:
        work_on(database, job_id)

    return app


async def _tend(app: procrastinate.App) -> None:
    """Give the jobs of workers that are gone to those that are not."""
    while True:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=GONE_SECONDS):
            log.warning("job taken up again", action="tend", queue_id=job.id)
            await app.job_manager.retry_job(job)
        await asyncio.sleep(TEND_SECONDS)


async def _seal(settings: Settings) -> None:
    """Seal the audit each second; what is broken is for `foresell audit verify` to tell."""
    book, database = seals.Book(settings.home), Database(settings, via="worker")

    def seal_pending() -> None:
        with database.connect() as con:
            con.autocommit = True
            while seals.seal(con, book):
                pass

    while True:
        try:
            await asyncio.to_thread(seal_pending)
        except AuditBroken:
            log.error("the audit is broken; nothing more is sealed", action="seal")
            await asyncio.sleep(60)
        except ForesellError as error:
            log.warning("not sealed", action="seal", kind=type(error).__name__)
        await asyncio.sleep(SEAL_SECONDS)


async def _clear(settings: Settings) -> None:
    """Forget what is old, and delete the files of imports nobody needs any more."""
    database = Database(settings, via="worker")

    def clear() -> None:
        gone, kept = jobs.clear(database)
        for folder in folder_of(settings).glob("*"):
            if folder.name.isdigit() and (int(folder.name) in gone or int(folder.name) not in kept):
                Upload(folder).drop()

    while True:
        with suppress(ForesellError, psycopg.Error):
            await asyncio.to_thread(clear)
        await asyncio.sleep(CLEAR_SECONDS)


def work_on(database: Database, job_id: int) -> None:
    """Do one job, on behalf of whoever asked for it. Raises Busy or Taken when it has to be tried again later."""
    with jobs.taken(database, job_id) as job:
        if job is None:
            return
        acting = dataclasses.replace(database, acting_for=job.asked_by)
        log.info("job begun", action=job.kind, job_id=job_id, attempt=job.attempts)
        KINDS[job.kind](acting, job)
    if job.import_state == "loaded":
        Upload.of(database.settings, job.arguments["import_id"]).drop()


def _inspect(database: Database, job: jobs.Job) -> None:
    """Say what an uploaded file is, by its mapping if it has one already."""
    settings = database.settings
    upload, revision = _upload(settings, job)
    mapping = upload.mapping(revision)
    try:
        found = inspect_file(
            upload.file,
            workdir=settings.work,
            memory_gib=settings.memory_gib / 2,
            threads=settings.threads,
            mapping=read_mapping(mapping) if mapping.exists() else None,
            progress=job.progress,
            load_day=datetime.now(UTC).date(),
        )
    except (BadInput, EmptySource) as error:
        upload.keep_found(revision, {"problem": job.shown(error.message), "remedy": job.shown(error.remedy)})
        job.import_state = "unreadable"
        return
    if not mapping.exists():
        save_mapping(found, mapping)
    upload.keep_found(revision, {**found.as_dict(), "problem": job.shown(found.problem)})
    job.import_state = "unreadable" if found.problem else "ready"


def _load(database: Database, job: jobs.Job) -> None:
    """Load an uploaded file as a batch."""
    settings = database.settings
    upload, revision = _upload(settings, job)
    try:
        batch = load_file(
            settings,
            database,
            upload.file,
            mapping=read_mapping(upload.mapping(revision)),
            max_rejected=job.arguments["max_rejected"],
            load_day=datetime.now(UTC).date(),
            progress=job.progress,
        )
    except TooManyRejects as error:
        remedy = "Mend the file or the mapping, or allow more with max_rejected."
        raise TooManyRejects(error.message, remedy=remedy) from None
    job.result = {
        "batch_id": batch.batch_id,
        "state_of_batch": batch.state,
        "lines_loaded": batch.lines_loaded,
        "lines_unchanged": batch.lines_unchanged,
        "lines_rejected": batch.lines_rejected,
        "warnings": list(batch.warnings),
    }
    job.import_state = "loaded"
    _follow_up(job)


def _undo(database: Database, job: jobs.Job) -> None:
    """Take a batch back."""
    batch_id = job.arguments["batch_id"]
    if job.row("batch_undone_since", batch_id=batch_id, since=job.started_at):
        job.result = {"undone": [batch_id]}
    else:
        job.result = {"undone": batches.undo(database, batch_id, with_later=job.arguments["with_later"])}
    _follow_up(job)


def _refresh(database: Database, job: jobs.Job) -> None:
    """Score everything anew and publish it."""
    done = job.row("run_published_since", since=job.started_at) if job.attempts > 1 else None
    if done is None:
        done = run_refresh(
            database.settings,
            database,
            predict=job.arguments.get("predict", True),
            train=job.arguments.get("train", "when due"),
            progress=job.progress,
        )
    job.result = {"run_id": done["run_id"]}


KINDS: dict[str, Callable[[Database, jobs.Job], None]] = {
    "inspect": _inspect,
    "load": _load,
    "undo": _undo,
    "refresh": _refresh,
}


def _upload(settings: Settings, job: jobs.Job) -> tuple[Upload, int]:
    """The upload of the job's import, and its revision."""
    row = job.row("import", import_id=job.arguments["import_id"])
    assert row is not None
    upload = Upload.of(settings, row["import_id"])
    job.private = f"{upload.file.parent}/"
    return upload, row["revision"]


def _follow_up(job: jobs.Job) -> None:
    """What is shown is to follow what is known."""
    if job.arguments.get("refresh"):
        job.row("follow_up", asked_by=job.asked_by)


def main() -> None:
    """As a child of `foresell up`."""
    logs.configure(verbose=bool(os.environ.get("FORESELL_VERBOSE")))
    settings = read_settings()
    await_go()
    run(settings)


if __name__ == "__main__":
    from foresell.worker import main as under_its_own_name  # procrastinate warns of apps made in __main__

    under_its_own_name()
