"""Backtest of the values: at past dates, predicted against observed revenue, compared with "the same as last time"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import scipy  # loads its parts when they are used
from numpy.typing import NDArray

from foresell.errors import NotReady
from foresell.scores.lifetime_value import model
from foresell.scores.training.model_registry import METRICS, ModelVersion, mean_metrics, metric_row
from foresell.scores.training.service_gate import Losses, Skill, measure_skill, money_deviance
from foresell.scores.training.train_task import TrainingContext
from foresell.sql import read_sql

Floats = NDArray[np.float64]

HORIZON_DAYS = 180
KIND = "bgnbd_gamma_gamma"
#: The naive rule: last year's revenue, with a little of the mean so that a silent customer is not impossible.
NAIVE_SHARE = 0.95
BASELINES = {"constant": "the same value for every customer", "last_year": "as much as last year"}


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric with its 95 % bootstrap interval over customers."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Holdout:
    """One past date: every customer known then, valued with what was known then, compared with the net revenue observed afterwards.

    accuracy: 1 - |predicted - actual| / actual of the total. spearman: rank correlation over customers.
    capture: share of the observed revenue from the top decile of customers by predicted value; `capture_perfect` is the
    highest share possible. The `last_` values belong to "as much as in the same number of days before".
    in_range: share of the customers whose revenue lay between low and high.
    """

    as_of: date
    horizon_days: int
    customers: int
    predicted: float
    actual: float
    accuracy: Measured
    spearman: Measured
    capture: Measured
    capture_perfect: float
    last_accuracy: float
    last_spearman: float
    last_capture: float
    in_range: float
    losses: Mapping[str, Losses]  # against "constant" and "last_year", both scaled to the predicted total


def default_cutoffs(as_of: date, horizon_days: int = HORIZON_DAYS, count: int = 3, every: int = 30) -> list[date]:
    """The latest `count` dates whose horizon has closed by `as_of`, `every` days apart, newest first."""
    return [as_of - timedelta(days=horizon_days + every * step) for step in range(count)]


def backtest(
    con: duckdb.DuckDBPyConnection,
    as_of: date,
    cutoffs: Sequence[date] | None = None,
    horizon_days: int = HORIZON_DAYS,
    seed: int = 0,
) -> list[Holdout]:
    """One Holdout per cutoff whose horizon has closed by `as_of`.

    Cutoffs at which no model could be fitted are left out; raises NotReady when none is left.
    """
    found, reason = [], "no horizon has closed yet."
    for cutoff in cutoffs if cutoffs is not None else default_cutoffs(as_of, horizon_days):
        if cutoff + timedelta(days=horizon_days) > as_of:
            continue
        try:
            found.append(_holdout(con, cutoff, horizon_days, seed))
        except NotReady as error:
            reason = f"at {cutoff}: {error.message}"
    if not found:
        raise NotReady(f"The value model cannot be tested: {reason}", remedy="Load a longer history.")
    return found


def _holdout(con: duckdb.DuckDBPyConnection, cutoff: date, horizon_days: int, seed: int) -> Holdout:
    """Predicted at `cutoff` against observed afterwards."""
    customers = model.read_purchases(con, cutoff)
    predicted = model.value(model.fit(con, cutoff, customers), customers, horizon_days, seed)
    ids, value = predicted["customer_id"].to_pylist(), predicted["value"].to_numpy()
    horizon = timedelta(days=horizon_days)
    observed, before = _revenue(con, ids, cutoff, cutoff + horizon), _revenue(con, ids, cutoff - horizon, cutoff)
    if observed.sum() <= 0:
        raise NotReady("no known customer bought anything afterwards.")
    inside = (observed >= predicted["low"].to_numpy() - 0.005) & (observed <= predicted["high"].to_numpy() + 0.005)
    return Holdout(
        as_of=cutoff,
        horizon_days=horizon_days,
        customers=len(ids),
        predicted=float(value.sum()),
        actual=float(observed.sum()),
        accuracy=_measure_metric(_accuracy, value, observed, seed),
        spearman=_measure_metric(_spearman, value, observed, seed),
        capture=_measure_metric(_capture, value, observed, seed),
        capture_perfect=_capture(observed, observed),
        last_accuracy=_accuracy(before, observed),
        last_spearman=_spearman(before, observed),
        last_capture=_capture(before, observed),
        in_range=float(inside.mean()),
        losses=_losses(predicted, value, observed, _revenue(con, ids, cutoff - timedelta(days=365), cutoff)),
    )


def _losses(predicted: pa.Table, value: Floats, observed: Floats, last_year: Floats) -> dict[str, Losses]:
    """The deviance of each customer's value, next to the same value for all and to as much as last year."""
    spent = np.maximum(last_year, 0.0)
    naive = NAIVE_SHARE * spent + (1 - NAIVE_SHARE) * spent.mean()
    baselines = {"constant": np.ones(len(value)), "last_year": naive}
    return {
        name: Losses(
            predicted["customer_id"].combine_chunks(),
            money_deviance(observed, value),
            money_deviance(observed, each * (value.sum() / max(float(each.sum()), 1e-9))),
        )
        for name, each in baselines.items()
    }


