"""The timeline of a customer: everything recorded about them, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from foresell.api.shared.schemas import UserRef

router = APIRouter(prefix="/api/customers", tags=["customers"])
TimelineKind = Literal[
    "order", "return", "cancelled order", "call", "follow-up", "snooze", "owner", "merge", "split", "record", "pin",
    "relation", "erasure",
]  # fmt: skip


class TimelineEntry(BaseModel):
    """One thing that happened."""

    kind: TimelineKind
    at: datetime = Field(description="Orders: the shop's local time.")
    id: int = Field(description="Of the order, call, move, record and so on.")
    sentence: str = Field(examples=["Order 536365: 139.12, 7 lines."])
    amount: float | None = Field(description="Net revenue of orders and returns; null otherwise.")
    source: str | None = Field(description="The source of orders and records.")
    user: UserRef | None = Field(description="Who did it; null where no one or no known user did.")
    undone_at: datetime | None = Field(description="When it was undone or removed.")
    note: str | None = Field(description="The note of a call or the task of a follow-up; needs calls.read.")
    detail: dict[str, Any] = Field(
        description="By kind: order_key, lines; outcome; due_on, done_at; other_ids, record_ids, reason; source_key, fields"
        " that changed; customer_id, relation kind."
    )


class Timeline(BaseModel):
    """A part of the timeline."""

    customer_id: str
    data: list[TimelineEntry]
    next_before: str | None = Field(description="Give it as `before` for what is older; null at the end.")
    kinds: list[TimelineKind] = Field(description="The kinds that you may filter by.")
