"""Jobs as the worker sees them: taken by one at a time, told of as they go on, ended with what came of them."""

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
from foresell.errors import Busy, DatabaseUnavailable, ForesellError
from foresell.logs import logger
from foresell.sql import named_queries

TELL_SECONDS = 1.0
ATTEMPTS = 3
#: The kind of event that tells how far a job is, and the permission of those who are told.
TOLD = {
    "refresh": ("run_progress", "runs.read"),
    "inspect": ("import_progress", "imports.write"),
    "load": ("import_progress", "imports.write"),
    "undo": ("import_progress", "imports.write"),
}

log = logger("worker")


class JobLocked(ForesellError):
    """Another worker is running this job."""

    retryable = True


class Cancelled(ForesellError):
    """The job was cancelled; nothing was saved."""


@dataclass
class Job:
    """One job under way. `progress` may be handed to anything that reports; it raises Cancelled when that was asked.

    `result` and, of an import, `import_state` are what it leaves when it ends well. `private` is a folder on this
    machine that no message may show.
    """

    con: psycopg.Connection[dict[str, Any]]
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
    told_at: float = 0.0

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Say how far it is, at most once a second."""
        if time.monotonic() - self.told_at < TELL_SECONDS:
            return
        self.told_at = time.monotonic()
        row = self.row("progress", done=done, total=total, step=unit)
        self.tell({"state": "running", "step": unit, "done": done, "total": total})
        self.cancel_requested = bool(row and row["cancel_requested"])
        if self.cancel_requested:
            raise Cancelled

    def begin_commit(self) -> None:
        """Call before the result is committed: from here on the job can no longer be cancelled. Raises Cancelled."""
        if self.row("begin_commit") is None:
            self.cancel_requested = True
            raise Cancelled

    def tell(self, payload: dict[str, Any]) -> None:
        """A live event about this job."""
        kind, permission = TOLD[self.kind]
        content = {"job_id": self.job_id, "kind": self.kind, **self.arguments, **payload}
        self.row("tell", kind=kind, payload=Jsonb(content), permission=permission)

    def row(self, query: str, /, **values: object) -> dict[str, Any] | None:
        """The first row of a statement of jobs.sql, committed at once."""
        cursor = self.con.execute(_sql(query), {"job_id": self.job_id, **values})
        return cursor.fetchone() if cursor.description else None

    def shown(self, words: str | None) -> str | None:
        """A message as users may see it."""
        return words.replace(self.private, "")[:1000] if words and self.private else words

    def finish(self, state: str, *, error: str | None = None, remedy: str | None = None) -> None:
        """The end of it."""
        with self.con.transaction():
            if state == "done" and self.import_state:
                values = {"import_id": self.arguments["import_id"], "batch_id": self.result.get("batch_id")}
                self.row("import_outcome", state=self.import_state, **values)
            self.row(
                "finish", state=state, result=Jsonb(self.result), error=self.shown(error), remedy=self.shown(remedy)
            )
            self.tell({"state": state, **self.result})


@contextmanager
def claim(database: Database, job_id: int) -> Iterator[Job | None]:
    """A job to work on, None when it needs no work any more. The block's end is the job's end, whatever it raises.

    Raises JobLocked while another worker runs it, Busy or DatabaseUnavailable when the block does: then the job is to be tried
    again.
    """
    with database.connect() as con:
        con.autocommit = True
        lock = con.execute(_sql("take"), {"job_id": job_id}).fetchone()
        if not lock or not lock["taken"]:
            raise JobLocked
        row = con.execute(_sql("begin"), {"job_id": job_id}).fetchone()
        if row is None:
            yield None
            return
        job = Job(con, **row)
        with _ending(job):
            if job.cancel_requested:
                raise Cancelled
            if job.attempts > ATTEMPTS:
                raise ForesellError(
                    f"The worker died {ATTEMPTS} times over this.", remedy="It may need more memory than there is."
                )
            yield job


@contextmanager
def _ending(job: Job) -> Iterator[None]:
    try:
        yield
        job.begin_commit()  # for jobs that committed nothing
    except Busy as error:
        job.row("wait", step=error.message)
        raise
    except (DatabaseUnavailable, psycopg.OperationalError):
        raise  # the job is still this one's to do
    except Exception as error:
        if job.cancel_requested:  # drivers wrap what a progress callback raises
            job.finish("cancelled", error=Cancelled().message)
        elif isinstance(error, ForesellError):
            job.finish("failed", error=error.message, remedy=error.remedy)
        else:
            log.error("job failed", action=job.kind, job_id=job.job_id, kind=type(error).__name__)
            job.finish("failed", error=f"Something unexpected happened ({type(error).__name__}).")
    else:
        job.finish("done")


def clear(database: Database) -> tuple[set[int], set[int]]:
    """Forget what is old. Returns the imports whose files may go now, and those whose files are still needed."""
    with database.connect() as con:
        con.execute(_sql("lost"))
        con.execute(_sql("forget_old"))
        gone = {row["import_id"] for row in con.execute(_sql("stale_imports")).fetchall()}
        return gone, {row["import_id"] for row in con.execute(_sql("kept_imports")).fetchall()}


def _sql(name: str) -> str:
    return named_queries("foresell.store", "queries/jobs.sql")[name]
