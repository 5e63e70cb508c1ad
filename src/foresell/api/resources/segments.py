"""Segments: how many customers in each, who moved, the rules, and what other rules would do."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import Meta, answer
from foresell.api.shared import calculation
from foresell.api.shared.calculation import ExplainOptions, Explanation, MetricQuery, ResultRows, RowsBehind
from foresell.api.shared.schemas import NOT_BLANK
from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import BadInput, NotFound, NotReady, ParameterError
from foresell.metrics import catalogue
from foresell.scores.rfm import conditions
from foresell.scores.rfm import segments as scoring
from foresell.snapshot import queries

SQL = AsyncStatements("foresell.store", "queries/")
router = APIRouter(prefix="/api/segments", tags=["segments"])
Reader = Annotated[Principal, require("segments.read")]
Writer = Annotated[Principal, require("segments.write")]

Span = Annotated[tuple[int, int], Field(description="Lowest and highest score, both included.", examples=[[4, 5]])]
FiniteNumber = Annotated[StrictFloat, Field(allow_inf_nan=False)]
VERSIONS_SHOWN = 50
NOT_YET, NO_LONGER = "not yet", "no longer"
SOON = "The rules apply from the next refresh on; what is shown keeps the rules it was made with."


class Segment(BaseModel):
    """One segment of the rules, also an empty one."""

    segment: str = Field(description="Its name.", examples=["Champions"])
    customers: int = Field(description="How many scored customers are in it.", examples=[150])
    revenue: float = Field(description="Net revenue of these customers before as_of.", examples=[245749.15])
    share: float = Field(description="Part of all scored customers, 0 to 1.", examples=[0.18])
    median_recency_days: float | None = Field(description="Half of them ordered more recently; null when empty.")
    advice: str = Field(description="What to do about them.")


class SegmentList(BaseModel):
    """Every segment, in the order of the rules."""

    data: list[Segment] = Field(description="One per segment.")
    meta: Meta = Field(description="Where the figures come from.")


class GridCell(BaseModel):
    """Customers with one recency and one frequency score."""

    r: int = Field(description="Recency score, 5 is the most recent.", examples=[5])
    f: int = Field(description="Frequency score, 5 is the most frequent.", examples=[4])
    customers: int = Field(description="How many.", examples=[61])
    revenue: float = Field(description="Their net revenue before as_of.", examples=[52310.2])


class SegmentGrid(BaseModel):
    """The 5 x 5 grid of recency and frequency, also empty cells."""

    data: list[GridCell] = Field(description="25 cells, the best first.")
    meta: Meta = Field(description="Where the figures come from.")


class ComparedRun(BaseModel):
    """The run it is compared with."""

    run_id: int = Field(description="Its number.", examples=[7])
    as_of: date = Field(description="Its day.", examples=["2011-11-10"])


class SegmentTransition(BaseModel):
    """Customers who were in one segment and are in another, or the same."""

    from_: str = Field(alias="from", description="Their segment then, or 'not yet': no score then.")
    to: str = Field(description="Their segment now, or 'no longer': no score now.")
    customers: int = Field(description="How many.", examples=[12])
    revenue: float = Field(description="Their net revenue before as_of.", examples=[8400.0])


class SegmentStability(BaseModel):
    """How well a segment's label held."""

    segment: str = Field(description="The segment then.", examples=["Champions"])
    customers: int = Field(description="How many were in it and are still scored.", examples=[150])
    stayed: float = Field(description="The part of them that is in it now, 0 to 1.", examples=[0.83])


class SegmentMovement(BaseModel):
    """Who moved between segments since an earlier run."""

    data: list[SegmentTransition] = Field(description="One per pair of segments, the most customers first.")
    stability: list[SegmentStability] = Field(description="One per segment of then, the most customers first.")
    since: ComparedRun | None = Field(description="null when there is no earlier run with scores.")
    meta: Meta = Field(description="Where the figures come from.")


class SegmentCondition(BaseModel):
    """One condition on a customer. A value that the customer does not have meets no condition."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(max_length=40, description="One of `fields`.", examples=["frequency"])
    operator: str = Field(max_length=20, description="One of the field's operators.", examples=["at_least"])
    value: StrictInt | FiniteNumber | list[StrictInt | StrictStr] = Field(
        description="A number; for any_of and none_of a list of names or RFM scores.", examples=[2]
    )


class SegmentRule(BaseModel):
    """One segment. A customer belongs to the first rule that holds the scores and whose conditions are all met."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=60, pattern=NOT_BLANK, description="Its name.", examples=["Champions"])
    r: Span
    f: Span
    m: Span
    conditions: list[SegmentCondition] = Field(
        default_factory=list,
        max_length=conditions.MOST_CONDITIONS,
        description="All must be met; none: the scores decide.",
    )
    advice: str = Field(min_length=1, max_length=400, pattern=NOT_BLANK, description="What to do about its customers.")


