"""Imports: a file is uploaded, inspected, mapped, and loaded by the worker; until then it can be discarded."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import datetime
from typing import Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.http.upload import receive
from foresell.api.shared import jobs
from foresell.api.shared.paging import Listing, Paging, page_body, start_of
from foresell.api.shared.schemas import Job, Number
from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import BadInput, ImportNotFound, NotReady, ParameterError, TooLateToCancel, UsageError
from foresell.sources.files.fields import list_fields
from foresell.sources.files.leave_out import Condition, LeaveOut
from foresell.sources.files.mapping import (
    Dialect,
    ExtraLine,
    Mapping,
    override_mapping,
    parse_mapping,
    read_mapping,
    render_mapping,
    write_mapping,
)
from foresell.sources.files.packed_items import PackedItems
from foresell.uploads import Upload

SQL = AsyncStatements("foresell.api.resources")

router = APIRouter(prefix="/api/imports", tags=["imports"])
Steward = Annotated[Principal, require("imports.write")]
Short = Annotated[str, Field(max_length=200)]
Pattern = Annotated[str, Field(max_length=500)]

MAPPABLE = ["ready", "unreadable", "failed"]
State = Literal["inspecting", "ready", "unreadable", "loading", "loaded", "failed"]


class Import(BaseModel):
    """An uploaded file on its way in."""

    import_id: int
    file_name: str
    file_bytes: int
    state: State
    revision: int = Field(description="Counts the mappings tried.")
    batch_id: int | None = Field(description="The batch it became.")
    received_at: datetime
    user_id: int
    job_id: int | None
    job: Job | None = Field(description="What the worker does, or last did, with it.")


class ImportPage(Listing):
    """Imports, newest first."""

    data: list[Import]


class FileDialect(BaseModel):
    """How the file is written; what is left out is found out."""

    model_config = ConfigDict(extra="forbid")

    delimiter: Annotated[str, Field(max_length=10)] | None = None
    quote: Annotated[str, Field(max_length=1)] | None = None
    escape: Annotated[str, Field(max_length=1)] | None = None
    encoding: Annotated[str, Field(max_length=40)] | None = None
    header_line: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    sheet: Short | None = None
    table: Short | None = None


class ExtraLineInput(BaseModel):
    """A money column that is a line of its own in each order, such as freight."""

    model_config = ConfigDict(extra="forbid")

    column: Short
    sku: Short
    name: Short


class ConditionInput(BaseModel):
    """The cell of a column: one of `values`, none of `others`, or what a regular expression matches."""

    model_config = ConfigDict(extra="forbid")

    column: Short
    values: list[Short] = Field(default_factory=list, max_length=500)
    others: list[Short] = Field(default_factory=list, max_length=500)
    matches: Pattern | None = None

    def condition(self) -> Condition:
        """As the sources read it."""
        return Condition(self.column, tuple(self.values), tuple(self.others), self.matches)


class LeaveOutInput(ConditionInput):
    """Rows that are no sales, by the cell of one column, or of two."""

    reason: Short
    also: ConditionInput | None = None

    def rule(self) -> LeaveOut:
        """As the sources read it."""
        first, also = self.condition(), self.also.condition() if self.also else None
        return LeaveOut(first.column, self.reason, first.values, first.others, first.matches, also)


class ItemsInput(BaseModel):
    """Items of an order that stand in one cell. Patterns are regular expressions whose group is the field."""

    model_config = ConfigDict(extra="forbid")

    column: Short
    separator: Pattern = Field(description="What separates two items; a group in it belongs to the item that follows.")
    quantity: Pattern = Field(description="The pattern of an item's quantity.")
    product_name: Pattern | None = Field(None, description="The pattern of an item's product name.")
    sku: Pattern | None = Field(None, description="The pattern of an item's SKU.")
    amount: Pattern | None = Field(
        None, description="The pattern of an item's amount; without it, items share the order's by quantity."
    )


class FileMapping(BaseModel):
    """How the file becomes customers, products and orders: what a map file holds."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field("shop", max_length=80, description="Whose data this is; files of one source belong together.")
    rows: Literal["orders", "customers", "products"] = "orders"
    columns: dict[Short, Short] = Field(
        max_length=50,
        description="Field -> header in the file.",
        examples=[{"order_key": "Invoice", "sku": "StockCode"}],
    )
    dialect: FileDialect = Field(default_factory=FileDialect)
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    date_format: Annotated[str, Field(max_length=60)] | None = Field(None, examples=["%d.%m.%Y %H:%M"])
    time_zone: Annotated[str, Field(max_length=60)] | None = Field(None, examples=["Europe/Berlin"])
    latest: Annotated[str, Field(max_length=10)] | None = Field(None, examples=["2024-12-31"])
    decimal: Literal[".", ","] | None = None
    currency: Annotated[str, Field(max_length=10)] | None = None
    country: Short | None = None
    default_quantity: Annotated[str, Field(max_length=20)] | None = None
    default_amount: Annotated[str, Field(max_length=20)] | None = None
    counted: list[Short] | None = Field(None, max_length=500)
    cancelled: list[Short] | None = Field(None, max_length=500)
    returned: list[Short] | None = Field(None, max_length=500)
    partly_returned: list[Short] | None = Field(None, max_length=500)
    left_out: list[Short] | None = Field(None, max_length=500)
    credit_types: list[Short] | None = Field(None, max_length=500)
    refunds_name_shop: bool | None = None
    placeholders: list[Short] | None = Field(None, max_length=500)
    cancelled_order_prefix: list[Short] | None = Field(None, max_length=100)
    returned_order_prefix: list[Short] | None = Field(None, max_length=100)
    non_product_skus: list[Pattern] | None = Field(None, max_length=100)
    fill_down: list[Short] | None = Field(None, max_length=50)
    report: bool | None = None
    heading: Short | None = None
    basis: Literal["amount", "quantity x price", "order total"] | None = None
    subtract: list[Short] | None = Field(None, max_length=10)
    only_currency: Annotated[str, Field(max_length=3)] | None = Field(None, examples=["EUR"])
    into_currency: Annotated[str, Field(max_length=3)] | None = Field(None, examples=["EUR"])
    rates: dict[Annotated[str, Field(max_length=3)], Annotated[str, Field(max_length=20)]] = Field(
        default_factory=dict, max_length=200, examples=[{"USD": "0.92"}]
    )
    extra_lines: list[ExtraLineInput] = Field(default_factory=list, max_length=20)
    leave_out: list[LeaveOutInput] = Field(default_factory=list, max_length=50)
    items: ItemsInput | None = Field(None, description="Where the items of an order stand in one cell.")
    accepted: list[Short] = Field(default_factory=list, max_length=100)
    undecided: list[Short] = Field(default_factory=list, max_length=100)

    def mapping(self) -> Mapping:
        """As the sources read it. Raises ParameterError naming what is wrong."""
        known = [field.name for field in list_fields(self.rows)]
        if unknown := sorted(set(self.columns) - set(known)):
            raise ParameterError(
                f"columns.{unknown[0]}", f"columns.{unknown[0]}: is not a field of {self.rows}",
                remedy=f"Choose of: {', '.join(known)}.",
            )  # fmt: skip
        given = self.model_dump(exclude_none=True, exclude={"dialect", "extra_lines", "leave_out", "items"})
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in given.items()
        }
        drawn = Mapping(
            **values,
            dialect=Dialect(**self.dialect.model_dump()),
            extra_lines=tuple(ExtraLine(**each.model_dump()) for each in self.extra_lines),
            leave_out=tuple(rule.rule() for rule in self.leave_out),
            items=PackedItems(**self.items.model_dump()) if self.items else None,
        )
        try:
            return override_mapping(parse_mapping(render_mapping(drawn), "mapping"))
        except (BadInput, UsageError) as error:
            raise ParameterError("mapping", error.message, remedy=error.remedy) from None


