"""Tasks: the yes-or-no questions that trained models answer, and the populations they are tested on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from foresell.scores.training.features import Floats, Frame, Labels


@dataclass(frozen=True)
class Task:
    """One task: does the customer order within `horizon` days (`event` buys), or not (`event` leaves)?

    `challenger` is the machine-learning model, served when it ranks better than the better statistical model.
    `fixed_threshold` None: chosen on validation cutoffs for the best F1.
    """

    name: str
    horizon: int
    event: str
    challenger: str
    fixed_threshold: float | None = None

    @property
    def label(self) -> str:
        """The task as a reader knows it, such as "Purchase prediction (30 days)"."""
        return f"{self.name.partition('_')[0].capitalize()} prediction ({self.horizon} days)"

    def event_of(self, ordered: Labels) -> Labels:
        """For each customer, whether the task's event was observed."""
        return ordered if self.event == "buys" else ~ordered

    def chance(self, probability_of_order: Floats) -> Floats:
        """The probability of the task's event."""
        return probability_of_order if self.event == "buys" else 1 - probability_of_order


def _key_accounts(frame: Frame) -> Labels:
    spend = frame.column("spend_365")
    first = np.argsort(-spend, kind="stable")[: int(np.ceil(len(spend) / 10))]
    chosen = np.zeros(len(spend), dtype=bool)
    chosen[first] = spend[first] > 0
    return chosen


#: The customers a model is tested on: every model on each of these populations.
POPULATIONS: Mapping[str, Callable[[Frame], Labels]] = {
    "all": lambda frame: np.ones(len(frame), dtype=bool),
    "active_180d": lambda frame: frame.column("recency_days") <= 180,
    "two_orders_180d": lambda frame: frame.column("orders_180") >= 2,
    "key_accounts": _key_accounts,
}
