"""Segments: how many customers in each, who moved, the rules, and what other rules would do."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import Meta, answer
from foresell.api.shared import calculation
from foresell.api.shared.calculation import ExplainOptions, Explanation, MetricQuery, ResultRows, RowsBehind
from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import NotFound, ParameterError
from foresell.metrics import catalogue
from foresell.scores.rfm import segments as scoring

SQL = AsyncStatements("foresell.store", "queries/")
router = APIRouter(prefix="/api/segments", tags=["segments"])
Reader = Annotated[Principal, require("segments.read")]
Writer = Annotated[Principal, require("segments.write")]

Span = Annotated[tuple[int, int], Field(description="Lowest and highest score, both included.", examples=[[4, 5]])]
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


class SegmentRule(BaseModel):
    """One segment: the scores it holds. A customer belongs to the first rule that holds the scores."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=60, pattern=r"\S", description="Its name.", examples=["Champions"])
    r: Span
    f: Span
    m: Span
    advice: str = Field(min_length=1, max_length=400, pattern=r"\S", description="What to do about its customers.")


class SegmentRulesUpdate(BaseModel):
    """The rules, in order: the first that holds a customer's scores names the segment."""

    model_config = ConfigDict(extra="forbid")

    rules: list[SegmentRule] = Field(min_length=1, max_length=50, description="In order.")


class SegmentRules(BaseModel):
    """The newest rules."""

    data: list[SegmentRule] = Field(description="In order.")
    version: int = Field(description="Their version.", examples=[2])
    shown_version: int | None = Field(description="The version the published run was made with; null without a run.")
    sentence: str | None = Field(description="What there is to know when the two differ.")


class SegmentPreview(BaseModel):
    """One segment under the new rules, or one that would no longer be."""

    segment: str = Field(description="'no segment': customers whose scores no rule holds.", examples=["Champions"])
    customers: int = Field(description="How many it would hold.", examples=[140])
    now: int = Field(description="How many it holds now.", examples=[150])


class RulesPreview(BaseModel):
    """What the rules would do; nothing is saved."""

    data: list[SegmentPreview] = Field(description="In the order of the new rules.")
    wrong: list[str] = Field(description="Why these rules cannot be saved; empty when they can.")
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
    async with web.transaction(principal.user_id) as con:
        return answer(await _rule_book(web, con))


@router.put("/rules", response_model=SegmentRules, responses=error_responses())
async def save_segment_rules(
    web: AppStateOf, principal: Writer, rules: SegmentRulesUpdate, request: Request
) -> Response:
    """Save the rules as a new version. It applies from the next refresh on; old runs keep theirs. Audited."""
    _check_spans(rules)
    wrong = scoring.check(_to_rules(rules))
    if wrong:
        raise ParameterError("rules", "rules: " + "; ".join(wrong), remedy="See POST /api/segments/rules/preview.")
    async with web.transaction(principal.user_id) as con:
        saved = await SQL.row(con, "analytics.save_rules", rules=Jsonb(_rows(rules)))
        assert saved is not None
        await record.record(
            con,
            "segments.rules",
            actor=principal.user_id,
            subject=f"rules:{saved['version']}",
            detail={"version": saved["version"], "segments": len(rules.rules)},
            request_id=request.state.request_id,
        )
        return answer(await _rule_book(web, con))


@router.post("/rules/preview", response_model=RulesPreview | Explanation | RowsBehind, responses=error_responses(409))
async def preview_segment_rules(
    web: AppStateOf, principal: Writer, rules: SegmentRulesUpdate, how: Annotated[ExplainOptions, Query()]
) -> Response:
    """How many customers each segment would hold under other rules; nothing is saved."""
    _check_spans(rules)
    wrong = scoring.check(_to_rules(rules))
    query = MetricQuery(catalogue.RULES_PREVIEW, {"rules": _rows(rules)})
    return await calculation.answer_query(web, principal, query, how, lambda found: {"data": found, "wrong": wrong})


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


async def _rule_book(web: AppState, con: AsyncConnection) -> dict[str, Any]:
    rows = await SQL.rows(con, "analytics.rules")
    shown = web.run and await SQL.row(con, "analytics.rules_of_run", run_id=web.run["run_id"])
    version, shown_version = rows[0]["rules_version"], shown["rules_version"] if shown else None
    rules = [
        {"name": row["name"], **{axis: [row[f"{axis}_min"], row[f"{axis}_max"]] for axis in scoring.AXES}, "advice": row["advice"]}
        for row in rows
    ]  # fmt: skip
    return {
        "data": rules,
        "version": version,
        "shown_version": shown_version,
        "sentence": SOON if shown_version not in (None, version) else None,
    }


def _check_spans(rules: SegmentRulesUpdate) -> None:
    """Raises ParameterError naming the first range that is none, or the name that is used twice."""
    seen: set[str] = set()
    for place, rule in enumerate(rules.rules):
        if rule.name.strip() in seen:
            raise ParameterError(
                f"rules.{place}.name", f"rules.{place}.name: is used twice", remedy="Name it otherwise."
            )
        seen.add(rule.name.strip())
        for axis in scoring.AXES:
            low, high = getattr(rule, axis)
            if not 1 <= low <= high <= 5:
                name = f"rules.{place}.{axis}"
                raise ParameterError(name, f"{name}: is no range", remedy="Give [lowest, highest] within 1 to 5.")


def _to_rules(rules: SegmentRulesUpdate) -> list[scoring.Rule]:
    return [scoring.Rule(rule.name.strip(), rule.r, rule.f, rule.m, rule.advice.strip()) for rule in rules.rules]


def _rows(rules: SegmentRulesUpdate) -> list[dict[str, Any]]:
    """The rules in the columns of segment_rules."""
    return [
        {"position": place, "name": rule.name, "advice": rule.advice}
        | {f"{axis}_{end}": value for axis in scoring.AXES for end, value in zip(("min", "max"), getattr(rule, axis), strict=True)}
        for place, rule in enumerate(_to_rules(rules), 1)
    ]  # fmt: skip
