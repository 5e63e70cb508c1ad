"""The worker's loops: jobs from the queue, stalled jobs, the audit's seals, intrusion detection, and the deletion of old data."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException

from foresell.audit.anchors import AnchorLog
from foresell.audit.seal import seal_events
from foresell.audit.verify import record_findings, verify_audit
from foresell.database import Database
from foresell.detection.detect import run_detectors
from foresell.enrichment import proposals
from foresell.errors import AuditBroken, Busy, DatabaseUnavailable, ForesellError
from foresell.events.processing import EventProcessor, maintain_events, resolve_actors
from foresell.feedback import reviews
from foresell.logs import logger
from foresell.settings import Settings
from foresell.store import jobs, sources
from foresell.uploads import Upload, get_uploads_folder
from foresell.worker.folders import FolderWatch
from foresell.worker.tasks import run_job
from foresell.workflows import enrich

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 8.0  # a worker without a heartbeat for so long is dead, and its job is retried
STALLED_CHECK_SECONDS = 2.0
SEAL_SECONDS = 1.0
DETECT_SECONDS = 10.0
#: The audit log is verified this often, or more rarely so that it takes a fiftieth of the time at most.
VERIFY_SECONDS = 30.0
VERIFY_PAUSES = 50
DELETE_SECONDS = 600.0
#: How often is looked which sources are due, and what syncs brought is scored.
DUE_SECONDS = 0.5
REFRESH_SECONDS = 600
DECISION_SECONDS = 1.0
#: Of each queue one job at a time: a sync does not wait for a refresh.
QUEUES = ("jobs", "syncs")
#: How long the processing of events waits at most when no notice of new ones comes.
EVENTS_SECONDS = 1.0
RESOLVE_SECONDS = 10.0
RETRY_SECONDS = 3

log = logger("worker")


def run_worker(settings: Settings) -> None:
    """Work until a signal arrives. While the database is unavailable, wait for it."""
    asyncio.run(_run_until_stopped(settings))


async def _run_until_stopped(settings: Settings) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    while not stopped.is_set():
        app = make_app(settings)
        with suppress(ConnectorException, psycopg.OperationalError, TimeoutError):
            async with app.open_async():
                loops = (
                    _retry_stalled_jobs(app), _seal_audit(settings), _verify_audit(settings), _detect_intrusions(settings),
                    _delete_old_data(settings), _sync_sources(settings), _follow_decisions(settings), _process_events(settings), FolderWatch(Database(settings, via="worker")).run(),
                )  # fmt: skip
                background = [asyncio.create_task(each) for each in loops]
                working = asyncio.create_task(_work_on_queues(app))
                for number in (signal.SIGINT, signal.SIGTERM):
                    loop.add_signal_handler(number, _stop, stopped, working)
                try:
                    await asyncio.wait({working, *background}, return_when=asyncio.FIRST_COMPLETED)
                    with suppress(asyncio.CancelledError):
                        await working
                finally:
                    for task in background:
                        task.cancel()
        if not stopped.is_set():
            log.warning("database unavailable", action="wait")
            await asyncio.sleep(1)


def _stop(stopped: asyncio.Event, working: asyncio.Task[None]) -> None:
    stopped.set()
    working.cancel()  # procrastinate lets the current job finish; after kill -9 another worker starts it again


async def _work_on_queues(app: procrastinate.App) -> None:
    await asyncio.gather(*(_work_on_queue(app, queue) for queue in QUEUES))


async def _work_on_queue(app: procrastinate.App, queue: str) -> None:
    await app.run_worker_async(
        name=f"foresell {queue}",
        queues=[queue],
        concurrency=1,
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=STALLED_SECONDS,
        fetch_job_polling_interval=2.0,
    )


def make_app(settings: Settings) -> procrastinate.App:
    """The queue and its only task."""
    database = Database(settings, via="worker")
    conninfo = database.conninfo("app", search_path="job_queue")
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4))
    retry = procrastinate.RetryStrategy(
        wait=RETRY_SECONDS, retry_exceptions={Busy, jobs.JobLocked, DatabaseUnavailable}
    )

    @app.task(name="run_job", queue="jobs", retry=retry)
    def process(job_id: int) -> None:
        run_job(database, job_id)

    return app


async def _retry_stalled_jobs(app: procrastinate.App) -> None:
    """Give the jobs of dead workers to the living ones."""
    while True:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            log.warning("stalled job retried", action="retry", queue_id=job.id)
            await app.job_manager.retry_job(job)
        await asyncio.sleep(STALLED_CHECK_SECONDS)


async def _seal_audit(settings: Settings) -> None:
    """Seal new audit events every second. That the log was changed is recorded, and raises an alarm."""
    anchors, database = AnchorLog(settings.home), Database(settings, via="worker")

    def seal_pending() -> None:
        with database.connect() as con:
            con.autocommit = True
            while seal_events(con, anchors):
                pass

    while True:
        try:
            await asyncio.to_thread(seal_pending)
        except AuditBroken:
            log.error("the audit log was changed; sealing is suspended", action="seal")
            with suppress(ForesellError):
                await asyncio.to_thread(_report_break, database, 1, None)
            await asyncio.sleep(60)
        except ForesellError as error:
            log.warning("not sealed", action="seal", kind=type(error).__name__)
        await asyncio.sleep(SEAL_SECONDS)


def _report_break(database: Database, findings: int, event_id: int | None) -> None:
    with database.connect() as con:
        record_findings(con, findings, event_id)


async def _verify_audit(settings: Settings) -> None:
    """Verify the whole audit log again and again. What does not match is recorded, and raises an alarm."""
    anchors, database = AnchorLog(settings.home), Database(settings, via="worker")

    def verify() -> None:
        with database.connect() as con:
            con.autocommit = True
            report = verify_audit(con, anchors)
        if not report.ok:
            log.error("the audit log was changed", action="verify", findings=len(report.findings))
            _report_break(database, len(report.findings), report.findings[0].event_id)

    while True:
        started = time.monotonic()
        with suppress(ForesellError, psycopg.Error):
            await asyncio.to_thread(verify)
        await asyncio.sleep(max(VERIFY_SECONDS, VERIFY_PAUSES * (time.monotonic() - started)))


async def _detect_intrusions(settings: Settings) -> None:
    """Let the detectors look every few seconds."""
    database = Database(settings, via="worker")
    while True:
        await asyncio.sleep(DETECT_SECONDS)
        try:
            await asyncio.to_thread(run_detectors, database)
        except (ForesellError, psycopg.Error) as error:
            log.warning("detectors did not run", action="detect", kind=type(error).__name__)


async def _sync_sources(settings: Settings) -> None:
    """Enqueue the syncs that are due, and a refresh for what they brought."""
    database = Database(settings, via="worker")

    def request() -> None:
        sources.request_due_syncs(database)
        sources.request_refresh(database, REFRESH_SECONDS)

    while True:
        try:
            await asyncio.to_thread(request)
        except (ForesellError, psycopg.Error) as error:
            log.warning("no syncs requested", action="sync", kind=type(error).__name__)
        await asyncio.sleep(DUE_SECONDS)


async def _follow_decisions(settings: Settings) -> None:
    """Let golden records follow what stewards decided about proposals, within a second or when a load is done."""
    database = Database(settings, via="worker")

    def follow() -> None:
        with database.connect() as con:
            waiting = proposals.has_pending(con)
        if waiting:
            enrich.follow_decisions(settings, database)

    while True:
        with suppress(ForesellError, psycopg.Error):
            await asyncio.to_thread(follow)
        await asyncio.sleep(DECISION_SECONDS)


async def _process_events(settings: Settings) -> None:
    """Apply new events as soon as they are stored, and find the customers of those whose customer was loaded later."""
    database = Database(settings, via="worker")
    processor, resolved = EventProcessor(database), 0.0
    while True:
        try:
            if not resolved:
                await asyncio.to_thread(maintain_events, database)
            if time.monotonic() - resolved > RESOLVE_SECONDS:
                await asyncio.to_thread(resolve_actors, database)
                resolved = time.monotonic()
            await asyncio.to_thread(processor.follow, EVENTS_SECONDS)
        except (ForesellError, psycopg.Error) as error:
            log.warning("events wait", action="process", kind=type(error).__name__)
            processor.close()
            await asyncio.sleep(1)


async def _delete_old_data(settings: Settings) -> None:
    """Delete expired rows, and the uploaded files of imports that no longer need them."""
    database = Database(settings, via="worker")

    def delete_expired() -> None:
        with database.connect() as con:
            reviews.delete_expired(con, datetime.now(UTC).date())
        maintain_events(database)
        gone, kept = jobs.delete_old_jobs(database)
        for folder in get_uploads_folder(settings).glob("*"):
            if folder.name.isdigit() and (int(folder.name) in gone or int(folder.name) not in kept):
                Upload(folder).delete()
        enrich.delete_expired(settings, database, datetime.now(UTC).date())

    while True:
        with suppress(ForesellError, psycopg.Error):
            await asyncio.to_thread(delete_expired)
        await asyncio.sleep(DELETE_SECONDS)
