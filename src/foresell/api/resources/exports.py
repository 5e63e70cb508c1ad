"""The list as a file: the rows and the order of the screen, complete at any size, sent while it is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Body, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import Meta, answer
from foresell.api.shared import customer_lists, file_exports
from foresell.db import AsyncConnection, AsyncStatements
from foresell.delivery import customers, tabular_writers
from foresell.errors import ExportNotFound, ParameterError
from foresell.privacy.contacts import pick_sealed_values
from foresell.scores import registry
from foresell.snapshot.queries import Ranks
from foresell.snapshot.reader import Scope, ScopedSnapshot

SQL = AsyncStatements("foresell.store", "queries/")
router = APIRouter(prefix="/api", tags=["export"])
Exporter = Annotated[Principal, require("customers.export")]

#: Rows that are read and written at a time: few at first, so that something is sent at once.
FIRST_ROWS, MORE_ROWS = 500, 10_000

#: Every exportable column by name; those of scores come from their registry.
COLUMNS = customers.list_columns(registry.list_columns())
if TYPE_CHECKING:
    Column = str
else:
    Column = Literal[tuple(COLUMNS)]


class DateRange(BaseModel):
    """Days of the last purchase, both included."""

    model_config = ConfigDict(extra="forbid")

    start: date | None = Field(None, description="The first day; none: from the beginning.", examples=["2011-11-01"])
    end: date | None = Field(None, description="The last day; none: to the end.", examples=["2011-11-30"])


class ExportRequest(file_exports.FileChoice, customer_lists.CustomerFilters):
    """Which customers, in what order, and what of them. Everything may be left out."""

    sort: customer_lists.Sort = Field(
        "probability", description="Best first, texts from A to Z; with _reversed, the other way round."
    )
    date_range: DateRange | None = Field(None, description="The same as `from` and `to`.")
    customer_ids: list[Annotated[str, Field(pattern=r"^[Cc][0-9]{6,12}$")]] | None = Field(
        None, max_length=50_000, description="Only these, of those that match.", examples=[["C000123"]]
    )
    except_ids: list[Annotated[str, Field(pattern=r"^[Cc][0-9]{6,12}$")]] = Field(
        [], max_length=50_000, description="Not these, of those that match."
    )
    include_predictions: bool = Field(True, description="False leaves out the columns that models filled.")
    columns: list[Column] | None = Field(
        None, min_length=1, max_length=60, description="Which columns, in this order; none: the usual six."
    )
    contacts: bool = Field(
        False, description="E-mail, phone and address in full: needs contacts.export and a recent second factor."
    )


class ExportManifest(BaseModel):
    """What one export was."""

    export_id: int = Field(description="Its number, from the header X-Export-Id.", examples=[7])
    user_id: int = Field(description="Who exported.", examples=[3])
    started_at: datetime = Field(description="When it started.", examples=["2026-11-21T09:00:00Z"])
    finished_at: datetime | None = Field(description="When it had been sent whole; null: it never was.")
    format: Literal["csv", "xlsx"] = Field(description="The kind of file.")
    filters: dict[str, Any] = Field(description="What was filters for; the words of a search are not kept.")
    sort: str = Field(description="The order.", examples=["probability"])
    columns: list[str] = Field(description="The columns, in their order.", examples=[["customer_id", "segment"]])
    with_contacts: bool = Field(description="Whether contact data was in it in full.")
    rows: int = Field(description="How many rows: the list's total.", examples=[4338])
    bytes: int | None = Field(description="The size of the file.", examples=[412_345])
    sha256: str | None = Field(description="The SHA-256 of the file.")
    meta: Meta = Field(description="The run and the day of its figures.")


_FILES = file_exports.describe_files(customers.DEFAULT_COLUMNS)


@router.post("/export/customers", response_class=Response, responses={**_FILES, **error_responses(409)})
async def export_customers(
    request: Request, web: AppStateOf, principal: Exporter, wanted: Annotated[ExportRequest | None, Body()] = None
) -> Response:
    """The customers of a list as CSV or XLSX: all of them, in its order. Raw numbers, ISO days, no formulas."""
    wanted = _resolve_dates(wanted or ExportRequest())  # type: ignore[call-arg]
    if wanted.contacts:
        principal.require("contacts.export")
        principal.require_recent_factor()
    return await file_exports.send(request, principal, lambda: _begin(web, principal, wanted, request.state.request_id))


@router.get("/exports/{export_id}/manifest", response_model=ExportManifest, responses=error_responses(404, 409))
async def get_export_manifest(
    web: AppStateOf,
    principal: Exporter,
    export_id: Annotated[int, Path(ge=1, le=2**53, description="From the header X-Export-Id.", examples=[7])],
) -> Response:
    """Get the record of an export: count, filters, columns, run, hash. Your own, or any user's with access to the audit."""
    async with web.transaction(principal.user_id) as con:
        found = await SQL.row(con, "exports.manifest", export_id=export_id)
    if found is None:
        raise ExportNotFound(remedy="Its number is in the header X-Export-Id of the file.")
    run = {"run_id": found.pop("run_id"), "as_of": found.pop("as_of"), "currency": web.currency}
    return answer({**found, "meta": run})


