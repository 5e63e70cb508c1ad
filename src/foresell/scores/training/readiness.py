"""Data checks before training: a task is refused, with what is missing, instead of predicted badly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from foresell.errors import NotReady
from foresell.scores.training.panel import HISTORY_DAYS, STEP_DAYS
from foresell.scores.training.tasks import Task
from foresell.sql import read_sql

CUSTOMERS = 100  # fewer do not support even four parameters
ML_CUSTOMERS = 500  # below these two, BG/NBD is used: measured no worse than the trees
ML_CUTOFFS = 8
RARER_OUTCOME = 50  # of both outcomes, or machine learning has nothing to tell apart
REPEATERS = 0.10  # shops like Olist have 3 %: too few second orders to learn from
STALE_DAYS = 60


@dataclass(frozen=True)
class Check:
    """One thing a model needs: what there is, what is needed, and the sentence for the reader."""

    name: str
    have: float
    need: float
    passed: bool
    sentence: str


@dataclass(frozen=True)
class Readiness:
    """What the data allow for one task: `ml` trains all models, `statistical` uses BG/NBD, `off` refuses."""

    task: str
    level: str
    checks: tuple[Check, ...]
    label: str = ""

    @property
    def failed_checks(self) -> tuple[str, ...]:
        """The sentences of what failed."""
        return tuple(check.sentence for check in self.checks if not check.passed)

    def require_data(self) -> Readiness:
        """Itself, or NotReady with everything that is missing."""
        if self.level == "off":
            raise NotReady(
                f"{self.label or self.task} is off: {' '.join(self.failed_checks)}",
                remedy="Load more history; the rest of the run is not affected.",
            )
        return self


def readiness(con: duckdb.DuckDBPyConnection, as_of: date, task: Task) -> Readiness:
    """The checks of one task on the snapshot, strictly before `as_of`."""
    result = con.execute(
        read_sql("foresell.scores.training", "readiness.sql"), {"as_of": as_of, "horizon": task.horizon}
    )
    names = [column[0] for column in result.description or ()]
    facts = dict(zip(names, result.fetchall()[0], strict=True))
    gate = _required_checks(facts, task)
    closed = (facts["days_covered"] - HISTORY_DAYS - task.horizon) // STEP_DAYS + 1
    extra = _worth_learning(facts, task, max(0, closed))
    level = "off" if not all(c.passed for c in gate) else "ml" if all(c.passed for c in extra) else "statistical"
    return Readiness(task.name, level, gate + extra, task.label)


def _required_checks(facts: dict[str, int], task: Task) -> tuple[Check, ...]:
    """What even BG/NBD needs."""
    customers, days = facts["customers"], facts["days_covered"]
    share = facts["repeaters"] / customers if customers else 0.0
    need_days = max(120, task.horizon + HISTORY_DAYS)
    return (
        Check(
            "customers", customers, CUSTOMERS, customers >= CUSTOMERS,
            f"Only {customers:,} {'customer has' if customers == 1 else 'customers have'} an order with a positive amount; "
            f"at least {CUSTOMERS} are needed.",
        ),
        Check(
            "history", days, need_days, days >= need_days,
            f"Orders cover {days:,} {'day' if days == 1 else 'days'}; at least {need_days} are needed to predict the next {task.horizon}.",
        ),
        Check(
            "recent", facts["days_since_last"], STALE_DAYS, facts["days_since_last"] <= STALE_DAYS,
            f"The last order is {facts['days_since_last']:,} days old; newer sales (at most {STALE_DAYS} days old) are needed.",
        ),
        Check(
            "repeat buyers", share, REPEATERS, share >= REPEATERS,
            f"Only {share:.0%} of customers bought on more than one day; "
            f"at least {REPEATERS:.0%} are needed to learn who orders again.",
        ),
    )  # fmt: skip


def _worth_learning(facts: dict[str, int], task: Task, closed: int) -> tuple[Check, ...]:
    """What machine learning needs in addition."""
    customers, known, ordered = facts["customers"], facts["known_then"], facts["returned"]
    rarer = min(ordered, known - ordered)
    return (
        Check(
            "customers to learn from", customers, ML_CUSTOMERS, customers >= ML_CUSTOMERS,
            f"With fewer than {ML_CUSTOMERS} customers ({customers:,}) BG/NBD is used instead of machine learning.",
        ),
        Check(
            "closed cutoffs", closed, ML_CUTOFFS, closed >= ML_CUTOFFS,
            f"Only {closed} past test dates have a known outcome; BG/NBD is used "
            f"until there are {ML_CUTOFFS} ({ML_CUTOFFS - closed} more of {STEP_DAYS} days each).",
        ),
        Check(
            "class balance", rarer, RARER_OUTCOME, rarer >= RARER_OUTCOME,
            f"In the last {task.horizon} days {ordered:,} of {known:,} customers ordered; machine learning needs at least "
            f"{RARER_OUTCOME} who did and {RARER_OUTCOME} who did not, so BG/NBD is used.",
        ),
    )  # fmt: skip
