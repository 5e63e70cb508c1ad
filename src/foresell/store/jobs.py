"""Jobs for the worker: claims one, publishes its progress, and saves its result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from foresell.database import Database
from foresell.db import Connection, Statements
from foresell.errors import Busy, DatabaseUnavailable, ForesellError
from foresell.logs import logger

PROGRESS_SECONDS = 1.0
ATTEMPTS = 3
#: By kind of job: the kind of its live events, and the permission that a user needs to receive them.
EVENTS = {
    "refresh": ("run_progress", "runs.read"),
    "inspect": ("import_progress", "imports.write"),
    "load": ("import_progress", "imports.write"),
    "undo": ("import_progress", "imports.write"),
    "load_sample": ("import_progress", "imports.write"),
    "remove_sample": ("import_progress", "imports.write"),
    "sync": ("sync_progress", "sources.read"),
}

SQL = Statements("foresell.store", "queries/")

log = logger("worker")


class JobLocked(ForesellError):
    """Another worker is running this job."""

    retryable = True


class Cancelled(ForesellError):
    """The job was cancelled; nothing was saved."""


@dataclass
class Job:
    """A running job. Pass `progress` to functions that report progress; it raises Cancelled once cancellation was requested.

    `result` and, of an import, `import_state` are saved when the job succeeds. `private` is a folder on this machine that no
    message may show.
    """

    con: Connection
    job_id: int
    kind: str
    requested_by: int | None
    arguments: dict[str, Any]
    attempts: int
    started_at: datetime
    cancel_requested: bool
    result: dict[str, Any] = field(default_factory=dict)
    import_state: str | None = None
    private: str = ""
    progress_at: float = 0.0

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Publish the progress, at most once a second. Raises Cancelled."""
        if time.monotonic() - self.progress_at < PROGRESS_SECONDS:
            return
        self.progress_at = time.monotonic()
        row = self.row("progress", done=done, total=total, step=unit)
        self.publish_event({"state": "running", "step": unit, "done": done, "total": total})
        self.cancel_requested = bool(row and row["cancel_requested"])
        if self.cancel_requested:
            raise Cancelled

    def begin_commit(self) -> None:
        """Call immediately before the result is committed: after this the job cannot be cancelled. Raises Cancelled."""
        if self.row("begin_commit") is None:
            self.cancel_requested = True
            raise Cancelled

    def publish_event(self, payload: dict[str, Any]) -> None:
        """Publish a live event about this job."""
        kind, permission = EVENTS[self.kind]
        content = {"job_id": self.job_id, "kind": self.kind, **self.arguments, **payload}
        self.row("publish_event", kind=kind, payload=Jsonb(content), permission=permission)

    def row(self, statement: str, /, **values: object) -> dict[str, Any] | None:
        """Run a statement of jobs.sql, committed at once; returns its first row, None when it has none."""
        cursor = self.con.execute(SQL.text(f"jobs.{statement}"), {"job_id": self.job_id, **values})
        return cursor.fetchone() if cursor.description else None

    def hide_private(self, message: str | None) -> str | None:
        """A message without the private folder, as users may see it."""
        return message.replace(self.private, "")[:1000] if message and self.private else message

    def finish(self, state: str, *, error: str | None = None, remedy: str | None = None) -> None:
        """End the job: save its state and result, and publish them."""
        with self.con.transaction():
            if state == "done" and self.import_state:
                values = {"import_id": self.arguments["import_id"], "batch_id": self.result.get("batch_id")}
                self.row("import_outcome", state=self.import_state, **values)
            self.row(
                "finish",
                state=state,
                result=Jsonb(self.result),
                error=self.hide_private(error),
                remedy=self.hide_private(remedy),
            )
            self.publish_event({"state": state, **self.result})


@contextmanager
def claim_job(database: Database, job_id: int) -> Iterator[Job | None]:
    """Claim a job and yield it, None when it has ended already. When the block ends or raises, the job ends.

    Raises JobLocked while another worker runs it. Raises Busy or DatabaseUnavailable when the block does; then the job stays
    queued for another attempt.
    """
    with database.connect() as con:
        con.autocommit = True
        lock = SQL.row(con, "jobs.take_lock", job_id=job_id)
        if not lock or not lock["taken"]:
            raise JobLocked
        row = SQL.row(con, "jobs.start", job_id=job_id)
        if row is None:
            yield None
            return
        job = Job(con, **row)
        with _finish_job(job):
            if job.cancel_requested:
                raise Cancelled
            if job.attempts > ATTEMPTS:
                raise ForesellError(
                    f"The worker process ended {ATTEMPTS} times during this job.",
                    remedy="It may need more memory than the machine has.",
                )
            yield job


@contextmanager
def _finish_job(job: Job) -> Iterator[None]:
    try:
        yield
        job.begin_commit()  # for jobs that commit nothing
    except Busy as error:
        job.row("requeue", step=error.message)
        raise
    except (DatabaseUnavailable, psycopg.OperationalError):
        raise  # the job stays queued and is tried again
    except Exception as error:
        if job.cancel_requested:  # drivers wrap the exception of a progress callback
            job.finish("cancelled", error=Cancelled().message)
        elif isinstance(error, ForesellError):
            job.finish("failed", error=error.message, remedy=error.remedy)
        else:
            log.error("job failed", action=job.kind, job_id=job.job_id, kind=type(error).__name__)
            job.finish("failed", error=f"An unexpected error occurred ({type(error).__name__}).")
    else:
        job.finish("done")


def delete_old_jobs(database: Database) -> tuple[set[int], set[int]]:
    """Delete old jobs, events and idempotency keys. Returns the ids of the imports whose files may be deleted now, and of those
    whose files are still needed."""
    with database.connect() as con:
        SQL.run(con, "jobs.fail_lost")
        SQL.run(con, "jobs.delete_old")
        SQL.run(con, "sources.forget_old")
        expired = {row["import_id"] for row in SQL.rows(con, "jobs.delete_stale_imports")}
        return expired, {row["import_id"] for row in SQL.rows(con, "jobs.kept_imports")}


def list_uploads(database: Database) -> list[dict[str, Any]]:
    """The imports whose files are kept: import_id, revision, state."""
    with database.connect() as con:
        return SQL.rows(con, "jobs.uploads")


def inspect_again(database: Database, import_id: int, *, file_bytes: int, file_sha256: str) -> None:
    """Have an import inspected whose file was changed; one that is about to be loaded is loaded as it is now."""
    with database.connect() as con:
        SQL.run(con, "jobs.inspect_again", import_id=import_id, file_bytes=file_bytes, file_sha256=file_sha256)


def discard_import(database: Database, import_id: int) -> None:
    """Mark an import as deleted, before its file is."""
    with database.connect() as con:
        SQL.run(con, "jobs.discard_import", import_id=import_id)
