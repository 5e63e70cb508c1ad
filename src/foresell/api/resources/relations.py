"""Relations of customers: household, branch, premises, works for, referred by; and referral opportunities."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared.customer_lists import hide_names
from foresell.api.shared.schemas import Body, CustomerKey, LargeNumber, UserRef
from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import CustomerNotFound, ParameterError, RelationNotFound
from foresell.identity.customers import map_current
from foresell.identity.relations import (
    RelationKind,
    describe_opportunity,
    list_relations,
    make_graph,
    opportunity_values,
)

SQL = AsyncStatements("foresell.identity")
router = APIRouter(prefix="/api", tags=["identity"])
Reader = Annotated[Principal, require("customers.read")]
Reviewer = Annotated[Principal, require("identity.review")]


class Relation(BaseModel):
    """One relation of the customer to another one."""

    relation_id: int
    kind: RelationKind
    direction: Literal["both", "to", "from"] = Field(
        description="to: this customer works for, or was referred by, the other; from: the other way round; both: no direction."
    )
    customer_id: str = Field(description="The other customer.")
    name: str | None
    segment: str | None
    sentence: str = Field(examples=["Works for C000042."])
    evidence: str
    weight: float | None = Field(
        description="Bits of evidence of the comparison; null: stated by a person or a source."
    )
    made_by: Literal["user", "run", "arrival", "source"]
    user: UserRef | None
    made_at: datetime


class RelatedNode(BaseModel):
    """A customer in the graph."""

    customer_id: str
    name: str | None
    segment: str | None
    monetary: float | None = Field(description="Net revenue to date.")
    depth: int = Field(ge=0, le=2, description="0: the customer itself; 1: related; 2: related to a related one.")


class RelatedEdge(BaseModel):
    """A relation in the graph, from `source` to `target` where it has a direction."""

    relation_id: int
    source: str = Field(description="A customer id.")
    target: str = Field(description="A customer id.")
    kind: RelationKind
    directed: bool


class RelationGraph(BaseModel):
    """Customers up to two relations away. Only those you may see."""

    nodes: list[RelatedNode]
    edges: list[RelatedEdge]
    truncated: bool = Field(description="There are more than 60 customers; the nearest are shown.")


class CustomerRelations(BaseModel):
    """The relations of one customer, as a list and as a graph."""

    customer_id: str
    data: list[Relation]
    graph: RelationGraph


class NewRelation(Body):
    """A relation that a person knows of. Household, branch and premises come from matching."""

    customer_id: CustomerKey = Field(description="The other customer.")
    kind: Literal["works for", "referred by"] = Field(
        description="This customer works for, or was referred by, the other one."
    )
    evidence: str = Field(
        min_length=1,
        max_length=300,
        description="How it is known; no names or contact details.",
        examples=["Told us on the phone."],
    )


class ChangedRelation(BaseModel):
    """A relation that was added, removed or restored."""

    relation_id: int
    kind: RelationKind
    removed: bool


class ReferralStep(BaseModel):
    """One relation on the path."""

    relation_id: int
    source: str = Field(description="A customer id.")
    target: str = Field(description="A customer id.")
    kind: RelationKind
    sentence: str


class ReferralOpportunity(BaseModel):
    """A prospect or lapsed customer whom a good customer could introduce."""

    customer_id: str
    name: str | None
    why: Literal["prospect", "lapsed"]
    last_order_days: int | None
    good_customer_id: str
    good_name: str | None
    good_segment: str
    good_monetary: float
    strength: float = Field(ge=0, le=1, description="Product of the strengths of the relations on the path.")
    path: list[ReferralStep] = Field(min_length=1, max_length=2)
    reason: str = Field(examples=["C000007 is at the same premises as C000042, a Champion with net revenue of 12,400."])


class ReferralOpportunityList(BaseModel):
    """Referral opportunities, the best first."""

    data: list[ReferralOpportunity]
    total: int


@router.get("/customers/{customer_id}/relations", response_model=CustomerRelations, responses=error_responses(404))
async def get_customer_relations(web: AppStateOf, principal: Reader, customer_id: CurrentCustomer) -> Response:
    """The relations of a customer, and the customers up to two relations away as a graph; only of customers you may see."""
    async with web.transaction(principal.user_id) as con:
        rows = await SQL.rows(con, "relations.around", customer_id=customer_id)
        ends = {end for row in rows for end in (row["from_customer"], row["to_customer"])}
        people = await _people(con, principal, {customer_id, *ends})
    if customer_id not in people:
        raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
    return answer(
        {
            "customer_id": customer_id,
            "data": list_relations(customer_id, rows, people),
            "graph": make_graph(customer_id, rows, people),
        }
    )


@router.post(
    "/customers/{customer_id}/relations",
    status_code=201,
    response_model=ChangedRelation,
    responses=error_responses(404, 409, 422),
)
async def add_relation(
    principal: Reviewer, idempotent: IdempotentOf, customer_id: CurrentCustomer, relation: NewRelation
) -> Response:
    """Record that this customer works for, or was referred by, another one."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        [other] = (await map_current(con, [relation.customer_id.upper()])).values()
        ends = [customer_id, other]
        found = await SQL.rows(con, "relations.first_records", ids=ends)
        records = {row["customer_id"]: row["record_id"] for row in found}
        if ends[0] == ends[1]:
            raise ParameterError(
                "customer_id", "customer_id: is the customer itself", remedy="Choose another customer."
            )
        if len(records) < 2:
            raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
        a, b = (records[end] for end in ends)
        values = {"kind": relation.kind, "evidence": relation.evidence.strip(), "user_id": principal.user_id}
        added = await SQL.row(con, "relations.add", record_a=a, record_b=b, **values)
        if added is None:
            raise ParameterError(
                "customer_id", "customer_id: the two have this relation already", remedy="Nothing to do."
            )
        await _record(con, "relation.added", principal, added, ends, idempotent.request_id)
        return {**added, "removed": False}

    return await idempotent.run(principal, act, status=201)