def refuse_if_no_better(holdouts: Sequence[Holdout], seed: int = 0) -> dict[str, Skill]:
    """The skills against both baselines. Raises NotReady when the values are no better than one of them."""
    skills = {}
    for name, words in BASELINES.items():
        skills[name] = measure_skill([each.losses[name] for each in holdouts], seed=seed)
        if not skills[name].is_better:
            raise NotReady(
                f"Off: no better than “{words}” over {len(holdouts)} tested periods of {HORIZON_DAYS} days.",
                remedy="See last year's revenue of each customer instead.",
            )
    return skills


def _revenue(con: duckdb.DuckDBPyConnection, ids: list[str], start: date, end: date) -> Floats:
    """Net revenue of each customer in [start, end), in the order of `ids`; 0 for those who bought nothing."""
    query = read_sql("foresell.scores.lifetime_value", "customer_revenue.sql")
    rows = dict(con.execute(query, {"start": start, "end": end}).fetchall())
    return np.array([rows.get(customer, 0.0) for customer in ids], dtype=np.float64)


def _measure_metric(metric: Callable[[Floats, Floats], float], value: Floats, observed: Floats, seed: int) -> Measured:
    """The metric and its bootstrap interval; fewer draws for many customers, whose interval is narrow anyway."""
    rng, n = np.random.default_rng(seed), len(value)
    draws = int(np.clip(1_500_000 // n, 40, 300))
    samples = (rng.integers(0, n, n) for _ in range(draws))
    low, high = np.quantile([metric(value[some], observed[some]) for some in samples], [0.025, 0.975])
    return Measured(metric(value, observed), float(low), float(high))


def _accuracy(value: Floats, observed: Floats) -> float:
    """1 - |predicted - actual| / actual of the total, not below 0."""
    total = float(observed.sum())
    return max(0.0, 1 - abs(float(value.sum()) - total) / total) if total > 0 else 0.0


def _spearman(value: Floats, observed: Floats) -> float:
    """Rank correlation; 0 where one side is constant."""

    ranks = np.vstack([scipy.stats.rankdata(value), scipy.stats.rankdata(observed)])
    return float(np.corrcoef(ranks)[0, 1]) if (np.ptp(ranks, axis=1) > 0).all() else 0.0


def _capture(value: Floats, observed: Floats) -> float:
    """Share of the actual revenue in the top decile of customers by value."""
    best = np.argsort(-value, kind="stable")[: max(1, len(value) // 10)]
    total = float(observed.sum())
    return float(observed[best].sum()) / total if total > 0 else 0.0


def make_version(context: TrainingContext) -> ModelVersion:
    """The value model as a version for the registry: its parameters and its holdouts of HORIZON_DAYS. Raises NotReady."""
    fitted = model.fit(context.con, context.as_of)
    holdouts = backtest(context.con, context.as_of, seed=context.seed)
    skills = refuse_if_no_better(holdouts, context.seed)
    rows = [row for holdout in holdouts for row in _metric_rows(holdout)]
    means = mean_metrics(rows)
    card = {
        "task": "lifetime_value", "kind": KIND, "as_of": context.as_of.isoformat(), "horizon": 365, "seed": context.seed,
        "metrics": {row["metric"]: row["value"] for row in means if row["model"] == KIND},
        "tests": [holdout.as_of.isoformat() for holdout in holdouts], "targets": [],
        "skills": {name: {"value": skill.value, "bound": skill.bound} for name, skill in skills.items()},
    }  # fmt: skip
    reason = f"Tested on {len(holdouts)} holdout periods of {HORIZON_DAYS} days."
    metrics = pa.Table.from_pylist([*rows, *means], schema=METRICS)
    return ModelVersion("lifetime_value", KIND, context.as_of, fitted.to_json(), card, reason, metrics)


def _metric_rows(holdout: Holdout) -> Iterator[dict[str, Any]]:
    """One row per model and metric of a holdout; "perfect" is the most any list could have held."""

    def row(
        name: str, metric: str, value: float, low: float | None = None, high: float | None = None
    ) -> dict[str, Any]:
        return metric_row(
            "lifetime_value", holdout.horizon_days, name, holdout.as_of, holdout.customers, metric, value, low, high
        )

    for metric in ("accuracy", "spearman", "capture"):
        measured = getattr(holdout, metric)
        yield row(KIND, metric, measured.value, measured.low, measured.high)
        yield row("same_as_last", metric, getattr(holdout, f"last_{metric}"))
    yield row("perfect", "capture", holdout.capture_perfect)
    yield row(KIND, "in_range", holdout.in_range)