class SegmentRulesUpdate(BaseModel):
    """The rules, in order: the first that holds a customer's scores names the segment."""

    model_config = ConfigDict(extra="forbid")

    rules: list[SegmentRule] = Field(min_length=1, max_length=scoring.MOST_RULES, description="In order.")


class SegmentField(BaseModel):
    """What a condition may ask about."""

    name: str = Field(description="Its name in a condition.", examples=["frequency"])
    label: str = Field(description="Its name on pages.", examples=["Orders"])
    kind: str = Field(description="days, count, money, probability (0 to 1), cells (RFM scores), country or category.")
    operators: list[str] = Field(description="The operators it takes.", examples=[["at_least", "at_most"]])
    is_known: bool = Field(
        description="false: no customer of the published run has a value, so no condition on it is met."
    )


class SegmentRules(BaseModel):
    """The newest rules."""

    data: list[SegmentRule] = Field(description="In order.")
    fields: list[SegmentField] = Field(description="What conditions may ask about.")
    warnings: list[str] = Field(description="Rules that match no one because a prediction they ask about is off.")
    version: int = Field(description="Their version.", examples=[2])
    shown_version: int | None = Field(description="The version the published run was made with; null without a run.")
    sentence: str | None = Field(description="What there is to know when the two differ.")


class RestoreRules(BaseModel):
    """An older version to go back to."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, lt=2**31, description="The version whose rules apply again.", examples=[3])


class RulesVersion(BaseModel):
    """One saved version of the rules."""

    version: int = Field(description="Its number.", examples=[4])
    saved_at: datetime | None = Field(description="When; null where that was not recorded.")
    saved_by: str | None = Field(description="Who; null for the rules Foresell comes with and the command line.")
    restored_from: int | None = Field(description="The older version it repeats.", examples=[2])
    added: list[str] = Field(description="Segments that the version before it did not have.")
    removed: list[str] = Field(description="Segments that only the version before it had.")
    changed: list[str] = Field(description="Segments with other scores, conditions or advice.")
    is_reordered: bool = Field(description="Whether segments that both versions have are in another order.")
    data: list[SegmentRule] = Field(description="Its rules, in order.")


class RulesHistory(BaseModel):
    """The newest versions of the rules, the newest first."""

    data: list[RulesVersion] = Field(description="At most 50.")


class SegmentPreview(BaseModel):
    """One segment under the new rules, or one that would no longer be."""

    segment: str = Field(description="'no segment': customers whose scores no rule holds.", examples=["Champions"])
    customers: int = Field(description="How many it would hold.", examples=[140])
    now: int = Field(description="How many it holds now.", examples=[150])


class RulesPreview(BaseModel):
    """What the rules would do; nothing is saved."""

    data: list[SegmentPreview] = Field(description="In the order of the new rules.")
    wrong: list[str] = Field(description="Why these rules cannot be saved; empty when they can.")
    warnings: list[str] = Field(description="Rules that match no one because a prediction they ask about is off.")
    meta: Meta = Field(description="Where the figures come from.")


class MovementOptions(ExplainOptions):
    """Since which run."""

    since: int | None = Field(None, ge=1, lt=2**31, description="A run; the newest of an earlier day when left out.")


@router.get("", response_model=SegmentList | Explanation | RowsBehind, responses=error_responses(409))
async def list_segments(web: AppStateOf, principal: Reader, how: Annotated[ExplainOptions, Query()]) -> Response:
    """Every segment with its customers, revenue, typical recency and advice."""
    return await calculation.answer_query(web, principal, MetricQuery(catalogue.SEGMENTS), how)


@router.get("/grid", response_model=SegmentGrid | Explanation | RowsBehind, responses=error_responses(409))
async def get_segment_grid(web: AppStateOf, principal: Reader, how: Annotated[ExplainOptions, Query()]) -> Response:
    """Customers and revenue by recency and frequency score."""
    return await calculation.answer_query(web, principal, MetricQuery(catalogue.GRID), how)


@router.get("/movement", response_model=SegmentMovement | Explanation | RowsBehind, responses=error_responses(404, 409))
async def get_segment_movement(
    web: AppStateOf,
    principal: Annotated[Principal, require("segments.movement")],
    how: Annotated[MovementOptions, Query()],
) -> Response:
    """Who moved between segments since an earlier run, and how stable each segment's label was."""
    since = await _since(web, principal, how.since)
    if since is None and how.explain is None:
        return answer({"data": [], "stability": [], "since": None, "meta": web.meta()})
    values = {"since": since["run_id"] if since else None, "run_id": web.snapshot().run_id}
    return await calculation.answer_query(
        web,
        principal,
        MetricQuery(catalogue.MOVEMENT, values),
        how,
        lambda found: {**_movement_body(found), "since": since},
    )


