"""Which records are one customer: merges, splits and their undo, a preview of a merge, and the history of a customer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import Meta, answer
from foresell.api.shared import customer_lists
from foresell.api.shared.customers_as_one import preview_merge, preview_split
from foresell.api.shared.moved_customers import publish_move
from foresell.api.shared.paging import meta
from foresell.api.shared.schemas import NOT_BLANK, Body, CustomerKey, LargeNumber, UserRef
from foresell.db import AsyncConnection
from foresell.errors import CustomerNotFound
from foresell.identity import customers

router = APIRouter(prefix="/api", tags=["identity"])
Reader = Annotated[Principal, require("customers.read")]
Steward = Annotated[Principal, require("identity.review")]

MOST_MERGED = 50
Customers = Annotated[
    list[CustomerKey],
    Field(min_length=2, max_length=MOST_MERGED, description="The first keeps its id; the others become part of it."),
]
RecordId = Annotated[int, Field(ge=1, lt=2**63)]
Reason = Annotated[
    str | None, Field(min_length=1, max_length=500, pattern=NOT_BLANK, description="Why, in your words.")
]


class SourceRecordDetails(BaseModel):
    """A customer as one source knows it. Contact data shows only whether it is there."""

    record_id: int
    customer_id: str
    source: str
    source_key: str
    name: str | None
    city: str | None
    region: str | None
    postcode: str | None
    country: str | None
    signup_date: date | None
    has_email: bool = Field(description="Whether it has an e-mail address.")
    has_phone: bool = Field(description="Whether it has a phone number.")
    has_address: bool = Field(description="Whether it has a street address.")
    batch_id: int | None
    loaded_at: datetime | None = Field(description="When its values were last loaded.")


class Move(BaseModel):
    """A merge or a split."""

    move_id: int = Field(description="Its number; its undo takes it.")
    kind: Literal["merge", "split"]
    customer_id: str = Field(description="merge: who has the records now; split: who had them.")
    other_ids: list[str] = Field(description="merge: the customers that became part of it; split: the new customer.")
    record_ids: list[int] = Field(description="split: the records that left; empty for a merge.")
    made_by: Literal["user", "run", "arrival"] = Field(
        description="user: a person; run: a comparison of all records; arrival: when a record was loaded."
    )
    user: UserRef | None = Field(description="The person who did it.")
    run_id: int | None = Field(description="The comparison of all records that did it.")
    reason: str | None
    made_at: datetime = Field(description="When it was done.")
    undone_at: datetime | None
    undone_by: UserRef | None = Field(description="Who undid it.")


class CustomerIdentity(BaseModel):
    """What a customer is made of, and how it came to be."""

    customer_id: str
    merged_ids: list[str] = Field(description="Ids that stand for this customer because they were merged into it.")
    records: list[SourceRecordDetails] = Field(description="Its records, the oldest first.")
    moves: list[Move] = Field(description="Merges and splits of it and of its merged ids, the newest first.")
    is_in_run: bool = Field(
        description="Whether the figures of the published run know all of it; false after a merge or split since."
    )
    can_change: bool = Field(description="Whether you may merge, split and undo.")
    meta: Meta | None = Field(description="What is published now; null when nothing is.")


class MergeQuestion(Body):
    """Customers that may be one."""

    customer_ids: Customers


class CustomerFigures(BaseModel):
    """What the published run says of one or several customers."""

    last_purchase_day: date | None = Field(description="The day of the last counted order.")
    recency_days: int | None = Field(description="Days from then to as_of.")
    rfm_score: int | None
    segment: str | None
    expected_revenue: float | None = Field(description="Expected revenue of the next 30 days; null where it is off.")


class MergedCustomer(CustomerFigures):
    """One customer of a merge, before it."""

    customer_id: str
    name: str | None
    records: int = Field(description="How many records of sources it has.")
    orders: int = Field(description="Its counted orders.")
    revenue: float = Field(description="Its net revenue.")
    owner: UserRef | None
    follow_ups: int = Field(description="How many follow-ups are open.")
    first_due: date | None = Field(description="When the first of them is due.")


class MovedFigures(BaseModel):
    """What moves to the first customer."""

    customers: int
    records: int = Field(description="How many records of sources.")
    orders: int = Field(description="Counted orders.")
    revenue: float = Field(description="Net revenue.")


class RefusedMerge(BaseModel):
    """An earlier decision, still in force, that two of the customers are different."""

    customer_a: str
    customer_b: str
    decided_at: datetime
    user: UserRef | None
    reason: str | None


class MergePreview(BaseModel):
    """What a merge would change."""

    customer_id: str = Field(description="The customer that keeps its id.")
    customers: list[MergedCustomer] = Field(description="All of them, as they are.")
    moves: MovedFigures
    after: CustomerFigures | None = Field(
        description="What they would be as one, by the cut points and rules of the published run; null when none was scored."
    )
    owner_after: UserRef | None = Field(description="Who will look after the customer.")
    owners_differ: bool = Field(description="Whether they have several owners; the first customer's stays.")
    refused: list[RefusedMerge] = Field(description="Earlier decisions that a merge would overrule.")
    meta: Meta | None = Field(description="What is published now; null when nothing is.")


class NewMerge(Body):
    """Customers to merge."""

    customer_ids: Customers
    reason: Reason = None


class Merged(BaseModel):
    """A merge that was made."""

    move_id: int = Field(description="Its number; its undo takes it.")
    customer_id: str
    merged_ids: list[str] = Field(description="Ids that stand for it from now on.")


class SplitQuestion(Body):
    """Records that may be another customer."""

    customer_id: CustomerKey
    record_ids: list[RecordId] = Field(min_length=1, max_length=1000, description="Some, but not all, of its records.")


class SplitFigures(BaseModel):
    """Records of a customer, and their orders in the published run."""

    records: int = Field(description="How many records of sources.")
    orders: int = Field(description="Counted orders.")
    revenue: float = Field(description="Net revenue.")


class SplitPreview(BaseModel):
    """What a split would change."""

    customer_id: str
    moves: SplitFigures = Field(description="What leaves the customer.")
    stays: SplitFigures = Field(description="What stays with the customer.")
    meta: Meta | None = Field(description="What is published now; null when nothing is.")


class NewSplit(Body):
    """Records that are another customer."""

    customer_id: CustomerKey
    record_ids: list[RecordId] = Field(min_length=1, max_length=1000, description="Some, but not all, of its records.")
    reason: Reason = None


class Split(BaseModel):
    """A split that was made."""

    move_id: int = Field(description="Its number; its undo takes it.")
    customer_id: str
    new_customer_id: str = Field(description="Who has the records now: the customer they came from, or a new one.")


class UndoneMove(BaseModel):
    """A merge or split that was undone."""

    move_id: int = Field(description="Its number.")
    customer_ids: list[str] = Field(description="Whose records changed.")
    records: int = Field(description="How many records changed their customer.")


@router.get("/customers/{customer_id}/identity", response_model=CustomerIdentity, responses=error_responses(404))
async def get_customer_identity(web: AppStateOf, principal: Reader, customer_id: CurrentCustomer) -> Response:
    """What a customer is made of: its records by source, the ids merged into it, and every merge and split with its undo."""
    published = meta(web)
    async with web.transaction(principal.user_id) as con:
        records = await customers.list_records(con, [customer_id])
        if not records:
            raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
        ids = await customers.list_aliases(con, customer_id)
        since = await customers.find_run_start(con, published["run_id"]) if published else None
        moves = await customers.list_moves(con, ids, since=since)
    return answer(
        {
            "customer_id": customer_id,
            "merged_ids": [each for each in ids if each != customer_id],
            "records": customer_lists.hide_names(principal, records),
            "is_in_run": published is not None and not any(move.pop("after_run") for move in moves),
            "moves": moves,
            "can_change": principal.may("identity.review") and principal.scope == "all",
            "meta": published,
        }
    )


@router.post("/identity/merge-preview", response_model=MergePreview, responses=error_responses(404, 409))
async def preview_customer_merge(web: AppStateOf, principal: Steward, question: MergeQuestion) -> Response:
    """What a merge would change: money and orders that move, segments before and after, owners, follow-ups, earlier decisions.

    Nothing is changed. Figures are those of the published run.
    """
    ids = [each.upper() for each in question.customer_ids]
    async with web.transaction(principal.user_id) as con:
        return answer(await preview_merge(web, principal, con, ids))


@router.post("/identity/merges", status_code=201, response_model=Merged, responses=error_responses(409, 422))
async def merge_customers(web: AppStateOf, principal: Steward, idempotent: IdempotentOf, wanted: NewMerge) -> Response:
    """Make customers one: all records become records of the first. Ids, calls, owners and notes follow. It can be undone at any
    time; figures change with the next run."""
    ids = [each.upper() for each in wanted.customer_ids]

    async def act(con: AsyncConnection) -> dict[str, Any]:
        done = await customers.merge(con, ids, wanted.reason and wanted.reason.strip())
        await publish_move(con, done["move_id"], ids)
        return done

    response = await idempotent.run(principal, act, status=201)
    web.forget_scopes()
    return response


@router.post("/identity/split-preview", response_model=SplitPreview, responses=error_responses(404, 409))
async def preview_customer_split(web: AppStateOf, principal: Steward, question: SplitQuestion) -> Response:
    """What a split would change: the orders and money that leave the customer, and those that stay. Nothing is changed.

    Figures are those of the published run.
    """
    async with web.transaction(principal.user_id) as con:
        return answer(await preview_split(web, principal, con, question.customer_id.upper(), question.record_ids))


@router.post("/identity/splits", status_code=201, response_model=Split, responses=error_responses(409, 422))
async def split_customer(web: AppStateOf, principal: Steward, idempotent: IdempotentOf, wanted: NewSplit) -> Response:
    """Make records of a customer another customer: the one they came from, or a new one. It can be undone at any time."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        [customer_id] = (await customers.map_current(con, [wanted.customer_id.upper()])).values()
        done = await customers.split(con, customer_id, wanted.record_ids, wanted.reason and wanted.reason.strip())
        await publish_move(con, done["move_id"], [customer_id, done["new_customer_id"]])
        return done

    response = await idempotent.run(principal, act, status=201)
    web.forget_scopes()
    return response


@router.post("/identity/moves/{move_id}/undo", response_model=UndoneMove, responses=error_responses(404, 409, 422))
async def undo_customer_move(
    web: AppStateOf, principal: Steward, idempotent: IdempotentOf, move_id: LargeNumber
) -> Response:
    """Undo a merge or split, also one that others followed. What it takes apart is remembered, so that no comparison repeats it."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        done = await customers.undo(con, move_id)
        await publish_move(con, move_id, done["customer_ids"])
        return done

    response = await idempotent.run(principal, act)
    web.forget_scopes()
    return response
