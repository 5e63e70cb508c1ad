"""The golden record of a customer: each value with its source and rule, pins, and the survivorship rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared.schemas import Body, StandardForm, UserRef
from foresell.audit import record
from foresell.database import Database
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import CustomerNotFound, ParameterError, PinNotFound
from foresell.identity import golden
from foresell.identity.golden import FieldGroup, Method, describe_methods
from foresell.identity.golden_report import describe_golden_record, has_values
from foresell.workflows.golden import Choices, choose_golden_records

SQL = AsyncStatements("foresell.identity")
router = APIRouter(prefix="/api", tags=["identity"])
Reader = Annotated[Principal, require("customers.read")]
Reviewer = Annotated[Principal, require("identity.review")]
Manager = Annotated[Principal, require("identity.manage")]


class GoldenSource(BaseModel):
    """What one record says about a group of fields."""

    record_id: int
    source: str
    source_key: str
    changed_at: datetime = Field(description="When a load last brought these values of the record, or changed them.")
    relation: Literal["chosen", "agrees", "differs", "nothing"] = Field(
        description="chosen: the values shown; agrees: the same values, written alike or not; nothing: has none."
    )
    values: dict[str, str | date | None] = Field(
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
    values: dict[str, str | date | None]
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
    standard: dict[str, StandardForm] = Field(
        description="By field, the standard form of name, postcode and country; of sealed fields when they are revealed."
    )


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
    record_id: int | None = Field(description="The record it is fixed to now; null: to none.")


class NewSurvivorshipRule(Body):
    """How the record of a group of fields is chosen: the first method that decides."""

    field_group: FieldGroup
    methods: list[Method] = Field(min_length=1, max_length=5)
    sources: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default=[], max_length=50, description="Best first; others come after these."
    )


class SurvivorshipRule(BaseModel):
    """How the record of a group of fields is chosen."""

    field_group: FieldGroup
    methods: list[Method]
    sources: list[str] = Field(description="Best first; others come after these.")
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


class ChangedValue(BaseModel):
    """A customer of whom another value would be shown."""

    customer_id: str
    field_group: FieldGroup
    source_before: str = Field(description="The source of the value shown now.")
    source_key_before: str = Field(description="Its number of the customer.")
    value_before: str | None = Field(description="The value shown now; null: sealed, or hidden from your role.")
    source_after: str = Field(description="The source of the value that would be shown.")
    source_key_after: str = Field(description="Its number of the customer.")
    value_after: str | None = Field(description="The value that would be shown; null as before.")


class SurvivorshipChange(BaseModel):
    """What the rules change, or would change (dry_run)."""

    dry_run: bool
    customers: int = Field(description="Customers with several records of whom another value is shown.")
    by_group: dict[FieldGroup, int] = Field(description="The same by group of fields.")
    compared: int = Field(description="Customers with several records.")
    examples: list[ChangedValue] = Field(description="Some of them, of each group of fields; only for a dry run.")
    sentence: str = Field(examples=["This would change what is shown of 12 of 340 customers with several records."])


@router.get("/customers/{customer_id}/golden-record", response_model=GoldenRecord, responses=error_responses(404))
async def get_golden_record(web: AppStateOf, principal: Reader, customer_id: CurrentCustomer) -> Response:
    """The values shown of a customer, each with its source, date, rule, and who differs. Sealed values are masked."""
    sources, choices, pins = await _read(web, principal, customer_id)
    if len(sources) > 1 and not choices:  # its records moved a moment ago
        await _choose(web, principal, [customer_id])
        sources, choices, pins = await _read(web, principal, customer_id)
    groups = describe_golden_record(sources, choices, pins, names=principal.may("customers.names"))
    return answer({"customer_id": customer_id, "records": len(sources), "groups": groups})


@router.put(
    "/customers/{customer_id}/golden-record/{field_group}/pin",
    response_model=ChangedPin,
    responses=error_responses(404, 409, 422),
)
async def pin_field_group(
    web: AppStateOf,
    principal: Reviewer,
    idempotent: IdempotentOf,
    customer_id: CurrentCustomer,
    field_group: FieldGroup,
    pin: NewPin,
) -> Response:
    """Fix a group of fields to one record of the customer, until a day or until it is removed, instead of an earlier pin."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        sources = {row["record_id"]: row for row in await _list_sources(con, customer_id)}
        if pin.record_id not in sources or not has_values(sources[pin.record_id], field_group):
            raise ParameterError(
                "record_id",
                f"record_id: no record of {customer_id} with this number has a value for {field_group}",
                remedy="Choose one of `sources` that does: GET /api/customers/{customer_id}/golden-record",
            )
        values = pin.model_dump() | {"user_id": principal.user_id}
        await SQL.run(con, "golden.pin", customer_id=customer_id, field_group=field_group, **values)
        detail = {"field_group": field_group, "record_id": pin.record_id}
        await _record(con, "golden.pinned", principal, customer_id, detail, idempotent.request_id)
        return {"customer_id": customer_id, "field_group": field_group, "record_id": pin.record_id}

    response = await idempotent.run(principal, act)
    await _choose(web, principal, [customer_id])
    return response