@router.get("/rules", response_model=SegmentRules, responses=error_responses())
async def get_segment_rules(web: AppStateOf, principal: Reader) -> Response:
    """The newest rules, and whether what is shown was made with them."""
    return answer(await _rule_book(web, principal))


@router.get("/rules/history", response_model=RulesHistory, responses=error_responses())
async def list_segment_rule_versions(web: AppStateOf, principal: Reader) -> Response:
    """Who changed the rules, when, and what changed; the newest version first."""
    async with web.transaction(principal.user_id) as con:
        rows = await SQL.rows(con, "analytics.rule_versions", newest=VERSIONS_SHOWN + 1)
    books = [scoring.from_rows(row["rules"]) for row in rows]
    versions = [
        {
            "version": row["rules_version"], "saved_at": row["saved_at"], "saved_by": row["saved_by"],
            "restored_from": row["restored_from"], **scoring.compare(before, rules), "data": _to_json(rules),
        }
        for row, rules, before in zip(rows, books, [*books[1:], []], strict=True)
    ]  # fmt: skip
    return answer({"data": versions[:VERSIONS_SHOWN]})


@router.put("/rules", response_model=SegmentRules, responses=error_responses())
async def save_segment_rules(
    web: AppStateOf, principal: Writer, rules: SegmentRulesUpdate, request: Request
) -> Response:
    """Save the rules as a new version. It applies from the next refresh on; old runs keep theirs. Audited."""
    checked = _check_rules(rules)
    if wrong := scoring.check(checked):
        raise ParameterError("rules", "rules: " + "; ".join(wrong), remedy="See POST /api/segments/rules/preview.")
    async with web.transaction(principal.user_id) as con:
        await _save(con, principal, request, checked)
    return answer(await _rule_book(web, principal))


@router.post("/rules/restore", response_model=SegmentRules, responses=error_responses(404))
async def restore_segment_rules(web: AppStateOf, principal: Writer, which: RestoreRules, request: Request) -> Response:
    """Save the rules of an older version as the newest one: the undo of a save. Audited."""
    async with web.transaction(principal.user_id) as con:
        rows = await SQL.rows(con, "analytics.rules_of_version", version=which.version)
        if not rows:
            raise NotFound(
                f"There is no version {which.version} of the segment rules.",
                remedy="Choose one of /api/segments/rules/history.",
            )
        await _save(con, principal, request, scoring.from_rows(rows), restored=which.version)
    return answer(await _rule_book(web, principal))


@router.post("/rules/preview", response_model=RulesPreview | Explanation | RowsBehind, responses=error_responses(409))
async def preview_segment_rules(
    web: AppStateOf, principal: Writer, rules: SegmentRulesUpdate, how: Annotated[ExplainOptions, Query()]
) -> Response:
    """How many customers each segment would hold under other rules; nothing is saved."""
    checked = _check_rules(rules)
    position, values = scoring.position_sql(checked)
    names = [{"position": place, "name": rule.name} for place, rule in enumerate(checked, 1)]
    query = MetricQuery(catalogue.RULES_PREVIEW, {"rules": names, **values}, {"position": position})
    more = {"wrong": scoring.check(checked), "warnings": _warnings(checked, await _known_fields(web, principal))}
    return await calculation.answer_query(web, principal, query, how, lambda found: {"data": found, **more})


def _movement_body(found: ResultRows) -> dict[str, Any]:
    """Movement with the part of each segment's customers that stayed, of those scored both times."""
    both = [row for row in found if row["from"] != NOT_YET and row["to"] != NO_LONGER]
    then: Counter[str] = Counter()
    stayed: Counter[str] = Counter()
    for row in both:
        then[row["from"]] += row["customers"]
        stayed[row["from"]] += row["customers"] * (row["from"] == row["to"])
    held = [{"segment": name, "customers": count, "stayed": stayed[name] / count} for name, count in then.most_common()]
    return {"data": found, "stability": held}


