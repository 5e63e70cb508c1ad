"""Pairs that a person should decide on, decisions and their undo, the evidence of any two, models, and the quality of matching."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared import customer_lists
from foresell.api.shared.moved_customers import publish_move
from foresell.api.shared.paging import Listing, Paging, page_body, start_of
from foresell.api.shared.schemas import NOT_BLANK, Body, LargeNumber, Number, UserRef
from foresell.audit import record
from foresell.db import AsyncConnection, Row
from foresell.errors import CustomerNotFound, ParameterError, SelectionChanged
from foresell.identity import customers, explanation, reviews

router = APIRouter(prefix="/api/identity", tags=["identity"])
Steward = Annotated[Principal, require("identity.review")]
Manager = Annotated[Principal, require("identity.manage")]

Why = Literal["pair", "two customers fit", "conflict", "too many", "values changed"]
Verdict = Literal["same", "different", "unsure"]
Says = Literal["same", "different", "nothing"]
Reason = Annotated[
    str | None, Field(min_length=1, max_length=500, pattern=NOT_BLANK, description="Why, in your words.")
]
#: A customer, or a record by its number.
Which = Annotated[str, Query(pattern=r"^([Cc][0-9]{6,12}|[1-9][0-9]{0,17})$", examples=["C000123"])]
#: The most records of one customer that are compared with another's.
MOST_RECORDS = 50


class ReviewFilters(Paging):
    """Which reviews. Everything may be left out."""

    model_config = ConfigDict(extra="forbid")

    why: Why | None = Field(None, description="Opened for this reason.")
    pattern: str | None = Field(None, min_length=1, max_length=200, description="With this evidence.")
    min_value: float | None = Field(None, ge=0, le=1e12, description="With at least this value at stake.")
    min_days: int | None = Field(None, ge=0, le=36_500, description="Open for at least this many days.")
    customer_id: str | None = Field(None, pattern=r"^[Cc]\d{6,18}$", description="Only of this customer.")


class RecordRef(BaseModel):
    """A record of a pair, and whose it is."""

    record_id: int
    customer_id: str
    source: str
    source_key: str
    name: str | None


class OpenReview(BaseModel):
    """A pair of records that waits for a decision."""

    review_id: int
    why: Why = Field(description="Why a person should look.")
    weight: float = Field(description="All evidence together, in bits.")
    summary: str = Field(description="The same as odds.", examples=["About 500 to 1 that they are the same."])
    value_at_stake: float = Field(description="Net revenue of both customers.")
    pattern: str = Field(description="The evidence; equal for pairs that can be decided together.")
    evidence: str = Field(description="The evidence in one line.", examples=["Same e-mail, name differs by a typo"])
    same_pattern: int = Field(description="How many open reviews have this evidence, this one included.")
    opened_at: datetime
    age_days: int = Field(description="For how many days it waits.")
    a: RecordRef
    b: RecordRef


class ReviewPage(Listing):
    """Open reviews, the highest value at stake first."""

    data: list[OpenReview]


class ReviewedRecord(RecordRef):
    """A record as its source knows it. Contact data shows only whether it is there; the evidence says how alike it is."""

    city: str | None
    region: str | None
    postcode: str | None
    country: str | None
    signup_date: date | None
    has_email: bool = Field(description="Whether it has an e-mail address.")
    has_phone: bool = Field(description="Whether it has a phone number.")
    has_address: bool = Field(description="Whether it has a street address.")
    loaded_at: datetime | None = Field(description="When its values were last loaded.")


class EvidencePart(BaseModel):
    """What one comparison says."""

    comparison: str = Field(description="Its stable name.", examples=["email"])
    label: str = Field(description="Its name.", examples=["E-mail"])
    sentence: str = Field(description="How alike the values are.", examples=["Same e-mail"])
    bits: float = Field(description="One bit more makes it twice as likely that they are one customer.")
    says: Says = Field(description="For which answer it speaks.")


class PairEvidence(BaseModel):
    """All evidence of a pair, what speaks against first, then the strongest first."""

    evidence: list[EvidencePart] = Field(description="What each comparison says.")
    not_compared: list[str] = Field(description="Fields that one of the records does not have.")
    start: float = Field(description="Bits before any comparison: two records at random are rarely one customer.")
    weight: float = Field(description="All together, in bits.")
    summary: str = Field(description="The same as odds.")


class PairDecision(BaseModel):
    """A decision about a pair."""

    decision_id: int
    verdict: Verdict
    decided_at: datetime
    user: UserRef | None
    reason: str | None
    move_id: int | None = Field(description="The merge or split that it made.")
    revoked_at: datetime | None = Field(description="When it was undone or replaced.")


class Review(BaseModel):
    """A pair of records side by side, with its evidence."""

    review_id: int
    why: Why = Field(description="Why a person should look.")
    why_sentence: str = Field(description="The same in a sentence.")
    value_at_stake: float = Field(description="Net revenue of both customers.")
    pattern: str = Field(description="The evidence; equal for pairs that can be decided together.")
    same_pattern: int = Field(description="How many open reviews have this evidence, this one included.")
    opened_at: datetime
    closed_at: datetime | None = Field(description="When it was decided, or became pointless; null while it is open.")
    closed_because: Literal["decided", "no longer"] | None = Field(description="Why it is closed.")
    a: ReviewedRecord
    b: ReviewedRecord
    is_one_customer: bool = Field(description="Whether both are records of one customer now.")
    is_stale: bool = Field(description="Whether values have changed since a decision about the pair.")
    evidence: PairEvidence
    decisions: list[PairDecision] = Field(description="Decisions about this pair, the newest first.")


class NewDecision(Body):
    """The answer to a review."""

    verdict: Verdict = Field(
        description="same merges the customers; different keeps them apart, or takes b out; unsure waits."
    )
    reason: Reason = None


class NewDecisions(Body):
    """One answer to all open reviews with equal evidence."""

    pattern: str = Field(min_length=1, max_length=200, description="The evidence, as reviews have it.")
    why: Why = Field(description="The reason of the reviews.")
    verdict: Verdict = Field(description="same merges the customers of each pair.")
    expected: int = Field(ge=1, le=reviews.MOST_TOGETHER, description="How many you were told they are.")
    reason: Reason = None


class DecidedReview(BaseModel):
    """A review that was decided."""

    review_id: int
    decision_id: int
    move_id: int | None = Field(description="The merge or split that it made.")


class DecidedReviews(BaseModel):
    """Reviews that were decided."""

    data: list[DecidedReview]
    verdict: Verdict


class DecisionsToUndo(Body):
    """Decisions to undo."""

    decision_ids: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(
        min_length=1, max_length=reviews.MOST_TOGETHER, description="Their numbers."
    )


class UndoneDecisions(BaseModel):
    """Decisions that were undone."""

    decision_ids: list[int] = Field(description="Their numbers; those undone before are left out.")


class DecidedPair(PairDecision):
    """A decision in force, with its pair."""

    a: RecordRef
    b: RecordRef


class DecisionPage(Listing):
    """Decisions about reviews in force, the newest first."""

    data: list[DecidedPair]


class ExplainedPair(BaseModel):
    """Two records with stored evidence."""

    a: RecordRef
    b: RecordRef
    verdict: Literal["merge", "review", "related", "none"] = Field(description="What the comparison concluded.")
    evidence: PairEvidence
    decisions: list[PairDecision] = Field(description="Decisions about this pair, the newest first.")


class PairExplanation(BaseModel):
    """Why two records or customers are one customer, or why not."""

    a: list[RecordRef] = Field(description="The record, or the records of the customer.")
    b: list[RecordRef] = Field(description="The record, or the records of the customer.")
    is_one_customer: bool = Field(description="Whether they are one customer now.")
    sentence: str = Field(description="The answer in short.")
    pairs: list[ExplainedPair] = Field(description="Pairs with stored evidence, the strongest first; at most 100.")


class QueuePart(BaseModel):
    """Open reviews of one reason."""

    why: Why
    reviews: int = Field(description="How many are open.")
    value_at_stake: float = Field(description="Net revenue of their customers.")
    oldest: datetime = Field(description="Since when the oldest waits.")


class MatchingPrecision(BaseModel):
    """Of the pairs that the model would merge, how many are the same by decisions that it was not trained on."""

    decided: int = Field(description="How many such pairs people decided on.")
    same: int = Field(description="How many of them are the same.")
    share: float | None = Field(description="Their share; null without decisions.")
    low: float | None = Field(description="The lower end of its 95 % confidence interval.")
    high: float | None = Field(description="The upper end of its 95 % confidence interval.")


class VerdictCount(BaseModel):
    """Decisions of people in the last 30 days."""

    verdict: Verdict
    decisions: int = Field(description="How many are in force.")


class MatchRun(BaseModel):
    """A comparison of all records."""

    run_id: int = Field(description="The number of the comparison.")
    started_at: datetime
    finished_at: datetime | None
    state: Literal["running", "finished", "failed"]
    counts: dict[str, Any] = Field(description="Records, pairs, merges, splits, reviews and what was checked.")
    timings: dict[str, Any] = Field(description="Seconds by step.")
    message: str | None = Field(description="Why it failed, or what it could not do.")


class MatchRunList(BaseModel):
    """The newest comparisons of all records."""

    data: list[MatchRun]


class MatchingQuality(BaseModel):
    """How good matching is."""

    precision: MatchingPrecision = Field(description="How often merges are right.")
    queue: list[QueuePart] = Field(description="Open reviews by reason.")
    open_reviews: int = Field(description="How many wait for a decision.")
    oldest_days: int | None = Field(description="For how many days the oldest waits.")
    decided: list[VerdictCount] = Field(description="Decisions of people in the last 30 days.")
    last_run: MatchRun | None = Field(description="The last comparison of all records.")
    changed_customers: int | None = Field(description="Customers that the last comparison merged or split.")
    merge_weight: float = Field(description="Bits from which the model in use merges a pair without a person.")


class MatchModel(BaseModel):
    """A trained matching model."""

    model_id: int = Field(description="The number of the model.")
    kind: Literal["person", "company"]
    state: Literal["proposed", "served", "refused", "replaced"]
    card: dict[str, Any] = Field(description="What it was trained on, results and limits.")
    merge_weight: float | None = Field(description="Bits from which it merges a pair without a person.")
    merge_odds: str | None = Field(description="The same as odds.", examples=["About 99 to 1 that they are the same."])
    review_weight: float | None = Field(description="Bits from which it puts a pair up for review.")
    review_odds: str | None = Field(description="The same as odds.", examples=["As likely the same as different."])
    trained_at: datetime
    decided_at: datetime | None
    decided_by: UserRef | None = Field(description="Who approved or refused it.")


class MatchModelList(BaseModel):
    """The newest matching models."""

    data: list[MatchModel]


class ModelJudgement(Body):
    """Whether the model is to be used."""

    approve: bool = Field(description="true: the next comparison uses it; false: it is refused.")


class JudgedModel(BaseModel):
    """A model that was approved or refused."""

    model_id: int = Field(description="The number of the model.")
    kind: Literal["person", "company"]
    state: Literal["served", "refused"]


@router.get("/reviews", response_model=ReviewPage, responses=error_responses())
async def list_reviews(web: AppStateOf, principal: Steward, which: Annotated[ReviewFilters, Query()]) -> Response:
    """Pairs that wait for a decision, the highest value at stake first."""
    start = start_of(which)
    async with web.transaction(principal.user_id) as con:
        customer = await customers.find_current(con, which.customer_id and which.customer_id.upper())
        total, rows = await reviews.list_reviews(
            con, limit=which.limit, start=start, why=which.why, pattern=which.pattern, min_value=which.min_value,
            min_days=which.min_days, customers=customer and [customer],
        )  # fmt: skip
        known = await _records(con, principal, rows)
    data = [_open_review(row, known) for row in rows if {row["record_a"], row["record_b"]} <= known.keys()]
    return answer(page_body(web, data, total, start, which.limit))


@router.get("/reviews/{review_id}", response_model=Review, responses=error_responses(404))
async def get_review(web: AppStateOf, principal: Steward, review_id: LargeNumber) -> Response:
    """A pair side by side, with its evidence. Names and places in the clear; contact data only as alike or not."""
    async with web.transaction(principal.user_id) as con:
        row = await reviews.find_review(con, review_id)
        known = await _records(con, principal, [row])
        decided = await reviews.list_decisions_of(con, row["record_a"], row["record_b"])
    a, b = known[row["record_a"]], known[row["record_b"]]
    shown = (
        "review_id",
        "why",
        "value_at_stake",
        "pattern",
        "same_pattern",
        "opened_at",
        "closed_at",
        "closed_because",
    )
    return answer(
        {
            **{name: row[name] for name in shown},
            "why_sentence": explanation.WHY[row["why"]],
            "a": a,
            "b": b,
            "is_one_customer": a["customer_id"] == b["customer_id"],
            "is_stale": row["why"] == "values changed",
            "evidence": explanation.explain(row["levels"] or {}, row["weight"]).as_dict(),
            "decisions": decided,
        }
    )


@router.post("/reviews/{review_id}/decision", response_model=DecidedReview, responses=error_responses(409, 422))
async def decide_review(
    web: AppStateOf, principal: Steward, idempotent: IdempotentOf, review_id: LargeNumber, decision: NewDecision
) -> Response:
    """Decide on a pair. same merges its customers; different keeps them apart, or takes b out of the customer; unsure waits for
    new values. Undo: POST /api/identity/decisions/undo."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        [done] = await _decide(con, [review_id], decision.verdict, decision.reason)
        return done

    response = await idempotent.run(principal, act)
    web.forget_scopes()
    return response