class ImportDetails(Import):
    """An uploaded file and what is known of it."""

    mapping: dict[str, Any] | None = Field(description="The mapping in use: proposed, or yours. PUT takes the same.")
    found: dict[str, Any] | None = Field(
        description="What inspecting it found: kind, dialect, columns with samples, dates, counts, rejects by reason with "
        "examples, rows left out by reason, money by state and currency, how the words of the status column count, and questions. Nothing is loaded while a question "
        "is open: PUT the mapping with the changes of one choice of each."
    )
    problem: str | None = Field(description="What keeps it from being loaded; null when nothing does.")
    remedy: str | None


class ImportCommit(BaseModel):
    """How to load it."""

    model_config = ConfigDict(extra="forbid")

    max_rejected: float = Field(
        default=2.0, ge=0, le=100, description="Load nothing if more percent of the lines are rejected."
    )
    refresh: bool = Field(default=True, description="Score everything anew afterwards, so that what is shown follows.")


class DeletedImport(BaseModel):
    """An import that is gone, or going."""

    import_id: int
    state: Literal["deleted", "cancelling"] = Field(
        description="cancelling: the load is being stopped, nothing of it will be imported; delete again to discard the file."
    )


UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "CSV (also .zip, .gz, .bz2, .xz, .zst), XLSX, XLS, ODS, Parquet or SQLite.",
                        }
                    },
                }
            }
        },
    }
}


