"""What directories propose about customers: accepted, refused, undone; rules, and hosts that someone has to look at."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared.schemas import Body, CustomerKey
from foresell.audit import record
from foresell.db import AsyncConnection
from foresell.enrichment import proposals
from foresell.enrichment.fields import Field as FieldName
from foresell.enrichment.fields import LegalBasis, Source
from foresell.errors import CustomerNotFound, NotFound

router = APIRouter(prefix="/api", tags=["enrichment"])
Reader = Annotated[Principal, require("customers.read")]
Reviewer = Annotated[Principal, require("enrichment.review")]
Manager = Annotated[Principal, require("enrichment.manage")]
State = Literal["open", "accepted", "refused"]


class EnrichmentValue(BaseModel):
    """A value that a source states of a customer, and on what terms it is held."""

    proposal_id: int = Field(description="Its number.")
    field: FieldName = Field(description="What it is.")
    value: str | list[float] | dict[str, str | None] | None = Field(
        description="Text; of coordinates latitude and longitude; of an address its parts. Null without the right to see it."
    )
    source: Source = Field(description="Where it is from.")
    origin: str = Field(description="The file and entry, or the page, that it was read from.")
    fetched_at: datetime = Field(description="When that was fetched.")
    licence: str = Field(description="On what terms it may be used.", examples=["ODbL-1.0"])
    attribution: str = Field(description="To be shown with the value.", examples=["© OpenStreetMap contributors"])
    legal_basis: LegalBasis = Field(description="On what basis it is held (GDPR, Article 6).")
    purpose: str = Field(description="What it is held for.")
    retention_until: date = Field(description="It is deleted after this day.")
    notice_due: date = Field(description="When the person is to be told of it at the latest (GDPR, Article 14).")
    confidence: float = Field(gt=0, lt=1, description="How sure it is that the entry is about this customer.")
    transform_version: str = Field(description="Of the rules that made the value.")
    is_made_up: bool = Field(description="From an imitation of a directory, for trying out.")
    state: State = Field(description="What was decided.")
    decided_at: datetime | None = Field(description="When; null while it is open.")
    decided_how: Literal["steward", "rule", "command line"] | None = Field(
        description="By whom or what; null while it is open."
    )


class CustomerEnrichment(BaseModel):
    """What sources state of one customer: accepted values and open proposals."""

    customer_id: str
    data: list[EnrichmentValue]


class Proposal(EnrichmentValue):
    """A proposal about a customer."""

    customer_id: str
    decided_by: str | None = Field(description="The name of the user who decided.")


class ProposalList(BaseModel):
    """Proposals, the oldest first."""

    data: list[Proposal]
    total: int = Field(description="How many there are from here on.")
    next_after: int | None = Field(description="Give this as `after` for the next page; null at the end.")


class ProposalFilters(BaseModel):
    """Which proposals are listed."""

    model_config = ConfigDict(extra="forbid")

    state: State = Field("open", description="Only these.")
    field: FieldName | None = Field(None, description="Only for this field.")
    source: Source | None = Field(None, description="Only from this source.")
    customer_id: CustomerKey | None = Field(None, description="Only about this customer.")
    after: int = Field(0, ge=0, le=2**53, description="Only after this proposal.")
    limit: int = Field(50, ge=1, le=200, description="How many.")


class ProposalDecision(Body):
    """What is decided about proposals."""

    proposal_ids: list[Annotated[int, Field(ge=1, le=2**53)]] = Field(
        min_length=1, max_length=500, description="Their numbers."
    )
    decision: Literal["accepted", "refused", "open"] = Field(description="open: the decision is undone.")


class DecidedProposals(BaseModel):
    """What was decided. The customer's record follows within seconds."""

    decided: list[int] = Field(description="Those that were changed; others were decided already.")
    decision: Literal["accepted", "refused", "open"] = Field(description="As it was sent.")


class EnrichmentRule(BaseModel):
    """Whether proposals for a field are accepted without a person."""

    field: FieldName = Field(description="The field.")
    accepts: bool = Field(description="Whether it is on.")
    least_confidence: float = Field(gt=0, lt=1, description="Only those that are at least so sure.")
    sources: list[Source] = Field(description="Only from these.")
    changed_at: datetime | None = Field(description="When it was changed; null: never.")
    changed_by: str | None = Field(description="The name of the user who changed it.")


class EnrichmentRuleList(BaseModel):
    """One rule per field."""

    data: list[EnrichmentRule]


class ChangedRule(Body):
    """How a rule is to be."""

    accepts: bool = Field(description="Whether proposals are accepted without a person.")
    least_confidence: float = Field(0.99, ge=0.5, le=0.9999, description="Only those that are at least so sure.")


class HostTask(BaseModel):
    """A host that refused to be read, or asked for proof of a person. Nothing is done to get around it."""

    task_id: int = Field(description="Its number.")
    host: str = Field(description="As it was allowed.")
    url: str = Field(description="The page that was asked for.")
    reason: str = Field(description="What it answered.", examples=["answered 403"])
    opened_at: datetime
    closed_until: datetime = Field(description="It is left alone until then.")
    stops: int = Field(description="How often it refused.")