@router.delete(
    "/customers/{customer_id}/golden-record/{field_group}/pin",
    response_model=ChangedPin,
    responses=error_responses(404, 409, 422),
)
async def unpin_field_group(
    web: AppStateOf,
    principal: Reviewer,
    idempotent: IdempotentOf,
    customer_id: CurrentCustomer,
    field_group: FieldGroup,
) -> Response:
    """Remove the pin of a group of fields; the survivorship rules choose again."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        await _list_sources(con, customer_id)
        if not await SQL.run(con, "golden.unpin", customer_id=customer_id, field_group=field_group):
            raise PinNotFound(remedy="See which groups are pinned: GET /api/customers/{customer_id}/golden-record")
        detail = {"field_group": field_group}
        await _record(con, "golden.unpinned", principal, customer_id, detail, idempotent.request_id)
        return {"customer_id": customer_id, "field_group": field_group, "record_id": None}

    response = await idempotent.run(principal, act)
    await _choose(web, principal, [customer_id])
    return response


@router.get("/identity/survivorship-rules", response_model=SurvivorshipRuleList, responses=error_responses())
async def list_survivorship_rules(web: AppStateOf, principal: Reader) -> Response:
    """How the record of each group of fields is chosen."""
    async with web.transaction(principal.user_id) as con:
        rules = await SQL.rows(con, "golden.rules")
        sources = await SQL.rows(con, "golden.known_sources")
    shown = ("field_group", "methods", "sources", "changed_at", "changed_by")
    data = [
        {name: rule[name] for name in shown} | {"sentence": describe_methods(rule["methods"], rule["sources"])}
        for rule in rules
    ]
    return answer({"data": data, "known_sources": [row["source"] for row in sources]})


@router.put("/identity/survivorship-rules", response_model=SurvivorshipChange, responses=error_responses(422))
async def change_survivorship_rules(
    web: AppStateOf,
    principal: Manager,
    wanted: NewSurvivorshipRules,
    dry_run: Annotated[
        bool, Query(description="Change nothing; say of how many customers another value would be shown.")
    ] = False,
) -> Response:
    """Change how records are chosen, and choose again for every customer with several records; some seconds in a large shop."""
    _check_rules(wanted.rules)
    changed = {rule.field_group: rule for rule in wanted.rules}
    async with web.transaction(principal.user_id) as con:
        rules = [
            golden.SurvivorshipRule(group, changed[group].methods, changed[group].sources)
            if (group := row["field_group"]) in changed
            else golden.SurvivorshipRule(group, row["methods"], row["sources"])
            for row in await SQL.rows(con, "golden.rules")
        ]
        if not dry_run:
            for rule in wanted.rules:
                await SQL.run(con, "golden.change_rule", user_id=principal.user_id, **rule.model_dump())
            await record.record(
                con, "golden.rules_changed", actor=principal.user_id, detail={"field_groups": sorted(changed)}
            )
    found = await _choose(web, principal, None, rules if dry_run else None)
    would = "would change" if dry_run else "changed"
    sentence = f"This {would} what is shown of {found.changed:,} of {found.compared:,} customers with several records."
    return answer(
        {
            "dry_run": dry_run, "customers": found.changed, "by_group": found.by_group, "compared": found.compared,
            "examples": _hide_names(principal, found.examples), "sentence": sentence,
        }
    )  # fmt: skip


def _hide_names(principal: Principal, examples: list[Row]) -> list[Row]:
    """The examples without names, for those who may not see names; none for those who do not see every customer."""
    if principal.scope != "all":
        return []
    if principal.may("customers.names"):
        return examples
    return [
        each | {"value_before": None, "value_after": None} if each["field_group"] == "name" else each
        for each in examples
    ]


async def _read(web: AppState, principal: Principal, customer_id: str) -> tuple[list[Row], list[Row], list[Row]]:
    """Sources, choices and pins of a visible customer. Raises CustomerNotFound."""
    async with web.transaction(principal.user_id) as con:
        sources = await _list_sources(con, customer_id)
        choices = await SQL.rows(con, "golden.choices", customer_id=customer_id)
        return sources, choices, await SQL.rows(con, "golden.shown_pins", customer_id=customer_id)


async def _list_sources(con: AsyncConnection, customer_id: str) -> list[Row]:
    sources = await SQL.rows(con, "golden.sources", customer_id=customer_id)
    if not sources:
        raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
    return sources


async def _choose(
    web: AppState, principal: Principal, ids: list[str] | None, rules: Sequence[golden.SurvivorshipRule] | None = None
) -> Choices:
    database = Database(web.settings, acting_for=principal.user_id, via="web")
    async with web.while_database_answers():
        return await anyio.to_thread.run_sync(lambda: choose_golden_records(web.settings, database, ids, rules=rules))


async def _record(
    con: AsyncConnection, action: str, principal: Principal, customer_id: str, detail: Row, request_id: str | None
) -> None:
    subject = f"customer:{customer_id}"
    await record.record(con, action, actor=principal.user_id, subject=subject, detail=detail, request_id=request_id)


def _check_rules(rules: Sequence[NewSurvivorshipRule]) -> None:
    """Raises ParameterError where a group, a method or a source is given twice."""
    lists: list[Sequence[str]] = [[rule.field_group for rule in rules]]
    for rule in rules:
        lists += [rule.methods, rule.sources]
    for values in lists:
        if len(set(values)) < len(values):
            raise ParameterError("rules", "rules: a group, method or source is given twice", remedy="Give each once.")
