"""The scores, in the order of the customer list. A new score is its folder and one line here; a new column is one entry
in the score's own `COLUMNS`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from foresell.scores.call_reason.score import CALL_REASON_SCORE
from foresell.scores.churn.score import CHURN_SCORE
from foresell.scores.expected_revenue.score import EXPECTED_REVENUE_SCORE
from foresell.scores.forecast.score import FORECAST_SCORE
from foresell.scores.lifetime_value.score import LIFETIME_VALUE_SCORE
from foresell.scores.protocol import Score
from foresell.scores.purchase.score import PURCHASE_SCORE
from foresell.scores.rfm.score import RFM_SCORE
from foresell.scores.training.outcomes import OutcomeRule
from foresell.scores.training.tasks import Task
from foresell.types import ScoreColumn

SCORES: tuple[Score, ...] = (
    RFM_SCORE,
    PURCHASE_SCORE,
    EXPECTED_REVENUE_SCORE,
    CALL_REASON_SCORE,
    CHURN_SCORE,
    LIFETIME_VALUE_SCORE,
    FORECAST_SCORE,
)


def list_columns() -> tuple[ScoreColumn, ...]:
    """Every column that scores add to a customer, in the order of the list."""
    return tuple(column for score in SCORES for column in score.columns)


#: The orders by columns that no score adds.
_OTHER_SORTS = {
    "name": "name_order asc nulls last, rank",
    "country": "country asc nulls last, rank",
    "reason": "why_call asc nulls last, rank",
}
#: What the name of an order ends in that goes the other way round.
REVERSED = "_reversed"


def best_first_sorts() -> Mapping[str, str]:
    """The orders of the customer list, best first, texts from A to Z: name and SQL order."""
    of_columns = {column.sort: column.sort_order for column in list_columns() if column.sort}
    of_scores = {name: order for score in SCORES for name, order in score.sorts.items()}
    return {**of_columns, **of_scores, **_OTHER_SORTS}


def list_sorts() -> Mapping[str, str]:
    """Every order of the customer list, each both ways: name and SQL order.

    Customers without a value come last both ways, and equal ones in the order of the call list.
    """
    sorts = best_first_sorts()
    return {**sorts, **{name + REVERSED: reverse_order(order) for name, order in sorts.items()}}


def reverse_order(order: str) -> str:
    """A SQL order the other way round, but for `nulls last` and the rank that settles ties."""
    *terms, rank = order.split(", ")
    if rank != "rank" or not all(re.search(r" (asc|desc)( nulls last)?$", term) for term in terms):
        raise ValueError(f"not an order of the list: {order}")
    flipped = {"asc": "desc", "desc": "asc"}
    return ", ".join([*(re.sub(r"\b(asc|desc)\b", lambda found: flipped[found[0]], term) for term in terms), rank])


def trained_tasks() -> tuple[Task, ...]:
    """The tasks answered by stored models."""
    return tuple(task for score in SCORES for task in score.tasks)


def task_names() -> tuple[str, ...]:
    """Every task that has model versions."""
    return tuple(name for score in SCORES for name in score.task_names)


def outcome_rules() -> tuple[OutcomeRule, ...]:
    """Every column that is compared with what was observed."""
    return tuple(rule for score in SCORES for rule in score.outcomes)
