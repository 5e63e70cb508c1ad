"""Rolling-origin backtest: predict at past cutoffs from the data known there, and compare with what was observed.

At each test cutoff the model is trained on label windows closed by then; the threshold is the best one on the three latest
closed cutoffs, which were predicted out of time as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from foresell.scores.training import metrics
from foresell.scores.training.features import Floats, Frame, Labels
from foresell.scores.training.models import Trainer
from foresell.scores.training.panel import Panel
from foresell.scores.training.tasks import POPULATIONS, Task

TESTS = 6
VALIDATIONS = 3
SURE_GOAL = 0.85  # accuracy that confident predictions must reach on validation


@dataclass(frozen=True)
class MetricValue:
    """One metric value with its interval. Grain: task, model, population, cutoff (None: mean of the test cutoffs), metric."""

    task: str
    horizon_days: int
    model: str
    population: str
    cutoff: date | None
    customers: int
    metric: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Decile:
    """One row of a calibration and lift table. Grain: task, model, cutoff, decile (1 = highest probability)."""

    task: str
    model: str
    cutoff: date
    decile: int
    customers: int
    predicted: float
    observed: float
    lift: float


@dataclass(frozen=True)
class Backtest:
    """All metrics and decile tables of one task, the thresholds by model and population, the confidence margins, and the
    predictions of each model at the test cutoffs, oldest first."""

    task: Task
    tests: tuple[date, ...]
    metrics: tuple[MetricValue, ...]
    deciles: tuple[Decile, ...]
    thresholds: Mapping[str, Mapping[str, float]]
    margins: Mapping[str, float]
    tested: Mapping[str, tuple[Predicted, ...]] = field(default_factory=dict, repr=False)

    def value(self, model: str, metric: str, population: str = "all", cutoff: date | None = None) -> float:
        """The value of one metric; NaN when it was not computed."""
        found = self.metric(model, metric, population, cutoff)
        return found.value if found else float("nan")

    def metric(
        self, model: str, metric: str, population: str = "all", cutoff: date | None = None
    ) -> MetricValue | None:
        """One metric with its interval; cutoff None: the mean of the test cutoffs."""
        wanted = (model, population, cutoff, metric)
        return next((f for f in self.metrics if (f.model, f.population, f.cutoff, f.metric) == wanted), None)

    def table(self) -> pa.Table:
        """The metrics as an Arrow table, one row each, with the columns of MetricValue."""
        return pa.Table.from_pylist([asdict(metric) for metric in self.metrics])


@dataclass(frozen=True)
class Predicted:
    """Predicted probability and observation of the task's event for one model and cutoff; one entry per customer."""

    frame: Frame
    chance: Floats
    observed: Labels

    def of(self, population: str) -> tuple[Floats, Labels]:
        """The same of one population."""
        mask = POPULATIONS[population](self.frame)
        return self.chance[mask], self.observed[mask]