@router.post("/reviews/decisions", response_model=DecidedReviews, responses=error_responses(409, 422))
async def decide_reviews(
    web: AppStateOf, principal: Steward, idempotent: IdempotentOf, wanted: NewDecisions
) -> Response:
    """Decide on all open pairs with equal evidence at once, at most 1,000; refused when they are not as many as expected."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        ids = await reviews.find_ids_of_pattern(con, wanted.pattern, wanted.why)
        if len(ids) != wanted.expected:
            raise SelectionChanged(
                f"{len(ids):,} pairs have this evidence now, not {wanted.expected:,}.", remedy="Look at them again."
            )
        return {"data": await _decide(con, ids, wanted.verdict, wanted.reason), "verdict": wanted.verdict}

    response = await idempotent.run(principal, act)
    web.forget_scopes()
    return response


@router.get("/decisions", response_model=DecisionPage, responses=error_responses())
async def list_decisions(web: AppStateOf, principal: Steward, paging: Annotated[Paging, Query()]) -> Response:
    """Decisions about reviews that are in force, the newest first."""
    start = start_of(paging)
    async with web.transaction(principal.user_id) as con:
        total, rows = await reviews.list_decided(con, limit=paging.limit, start=start)
        known = await _records(con, principal, rows)
    shown = ("decision_id", "verdict", "decided_at", "user", "reason", "move_id")
    data = [
        {name: row[name] for name in shown} | {"revoked_at": None, **_sides(row, known)}
        for row in rows
        if {row["record_a"], row["record_b"]} <= known.keys()
    ]
    return answer(page_body(web, data, total, start, paging.limit))


@router.post("/decisions/undo", response_model=UndoneDecisions, responses=error_responses(409, 422))
async def undo_decisions(
    web: AppStateOf, principal: Steward, idempotent: IdempotentOf, wanted: DecisionsToUndo
) -> Response:
    """Undo decisions, with the merges and splits they made. Their reviews are open again."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        rows = await reviews.undo_decisions(con, wanted.decision_ids)
        records = await customers.list_records(con, (), [row[end] for row in rows for end in ("record_a", "record_b")])
        await publish_move(con, None, [row["customer_id"] for row in records])
        return {"decision_ids": [row["decision_id"] for row in rows]}

    response = await idempotent.run(principal, act)
    web.forget_scopes()
    return response


