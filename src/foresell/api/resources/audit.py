"""The audit log: who did what to which customers, and whether the log is unchanged."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer, cursor_of, read_cursor
from foresell.audit import record, verify
from foresell.audit.anchors import AnchorLog
from foresell.database import Database
from foresell.errors import ParameterError
from foresell.settings import Settings

router = APIRouter(prefix="/api/audit", tags=["audit"])
Auditor = Annotated[Principal, require("audit.read")]
AUDIT = 0  # cursors of the audit speak of no run
_ONE_AT_A_TIME = anyio.CapacityLimiter(1)


class Event(BaseModel):
    """One action. Ids, counts and hashes; never personal data of customers."""

    event_id: int
    at: datetime
    actor_id: int | None = Field(description="The user; null on the command line and before sign-in.")
    actor: str | None = Field(description="Their name today.")
    via: str = Field(description="web, worker or command line.")
    action: str = Field(examples=["contact.reveal"])
    subject: str | None = Field(examples=["customer:C000123"])
    detail: dict[str, Any]
    customer_count: int = Field(description="How many customers it concerns; find them with the filter `customer`.")
    request_id: str | None


class Events(BaseModel):
    """A page of the audit, newest first."""

    data: list[Event]
    total: int
    next_cursor: str | None


class AuditFinding(BaseModel):
    """A change since an event was sealed."""

    message: str = Field(description="What is wrong, in a sentence.", examples=["event 41 was changed"])
    event_id: int | None
    seal_id: int | None


class Verified(BaseModel):
    """Whether the audit log is unchanged."""

    ok: bool
    events: int
    seals: int
    unsealed: int = Field(description="Events of the last second, not sealed yet.")
    findings: list[AuditFinding] = Field(description="The first changes, at most 100, in order.")


@router.get("", response_model=Events, responses=error_responses())
async def list_audit(
    web: AppStateOf,
    principal: Auditor,
    actor: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="A user's id.")] = None,
    action: Annotated[str | None, Query(max_length=100, examples=["contact.reveal"])] = None,
    subject: Annotated[str | None, Query(max_length=100, examples=["customer:C000123"])] = None,
    customer: Annotated[
        str | None,
        Query(
            pattern=r"^[Cc][0-9]{6,12}$",
            description="A customer it concerns, alone or among others.",
            examples=["C000123"],
        ),
    ] = None,
    first: Annotated[date | None, Query(alias="from", description="On or after this day (UTC).")] = None,
    last: Annotated[date | None, Query(alias="to", description="On or before this day (UTC).")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """The audit log, newest first. Filtered by customer it answers: who saw or changed their data, when, and with which action."""
    async with web.transaction(principal.user_id) as con:
        total, rows = await record.list_events(
            con,
            limit=limit + 1,
            before=_before(cursor),
            actor=actor,
            action=action,
            subject=subject,
            customer=customer and customer.upper(),
            first=first,
            last=last,
        )
    shown = rows[:limit]
    onward = cursor_of(AUDIT, shown[-1]["event_id"]) if len(rows) > limit else None
    return answer({"data": shown, "total": total, "next_cursor": onward})


@router.get("/verify", response_model=Verified, responses=error_responses())
async def verify_audit(web: AppStateOf, principal: Auditor) -> Response:
    """Check every event against its seal and the anchors outside the database; a million take some seconds."""
    async with web.while_database_answers():
        report = await anyio.to_thread.run_sync(
            _report, web.settings, principal.user_id, limiter=_ONE_AT_A_TIME, abandon_on_cancel=True
        )
    return answer(
        {
            "ok": report.ok, "events": report.events, "seals": report.seals, "unsealed": report.unsealed,
            "findings": [{"message": f.message, "event_id": f.event_id, "seal_id": f.seal_id} for f in report.findings],
        }
    )  # fmt: skip


def _report(settings: Settings, user_id: int) -> verify.VerificationReport:
    with Database(settings, acting_for=user_id).connect("web") as con:
        return verify.verify_audit(con, AnchorLog(settings.home))


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    try:
        kind, event_id = read_cursor(cursor)
    except ValueError:
        kind, event_id = -1, 0
    if kind != AUDIT:
        raise ParameterError("cursor", "Invalid cursor", remedy="Take it from next_cursor.") from None
    return event_id
