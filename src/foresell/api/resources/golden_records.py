"""The golden record of a customer: each value with its source and rule, pins, and the survivorship rules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from foresell.api.shared.schemas import Body, UserRef

router = APIRouter(prefix="/api", tags=["identity"])
FieldGroup = Literal["name", "email", "phone", "address", "country", "signup_date"]
Method = Literal["agreement", "most recent", "source", "longest"]


class GoldenSource(BaseModel):
    """What one record says about a group of fields."""

    record_id: int
    source: str
    source_key: str
    changed_at: datetime = Field(description="When a load last brought these values of the record, or changed them.")
    relation: Literal["chosen", "agrees", "differs", "nothing"] = Field(
        description="chosen: the values shown; agrees: the same values, written alike or not; nothing: has none."
    )
    values: dict[str, str | None] = Field(
        description="By field, as far as the rights go: ••• stands for a sealed value on file, null for none or hidden.",
        examples=[{"street": "•••", "city": "Leeds", "region": None, "postcode": "LS1 4AP"}],
    )


class GoldenPin(BaseModel):
    """A group of fields that a person fixed to one record."""

    record_id: int
    pinned_at: datetime
    pinned_by: UserRef | None = Field(description="null: at the command line.")
    reason: str | None
    until: date | None = Field(description="The last day it holds; null: until it is removed.")
    expired: bool


class GoldenGroup(BaseModel):
    """A group of fields that is taken from one record together: an address never mixes two sources."""

    field_group: FieldGroup
    state: Literal["shown", "hidden", "on file", "missing"] = Field(
        description="hidden: needs customers.names; on file: sealed, shown by POST .../contact/reveal; missing: no record has it."
    )
    values: dict[str, str | None]
    record_id: int | None = Field(description="The record the values are from; null when missing.")
    source: str | None
    source_key: str | None
    changed_at: datetime | None
    rule: str | None = Field(
        description="Why this record, in a sentence.", examples=["Two of three records agree on it."]
    )
    agree: int = Field(description="How many records have the same values, this one included.")
    differ: int = Field(description="How many records have other values.")
    differing_sources: list[str]
    sources: list[GoldenSource] = Field(description="Every record of the customer, the chosen one first.")
    pin: GoldenPin | None


class GoldenRecord(BaseModel):
    """The values shown of a customer, each with where it is from."""

    customer_id: str
    records: int
    groups: list[GoldenGroup]


class NewPin(Body):
    """Which record a group of fields is to be taken from."""

    record_id: int = Field(ge=1, lt=2**63, description="A record of the customer that has a value.")
    reason: str | None = Field(None, min_length=1, max_length=500)
    until: date | None = Field(None, description="The last day it holds; null: until it is removed.")


class ChangedPin(BaseModel):
    """A group of fields after its pin was set or removed."""

    customer_id: str
    field_group: FieldGroup
    record_id: int | None = Field(description="The record the values are taken from now.")


class NewSurvivorshipRule(Body):
    """How the record of a group of fields is chosen: the first method that decides."""

    field_group: FieldGroup
    methods: list[Method] = Field(min_length=1, max_length=4)
    sources: list[str] = Field(default=[], max_length=50, description="Best first; others come after these.")


class SurvivorshipRule(BaseModel):
    """How the record of a group of fields is chosen."""

    field_group: FieldGroup
    methods: list[Method]
    sources: list[str]
    sentence: str = Field(description="The rule in words.")
    changed_at: datetime | None
    changed_by: UserRef | None


class SurvivorshipRuleList(BaseModel):
    """The rule of each group of fields."""

    data: list[SurvivorshipRule]
    known_sources: list[str] = Field(description="Sources that have customer records.")


class NewSurvivorshipRules(Body):
    """Rules to change; groups left out keep theirs."""

    rules: list[NewSurvivorshipRule] = Field(min_length=1, max_length=6)


class SurvivorshipChange(BaseModel):
    """What the rules change, or would change (dry_run)."""

    dry_run: bool
    customers: int = Field(description="Customers with several records of whom another value is shown.")
    by_group: dict[FieldGroup, int] = Field(description="The same by group of fields.")
    compared: int = Field(description="Customers with several records.")
    sentence: str = Field(examples=["This would change what is shown of 12 of 340 customers with several records."])
