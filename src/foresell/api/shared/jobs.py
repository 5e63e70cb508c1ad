"""Jobs the worker is asked to do."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from foresell.api.shared import desk
from foresell.db import AsyncConnection


async def request_job(con: AsyncConnection, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Put a job into the worker's queue; returns it. Raises UniqueViolation while the same one is open."""
    row = await desk.row(con, "ask_for", kind=kind, arguments=Jsonb(arguments))
    assert row
    job = await desk.row(con, "job", job_id=row["job_id"])
    assert job
    return job