@router.post(
    "", status_code=202, response_model=Import, responses=error_responses(409, 413, 422, 507), openapi_extra=UPLOAD
)
async def upload_file(request: Request, web: AppStateOf, principal: Steward, idempotent: IdempotentOf) -> Response:
    """Upload a file; the worker then looks at it. Nothing is loaded yet."""
    received = await receive(request, web.settings)

    async def act(con: AsyncConnection) -> dict[str, Any]:
        values = {"file_name": received.name, "file_bytes": received.size, "file_sha256": received.sha256}
        row = await SQL.row(con, "imports.add", user_id=principal.user_id, **values)
        assert row
        folder = Upload.of(web.settings, row["import_id"]).folder
        await anyio.to_thread.run_sync(received.folder.rename, folder)
        await _ask(con, row["import_id"], "inspect", {}, state="inspecting", when=["inspecting"])
        await record.record(
            con, "import.upload", actor=principal.user_id, subject=f"import:{row['import_id']}",
            detail={"file_sha256": received.sha256},
        )  # fmt: skip
        return await _import(con, row["import_id"])

    try:
        return await idempotent.run(principal, act, status=202, about=f"{received.name} {received.sha256}")
    finally:
        await anyio.to_thread.run_sync(lambda: shutil.rmtree(received.folder, ignore_errors=True))


@router.get("", response_model=ImportPage, responses=error_responses())
async def list_imports(web: AppStateOf, principal: Steward, paging: Annotated[Paging, Query()]) -> Response:
    """Files on their way in, newest first."""
    start = start_of(paging)
    async with web.transaction(principal.user_id) as con:
        count = await SQL.row(con, "imports.count")
        rows = await SQL.rows(con, "imports.list", import_id=None, limit=paging.limit, start=start)
    return answer(page_body(web, rows, count["total"] if count else 0, start, paging.limit))


@router.get("/{import_id}", response_model=ImportDetails, responses=error_responses(404))
async def get_import(web: AppStateOf, principal: Steward, import_id: Number) -> Response:
    """One import: what the file is, how it would be read, what would be rejected and why."""
    async with web.transaction(principal.user_id) as con:
        row = await _import(con, import_id)
    return answer({**row, **await anyio.to_thread.run_sync(_describe_import, web, row)})


@router.put("/{import_id}/mapping", status_code=202, response_model=Import, responses=error_responses(404, 409))
async def map_import(web: AppStateOf, principal: Steward, import_id: Number, body: FileMapping) -> Response:
    """Say how the file is to be read; the worker then looks at it again."""
    mapping = body.mapping()
    async with web.transaction(principal.user_id) as con:
        row = await _import(con, import_id)
        upload = _find_upload(web, row)
        await _ask(con, import_id, "inspect", {}, state="inspecting", when=MAPPABLE, revisions=1)
        await anyio.to_thread.run_sync(write_mapping, mapping, upload.mapping_file(row["revision"] + 1))
        row = await _import(con, import_id)
    return answer(row, 202)