class _CustomerExport(file_exports.FileExport):
    """Customers of the list, whose ranks are fixed."""

    kind = "customers"

    def __init__(
        self,
        web: AppState,
        principal: Principal,
        wanted: ExportRequest,
        snapshot: ScopedSnapshot,
        scope: Scope,
        ranks: Ranks,
        request_id: str,
    ) -> None:
        self.columns: list[str] = list(wanted.columns or customers.DEFAULT_COLUMNS)
        if not wanted.include_predictions:
            self.columns = [name for name in self.columns if not COLUMNS[name].predicted]
        columns = [COLUMNS[name].column for name in self.columns]
        super().__init__(web, principal, snapshot, columns, len(ranks), wanted, request_id)
        self.scope = scope
        self.ranks = ranks
        self.contacts = wanted.contacts

    async def write_parts(self) -> AsyncIterator[bytes]:
        start, step = 0, FIRST_ROWS
        while start < len(self.ranks):
            yield await self._rows(self.ranks[start : start + step])
            start, step = start + step, MORE_ROWS

    async def find_customers(self) -> list[str]:
        return await anyio.to_thread.run_sync(self._customer_ids)

    def _customer_ids(self) -> list[str]:
        with self.snapshot.open(self.scope) as con:
            return customers.fetch_customer_ids(con, self.ranks)

    async def _rows(self, ranks: Ranks) -> bytes:
        scores = await anyio.to_thread.run_sync(self._scores, ranks)
        ids = [row["customer_id"] for row in scores]
        stored = any(COLUMNS[name].expression is None for name in self.columns)
        persons = await self._persons(ids) if stored else {}
        return await anyio.to_thread.run_sync(self._write_rows, scores, persons)

    def _scores(self, ranks: Ranks) -> list[dict[str, tabular_writers.Cell]]:
        with self.snapshot.open(self.scope) as con:
            return customers.fetch_scores(con, ranks, [COLUMNS[name] for name in self.columns])

    async def _persons(self, ids: list[Any]) -> dict[str, dict[str, Any]]:
        async with self.web.transaction(self.principal.user_id) as con:
            rows = await SQL.rows(con, "exports.persons", ids=ids)
            persons = {row["customer_id"]: row for row in customer_lists.hide_names(self.principal, rows)}
            sealed = await self._read_sealed_contacts(con, ids) if self.contacts else []
        if sealed:
            await anyio.to_thread.run_sync(self._open_contacts, sealed, persons)
        return persons

    async def _read_sealed_contacts(self, con: AsyncConnection, ids: list[Any]) -> list[dict[str, Any]]:
        return await SQL.rows(con, "exports.unlock", ids=ids, request_id=self.request_id)

    def _open_contacts(self, sealed: list[dict[str, Any]], persons: dict[str, dict[str, Any]]) -> None:
        """Put what the envelopes hold in place of the masks: the values of the golden record."""
        opened = dict(zip((row["record_id"] for row in sealed), self.web.vault.open_records(sealed), strict=True))
        for person in persons.values():
            person.update(pick_sealed_values(person, opened))

    def _write_rows(self, scores: Iterable[dict[str, Any]], persons: dict[str, dict[str, Any]]) -> bytes:
        no_person: dict[str, Any] = {}
        return self.sheet.write_rows(
            [
                row[name] if name in row else persons.get(row["customer_id"], no_person).get(name)
                for name in self.columns
            ]
            for row in scores
        )


async def _begin(web: AppState, principal: Principal, wanted: ExportRequest, request_id: str) -> _CustomerExport:
    """Fix the rows of the export and register it."""
    principal = wanted.narrow(principal)
    while True:
        snapshot, scope = web.snapshot(), await web.scope(principal)
        which = await customer_lists.filter_of(web, principal, wanted, wanted.customer_ids, without=wanted.except_ids)
        ranks = (await customer_lists.select_customers(web, principal, which, wanted.sort)).ranks
        if snapshot is web.snapshot():
            break
    export = _CustomerExport(web, principal, wanted, snapshot, scope, ranks, request_id)
    filters = wanted.model_dump(
        mode="json", by_alias=True, exclude_none=True, include=set(customer_lists.CustomerFilters.model_fields)
    )
    if "q" in filters:
        filters["q"] = "a search"
    if wanted.customer_ids is not None:
        filters["customer_ids"] = len(wanted.customer_ids)
    if wanted.except_ids:
        filters["except_ids"] = len(wanted.except_ids)
    await export.register(filters, wanted.sort)
    return export


def _resolve_dates(wanted: ExportRequest) -> ExportRequest:
    """One way to say the days. Raises ParameterError when both ways are used."""
    if wanted.date_range is None:
        return wanted
    if wanted.first_day or wanted.last_day:
        raise ParameterError(
            "date_range", "date_range: the days are given twice", remedy="Leave out date_range, or from and to."
        )
    return wanted.model_copy(update={"first_day": wanted.date_range.start, "last_day": wanted.date_range.end})