@router.delete("/relations/{relation_id}", response_model=ChangedRelation, responses=error_responses(404, 409, 422))
async def remove_relation(principal: Reviewer, idempotent: IdempotentOf, relation_id: LargeNumber) -> Response:
    """Remove a relation, of any kind. POST /api/relations/{relation_id}/restore undoes it."""
    return await _change(principal, idempotent, relation_id, "remove")


@router.post(
    "/relations/{relation_id}/restore", response_model=ChangedRelation, responses=error_responses(404, 409, 422)
)
async def restore_relation(principal: Reviewer, idempotent: IdempotentOf, relation_id: LargeNumber) -> Response:
    """Undo the removal of a relation."""
    return await _change(principal, idempotent, relation_id, "restore")


@router.get("/referral-opportunities", response_model=ReferralOpportunityList, responses=error_responses())
async def list_referral_opportunities(
    web: AppStateOf,
    principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many.")] = 100,
) -> Response:
    """Prospects and lapsed customers whom a good customer could introduce, each with the path as reason, the best first."""
    async with web.transaction(principal.user_id) as con:
        rows = await SQL.rows(con, "relations.visible_opportunities", **opportunity_values(limit=limit))
        people = await _people(
            con, principal, {end for row in rows for end in (row["customer_id"], row["good_customer_id"])}
        )
    data = [
        describe_opportunity(row)
        | {
            "name": people.get(row["customer_id"], {}).get("name"),
            "good_name": people.get(row["good_customer_id"], {}).get("name"),
        }
        for row in rows
    ]
    return answer({"data": data, "total": rows[0]["total"] if rows else 0})


async def _people(con: AsyncConnection, principal: Principal, ids: Iterable[str]) -> dict[str, Row]:
    rows = hide_names(principal, await SQL.rows(con, "relations.people", ids=list(ids)))
    return {row.pop("customer_id"): row for row in rows}


async def _change(principal: Principal, idempotent: IdempotentOf, relation_id: int, how: str) -> Response:
    async def act(con: AsyncConnection) -> dict[str, Any]:
        row = await SQL.row(con, f"relations.{how}", relation_id=relation_id)
        if row is None:
            raise RelationNotFound(remedy="Or it was changed already: see the customer's relations.")
        found = await SQL.rows(con, "relations.customers_of_records", ids=[row.pop("record_a"), row.pop("record_b")])
        ends = [each["customer_id"] for each in found]
        await _record(con, f"relation.{how}d", principal, row, ends, idempotent.request_id)
        return {**row, "removed": how == "remove"}

    return await idempotent.run(principal, act)


async def _record(
    con: AsyncConnection, action: str, principal: Principal, relation: Row, ends: list[str], request_id: str | None
) -> None:
    await record.record(
        con, action, actor=principal.user_id, subject=f"relation:{relation['relation_id']}", detail={"kind": relation["kind"]},
        customers=ends, request_id=request_id,
    )  # fmt: skip