@router.get("/explain", response_model=PairExplanation, responses=error_responses(404))
async def explain_pair(web: AppStateOf, principal: Steward, a: Which, b: Which) -> Response:
    """Why two records or customers are one customer, or why not: the stored evidence, or in a sentence why there is none."""
    async with web.transaction(principal.user_id) as con:
        left, right = await _side(con, principal, "a", a), await _side(con, principal, "b", b)
        ids_left, ids_right = list(left), list(right)
        pairs = await reviews.list_pairs(con, ids_left, ids_right)
        explained = [
            {
                **_sides(row, left | right),
                "verdict": row["verdict"],
                "evidence": explanation.explain(row["levels"], row["weight"]).as_dict(),
                "decisions": await reviews.list_decisions_of(con, row["record_a"], row["record_b"]),
            }
            for row in pairs
        ]
        one = {row["customer_id"] for row in (*left.values(), *right.values())}
        why = None if pairs or ids_left == ids_right else await reviews.find_why_no_pair(con, ids_left[0], ids_right[0])
    return answer(
        {
            "a": [_ref(row) for row in left.values()],
            "b": [_ref(row) for row in right.values()],
            "is_one_customer": len(one) == 1,
            "sentence": explanation.answer_in_short(len(one) == 1, explained, why),
            "pairs": explained,
        }
    )


