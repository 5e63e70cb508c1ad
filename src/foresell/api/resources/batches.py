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
from foresell.quality.profiles import ASYNC as PROFILES
from foresell.quality.profiles import add_sentences
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
    differing_columns: int | None = Field(
        description="How many columns differ from earlier batches of the source; null: compared with none."
    )
    compared_with: int = Field(description="With how many earlier batches it was compared; 0 where there are too few.")


class ColumnDifference(BaseModel):
    """A figure of a column that differs from its median in the earlier batches."""

    column: str = Field(description="The field; empty for the number of rows.")
    figure: Literal["rows", "empty", "invalid", "different", "middle", "span", "length", "pattern", "share"] = Field(
        description="What was compared: middle is the median, span the days from first to last."
    )
    part: str | None = Field(description="Of share the value, of pattern the shape.")
    value: float
    usual: float = Field(description="The median of the earlier batches.")
    sentence: str = Field(examples=["country: 61% are France, usually 4.0%"])


class ColumnProfile(BaseModel):
    """What a batch has in one column. No value of a column about people is kept."""

    column_name: str = Field(description="The field.", examples=["quantity"])
    empty: int = Field(description="Rows without a value.")
    different: int = Field(description="How many different values, estimated.")
    smallest: str | None = Field(description="Of numbers and days.")
    largest: str | None = Field(description="Of numbers and days.")
    middle: float | None = Field(description="The median; of days how many days they span.")
    shortest: int | None = Field(description="Characters.")
    longest: int | None = Field(description="Characters.")
    mean_length: float | None = Field(description="Characters, on average.")
    patterns: dict[str, float] = Field(description="Shape of a text -> share: A capitals, a small letters, 9 digits.")
    shares: dict[str, float] = Field(description="Value -> share, of columns that describe no person.")
    checked: int = Field(description="Values that were tried for a standard form, 2,000 at most.")
    invalid: int = Field(description="Those of them that have none.")


class StreamProfile(BaseModel):
    """The profile of a batch's rows of one kind."""

    stream: Literal["orders", "customers", "products"] = Field(description="orders: lines of orders.")
    rows: int
    compared_with: list[int] = Field(description="The earlier batches; empty where there are too few.")
    differences: list[ColumnDifference] = Field(
        description="What differs from the earlier batches; empty where nothing does."
    )
    columns: list[ColumnProfile] = Field(description="One for each column, in the order of the table.")


class BatchProfile(BaseModel):
    """What a batch brought, by kind of row; empty for a batch that was undone, or loaded before profiles were kept."""

    batch_id: int
    streams: list[StreamProfile] = Field(description="One for each kind of row that it brought.")


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
        profiled = await PROFILES.rows(con, "profiles.of_batches", ids=[row["batch_id"] for row in rows])
    known = {row["batch_id"]: row for row in profiled}
    rows = [row | _count_differing(known.get(row["batch_id"])) for row in rows]
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


@router.get("/{batch_id}/profile", response_model=BatchProfile, responses=error_responses(404))
async def get_batch_profile(web: AppStateOf, principal: Reader, batch_id: Number) -> Response:
    """What a batch brought, column by column, and what differs from the last eight batches of its source."""
    async with web.transaction(principal.user_id) as con:
        await _batch(con, batch_id)
        rows = await PROFILES.rows(con, "profiles.of_batch", batch_id=batch_id)
    return answer({"batch_id": batch_id, "streams": [add_sentences(row) for row in rows]})


def _count_differing(profiled: dict[str, Any] | None) -> dict[str, int | None]:
    compared = profiled["compared_with"] if profiled else 0
    return {"differing_columns": profiled["differing"] if profiled and compared else None, "compared_with": compared}


async def _batch(con: AsyncConnection, batch_id: int) -> dict[str, Any]:
    found = await SQL.row(con, "batches.list", batch_id=batch_id, limit=1, start=0)
    if found is None:
        raise BatchNotFound(remedy="List them: GET /api/batches")
    return found
