"""Backtest of the values: at past dates, predicted against observed revenue, compared with "the same as last time"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import scipy  # loads its parts when they are used
from numpy.typing import NDArray

from foresell.errors import NotReady
from foresell.scores.lifetime_value import model
from foresell.scores.lifetime_value.blend import DEFAULT_WEIGHT
from foresell.scores.lifetime_value.ranges import DecileRanges, measure_ranges
from foresell.scores.training.model_registry import METRICS, ModelVersion, mean_metrics, metric_row
from foresell.scores.training.panel import HISTORY_DAYS
from foresell.scores.training.service_gate import Losses, Skill, measure_skill, money_deviance, refuse
from foresell.scores.training.train_task import TrainingContext
from foresell.sql import read_sql

Floats = NDArray[np.float64]

HORIZON_DAYS = 180
KIND = "bgnbd_gamma_gamma"
#: The naive rule: last year's revenue, with a little of the mean so that a silent customer is not impossible.
NAIVE_SHARE = 0.95
BASELINES = ("constant", "last_year")
#: Cutoffs that decide whether the values are shown, EVERY days apart, and the fewest that can.
GATE_CUTOFFS, FEWEST_CUTOFFS, EVERY = 4, 2, 30
#: The weights of the model against last year that are tried.
WEIGHTS = (0.15, 0.3, 0.5, 0.7, 1.0)


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
    in_range: share of the customers whose revenue lay between low and high; None where no earlier period had closed.
    weight: that of the model against last year, chosen from earlier periods. decile_error: see `decile_error`.
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
    in_range: float | None
    decile_error: float
    weight: float
    losses: Mapping[str, Losses]  # against "constant" and "last_year", both scaled to the predicted total


@dataclass(frozen=True, slots=True)
class Fit:
    """One past date: its customers, what could be said of them then, and their net revenue afterwards."""

    as_of: date
    ids: list[str]
    estimates: model.Estimates
    observed: Floats

    def deviance(self, weight: float) -> float:
        """The mean deviance of the values with this weight."""
        return float(money_deviance(self.observed, self.estimates.blend(weight)).mean())


def default_cutoffs(
    as_of: date, horizon_days: int = HORIZON_DAYS, count: int = GATE_CUTOFFS, every: int = EVERY
) -> list[date]:
    """The latest `count` dates whose horizon has closed by `as_of`, `every` days apart, newest first."""
    return [as_of - timedelta(days=horizon_days + every * step) for step in range(count)]


def choose_weight(fits: Sequence[Fit]) -> float:
    """The weight of the model with the least mean deviance over closed cutoffs; DEFAULT_WEIGHT without any."""
    if not fits:
        return DEFAULT_WEIGHT
    return min(WEIGHTS, key=lambda weight: float(np.mean([each.deviance(weight) for each in fits])))


def learn_ranges(fits: Sequence[Fit], weight: float) -> DecileRanges | None:
    """The ranges of the latest closed cutoff; None without any."""
    if not fits:
        return None
    latest = max(fits, key=lambda each: each.as_of)
    return measure_ranges(latest.estimates.blend(weight), latest.observed)


def read_card(card: Mapping[str, Any]) -> tuple[float, DecileRanges | None]:
    """The weight and the ranges that a model card keeps."""
    ranges = card.get("ranges")
    return card.get("weight", DEFAULT_WEIGHT), DecileRanges(
        tuple(ranges["low"]), tuple(ranges["high"])
    ) if ranges else None


def backtest(
    con: duckdb.DuckDBPyConnection,
    as_of: date,
    cutoffs: Sequence[date] | None = None,
    horizon_days: int = HORIZON_DAYS,
    seed: int = 0,
) -> list[Holdout]:
    """One Holdout per cutoff whose horizon has closed by `as_of`, newest first.

    The weight and the ranges of each come from cutoffs that had closed by then. Cutoffs at which no model could be fitted are
    left out; raises NotReady when none is left.
    """
    return backtest_with_fits(con, as_of, cutoffs, horizon_days, seed)[0]


def backtest_with_fits(
    con: duckdb.DuckDBPyConnection,
    as_of: date,
    cutoffs: Sequence[date] | None = None,
    horizon_days: int = HORIZON_DAYS,
    seed: int = 0,
) -> tuple[list[Holdout], list[Fit]]:
    """The holdouts, and every fit they took: those of the cutoffs, and of earlier ones that had closed by then."""
    wanted = list(cutoffs) if cutoffs is not None else default_cutoffs(as_of, horizon_days)
    wanted = [day for day in wanted if day + timedelta(days=horizon_days) <= as_of]
    fits: dict[date, Fit] = {}
    reason = "no horizon has closed yet."
    for day in dict.fromkeys((*wanted, *(day - timedelta(days=horizon_days) for day in wanted))):
        try:
            fits[day] = _fit(con, day, horizon_days)
        except NotReady as error:
            reason = f"at {day}: {error.message}" if day in wanted else reason
    found = []
    for day in (day for day in wanted if day in fits):
        closed = [each for each in fits.values() if each.as_of + timedelta(days=horizon_days) <= day]
        found.append(_holdout(con, fits[day], closed, horizon_days, seed))
    if not found:
        raise NotReady(f"The value model cannot be tested: {reason}", remedy="Load a longer history.")
    return found, list(fits.values())


def _fit(con: duckdb.DuckDBPyConnection, cutoff: date, horizon_days: int) -> Fit:
    customers = model.read_purchases(con, cutoff)
    if len(customers.T) and customers.T.max() < HISTORY_DAYS:
        raise NotReady(f"orders cover less than {HISTORY_DAYS} days before it.")
    estimates = model.estimate(model.fit(con, cutoff, customers), customers, horizon_days)
    ids = customers.customer_id.tolist()
    observed = _revenue(con, ids, cutoff, cutoff + timedelta(days=horizon_days))
    if observed.sum() <= 0:
        raise NotReady("no known customer bought anything afterwards.")
    return Fit(cutoff, ids, estimates, observed)


def _holdout(con: duckdb.DuckDBPyConnection, fit: Fit, closed: Sequence[Fit], horizon_days: int, seed: int) -> Holdout:
    """Predicted at a cutoff against observed afterwards."""
    weight = choose_weight(closed)
    value, observed, ranges = fit.estimates.blend(weight), fit.observed, learn_ranges(closed, weight)
    before = _revenue(con, fit.ids, fit.as_of - timedelta(days=horizon_days), fit.as_of)
    return Holdout(
        as_of=fit.as_of,
        horizon_days=horizon_days,
        customers=len(fit.ids),
        predicted=float(value.sum()),
        actual=float(observed.sum()),
        accuracy=_measure_metric(_accuracy, value, observed, seed),
        spearman=_measure_metric(_spearman, value, observed, seed),
        capture=_measure_metric(_capture, value, observed, seed),
        capture_perfect=_capture(observed, observed),
        last_accuracy=_accuracy(before, observed),
        last_spearman=_spearman(before, observed),
        last_capture=_capture(before, observed),
        in_range=_coverage(ranges, value, observed) if ranges else None,
        decile_error=decile_error(value, observed),
        weight=weight,
        losses=_losses(fit, value),
    )


def _coverage(ranges: DecileRanges, value: Floats, observed: Floats) -> float:
    """The share of customers whose revenue lay in the range, to the penny; less than nothing counts as nothing."""
    low, high = ranges.around(value)
    spent = np.maximum(observed, 0.0)
    return float(((spent >= low - 0.005) & (spent <= high + 0.005)).mean())


def decile_error(value: Floats, observed: Floats) -> float:
    """Sum over deciles of value of |predicted - actual|, over the actual total."""
    parts = np.array_split(np.argsort(-value, kind="stable"), 10)
    return sum(abs(float(value[part].sum() - observed[part].sum())) for part in parts) / float(observed.sum())


def _losses(fit: Fit, value: Floats) -> dict[str, Losses]:
    """The deviance of each customer's value, next to the same value for all and to as much as last year."""
    spent = np.maximum(fit.estimates.last_year, 0.0)
    naive = NAIVE_SHARE * spent + (1 - NAIVE_SHARE) * spent.mean()
    baselines = {"constant": np.ones(len(value)), "last_year": naive}
    return {
        name: Losses(
            pa.array(fit.ids, pa.string()),
            money_deviance(fit.observed, value),
            money_deviance(fit.observed, each * (value.sum() / max(float(each.sum()), 1e-9))),
        )
        for name, each in baselines.items()
    }


