"""How a model would have done: predicted at past cutoffs from what was known there, graded with what happened.

Rolling origin: at each test cutoff the model learns from label windows closed by then, the threshold is the best of the
three latest closed cutoffs as predicted by models that had not seen them either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from foresell.scores.training import metrics as measures
from foresell.scores.training.features import Floats, Frame, Labels
from foresell.scores.training.models import Learner
from foresell.scores.training.panel import Panel
from foresell.scores.training.tasks import POPULATIONS, Task

TESTS = 6
VALIDATIONS = 3
SURE_GOAL = 0.85  # how often the sure answers must have been right on validation


@dataclass(frozen=True)
class Figure:
    """One measured number. Grain: task, model, population, cutoff (None: mean of the test cutoffs), measure."""

    task: str
    horizon_days: int
    model: str
    population: str
    cutoff: date | None
    customers: int
    measure: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Decile:
    """One row of a calibration and lift table. Grain: task, model, cutoff, decile (1 = likeliest tenth)."""

    task: str
    model: str
    cutoff: date
    decile: int
    customers: int
    said: float
    happened: float
    lift: float


@dataclass(frozen=True)
class Backtest:
    """All figures and tables of one task, the thresholds by model and population, and the margin of sureness."""

    task: Task
    tests: tuple[date, ...]
    figures: tuple[Figure, ...]
    deciles: tuple[Decile, ...]
    thresholds: Mapping[str, Mapping[str, float]]
    margins: Mapping[str, float]

    def value(self, model: str, measure: str, population: str = "all", cutoff: date | None = None) -> float:
        """One figure's value; NaN when it was not measured."""
        found = self.figure(model, measure, population, cutoff)
        return found.value if found else float("nan")

    def figure(self, model: str, measure: str, population: str = "all", cutoff: date | None = None) -> Figure | None:
        """One figure with its interval; cutoff None is the mean of the tests."""
        wanted = (model, population, cutoff, measure)
        return next((f for f in self.figures if (f.model, f.population, f.cutoff, f.measure) == wanted), None)

    def table(self) -> pa.Table:
        """The figures as an Arrow table, one row each, in the columns of Figure."""
        return pa.Table.from_pylist([asdict(figure) for figure in self.figures])


@dataclass(frozen=True)
class Predicted:
    """What one model said at one cutoff about the task's event, and what happened; one entry per customer."""

    frame: Frame
    chance: Floats
    happened: Labels

    def of(self, population: str) -> tuple[Floats, Labels]:
        """The same of one population."""
        mask = POPULATIONS[population](self.frame)
        return self.chance[mask], self.happened[mask]


