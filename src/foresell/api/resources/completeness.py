"""How complete what is known of customers is: overall, by field and by source."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import Meta, answer
from foresell.snapshot.completeness import describe_completeness, measure_completeness

router = APIRouter(prefix="/api", tags=["identity"])
Reader = Annotated[Principal, require("customers.read")]
CompletenessField = Literal["name", "email", "phone", "address", "country", "signup_date"]


class MissingField(BaseModel):
    """A group of fields that no record of the customer has."""

    field_group: CompletenessField
    weight: int = Field(description="Points of 100.")
    sources: list[str] = Field(
        description="Sources that could give it: those that have it for most of their customers."
    )


class CustomerCompleteness(BaseModel):
    """How complete what is known of one customer is. Also in GET /api/customers/{customer_id}, as `completeness`."""

    customer_id: str
    completeness: float = Field(description="Weights of the groups that are filled, from 0 to 1.", examples=[0.75])
    filled: list[CompletenessField] = Field(description="Groups that a record has.")
    missing: list[MissingField]
    meta: Meta


class FieldCompleteness(BaseModel):
    """One group of fields among the active customers."""

    field_group: CompletenessField
    weight: int
    filled: int = Field(description="Active customers of whom it is known.")
    missing: int = Field(description="Active customers of whom it is not known.")
    share: float = Field(description="Of the active customers, from 0 to 1.")
    sources: list[str] = Field(
        description="Sources that could give it: those that have it for most of their customers."
    )


class SourceCompleteness(BaseModel):
    """One source: how much its records have of each group of fields."""

    source: str
    records: int
    completeness: float = Field(description="Mean of its records.")
    fields: dict[CompletenessField, float] = Field(description="Share of its records that have it.")


class OverallCompleteness(BaseModel):
    """How complete the active customers are."""

    as_of: date = Field(description="Active: a counted order in the 365 days before.")
    active: int = Field(description="Active customers you may see.")
    completeness: float | None = Field(description="Mean of the active customers; null when there are none.")
    goal: float = Field(examples=[0.8])
    at_goal: int = Field(description="Active customers who reach the goal each.")
    all_customers: int
    all_completeness: float | None
    fields: list[FieldCompleteness] = Field(description="What most of the active customers lack comes first.")
    sources: list[SourceCompleteness] = Field(description="Every source, of all its records.")
    sentence: str = Field(examples=["Active customers are 84% complete on average; the goal is 80%."])
    meta: Meta


@router.get("/completeness", response_model=OverallCompleteness, responses=error_responses(409))
async def get_completeness(web: AppStateOf, principal: Reader) -> Response:
    """How complete the active customers you may see are, by field; and what each source has of its records."""
    return answer({**await web.ask(principal, measure_completeness), "meta": web.meta()})


@router.get(
    "/customers/{customer_id}/completeness", response_model=CustomerCompleteness, responses=error_responses(404, 409)
)
async def get_customer_completeness(web: AppStateOf, principal: Reader, customer_id: CurrentCustomer) -> Response:
    """How complete what is known of one customer is, what is missing, and which sources could give it."""
    found = await web.ask(await web.reach(principal, customer_id), describe_completeness, customer_id)
    return answer({**found, "meta": web.meta()})
