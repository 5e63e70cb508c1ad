"""Pairs of records that a person should decide on, the decisions and their undo, evidence of any pair, and the quality of
matching. For the API: every statement runs for the acting user, behind row security.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import ModelNotFound, ReviewNotFound
from foresell.identity.customers import explain_changes
from foresell.identity.decisions import Verdict
from foresell.identity.model import Thresholds
from foresell.intervals import wilson

SQL = AsyncStatements("foresell.identity")

#: The most pairs that are decided together.
MOST_TOGETHER = 1_000
#: The most pairs of records that the evidence of two customers lists.
MOST_PAIRS = 100


async def list_reviews(con: AsyncConnection, *, limit: int, start: int, **filters: Any) -> tuple[int, list[Row]]:
    """How many open reviews match, and those from `start` on, the highest value at stake first.

    filters: why, pattern, min_value, min_days, customers (ids); None matches all.
    """
    rows = await SQL.rows(con, "reviews.open", limit=limit, start=start, **filters)
    if not rows and start:
        total, _ = await list_reviews(con, limit=1, start=0, **filters)
        return total, []
    return (rows[0]["total"] if rows else 0), rows


async def find_review(con: AsyncConnection, review_id: int) -> Row:
    """One review, open or closed, with the levels of its evidence. Raises ReviewNotFound."""
    row = await SQL.row(con, "reviews.review", review_id=review_id)
    if row is None:
        raise ReviewNotFound(remedy="List the open ones: GET /api/identity/reviews")
    return row


async def list_decisions_of(con: AsyncConnection, record_a: int, record_b: int) -> list[Row]:
    """The decisions about a pair, revoked ones too, the newest first."""
    return await SQL.rows(con, "reviews.decisions_of", record_a=record_a, record_b=record_b)


async def list_decided(con: AsyncConnection, *, limit: int, start: int) -> tuple[int, list[Row]]:
    """How many decisions about reviews are in force, and those from `start` on, the newest first."""
    rows = await SQL.rows(con, "reviews.decided", limit=limit, start=start)
    if not rows and start:
        total, _ = await list_decided(con, limit=1, start=0)
        return total, []
    return (rows[0]["total"] if rows else 0), rows


async def find_ids_of_pattern(con: AsyncConnection, pattern: str, why: str) -> list[int]:
    """Open reviews with equal evidence, at most MOST_TOGETHER + 1."""
    rows = await SQL.rows(con, "reviews.of_pattern", pattern=pattern, why=why, limit=MOST_TOGETHER + 1)
    return [row["review_id"] for row in rows]


async def decide(con: AsyncConnection, ids: Sequence[int], verdict: Verdict, reason: str | None) -> list[Row]:
    """Decide on open reviews: review_id, decision_id, move_id (None: nothing was merged or split) of each.

    same merges their customers; different takes record_b out of the customer, if they are one. Raises CustomersChanged when
    none of them is open.
    """
    with explain_changes():
        return await SQL.rows(con, "reviews.decide", ids=list(ids), verdict=verdict, reason=reason)


async def undo_decisions(con: AsyncConnection, ids: Sequence[int]) -> list[Row]:
    """Undo decisions, with what they merged or split; their reviews are open again. Raises CustomersChanged for none in force."""
    with explain_changes():
        return await SQL.rows(con, "reviews.undo", ids=list(ids))


async def list_pairs(con: AsyncConnection, left: Sequence[int], right: Sequence[int]) -> list[Row]:
    """Stored evidence of pairs between two sets of records, the strongest first."""
    return await SQL.rows(con, "reviews.pairs", left=list(left), right=list(right), limit=MOST_PAIRS)


async def find_why_no_pair(con: AsyncConnection, a: int, b: int) -> str:
    """Why no evidence of two records is stored."""
    row = await SQL.row(con, "reviews.no_pair", a=a, b=b)
    assert row is not None
    return str(row["why"])


async def read_quality(con: AsyncConnection) -> Row:
    """Precision on held-out decisions with its 95 % interval, the queue, decisions of 30 days, and the last run.

    merge_weight: bits from which the served models merge, the least of them; of a new model before the first run.
    """
    measured = await SQL.row(con, "reviews.precision")
    assert measured is not None
    merge_weight = measured.pop("merge_weight")
    runs = await list_runs(con, limit=1)
    changed = await SQL.row(con, "reviews.changed_by_run", run_id=runs[0]["run_id"]) if runs else None
    return {
        "precision": measured | wilson(measured["same"], measured["decided"]),
        "queue": await SQL.rows(con, "reviews.queue"),
        "decided": await SQL.rows(con, "reviews.decided_since"),
        "last_run": runs[0] if runs else None,
        "changed_customers": changed["customers"] if changed else None,
        "merge_weight": Thresholds().merge if merge_weight is None else merge_weight,
    }


async def list_runs(con: AsyncConnection, *, limit: int) -> list[Row]:
    """The newest comparisons of all records."""
    return await SQL.rows(con, "reviews.runs", limit=limit)


async def list_models(con: AsyncConnection, *, limit: int) -> list[Row]:
    """The newest matching models, with their cards."""
    return await SQL.rows(con, "reviews.models", limit=limit)


async def judge_model(con: AsyncConnection, model_id: int, *, approve: bool, user_id: int) -> Row:
    """Approve a proposed model, which the next run uses, or refuse it. Returns model_id, kind, state.

    Raises ModelNotFound unless it is proposed.
    """
    model = await SQL.row(con, "reviews.lock_model", model_id=model_id)
    if model is None or model["state"] != "proposed":
        raise ModelNotFound(remedy="Only a proposed model is approved or refused: GET /api/identity/models")
    if approve:
        await SQL.run(con, "reviews.replace_served", kind=model["kind"])
    values = {"state": "served" if approve else "refused", "user_id": user_id}
    row = await SQL.row(con, "reviews.judge_model", model_id=model_id, **values)
    assert row is not None
    return row
