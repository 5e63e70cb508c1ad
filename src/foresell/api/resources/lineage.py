"""Where a value shown of a customer is from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.api.shared.schemas import StandardForm
from foresell.db import AsyncStatements
from foresell.errors import CustomerNotFound
from foresell.identity.golden_report import describe_golden_record
from foresell.identity.lineage import FIELDS, GROUP_OF, LineageField, trace_value, write_sentence

SQL = AsyncStatements("foresell.identity")
router = APIRouter(prefix="/api/customers", tags=["identity"])
Reader = Annotated[Principal, require("customers.read")]


class LineageRule(BaseModel):
    """A rule of standardisation."""

    rule: str = Field(description="Its id.", examples=["phone"])
    version: int = Field(description="Raised when the rule changes what it makes of a value.")
    sentence: str
    data: str | None = Field(description="What it was built on.", examples=["numbering plans 9.0.43"])


class LineageRecord(BaseModel):
    """The record of a source that a value is taken from."""

    record_id: int
    source: str
    source_key: str


class ValueOrigin(BaseModel):
    """The batch that brought a value, and where it stands."""

    batch_id: int
    loaded_at: datetime
    format: str
    file: str = Field(description="The file, or the sheet or file in it.")
    line: int | None = Field(description="Its line in the file; null: of a call, or loaded before lines were kept.")
    call: str | None = Field(description="Of a connected source the call it came from.")
    fetched_at: datetime | None = Field(description="When the call was answered.")


class ValueLineage(BaseModel):
    """One value shown of a customer, from its standard form back to the place in its source."""

    field: LineageField = Field(description="The field that the value is of.")
    state: Literal["shown", "hidden", "on file", "missing"] = Field(
        description="hidden: needs customers.names; on file: sealed, shown by POST .../contact/reveal; missing: no source has it."
    )
    value: str | date | None = Field(description="As the source writes it; ••• for a sealed value.")
    standard: StandardForm | None = Field(description="null where the value is not shown, or its field has no rule.")
    rule: LineageRule | None = Field(description="The rule of the standard form; null: shown as the source writes it.")
    record: LineageRecord | None = Field(description="The record it is taken from; null where it is missing.")
    origin: ValueOrigin | None = Field(description="The batch that brought the value; null where it is missing.")
    earlier: list[ValueOrigin] = Field(description="Earlier batches that brought a value of this field and record.")
    chosen_by: str | None = Field(description="Why this record: the survivorship rule, in a sentence.")
    others: list[str] = Field(description="Sources with another value.")
    sentence: str = Field(description="All of it as a sentence.")


class CustomerLineage(BaseModel):
    """Where the values shown of a customer are from. Figures have their calculation: GET /api/customers/{customer_id}."""

    customer_id: str
    data: list[ValueLineage]


@router.get("/{customer_id}/lineage", response_model=CustomerLineage, responses=error_responses(404))
async def get_lineage(
    web: AppStateOf,
    principal: Reader,
    customer_id: CurrentCustomer,
    field: Annotated[LineageField | None, Query(description="Only this field.")] = None,
) -> Response:
    """Where each value of a customer is from: rule, source, batch, file and line or call. Sealed values stay masked."""
    async with web.transaction(principal.user_id) as con:
        sources = await SQL.rows(con, "golden.sources", customer_id=customer_id)
        if not sources:
            raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
        choices = await SQL.rows(con, "golden.choices", customer_id=customer_id)
        pins = await SQL.rows(con, "golden.shown_pins", customer_id=customer_id)
        origins = await SQL.rows(con, "lineage.origins_of_visible", customer_id=customer_id)
    described = describe_golden_record(sources, choices, pins, names=principal.may("customers.names"))
    groups = {group["field_group"]: group for group in described}
    found = [trace_value(each, groups[GROUP_OF[each]], origins) for each in ([field] if field else FIELDS)]
    return answer({"customer_id": customer_id, "data": [each | {"sentence": write_sentence(each)} for each in found]})