class HostTaskList(BaseModel):
    """Hosts that someone has to look at."""

    data: list[HostTask]


class ClosedTask(BaseModel):
    """A task that is done."""

    task_id: int = Field(description="Its number.")


@router.get("/customers/{customer_id}/enrichment", response_model=CustomerEnrichment, responses=error_responses(404))
async def get_customer_enrichment(web: AppStateOf, principal: Reader, customer_id: CurrentCustomer) -> Response:
    """What directories and the customer's own page say: accepted values with their attribution, and open proposals.

    Values need customers.names; phone and address also enrichment.review: the accepted ones are contact details.
    """
    async with web.transaction(principal.user_id) as con:
        if await proposals.ASYNC_SQL.row(con, "proposals.web_is_visible", customer_id=customer_id) is None:
            raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
        rows = await proposals.list_of_customer(con, web.vault, customer_id)
    return answer({"customer_id": customer_id, "data": rows})


@router.get("/enrichment/proposals", response_model=ProposalList, responses=error_responses())
async def list_proposals(
    web: AppStateOf, principal: Reviewer, filters: Annotated[ProposalFilters, Query()]
) -> Response:
    """Proposals about customers you may see, the oldest first, with their values, sources and terms."""
    async with web.transaction(principal.user_id) as con:
        rows, total = await proposals.list_for_review(con, web.vault, **filters.model_dump())
    more = total > len(rows)
    return answer({"data": rows, "total": total, "next_after": rows[-1]["proposal_id"] if more else None})


@router.post("/enrichment/decisions", response_model=DecidedProposals, responses=error_responses(409, 422))
async def decide_proposals(principal: Reviewer, idempotent: IdempotentOf, body: ProposalDecision) -> Response:
    """Accept or refuse open proposals, or undo decisions. Proposals about customers you may not see are left out."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        values = {"ids": body.proposal_ids, "decision": body.decision}
        row = await proposals.ASYNC_SQL.row(con, "proposals.web_decide", **values)
        decided = row["decided"] if row else []
        detail = {"decision": body.decision, "proposals": len(decided)}
        await record.record(
            con, "enrichment.decided", actor=principal.user_id, detail=detail, request_id=idempotent.request_id
        )
        return {"decided": decided, "decision": body.decision}

    return await idempotent.run(principal, act)


@router.get("/enrichment/rules", response_model=EnrichmentRuleList, responses=error_responses())
async def list_enrichment_rules(web: AppStateOf, principal: Reviewer) -> Response:
    """Which proposals are accepted without a person; none at first."""
    async with web.transaction(principal.user_id) as con:
        rows = await proposals.ASYNC_SQL.rows(con, "proposals.web_rules")
    return answer({"data": rows})


@router.put("/enrichment/rules/{field}", response_model=EnrichmentRuleList, responses=error_responses(409, 422))
async def change_enrichment_rule(
    principal: Manager,
    idempotent: IdempotentOf,
    field: Annotated[FieldName, Path(description="The field.")],
    body: ChangedRule,
) -> Response:
    """Turn the rule of a field on or off. It applies to what is proposed from now on."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        values = {"field": field, "accepts": body.accepts, "least": body.least_confidence}
        await proposals.ASYNC_SQL.row(con, "proposals.web_change_rule", **values)
        await record.record(
            con,
            "enrichment.rule_changed",
            actor=principal.user_id,
            subject=f"field:{field}",
            detail=body.model_dump(),
            request_id=idempotent.request_id,
        )
        return {"data": await proposals.ASYNC_SQL.rows(con, "proposals.web_rules")}

    return await idempotent.run(principal, act, about=field)


@router.get("/enrichment/tasks", response_model=HostTaskList, responses=error_responses())
async def list_host_tasks(web: AppStateOf, principal: Reviewer) -> Response:
    """Hosts that refused to be read, or asked for proof of a person: someone has to look at them."""
    async with web.transaction(principal.user_id) as con:
        rows = await proposals.ASYNC_SQL.rows(con, "proposals.web_tasks")
    return answer({"data": rows})


@router.delete("/enrichment/tasks/{task_id}", response_model=ClosedTask, responses=error_responses(404, 409, 422))
async def close_host_task(
    principal: Reviewer,
    idempotent: IdempotentOf,
    task_id: Annotated[int, Path(ge=1, le=2**31 - 1, description="Its number.")],
) -> Response:
    """Close a task. The host stays closed until its time."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        row = await proposals.ASYNC_SQL.row(con, "proposals.web_close_task", task_id=task_id)
        if not row or not row["closed"]:
            raise NotFound("There is no such open task.", remedy="List them: GET /api/enrichment/tasks")
        await record.record(
            con,
            "enrichment.task_closed",
            actor=principal.user_id,
            subject=f"task:{task_id}",
            request_id=idempotent.request_id,
        )
        return {"task_id": task_id}

    return await idempotent.run(principal, act, about=str(task_id))