def refuse_if_no_better(holdouts: Sequence[Holdout], seed: int = 0) -> dict[str, Skill]:
    """The skills against both baselines. Raises NoBetter when the values are no better than one, NotReady with too few holdouts."""
    if len(holdouts) < FEWEST_CUTOFFS:
        raise NotReady(
            f"Lifetime value is off: it needs {FEWEST_CUTOFFS} tested periods of {HORIZON_DAYS} days, about eleven months of orders.",
            remedy="See last year's revenue of each customer instead.",
        )
    skills = {name: measure_skill([each.losses[name] for each in holdouts], seed=seed) for name in BASELINES}
    for name, skill in skills.items():
        refuse(name, skill, HORIZON_DAYS)
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
    holdouts, fits = backtest_with_fits(context.con, context.as_of, seed=context.seed)
    skills = refuse_if_no_better(holdouts, context.seed)
    weight = choose_weight(fits)
    ranges = learn_ranges(fits, weight)
    rows = [row for holdout in holdouts for row in _metric_rows(holdout)]
    means = mean_metrics(rows)
    card = {
        "task": "lifetime_value", "kind": KIND, "as_of": context.as_of.isoformat(), "horizon": 365, "seed": context.seed,
        "metrics": {row["metric"]: row["value"] for row in means if row["model"] == KIND},
        "tests": [holdout.as_of.isoformat() for holdout in holdouts], "targets": [],
        "gate": {name: skill.as_card() for name, skill in skills.items()},
        "weight": weight, "ranges": asdict(ranges) if ranges else None,
    }  # fmt: skip
    reason = f"Better than last year's revenue: {skills['last_year'].sentence()} over {len(holdouts)} periods of {HORIZON_DAYS} days."
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
    yield row(KIND, "decile_error", holdout.decile_error)
    if holdout.in_range is not None:
        yield row(KIND, "in_range", holdout.in_range)