async def _since(web: AppState, principal: Principal, run_id: int | None) -> dict[str, Any] | None:
    name = "run_before" if run_id is None else "run_with_scores"
    async with web.transaction(principal.user_id) as con:
        found = await SQL.row(con, f"analytics.{name}", run_id=run_id, as_of=web.snapshot().as_of)
    if found is None and run_id is not None:
        raise NotFound(f"There is no run {run_id} with scores.", remedy="Choose one of /api/runs.")
    return found


async def _save(
    con: AsyncConnection,
    principal: Principal,
    request: Request,
    rules: list[scoring.Rule],
    *,
    restored: int | None = None,
) -> None:
    """Save the rules as a new version, with its audit event, in the transaction of `con`."""
    saved = await SQL.row(con, "analytics.save_rules", rules=Jsonb(scoring.to_rows(rules)), restored=restored)
    assert saved is not None
    await record.record(
        con,
        "segments.rules",
        actor=principal.user_id,
        subject=f"rules:{saved['version']}",
        detail={"version": saved["version"], "segments": len(rules), "restored_from": restored},
        request_id=request.state.request_id,
    )


async def _rule_book(web: AppState, principal: Principal) -> dict[str, Any]:
    """The newest rules as SegmentRules."""
    async with web.transaction(principal.user_id) as con:
        rows = await SQL.rows(con, "analytics.rules")
        shown = web.run and await SQL.row(con, "analytics.rules_of_run", run_id=web.run["run_id"])
    version, shown_version = rows[0]["rules_version"], shown["rules_version"] if shown else None
    rules, known = scoring.from_rows(rows), await _known_fields(web, principal)
    return {
        "data": _to_json(rules),
        "fields": [
            {"name": each.name, "label": each.label, "kind": each.kind, "operators": each.operators, "is_known": each.name in known}
            for each in conditions.FIELDS.values()
        ],
        "warnings": _warnings(rules, known),
        "version": version,
        "shown_version": shown_version,
        "sentence": SOON if shown_version not in (None, version) else None,
    }  # fmt: skip


async def _known_fields(web: AppState, principal: Principal) -> set[str]:
    """The fields that some customer has a value of; before the first run, all."""
    predicted = {each.name for each in conditions.FIELDS.values() if each.is_predicted}
    try:
        [found] = await web.ask(principal, queries.run_query, "predicted_values")
    except NotReady:
        return set(conditions.FIELDS)
    return set(conditions.FIELDS) - predicted | {name for name in predicted if found[name]}


def _warnings(rules: list[scoring.Rule], known: set[str]) -> list[str]:
    """A sentence for each rule that asks about a prediction that no customer has."""
    return [
        f"{rule.name}: {conditions.FIELDS[each.field].label} is off in this update, so this rule matches no one."
        for rule in rules
        for each in rule.conditions
        if each.field not in known
    ]


def _to_json(rules: list[scoring.Rule]) -> list[dict[str, Any]]:
    return [
        {"name": rule.name, **{axis: list(getattr(rule, axis)) for axis in scoring.AXES},
         "conditions": [each.as_dict() for each in rule.conditions], "advice": rule.advice}
        for rule in rules
    ]  # fmt: skip


def _check_rules(rules: SegmentRulesUpdate) -> list[scoring.Rule]:
    """The rules, each checked on its own. Raises ParameterError naming the first name, range or condition that is wrong."""
    seen: set[str] = set()
    checked = []
    for place, rule in enumerate(rules.rules):
        if rule.name.strip() in seen:
            raise _wrong_rule(f"rules.{place}.name", "is used twice", "Choose another name.")
        seen.add(rule.name.strip())
        for axis in scoring.AXES:
            low, high = getattr(rule, axis)
            if not 1 <= low <= high <= 5:
                raise _wrong_rule(f"rules.{place}.{axis}", "is no range", "Give [lowest, highest] within 1 to 5.")
        met = tuple(_check_condition(f"rules.{place}.conditions.{n}", each) for n, each in enumerate(rule.conditions))
        checked.append(scoring.Rule(rule.name.strip(), rule.r, rule.f, rule.m, rule.advice.strip(), met))
    return checked


def _check_condition(name: str, condition: SegmentCondition) -> conditions.Condition:
    try:
        return conditions.parse_condition(condition.model_dump())
    except BadInput as error:
        raise _wrong_rule(name, str(error), "GET /api/segments/rules lists the fields and operators.") from None


def _wrong_rule(name: str, what: str, remedy: str) -> ParameterError:
    return ParameterError(name, f"{name}: {what}", remedy=remedy)
