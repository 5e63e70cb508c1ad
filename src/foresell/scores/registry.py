"""The scores, in the order of the customer list. A new score is its folder and one line here; a new column is one entry
in the score's own `COLUMNS`."""

from __future__ import annotations

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


def list_sorts() -> Mapping[str, str]:
    """Every order of the customer list: its name and its SQL order."""
    of_columns = {column.sort: column.sort_order for column in list_columns() if column.sort}
    return {**of_columns, **{name: order for score in SCORES for name, order in score.sorts.items()}}


def trained_tasks() -> tuple[Task, ...]:
    """The tasks answered by stored models."""
    return tuple(task for score in SCORES for task in score.tasks)


def task_names() -> tuple[str, ...]:
    """Every task that has model versions."""
    return tuple(name for score in SCORES for name in score.task_names)


def outcome_rules() -> tuple[OutcomeRule, ...]:
    """Every column that is compared with what was observed."""
    return tuple(rule for score in SCORES for rule in score.outcomes)
