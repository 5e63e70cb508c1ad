"""Pages of a list: `limit` with `page` or `cursor`, and the answer around the rows."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from foresell.api.http.app_state import AppState
from foresell.api.http.responses import Meta, cursor_of, read_cursor
from foresell.db import AsyncConnection
from foresell.errors import NotReady, ParameterError
from foresell.identity.customers import find_current

Row = dict[str, Any]
#: The run in the cursor of a list that does not come from a run.
NO_RUN = 0


class Paging(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000, description="How many.")
    page: int = Field(1, ge=1, le=10_000_000, description="Which page of that many.")
    cursor: str | None = Field(None, max_length=100, description="`next_cursor` of the answer before; instead of page.")

    def start(self, web: AppState) -> int:
        """How many come before this part. Raises ParameterError for a cursor that is none, or of another run."""
        return _start(web, self.cursor) if self.cursor is not None else (self.page - 1) * self.limit


class OfCustomer(BaseModel):
    """Of which customer."""

    customer_id: str | None = Field(None, pattern=r"^[Cc]\d{6,18}$", description="Only of this customer.")

    async def customer_filter(self, con: AsyncConnection) -> str | None:
        """The customer that the id stands for now."""
        return await find_current(con, self.customer_id and self.customer_id.upper())


class CustomerPaging(OfCustomer, Paging):
    """Which part of the list, and of which customer."""


class Listing(BaseModel):
    """A part of a list of what people did; it does not come from a run."""

    total: int = Field(description="How many there are, before paging.", examples=[12])
    page: int = Field(description="Which page this is.", examples=[1])
    next_cursor: str | None = Field(None, description="Give it as `cursor` for what follows; null at the end.")
    meta: Meta | None = Field(description="What is published now; null when nothing is.")


def start_of(paging: Paging) -> int:
    """How many come before this part. Raises ParameterError for a cursor that is none."""
    if paging.cursor is None:
        return (paging.page - 1) * paging.limit
    try:
        return read_cursor(paging.cursor)[1]
    except ValueError:
        raise ParameterError("cursor", "cursor: invalid cursor", remedy="Take it from next_cursor.") from None


def page_body(web: AppState, data: list[Row], total: int, start: int, limit: int) -> Row:
    """The answer of a list."""
    following = start + limit
    return {
        "data": data,
        "total": total,
        "page": start // limit + 1,
        "next_cursor": cursor_of(NO_RUN, following) if following < total else None,
        "meta": meta(web),
    }


def meta(web: AppState) -> Row | None:
    """What is published now, if anything."""
    try:
        return web.meta()
    except NotReady:
        return None


def _start(web: AppState, cursor: str) -> int:
    try:
        run_id, start = read_cursor(cursor)
    except ValueError:
        raise ParameterError("cursor", "cursor: invalid cursor", remedy="Take it from next_cursor.") from None
    if run_id != web.snapshot().run_id:
        raise ParameterError(
            "cursor", "cursor: a newer run was published since", remedy="Start again without a cursor."
        )
    return start