@router.get("/quality", response_model=MatchingQuality, responses=error_responses())
async def get_matching_quality(web: AppStateOf, principal: Steward) -> Response:
    """How often merges are right by decisions held out of training, what waits for a decision, and what the last run changed."""
    async with web.transaction(principal.user_id) as con:
        found = await reviews.read_quality(con)
    oldest = min((part["oldest"] for part in found["queue"]), default=None)
    return answer(
        {
            **found,
            "open_reviews": sum(part["reviews"] for part in found["queue"]),
            "oldest_days": oldest and _days_since(oldest),
        }
    )


@router.get("/runs", response_model=MatchRunList, responses=error_responses())
async def list_match_runs(web: AppStateOf, principal: Steward) -> Response:
    """The newest comparisons of all records: what they found, changed and checked."""
    async with web.transaction(principal.user_id) as con:
        return answer({"data": await reviews.list_runs(con, limit=50)})


@router.get("/models", response_model=MatchModelList, responses=error_responses())
async def list_match_models(web: AppStateOf, principal: Steward) -> Response:
    """The newest matching models, with their cards; one of each kind is in use."""
    async with web.transaction(principal.user_id) as con:
        rows = await reviews.list_models(con, limit=50)
    for row in rows:
        for name in ("merge", "review"):
            weight = row[f"{name}_weight"]
            row[f"{name}_odds"] = None if weight is None else explanation.summarize(weight)
    return answer({"data": rows})