def predict_past(panel: Panel, task: Task, trainer: Trainer) -> tuple[Predicted, ...]:
    """The predictions of a model at each closed cutoff needed for the tests and their thresholds, oldest first."""
    wait = -(-task.horizon // 30)  # cutoffs until the outcome of a cutoff is known
    needed = panel.closed_frames(task.horizon)[-(TESTS + wait + VALIDATIONS - 1) :]
    for frame in panel.closed_frames(task.horizon):
        panel.labels(frame, task.horizon)  # read here, because the connection serves one thread

    def predict_frame(frame: Frame) -> Predicted | None:
        model = trainer(panel, frame, task.horizon)
        if model is None:
            return None
        observed = task.event_of(panel.labels(frame, task.horizon))
        return Predicted(frame, task.chance(model.probability(frame)), observed)

    with ThreadPoolExecutor(max_workers=2) as workers:
        return tuple(one for one in workers.map(predict_frame, needed) if one is not None)


def validations(past: Sequence[Predicted], task: Task, day: date) -> Sequence[Predicted]:
    """The latest three cutoffs whose outcome was known on a day."""
    known = [one for one in past if one.frame.as_of + timedelta(days=task.horizon) <= day]
    return known[-VALIDATIONS:]


def choose_threshold(known: Sequence[Predicted], task: Task, population: str) -> float:
    """The task's fixed threshold, or the one of best F1 on validation; one half when nothing is known yet."""
    if task.fixed_threshold is not None:
        return task.fixed_threshold
    pairs = [one.of(population) for one in known]
    observed = np.concatenate([pair[1] for pair in pairs]) if pairs else np.zeros(0, dtype=bool)
    if not observed.any():
        return 0.5
    return metrics.best_f1_threshold(np.concatenate([pair[0] for pair in pairs]), observed)


def margin(known: Sequence[Predicted], goal: float) -> float:
    """The smallest distance from one half beyond which validation was right at least `goal` of the time; .5: never."""
    if not known:
        return 0.5
    chance = np.concatenate([one.chance for one in known])
    right = (chance >= 0.5) == np.concatenate([one.observed for one in known])
    distance = np.abs(chance - 0.5)
    order = np.argsort(-distance, kind="stable")
    accuracy = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(accuracy >= goal)
    return float(distance[order][good[-1]]) if len(good) else 0.5


def sureness(chance: Floats, observed: Labels, distance: float, weights: Floats) -> dict[str, Floats]:
    """Accuracy, coverage and majority accuracy for the customers the model is confident about."""
    sure = (np.abs(chance - 0.5) >= distance).astype(np.float64)
    count = weights @ sure
    right = weights @ (sure * ((chance >= 0.5) == observed))
    base = weights @ (sure * observed) / np.maximum(count, 1)
    return {
        "sure_accuracy": np.where(count > 0, right / np.maximum(count, 1), np.nan),
        "sure_coverage": count / weights.sum(axis=1),
        "sure_majority_accuracy": np.maximum(base, 1 - base),
    }


def backtest(
    panel: Panel,
    task: Task,
    trainers: Mapping[str, Trainer],
    *,
    sure_goal: float = SURE_GOAL,
    draws: int = 200,
    seed: int = 0,
) -> Backtest:
    """Every metric of every model by population at up to six test cutoffs, and their means.

    Intervals are 95 % bootstrap over customers; the spread over the cutoffs is read from their own rows.
    """
    rows: list[MetricValue] = []
    tables: list[Decile] = []
    chosen: dict[str, dict[str, float]] = {}
    margins: dict[str, float] = {}
    tests: set[date] = set()
    predicted: dict[str, tuple[Predicted, ...]] = {}
    for name, trainer in trainers.items():
        past = predict_past(panel, task, trainer)
        tested = predicted[name] = past[-TESTS:]
        tests.update(one.frame.as_of for one in tested)
        for population in POPULATIONS:
            rows += _metric_values(task, name, population, past, tested, sure_goal, draws, seed)
        tables += [row for one in tested for row in _deciles(task, name, one)]
        latest = validations(past, task, panel.as_of)
        chosen[name] = {population: choose_threshold(latest, task, population) for population in POPULATIONS}
        margins[name] = margin(latest, sure_goal)
    return Backtest(task, tuple(sorted(tests)), tuple(rows), tuple(tables), chosen, margins, predicted)


def _metric_values(
    task: Task,
    model: str,
    population: str,
    past: Sequence[Predicted],
    tested: Sequence[Predicted],
    sure_goal: float,
    draws: int,
    seed: int,
) -> Iterator[MetricValue]:
    """The rows of one model and population: one per test cutoff and metric, then the means over the cutoffs."""
    drawn: list[Mapping[str, Floats]] = []
    sizes: list[int] = []
    for place, one in enumerate(tested):
        chance, observed = one.of(population)
        if not observed.any() or observed.all():
            continue
        known = validations(past, task, one.frame.as_of)
        limit = choose_threshold(known, task, population)
        weights = metrics.resamples(len(observed), draws, seed + place)
        values = dict(metrics.compute_metrics(chance, observed, limit, weights))
        values |= sureness(chance, observed, margin(known, sure_goal), weights)
        best = metrics.best_f1_threshold(chance, observed)
        values["f1_best_afterwards"] = metrics.decisions(metrics.Sorted.of(chance, observed), weights[:1], best)["f1"]
        values["accuracy_best_afterwards"] = np.asarray([metrics.best_accuracy(chance, observed)])
        values["threshold"] = np.asarray([limit])
        drawn.append(values)
        sizes.append(len(observed))
        for metric, samples in values.items():
            yield _metric_value(task, model, population, one.frame.as_of, len(observed), metric, samples)
    for metric in drawn[0] if drawn else ():
        values_by_test = np.ma.masked_invalid([values[metric] for values in drawn])
        mean = np.asarray(values_by_test.mean(axis=0).filled(np.nan))
        yield _metric_value(task, model, population, None, round(float(np.mean(sizes))), metric, mean)


def _metric_value(
    task: Task, model: str, population: str, cutoff: date | None, customers: int, metric: str, values: Floats
) -> MetricValue:
    low, high = np.nanpercentile(values, [2.5, 97.5]) if not np.isnan(values).all() else (np.nan, np.nan)
    return MetricValue(
        task.name,
        task.horizon,
        model,
        population,
        cutoff,
        customers,
        metric,
        float(values[0]),
        float(low),
        float(high),
    )


def _deciles(task: Task, model: str, one: Predicted) -> Iterator[Decile]:
    for row in metrics.deciles(one.chance, one.observed):
        yield Decile(
            task.name,
            model,
            one.frame.as_of,
            int(row["decile"]),
            int(row["customers"]),
            row["predicted"],
            row["observed"],
            row["lift"],
        )
