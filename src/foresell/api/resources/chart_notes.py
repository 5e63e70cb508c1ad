"""Notes on the sales charts: a campaign, a holiday."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared.schemas import NOT_BLANK, Body, Number
from foresell.db import AsyncConnection
from foresell.engagement import chart_notes

router = APIRouter(prefix="/api/chart-notes", tags=["sales"])
Reader = Annotated[Principal, require("sales.read")]
Writer = Annotated[Principal, require("sales.annotate")]


class ChartNoteInput(Body):
    """A note to add."""

    day: date = Field(description="The day it is about.", examples=["2011-11-25"])
    text: str = Field(
        description="What happened.", min_length=1, max_length=120, pattern=NOT_BLANK, examples=["Black Friday"]
    )


class ChartNote(BaseModel):
    """A note on the sales charts."""

    note_id: int = Field(description="Its number.", examples=[3])
    day: date = Field(description="The day it is about.", examples=["2011-11-25"])
    text: str = Field(description="What happened.", examples=["Black Friday"])
    author: str | None = Field(description="Who added it, if you may see the name.")


class ChartNoteList(BaseModel):
    """The notes, the latest day first."""

    data: list[ChartNote]


@router.get("", response_model=ChartNoteList, responses=error_responses())
async def list_chart_notes(web: AppStateOf, principal: Reader) -> Response:
    """The notes on the sales charts, the same for everyone who sees sales."""
    async with web.transaction(principal.user_id) as con:
        return answer({"data": await chart_notes.list_notes(con)})


@router.post("", status_code=201, response_model=ChartNote, responses=error_responses(409, 422))
async def add_chart_note(principal: Writer, idempotent: IdempotentOf, note: ChartNoteInput) -> Response:
    """Add a note. Audited."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        return await chart_notes.add_note(
            con, day=note.day, text=note.text.strip(), user_id=principal.user_id, request_id=idempotent.request_id
        )

    return await idempotent.run(principal, act, status=201)


@router.delete("/{note_id}", response_model=ChartNote, responses=error_responses(404))
async def delete_chart_note(request: Request, web: AppStateOf, principal: Writer, note_id: Number) -> Response:
    """Delete a note. The answer is the note as it was, so that it can be added again. Audited."""
    async with web.transaction(principal.user_id) as con:
        return answer(
            await chart_notes.delete_note(con, note_id, user_id=principal.user_id, request_id=request.state.request_id)
        )