@router.post("/models/{model_id}/decision", response_model=JudgedModel, responses=error_responses(404, 409, 422))
async def judge_match_model(
    principal: Manager, idempotent: IdempotentOf, model_id: Number, judgement: ModelJudgement
) -> Response:
    """Approve a proposed model, which the next comparison then uses, or refuse it."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        done = await reviews.judge_model(con, model_id, approve=judgement.approve, user_id=principal.user_id)
        await record.record(
            con, "identity.model_judged", actor=principal.user_id, subject=f"match_model:{model_id}",
            detail={"state": done["state"], "kind": done["kind"]}, request_id=idempotent.request_id,
        )  # fmt: skip
        return done

    return await idempotent.run(principal, act)


async def _decide(con: AsyncConnection, ids: list[int], verdict: Verdict, reason: str | None) -> list[Row]:
    done = await reviews.decide(con, ids, verdict, reason and reason.strip())
    pairs = [await reviews.find_review(con, row["review_id"]) for row in done[:20]]
    records = await customers.list_records(con, (), [row[end] for row in pairs for end in ("record_a", "record_b")])
    await publish_move(con, None, [row["customer_id"] for row in records])
    return done


async def _records(con: AsyncConnection, principal: Principal, pairs: list[Row]) -> dict[int, Row]:
    """By number, the records of these pairs."""
    ids = {row[end] for row in pairs for end in ("record_a", "record_b")}
    rows = await customers.list_records(con, (), sorted(ids)) if ids else []
    return {row["record_id"]: row for row in customer_lists.hide_names(principal, rows)}


async def _side(con: AsyncConnection, principal: Principal, parameter: str, which: str) -> dict[int, Row]:
    """By number, a record or the records of a customer. Raises CustomerNotFound, ParameterError for too many records."""
    if which.isdigit():
        rows = await customers.list_records(con, (), [int(which)])
    else:
        [customer_id] = (await customers.map_current(con, [which.upper()])).values()
        rows = await customers.list_records(con, [customer_id])
    if not rows:
        raise CustomerNotFound(f"There is no customer or record {which}.", remedy="Find it: /api/customers?q=")
    if len(rows) > MOST_RECORDS:
        raise ParameterError(
            parameter, f"{parameter}: has {len(rows)} records, too many to compare", remedy="Give a record's number."
        )
    return {row["record_id"]: row for row in customer_lists.hide_names(principal, rows)}


def _open_review(row: Row, known: dict[int, Row]) -> Row:
    shown = ("review_id", "why", "weight", "value_at_stake", "pattern", "same_pattern", "opened_at")
    return {
        **{name: row[name] for name in shown},
        "summary": explanation.summarize(row["weight"]),
        "evidence": explanation.describe_pattern(row["levels"] or {}),
        "age_days": _days_since(row["opened_at"]),
        **_sides(row, known),
    }


def _sides(row: Row, known: dict[int, Row]) -> Row:
    return {"a": _ref(known[row["record_a"]]), "b": _ref(known[row["record_b"]])}


def _ref(row: Row) -> Row:
    return {name: row[name] for name in RecordRef.model_fields}


def _days_since(moment: datetime) -> int:
    return (datetime.now(UTC) - moment).days
