"""Batches: what was loaded, which rows were rejected, and taking a batch back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response
from psycopg.errors import UniqueViolation
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared.jobs import request_job
from foresell.api.shared.paging import Listing, Paging, page_body, start_of
from foresell.api.shared.schemas import Job, Number
from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import AlreadyUndone, BatchNotFound, Busy, RejectsNotFound
from foresell.sources.files.rejects import locate_rejects

SQL = AsyncStatements("foresell.api.resources")

router = APIRouter(prefix="/api/batches", tags=["imports"])
Reader = Annotated[Principal, require("quality.read")]


class Batch(BaseModel):
    """One load of one file: read = loaded + unchanged + rejected, in lines."""

    batch_id: int
    source: str
    format: str
    rows: str
    file_name: str
    file_bytes: int
    file_sha256: str
    state: Literal["loaded", "undone"]
    lines_read: int
    lines_loaded: int
    lines_unchanged: int
    lines_rejected: int
    orders_new: int
    orders_replaced: int
    customers_new: int
    customers_changed: int
    products_new: int
    products_changed: int
    loaded_at: datetime
    undone_at: datetime | None


class BatchPage(Listing):
    """Batches, newest first."""

    data: list[Batch]


class BatchUndo(BaseModel):
    """Which batch to undo."""

    model_config = ConfigDict(extra="forbid")

    with_later: bool = Field(
        default=False, description="Also later batches of the same source, which may have built on it."
    )
    refresh: bool = Field(default=True, description="Score everything anew afterwards, so that what is shown follows.")


@router.get("", response_model=BatchPage, responses=error_responses())
async def list_batches(web: AppStateOf, principal: Reader, paging: Annotated[Paging, Query()]) -> Response:
    """What was loaded, newest first."""
    start = start_of(paging)
    async with web.transaction(principal.user_id) as con:
        count = await SQL.row(con, "batches.count")
        rows = await SQL.rows(con, "batches.list", batch_id=None, limit=paging.limit, start=start)
    return answer(page_body(web, rows, count["total"] if count else 0, start, paging.limit))


@router.get(
    "/{batch_id}/rejects",
    response_class=FileResponse,
    responses={
        **error_responses(404),
        200: {"content": {"text/csv": {}}, "description": "file, line, column, value, reason"},
    },
)
async def get_rejects(
    web: AppStateOf, principal: Annotated[Principal, require("imports.write")], batch_id: Number
) -> Response:
    """The rejected rows of a batch as CSV, with line, column, value and reason. It may hold personal data; recorded."""
    async with web.transaction(principal.user_id) as con:
        batch = await _batch(con, batch_id)
        file = locate_rejects(web.settings.rejects, batch["source"], batch["file_name"], batch["file_sha256"])
        if not batch["lines_rejected"] or not file.is_file():
            raise RejectsNotFound(remedy="This batch had none, or they were deleted.")
        await record.record(con, "rejects.download", actor=principal.user_id, subject=f"batch:{batch_id}")
    return FileResponse(file, media_type="text/csv; charset=utf-8", filename=f"rejects-{batch_id}.csv")


@router.post("/{batch_id}/undo", status_code=202, response_model=Job, responses=error_responses(404, 409, 422))
async def undo_batch(
    web: AppStateOf,
    principal: Annotated[Principal, require("imports.undo")],
    idempotent: IdempotentOf,
    batch_id: Number,
    how: BatchUndo | None = None,
) -> Response:
    """Undo a batch exactly; GET /api/jobs/{job_id} shows the progress."""
    wanted = (how or BatchUndo()).model_dump()

    async def act(con: AsyncConnection) -> dict[str, Any]:
        batch = await _batch(con, batch_id)
        if batch["state"] == "undone":
            raise AlreadyUndone("This batch was undone already.")
        try:
            return await request_job(con, "undo", {"batch_id": batch_id, **wanted})
        except UniqueViolation:
            raise Busy("This batch is being undone already.") from None

    return await idempotent.run(principal, act, status=202)


async def _batch(con: AsyncConnection, batch_id: int) -> dict[str, Any]:
    found = await SQL.row(con, "batches.list", batch_id=batch_id, limit=1, start=0)
    if found is None:
        raise BatchNotFound(remedy="List them: GET /api/batches")
    return found
