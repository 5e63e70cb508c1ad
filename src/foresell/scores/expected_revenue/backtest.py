"""How good expected revenue would have been at past cutoffs, and whether it is good enough to be shown.

At each cutoff the estimates are scaled to that cutoff's own forecast, as in a run. They are compared with a constant (the same
for every customer) and with the naive rule (95 % of last year's revenue / 12, 5 % of the mean), both scaled to the same total, by
the deviance of money (`training/service_gate.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from foresell.errors import NotReady
from foresell.scores.expected_revenue.company import forecast_company
from foresell.scores.expected_revenue.model import (
    HORIZON_DAYS,
    Counts,
    expected_order_values,
    fit_lifetimes,
    net_revenue,
    train_counts,
)
from foresell.scores.expected_revenue.streams import scale_to_total
from foresell.scores.training.features import Floats, Frame
from foresell.scores.training.model_registry import METRICS, ModelVersion, mean_metrics, metric_row
from foresell.scores.training.readiness import ML_CUSTOMERS
from foresell.scores.training.service_gate import Losses, Skill, measure_skill, money_deviance, refuse
from foresell.scores.training.train_task import TrainingContext

TASK = "expected_revenue"
CUTOFFS = 6
#: The naive rule: last year's revenue, with a little of the mean so that a silent customer is not impossible.
NAIVE_SHARE = 0.95


@dataclass(frozen=True)
class Cutoff:
    """One past day: what each customer then spent, and what each way to estimate it said, scaled to that day's forecast."""

    frame: Frame
    actual: Floats
    estimates: Mapping[str, Floats]

    def losses(self, model: str, baseline: str) -> Losses:
        """The deviances of a model and a baseline, one entry per customer."""
        return Losses(
            self.frame.customers,
            money_deviance(self.actual, self.estimates[model]),
            money_deviance(self.actual, self.estimates[baseline]),
        )


def estimate_cutoff(context: TrainingContext, frame: Frame) -> Cutoff:
    """Every estimate at one closed cutoff, from what was known then. Raises NotReady where one cannot be made."""
    con = context.sample
    pennies = forecast_company(con, frame.as_of, interval=False).streams.known
    values = expected_order_values(con, frame)
    models: dict[str, Counts | None] = {"bgnbd": fit_lifetimes(frame)}
    if len(frame) >= ML_CUSTOMERS:
        closed = context.panel.closed_frames(HORIZON_DAYS, by=frame.as_of)
        models["lightgbm_poisson"] = train_counts(con, closed, context.seed)
    raw = {name: model.expected_purchases(frame) * values for name, model in models.items() if model}
    last_year = np.maximum(frame.column("spend_365").astype(np.float64), 0.0)
    raw["last_year"] = NAIVE_SHARE * last_year + (1 - NAIVE_SHARE) * last_year.mean()
    raw["constant"] = np.ones(len(frame))
    return Cutoff(frame, net_revenue(con, frame), {name: scale_to_total(each, pennies) for name, each in raw.items()})


def backtest(context: TrainingContext) -> list[Cutoff]:
    """The latest closed cutoffs at which everything could be estimated, oldest first. Raises NotReady when there is none."""
    found, reason = [], "no period of 30 days has ended yet."
    for frame in reversed(context.panel.closed_frames(HORIZON_DAYS)):
        try:
            cutoff = estimate_cutoff(context, frame)
        except NotReady as error:
            reason = error.message
            break
        if cutoff.actual.any():
            found.append(cutoff)
        if len(found) == CUTOFFS:
            break
    if not found:
        raise NotReady(f"Expected revenue cannot be tested: {reason}", remedy="Load a longer history.")
    return found[::-1]


def choose(cutoffs: Sequence[Cutoff], seed: int = 0) -> tuple[str, dict[str, Skill]]:
    """Which count model serves, with the skills that decided. Raises NoBetter unless it beats both baselines."""
    both = [each.losses("lightgbm_poisson", "bgnbd") for each in cutoffs if "lightgbm_poisson" in each.estimates]
    skills = {"ml": measure_skill(both, seed=seed)}
    kind = "lightgbm_poisson" if len(both) == len(cutoffs) and skills["ml"].is_better else "bgnbd"
    for baseline in ("constant", "last_year"):
        skills[baseline] = measure_skill([each.losses(kind, baseline) for each in cutoffs], seed=seed)
        refuse(baseline, skills[baseline], HORIZON_DAYS)
    return kind, skills


def make_version(context: TrainingContext) -> ModelVersion:
    """The model as a version for the registry: the counts that serve, with every tested cutoff. Raises NotReady."""
    cutoffs = backtest(context)
    kind, skills = choose(cutoffs, context.seed)
    panel = context.panel
    if kind == "bgnbd":
        model: Counts | None = fit_lifetimes(panel.now)
    else:
        model = train_counts(context.sample, panel.closed_frames(HORIZON_DAYS), context.seed)
    if model is None:
        raise NotReady("Expected revenue could not be learnt from this history.", remedy="Load a longer history.")
    rows = [row for each in cutoffs for row in _metric_rows(each)]
    card = {
        "task": TASK, "kind": kind, "as_of": context.as_of.isoformat(), "horizon": HORIZON_DAYS, "seed": context.seed,
        "tests": [each.frame.as_of.isoformat() for each in cutoffs], "targets": [],
        "gate": {name: skill.as_card() for name, skill in skills.items() if skill.cutoffs},
        "metrics": {name: float(np.mean([row["value"] for row in rows if row["model"] == kind and row["metric"] == name]))
                    for name in ("total_accuracy", "decile_error", "mae", "capture_500")},
    }  # fmt: skip
    against = skills["last_year"]
    reason = f"Better than last year's revenue: {against.sentence()} over {len(cutoffs)} months."
    metrics = pa.Table.from_pylist([*rows, *mean_metrics(rows)], schema=METRICS)
    return ModelVersion(TASK, kind, context.as_of, model.text(), card, reason, metrics)


def decile_error(estimate: Floats, actual: Floats) -> float:
    """Sum over deciles of the estimate of |predicted - actual|, over the actual total."""
    order = np.argsort(-estimate, kind="stable")
    missed = sum(abs(float(estimate[part].sum() - actual[part].sum())) for part in np.array_split(order, 10))
    return missed / float(actual.sum())


def capture(estimate: Floats, actual: Floats, customers: int) -> float:
    """The share of the actual revenue from the customers with the highest estimates."""
    best = np.argsort(-estimate, kind="stable")[:customers]
    return float(actual[best].sum() / actual.sum())


def _metric_rows(cutoff: Cutoff) -> Iterator[dict[str, Any]]:
    actual = cutoff.actual
    for name, estimate in cutoff.estimates.items():
        values = {
            "total_accuracy": max(0.0, 1 - abs(float(estimate.sum() / actual.sum()) - 1)),
            "decile_error": decile_error(estimate, actual),
            "mae": float(np.abs(estimate - actual).mean()),
            "capture_50": capture(estimate, actual, 50),
            "capture_500": capture(estimate, actual, 500),
        }
        for metric, value in values.items():
            yield metric_row(TASK, HORIZON_DAYS, name, cutoff.frame.as_of, len(actual), metric, value)