def predict_past(panel: Panel, task: Task, learner: Learner) -> tuple[Predicted, ...]:
    """What a model would have said at each closed cutoff needed for the tests and their thresholds, oldest first."""
    wait = -(-task.horizon // 30)  # a cutoff's outcome is known so many cutoffs later
    needed = panel.closed(task.horizon)[-(TESTS + wait + VALIDATIONS - 1) :]
    for frame in panel.closed(task.horizon):
        panel.labels(frame, task.horizon)  # read here, because the connection serves one thread

    def predicted(frame: Frame) -> Predicted | None:
        model = learner(panel, frame, task.horizon)
        if model is None:
            return None
        happened = task.observed(panel.labels(frame, task.horizon))
        return Predicted(frame, task.chance(model.probability(frame)), happened)

    with ThreadPoolExecutor(max_workers=2) as workers:
        return tuple(one for one in workers.map(predicted, needed) if one is not None)


def validations(past: Sequence[Predicted], task: Task, day: date) -> Sequence[Predicted]:
    """The latest three cutoffs whose outcome was known on a day."""
    known = [one for one in past if one.frame.as_of + timedelta(days=task.horizon) <= day]
    return known[-VALIDATIONS:]


def threshold(known: Sequence[Predicted], task: Task, population: str) -> float:
    """The task's fixed threshold, or the one of best F1 on validation; one half when nothing is known yet."""
    if task.fixed_threshold is not None:
        return task.fixed_threshold
    pairs = [one.of(population) for one in known]
    happened = np.concatenate([pair[1] for pair in pairs]) if pairs else np.zeros(0, dtype=bool)
    if not happened.any():
        return 0.5
    return measures.best_f1_threshold(np.concatenate([pair[0] for pair in pairs]), happened)


def margin(known: Sequence[Predicted], goal: float) -> float:
    """The smallest distance from one half beyond which validation was right at least `goal` of the time; .5: never."""
    if not known:
        return 0.5
    chance = np.concatenate([one.chance for one in known])
    right = (chance >= 0.5) == np.concatenate([one.happened for one in known])
    distance = np.abs(chance - 0.5)
    order = np.argsort(-distance, kind="stable")
    accuracy = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(accuracy >= goal)
    return float(distance[order][good[-1]]) if len(good) else 0.5


def sureness(chance: Floats, happened: Labels, distance: float, weights: Floats) -> dict[str, Floats]:
    """Where the model is sure: its accuracy there, how many customers that is, and the majority's accuracy there."""
    sure = (np.abs(chance - 0.5) >= distance).astype(np.float64)
    count = weights @ sure
    right = weights @ (sure * ((chance >= 0.5) == happened))
    base = weights @ (sure * happened) / np.maximum(count, 1)
    return {
        "sure_accuracy": np.where(count > 0, right / np.maximum(count, 1), np.nan),
        "sure_coverage": count / weights.sum(axis=1),
        "sure_majority_accuracy": np.maximum(base, 1 - base),
    }


def backtest(
    panel: Panel,
    task: Task,
    learners: Mapping[str, Learner],
    *,
    sure_goal: float = SURE_GOAL,
    draws: int = 200,
    seed: int = 0,
) -> Backtest:
    """Every measure of every model by population at up to six test cutoffs, and their means.

    Intervals are 95 % bootstrap over customers; the spread over the cutoffs is read from their own rows.
    """
    figures: list[Figure] = []
    tables: list[Decile] = []
    chosen: dict[str, dict[str, float]] = {}
    margins: dict[str, float] = {}
    tests: set[date] = set()
    for name, learner in learners.items():
        past = predict_past(panel, task, learner)
        graded = past[-TESTS:]
        tests.update(one.frame.as_of for one in graded)
        for population in POPULATIONS:
            figures += _figures(task, name, population, past, graded, sure_goal, draws, seed)
        tables += [row for one in graded for row in _deciles(task, name, one)]
        latest = validations(past, task, panel.as_of)
        chosen[name] = {population: threshold(latest, task, population) for population in POPULATIONS}
        margins[name] = margin(latest, sure_goal)
    return Backtest(task, tuple(sorted(tests)), tuple(figures), tuple(tables), chosen, margins)


def _figures(
    task: Task,
    model: str,
    population: str,
    past: Sequence[Predicted],
    graded: Sequence[Predicted],
    sure_goal: float,
    draws: int,
    seed: int,
) -> Iterator[Figure]:
    """The rows of one model and population: one per test cutoff and measure, then the means over the cutoffs."""
    drawn: list[Mapping[str, Floats]] = []
    sizes: list[int] = []
    for place, one in enumerate(graded):
        chance, happened = one.of(population)
        if not happened.any() or happened.all():
            continue
        known = validations(past, task, one.frame.as_of)
        limit = threshold(known, task, population)
        values = dict(measures.measure(chance, happened, limit, draws=draws, seed=seed + place))
        weights = measures.resamples(len(happened), draws, seed + place)
        values |= sureness(chance, happened, margin(known, sure_goal), weights)
        best = measures.best_f1_threshold(chance, happened)
        values["f1_best_afterwards"] = measures.decisions(measures.Sorted.of(chance, happened), weights[:1], best)["f1"]
        values["accuracy_best_afterwards"] = np.asarray([measures.best_accuracy(chance, happened)])
        values["threshold"] = np.asarray([limit])
        drawn.append(values)
        sizes.append(len(happened))
        for measure, figures in values.items():
            yield _figure(task, model, population, one.frame.as_of, len(happened), measure, figures)
    for measure in drawn[0] if drawn else ():
        values_by_test = np.ma.masked_invalid([values[measure] for values in drawn])
        mean = np.asarray(values_by_test.mean(axis=0).filled(np.nan))
        yield _figure(task, model, population, None, round(float(np.mean(sizes))), measure, mean)


def _figure(
    task: Task, model: str, population: str, cutoff: date | None, customers: int, measure: str, values: Floats
) -> Figure:
    low, high = np.nanpercentile(values, [2.5, 97.5]) if not np.isnan(values).all() else (np.nan, np.nan)
    return Figure(
        task.name,
        task.horizon,
        model,
        population,
        cutoff,
        customers,
        measure,
        float(values[0]),
        float(low),
        float(high),
    )


def _deciles(task: Task, model: str, one: Predicted) -> Iterator[Decile]:
    for row in measures.deciles(one.chance, one.happened):
        yield Decile(
            task.name,
            model,
            one.frame.as_of,
            int(row["decile"]),
            int(row["customers"]),
            row["said"],
            row["happened"],
            row["lift"],
        )
