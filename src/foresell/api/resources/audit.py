"""The audit: who did what, and whether it still says so."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import WebOf, require
from foresell.api.http.error_handlers import ParameterError, documented
from foresell.api.http.responses import answer, cursor_of, read_cursor
from foresell.audit import record, seals
from foresell.settings import Settings
from foresell.store.database import Database

router = APIRouter(prefix="/api/audit", tags=["audit"])
Auditor = Annotated[Principal, require("audit.read")]
AUDIT = 0  # cursors of the audit speak of no run
_ONE_AT_A_TIME = anyio.CapacityLimiter(1)


class Event(BaseModel):
    """One thing done. Ids, counts and hashes; never personal data of customers."""

    event_id: int
    at: datetime
    actor_id: int | None = Field(description="The user; null on the command line, or when nobody was signed in.")
    actor: str | None = Field(description="Their name today.")
    via: str = Field(description="web, worker or command line.")
    action: str = Field(examples=["contact.reveal"])
    subject: str | None = Field(examples=["customer:C000123"])
    detail: dict[str, Any]
    request_id: str | None


class Events(BaseModel):
    """A page of the audit, newest first."""

    data: list[Event]
    total: int
    next_cursor: str | None


class Bad(BaseModel):
    """Something that is not as it was sealed."""

    words: str = Field(examples=["event 41 was changed"])
    event_id: int | None
    seal_id: int | None


class Verified(BaseModel):
    """Whether the audit still says what it said."""

    ok: bool
    events: int
    seals: int
    waiting: int = Field(description="Events of the last second, not sealed yet.")
    findings: list[Bad] = Field(description="The first bad rows, at most 100, in order.")


@router.get("", response_model=Events, responses=documented())
async def list_audit(
    web: WebOf,
    principal: Auditor,
    actor: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="A user's id.")] = None,
    action: Annotated[str | None, Query(max_length=100, examples=["contact.reveal"])] = None,
    subject: Annotated[str | None, Query(max_length=100, examples=["customer:C000123"])] = None,
    first: Annotated[date | None, Query(alias="from", description="On or after this day (UTC).")] = None,
    last: Annotated[date | None, Query(alias="to", description="On or before this day (UTC).")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """What was done, newest first."""
    async with web.transaction(principal.user_id) as con:
        total, rows = await record.listed(
            con,
            limit=limit + 1,
            before=_before(cursor),
            actor=actor,
            action=action,
            subject=subject,
            first=first,
            last=last,
        )
    shown = rows[:limit]
    onward = cursor_of(AUDIT, shown[-1]["event_id"]) if len(rows) > limit else None
    return answer({"data": shown, "total": total, "next_cursor": onward})


@router.get("/verify", response_model=Verified, responses=documented())
async def verify_audit(web: WebOf, principal: Auditor) -> Response:
    """Check every event against its seal and the anchors outside the database; a million take some seconds."""
    verdict = await anyio.to_thread.run_sync(_verdict, web.settings, principal.user_id, limiter=_ONE_AT_A_TIME)
    return answer(
        {
            "ok": verdict.ok, "events": verdict.events, "seals": verdict.seals, "waiting": verdict.waiting,
            "findings": [{"words": f.words, "event_id": f.event_id, "seal_id": f.seal_id} for f in verdict.findings],
        }
    )  # fmt: skip


def _verdict(settings: Settings, user_id: int) -> seals.Verdict:
    with Database(settings, acting_for=user_id).connect("web") as con:
        return seals.verify(con, seals.Book(settings.home))


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    try:
        kind, event_id = read_cursor(cursor)
    except ValueError:
        kind, event_id = -1, 0
    if kind != AUDIT:
        raise ParameterError(
            "cursor", "cursor: this is no cursor of ours", remedy="Take it from next_cursor."
        ) from None
    return event_id
