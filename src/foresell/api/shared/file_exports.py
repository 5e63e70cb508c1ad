"""An export under way: sent while it is written, its size and hash kept, and the customers in it recorded before they leave."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

import anyio
from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.audit import record
from foresell.db import AsyncStatements
from foresell.delivery import tabular_writers
from foresell.errors import DailyLimitReached, TooMany
from foresell.snapshot.reader import ScopedSnapshot

SQL = AsyncStatements("foresell.store", "queries/")
#: Exports a process makes at the same time.
AT_ONCE = 4


class FileChoice(BaseModel):
    """What kind of file."""

    format: Literal["csv", "xlsx"] = Field("csv", description="xlsx has a last sheet that says what the list is.")
    headers: Literal["names", "labels"] | None = Field(
        None,
        description="The header row: names (customer_id), as a program expects, or labels (Customer ID), as the pages show."
        " None: names in CSV, labels in XLSX.",
    )
    bom: bool = Field(False, description="CSV: begin with the mark of UTF-8 that old spreadsheets want.")


class FileExport(ABC):
    """One export under way; its run is held open until it ends.

    `total`: its rows. `kind`: what a row is, in the plural; the file and the sheet are named after it.
    """

    kind: str

    def __init__(
        self,
        web: AppState,
        principal: Principal,
        snapshot: ScopedSnapshot,
        columns: Sequence[tabular_writers.Column],
        total: int,
        choice: FileChoice,
        request_id: str,
    ) -> None:
        self.web = web
        self.principal = principal
        self.snapshot = snapshot
        self.total = total
        self.format = choice.format
        self.headers: tabular_writers.Headers = choice.headers or ("names" if choice.format == "csv" else "labels")
        self.sheet: tabular_writers.TableWriter = (
            tabular_writers.CsvWriter(bom=choice.bom)
            if choice.format == "csv"
            else tabular_writers.XlsxWriter(self.kind.capitalize())
        )
        #: Whether contact details are in full; None where the list has no columns of them.
        self.contacts: bool | None = None
        self.export_id = 0
        self.request_id = request_id
        self._columns = columns

    @abstractmethod
    async def find_customers(self) -> Collection[str]:
        """The ids of all customers in the file."""

    @abstractmethod
    def write_parts(self) -> AsyncIterator[bytes]:
        """The rows of the file, some at a time, written with `sheet`."""

    async def register(self, filters: Mapping[str, Any], sort: str) -> None:
        """Give the export its number; `filters` as requested, without words that may name a person.

        Raises DailyLimitReached when the user's roles allow no more exports with contact details today.
        """
        async with self.web.transaction(self.principal.user_id) as con:
            if self.contacts:
                today = await SQL.row(con, "exports.count_contact_exports")
                if today and today["most"] is not None and today["made"] >= today["most"]:
                    raise DailyLimitReached(
                        f"Your roles allow {today['most']} exports with contact details in 24 hours, and no more.",
                        remedy="Export without contact details, or ask an administrator for a higher limit.",
                    )
            row = await SQL.row(
                con, "exports.begin", user_id=self.principal.user_id, format=self.format, filters=Jsonb(dict(filters)),
                sort=sort, columns=[column.name for column in self._columns], with_contacts=bool(self.contacts),
                run_id=self.snapshot.run_id, rows=self.total,
            )  # fmt: skip
        assert row
        self.export_id = row["export_id"]

    async def parts(self) -> AsyncIterator[bytes]:
        """The file, piece by piece; its size and hash are kept when all of it was taken."""
        digest, size = hashlib.sha256(), 0
        async for part in self._parts():
            digest.update(part)
            size += len(part)
            yield part
        async with self.web.transaction(self.principal.user_id) as con:
            await SQL.run(con, "exports.finish", export_id=self.export_id, bytes=size, sha256=digest.hexdigest())

    async def _parts(self) -> AsyncIterator[bytes]:
        yield self.sheet.write_header(self._columns, self.headers)
        await self._record_customers()
        async for part in self.write_parts():
            yield part
        if end := self.sheet.finish(self._about()):
            yield end

    async def _record_customers(self) -> None:
        """Record who leaves, before the first row does. After the head: naming 774,827 customers takes about a second."""
        ids = await self.find_customers()
        async with self.web.transaction(self.principal.user_id) as con:
            await record.record(
                con,
                "export",
                actor=self.principal.user_id,
                subject=f"export:{self.export_id}",
                detail={
                    "list": self.kind,
                    "rows": self.total,
                    "run_id": self.snapshot.run_id,
                    "contacts": bool(self.contacts),
                },
                customers=ids,
                request_id=self.request_id,
            )

    def _about(self) -> dict[str, tabular_writers.Cell]:
        about: dict[str, tabular_writers.Cell] = {
            "Export": self.export_id, "Update": self.snapshot.run_id, "Data as of": self.snapshot.as_of,
            self.kind.capitalize(): self.total, "Currency": self.web.currency,
        }  # fmt: skip
        if self.contacts is not None:
            about["Contact details"] = "in full" if self.contacts else "masked"
        return about


def describe_files(columns: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    """The answers of an export, for its OpenAPI; `columns`: the first line of the example."""
    return {
        200: {
            "description": "The file. X-Export-Id: its number; X-Export-Rows: how many rows.",
            "content": {
                "text/csv": {"schema": {"type": "string"}, "example": ",".join(columns) + "\r\n"},
                tabular_writers.XlsxWriter.media_type: {"schema": {"type": "string", "format": "binary"}},
            },
            "headers": {
                "X-Export-Id": {"description": "Ask for its manifest.", "schema": {"type": "integer"}},
                "X-Export-Rows": {"description": "How many rows are in it.", "schema": {"type": "integer"}},
            },
        }
    }


async def send(request: Request, principal: Principal, begin: Callable[[], Awaitable[FileExport]]) -> Response:
    """The answer that sends the export that `begin` registers.

    Raises TooManyRequests for a user with too many a minute, TooMany when enough are under way.
    """
    request.state.rate = request.app.state.limits.export(principal.user_id)
    slots: anyio.Semaphore = request.app.state.exports
    try:
        slots.acquire_nowait()
    except anyio.WouldBlock:
        raise TooMany("Enough exports are under way.", remedy="Try again when one is done.", retry_after=10) from None
    try:
        return _FileResponse(await begin(), slots)
    except BaseException:
        slots.release()
        raise


class _FileResponse(StreamingResponse):
    """The answer that sends an export, and lets go of run and place when it ends, whichever way."""

    def __init__(self, export: FileExport, slots: anyio.Semaphore) -> None:
        snapshot = export.snapshot
        file_name = f"{export.kind}-{snapshot.as_of}-run-{snapshot.run_id}.{export.format}"
        super().__init__(
            export.parts(),
            media_type=export.sheet.media_type,
            headers={
                "content-disposition": f'attachment; filename="{file_name}"',
                "x-export-id": str(export.export_id),
                "x-export-rows": str(export.total),
            },
        )
        self._export = export
        self._slots = slots

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            with self._export.snapshot.held():
                await super().__call__(scope, receive, send)
        finally:
            self._slots.release()
