"""Decisions of people about two records, at the command line, and what they say of the matching."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import psycopg

from foresell.db import Connection, Row, Statements
from foresell.errors import ReviewNotFound
from foresell.identity.moves import NOT_THERE
from foresell.intervals import wilson

SQL = Statements("foresell.identity")

Verdict = Literal["same", "different", "unsure"]


def list_decided(con: Connection, *, limit: int) -> list[Row]:
    """Reviews with a decision in force, the newest first: review_id, customer_a, customer_b, verdict, decided_at, reason, by."""
    return SQL.rows(con, "runs.decided", limit=limit)


def decide_review(con: Connection, review_id: int, verdict: Verdict, *, reason: str | None = None) -> Row:
    """Decide on an open review, as on the page of duplicates. Raises ReviewNotFound when it is not open.

    same merges its customers; different takes the second record out of the customer, if they are one. Returns review_id,
    decision_id, move_id, and of the move kind, customer_id and other_ids; None where nothing moved.
    """
    with _explain(f"Review {review_id} is not open.", "List the open ones: foresell identity review"):
        row = SQL.row(con, "runs.decide", review_id=review_id, verdict=verdict, reason=reason)
    assert row is not None
    move = SQL.row(con, "customers.move", move_id=row["move_id"]) or {}
    return row | {name: move.get(name) for name in ("kind", "customer_id", "other_ids")}


def reopen_review(con: Connection, review_id: int) -> Row:
    """Undo the decision in force about the pair of a review, with what it merged or split; the review is open again.

    Returns decision_id, record_a, record_b. Raises ReviewNotFound without such a decision.
    """
    with _explain(f"Review {review_id} has no decision.", "List the decided ones: foresell identity review --decided"):
        row = SQL.row(con, "runs.reopen", review_id=review_id)
    assert row is not None
    return row


def read_quality(con: Connection) -> dict[str, Any]:
    """Precision on held-out decisions with its 95 % interval, the review queue, and the last run (None before the first)."""
    measured = SQL.row(con, "runs.precision")
    assert measured is not None
    return {
        "precision": measured | wilson(measured["same"], measured["decided"]),
        "queue": SQL.rows(con, "reviews.queue"),
        "last_run": SQL.row(con, "reviews.runs", limit=1),
    }


@contextmanager
def _explain(message: str, remedy: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate != NOT_THERE:
            raise
        raise ReviewNotFound(message, remedy=remedy) from None
