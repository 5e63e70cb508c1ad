"""The call log as a file: the calls and the order of the screen, complete, with the orders that followed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response
from pydantic import ConfigDict

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.shared import file_exports
from foresell.api.shared.logged_calls import CallFilters, add_names_and_orders
from foresell.db import Row
from foresell.delivery.calls import COLUMNS, to_cells
from foresell.engagement import calls

router = APIRouter(prefix="/api/export", tags=["export"])
Reader = Annotated[Principal, require("calls.read")]

#: Calls that are read and written at a time.
CALLS_AT_ONCE = 1000


class CallExportRequest(file_exports.FileChoice, CallFilters):
    """Which calls, and what kind of file. Everything may be left out."""

    model_config = ConfigDict(extra="forbid")


@router.post(
    "/calls",
    response_class=Response,
    responses={**file_exports.describe_files(column.name for column in COLUMNS), **error_responses(409)},
)
async def export_calls(
    request: Request, web: AppStateOf, principal: Reader, wanted: Annotated[CallExportRequest | None, Body()] = None
) -> Response:
    """The calls of the log as CSV or XLSX: all that match, newest first. Needs customers.export too."""
    principal.require("customers.export")
    wanted = wanted or CallExportRequest()  # type: ignore[call-arg]
    return await file_exports.send(request, principal, lambda: _begin(web, principal, wanted, request.state.request_id))


class _CallExport(file_exports.FileExport):
    """Calls, whose ids are fixed; one that is undone before its row is read is left out."""

    kind = "calls"

    def __init__(
        self, web: AppState, principal: Principal, wanted: CallExportRequest, found: list[Row], request_id: str
    ) -> None:
        super().__init__(web, principal, web.snapshot(), COLUMNS, len(found), wanted, request_id)
        self.found = found

    async def find_customers(self) -> set[str]:
        return {row["customer_id"] for row in self.found}

    async def write_parts(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.found), CALLS_AT_ONCE):
            ids = [row["call_id"] for row in self.found[start : start + CALLS_AT_ONCE]]
            async with self.web.transaction(self.principal.user_id) as con:
                rows = await calls.read_calls(con, self.web.vault, ids, user_id=self.principal.user_id)
            rows = await add_names_and_orders(self.web, self.principal, rows)
            yield self.sheet.write_rows(map(to_cells, rows))


async def _begin(web: AppState, principal: Principal, wanted: CallExportRequest, request_id: str) -> _CallExport:
    """Fix the calls of the export and register it."""
    async with web.transaction(principal.user_id) as con:
        _, found = await calls.find_calls(con, await wanted.filter(con, principal.user_id))
    export = _CallExport(web, principal, wanted, found, request_id)
    filters = wanted.model_dump(mode="json", by_alias=True, exclude_none=True, include=set(CallFilters.model_fields))
    await export.register(filters, "called_at")
    return export
