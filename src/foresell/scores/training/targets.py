"""The targets of the specification, each met, not met or not reachable, and why. Computed from the backtest."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

from foresell.scores.training.backtest import Backtest
from foresell.scores.training.tasks import POPULATIONS

F1_GOAL = 0.70
CHURN_GOAL = 0.85


@dataclass(frozen=True)
class Target:
    """One goal on one population. `verdict` is met, not met or not reachable; `baseline`: the value reached without a model."""

    task: str
    population: str
    metric: str
    goal: float
    value: float
    low: float
    baseline: float
    verdict: str
    sentence: str


def targets(result: Backtest, model: str) -> tuple[Target, ...]:
    """The rows of a task: F1 >= .70 for purchase, accuracy >= .85 for churn, and churn again where the model is sure."""
    if result.task.event == "buys":
        rows = [_purchase(result, model, population) for population in POPULATIONS]
    else:
        rows = [_churn(result, model, population, "accuracy", "majority_accuracy") for population in POPULATIONS]
        rows.append(_churn(result, model, "all", "sure_accuracy", "sure_majority_accuracy"))
    return tuple(row for row in rows if row is not None)


def _purchase(result: Backtest, model: str, population: str) -> Target | None:
    baseline = result.value(model, "f1_everyone", population)
    best = result.value(model, "f1_best_afterwards", population)
    unreachable = (
        f"even the best threshold, chosen in hindsight, gives {best:.2f}; past orders alone cannot predict this well enough."
        if best < F1_GOAL
        else ""
    )
    return _row(result, model, population, "f1", F1_GOAL, baseline, "predicting an order for all", unreachable)


def _churn(result: Backtest, model: str, population: str, metric: str, baseline: str) -> Target | None:
    guess = result.value(model, baseline, population)
    best = result.value(model, "accuracy_best_afterwards", population)
    unreachable = ""
    if metric == "accuracy" and best < CHURN_GOAL:
        unreachable = (
            f"even the best threshold, chosen in hindsight, gives {best:.2f}; too many customers are close to 50 %."
        )
    row = _row(result, model, population, metric, CHURN_GOAL, guess, "predicting the most common outcome", unreachable)
    if row is None or metric == "accuracy":
        return row
    coverage = result.value(model, "sure_coverage", population)
    return Target(
        row.task, f"{population}, where sure", row.metric, row.goal, row.value, row.low, row.baseline, row.verdict,
        f"{row.sentence} This covers the {coverage:.0%} of customers for whom the model is confident.",
    )  # fmt: skip


def _row(
    result: Backtest,
    model: str,
    population: str,
    metric: str,
    goal: float,
    baseline: float,
    rival: str,
    unreachable: str,
) -> Target | None:
    """The verdict: a goal is met only beyond chance, and only where the model also beats the baseline without a model."""
    found = result.metric(model, metric, population)
    if found is None or isnan(found.value):
        return None
    reached = f"{found.value:.2f} against a target of {goal:.2f}"
    certain = min(found.low, found.value)
    if found.value >= goal and certain >= goal and certain > baseline:
        verdict, sentence = "met", f"{reached}; {rival} gives {baseline:.2f}."
    elif found.value >= goal and found.value > baseline:
        verdict = "not met"
        sentence = f"{reached}, but within chance: at least {certain:.2f} is certain, and {rival} gives {baseline:.2f}."
    elif found.value >= goal:
        verdict, sentence = "not met", f"{reached}, but {rival} gives {baseline:.2f} without any model."
    elif unreachable:
        verdict, sentence = "not reachable", f"{reached}: {unreachable}"
    else:
        verdict, sentence = "not met", f"{reached}; {rival} gives {baseline:.2f}."
    return Target(result.task.name, population, metric, goal, found.value, found.low, baseline, verdict, sentence)