@router.post("/{import_id}/commit", status_code=202, response_model=Import, responses=error_responses(404, 409, 422))
async def commit_import(
    web: AppStateOf, principal: Steward, idempotent: IdempotentOf, import_id: Number, how: ImportCommit | None = None
) -> Response:
    """Have the file loaded as one batch, all of it or nothing."""
    how = how or ImportCommit()

    async def act(con: AsyncConnection) -> dict[str, Any]:
        row = await _import(con, import_id)
        _find_upload(web, row)
        await _ask(con, import_id, "load", how.model_dump(), state="loading", when=["ready", "failed"])
        return await _import(con, import_id)

    return await idempotent.run(principal, act, status=202)


@router.delete("/{import_id}", response_model=DeletedImport, responses=error_responses(404, 409))
async def delete_import(web: AppStateOf, principal: Steward, import_id: Number) -> Response:
    """Discard the uploaded file, or cancel its load.

    A cancelled load ends without writing anything. Once it is being saved it cannot be cancelled (409): it ends as a batch,
    which can be undone. Discarding the file of a loaded batch keeps the batch.
    """
    async with web.transaction(principal.user_id) as con:
        row = await _import(con, import_id)
        busy = False
        if row["job_id"] and row["state"] in ("inspecting", "loading"):
            ending = await jobs.cancel_job(con, row["job_id"])
            busy = ending == "cancelling"
            if row["state"] == "loading" and ending == "too late":
                raise TooLateToCancel(
                    "The import can no longer be cancelled: it is being saved.",
                    remedy="Wait until it is imported, then undo its batch.",
                )
        if not busy:
            states = [*MAPPABLE, "inspecting", "loading", "loaded"]
            await _change(con, import_id, state="deleted", when=states)
            await record.record(con, "import.delete", actor=principal.user_id, subject=f"import:{import_id}")
    if not busy:
        await anyio.to_thread.run_sync(Upload.of(web.settings, import_id).delete)
    return answer({"import_id": import_id, "state": "cancelling" if busy else "deleted"})


async def _ask(
    con: AsyncConnection,
    import_id: int,
    kind: str,
    arguments: dict[str, Any],
    *,
    state: str,
    when: list[str],
    revisions: int = 0,
) -> None:
    """Have the worker do something with an import, which then is in `state`. Raises NotReady unless it was in `when`."""
    job = await jobs.request_job(con, kind, {"import_id": import_id, **arguments})
    await _change(con, import_id, state=state, when=when, job_id=job["job_id"], revisions=revisions)


async def _change(
    con: AsyncConnection, import_id: int, *, state: str, when: list[str], job_id: int | None = None, revisions: int = 0
) -> None:
    values = {"import_id": import_id, "state": state, "from": when, "job_id": job_id, "revisions": revisions}
    if await SQL.row(con, "imports.change", **values) is None:
        raise NotReady(
            "This import cannot do that now.", remedy="Look at its state and problem: GET /api/imports/{import_id}"
        )


async def _import(con: AsyncConnection, import_id: int) -> dict[str, Any]:
    found = await SQL.row(con, "imports.list", import_id=import_id, limit=1, start=0)
    if found is None:
        raise ImportNotFound(remedy="List them: GET /api/imports")
    return found


def _find_upload(web: AppState, row: dict[str, Any]) -> Upload:
    """The upload of an import. Raises UploadGone unless its file is there."""
    upload = Upload.of(web.settings, row["import_id"])
    upload.require_file()
    return upload


def _describe_import(web: AppState, row: dict[str, Any]) -> dict[str, Any]:
    """What the work folder says of an import."""
    upload = Upload.of(web.settings, row["import_id"])
    found = upload.read_inspection(row["revision"]) if row["state"] != "inspecting" else None
    job = row["job"] or {}
    failed = job.get("state") == "failed"
    mapping = upload.mapping_file(row["revision"])
    return {
        "mapping": _mapping_body(read_mapping(mapping)) if mapping.exists() else None,
        "found": None if found is None else {key: value for key, value in found.items() if key != "mapping"},
        "problem": job["error"] if failed else (found or {}).get("problem"),
        "remedy": job["remedy"] if failed else (found or {}).get("remedy"),
    }


def _mapping_body(mapping: Mapping) -> dict[str, Any]:
    """A mapping as PUT takes it."""
    return {key: value for key, value in dataclasses.asdict(mapping).items() if key != "format"}
