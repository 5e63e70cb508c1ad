"""Decisions of people about two records, and what they say of the matching."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from foresell.db import Connection, Statements
from foresell.errors import NotFound
from foresell.identity import moves
from foresell.identity.intervals import wilson

SQL = Statements("foresell.identity")

Verdict = Literal["same", "different", "unsure"]


def decide_review(con: Connection, review_id: int, verdict: Verdict, *, reason: str | None = None) -> dict[str, Any]:
    """Decide on an open review. `same` merges the customer of the second record into that of the first.

    Returns customer_a, customer_b and move_id (None without a merge). Raises NotFound when it is not open.
    """
    pair = SQL.row(con, "runs.review", review_id=review_id)
    if pair is None:
        raise NotFound(f"There is no open review {review_id}.", remedy="List them: foresell identity review")
    a, b = pair["customer_a"], pair["customer_b"]
    move_id = None
    if verdict == "same" and a != b:
        [move_id] = moves.merge(con, {a: [b]}, reason=reason)
    values: Mapping[str, Any] = {"a": pair["record_a"], "b": pair["record_b"], "verdict": verdict}
    SQL.run(con, "runs.decide", **values, move_id=move_id, reason=reason)
    return {"customer_a": a, "customer_b": b, "move_id": move_id}


def read_quality(con: Connection, merge_weight: float) -> dict[str, Any]:
    """Precision on held-out decisions with its 95 % interval, the review queue, and the last run (None before the first)."""
    measured = SQL.row(con, "runs.precision", merge=merge_weight)
    assert measured is not None
    return {
        "precision": measured | wilson(measured["same"], measured["decided"]),
        "queue": SQL.rows(con, "runs.queue"),
        "last_run": SQL.row(con, "runs.latest_run"),
    }
