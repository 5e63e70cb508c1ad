"""Jobs the worker is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from psycopg.types.json import Jsonb

from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import JobNotFound

SQL = AsyncStatements("foresell.api.shared")


async def request_job(con: AsyncConnection, kind: str, arguments: Mapping[str, object]) -> Row:
    """Queue a job for the worker, in this transaction, and return it. Raises UniqueViolation while the same one is open."""
    requested = await SQL.row(con, "jobs.request", kind=kind, arguments=Jsonb(dict(arguments)))
    assert requested is not None
    return await find_job(con, requested["job_id"])


async def find_job(con: AsyncConnection, job_id: int) -> Row:
    """One job, in the shape of `Job`. Raises JobNotFound when there is none, or the user may not see it."""
    job = await SQL.row(con, "jobs.get", job_id=job_id)
    if job is None:
        raise JobNotFound
    return job


async def cancel_job(con: AsyncConnection, job_id: int) -> Literal["cancelled", "cancelling", "too late"]:
    """Cancel a job: at once where it is queued; where it is running it will stop, and nothing of it is saved.

    Too late: it has ended or is saving its result, so cancelling has no effect.
    """
    if await SQL.run(con, "jobs.cancel_queued", job_id=job_id):
        return "cancelled"
    return "cancelling" if await SQL.run(con, "jobs.cancel_running", job_id=job_id) else "too late"
