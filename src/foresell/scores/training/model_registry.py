"""Trained models as they are kept: which are due, training and judging them, and the lighter fit for replays.

A `Shelved` model is a text and a card, as the truth keeps them, with the backtest that speaks for or against it. It knows
nothing after its own as_of and serves no earlier day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from foresell.errors import NotReady
from foresell.scores.forecast import backtest as forecast_backtest
from foresell.scores.forecast import score as forecast
from foresell.scores.lifetime_value import backtest as lifetime_value_backtest
from foresell.scores.lifetime_value import score as lifetime_value
from foresell.scores.training import drift
from foresell.scores.training.features import features, frame_of
from foresell.scores.training.models import Model
from foresell.scores.training.readiness import readiness
from foresell.scores.training.tasks import ALL_TASKS, PURCHASE, TASKS, Task
from foresell.scores.training.train_task import Workshop, feature_names, train, workshop
from foresell.types import Progress, no_progress

SEED = 7

FIGURES = pa.schema(
    [
        ("task", pa.string()), ("horizon_days", pa.int32()), ("model", pa.string()), ("population", pa.string()),
        ("cutoff", pa.date32()), ("customers", pa.int64()), ("measure", pa.string()), ("value", pa.float64()),
        ("low", pa.float64()), ("high", pa.float64()),
    ]
)  # fmt: skip
DECILES = pa.schema(
    [
        ("task", pa.string()), ("model", pa.string()), ("cutoff", pa.date32()), ("decile", pa.int32()),
        ("customers", pa.int64()), ("said", pa.float64()), ("happened", pa.float64()), ("lift", pa.float64()),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shelved:
    """A trained model as it is kept: what it is (text, card), and the backtest that speaks for or against it."""

    task: str
    kind: str
    as_of: date
    text: str
    card: Mapping[str, Any]
    reason: str
    figures: pa.Table
    deciles: pa.Table
    model_id: int | None = None


def decide(
    con: duckdb.DuckDBPyConnection,
    as_of: date,
    shelf: Mapping[str, Shelved],
    calibration_error: float | None,
) -> dict[str, drift.Decision]:
    """For each task whether to train it now, and why: no model yet, a window closed, drift, or bad grades."""
    decisions = {}
    first = shelf.get(PURCHASE.name)
    moved = drift.stability(first.card["reference"], frame_of(features(con, as_of), as_of)) if first else {}
    for task in ALL_TASKS:
        if task not in shelf:
            decisions[task] = drift.Decision(True, "No model was trained for this day yet.")
        elif task in {each.name for each in TASKS}:
            error = calibration_error if task == PURCHASE.name else None
            decisions[task] = drift.should_retrain(shelf[task].card, as_of, moved, error)
        else:
            days = (as_of - shelf[task].as_of).days
            decisions[task] = drift.Decision(days >= 30, f"Fitted {days} days ago.")
    return decisions


def train_all(
    con: duckdb.DuckDBPyConnection,
    as_of: date,
    tasks: Iterable[str] = ALL_TASKS,
    *,
    seed: int = SEED,
    progress: Progress = no_progress,
) -> tuple[list[Shelved], dict[str, str]]:
    """Train and judge the tasks on the snapshot as of a day. Returns the models, and by task why one was refused."""
    wanted, trained, refused = list(tasks), [], {}
    shop: Workshop | None = None
    for done, name in enumerate(wanted):
        progress(done, len(wanted), "models trained")
        try:
            if name in {task.name for task in TASKS}:
                task = next(task for task in TASKS if task.name == name)
                readiness(con, as_of, task).required()
                shop = shop or workshop(con, as_of, seed)
                trained.append(_learnt(con, task, shop))
            elif name == "lifetime_value":
                trained.append(_valued(con, as_of, seed))
            else:
                trained.append(_foreseen(con, as_of))
        except NotReady as error:
            refused[name] = error.message
    progress(len(wanted), len(wanted), "models trained")
    return trained, refused


def train_quickly(
    con: duckdb.DuckDBPyConnection, as_of: date, *, seed: int = SEED
) -> tuple[list[Shelved], dict[str, str]]:
    """Models for replaying history: the same gate and fit, with no backtest of their own (the replay is one)."""
    found, refused = [], {}
    shop: Workshop | None = None
    for task in TASKS:
        try:
            gate = readiness(con, as_of, task).required()
            shop = shop or workshop(con, as_of, seed)
            kind = task.challenger if gate.level == "learner" and task.challenger else "bgnbd"
            model = shop.learners[kind](shop.panel, shop.panel.now, task.horizon)
            if model is None:
                raise NotReady(f"{task.name} could not be learnt from this history.")
            found.append(_quick(task, model, as_of, seed))
        except NotReady as error:
            refused[task.name] = error.message
    return found, refused


def _learnt(con: duckdb.DuckDBPyConnection, task: Task, shop: Workshop) -> Shelved:
    done = train(con, task, shop)
    figures = done.backtest.table() if done.backtest.figures else FIGURES.empty_table()
    deciles = pa.Table.from_pylist([asdict(row) for row in done.backtest.deciles], schema=DECILES)
    return Shelved(
        task.name, done.model.kind, shop.panel.as_of, done.text, done.card, str(done.card["served_because"]),
        figures.cast(FIGURES), deciles,
    )  # fmt: skip


def _quick(task: Task, model: Model, as_of: date, seed: int) -> Shelved:
    card = {
        "task": task.name, "kind": model.kind, "as_of": as_of.isoformat(), "features": list(feature_names(model)),
        "seed": seed, "margin": 0.2, "replay": True, "reference": {}, "metrics": {},
    }  # fmt: skip
    reason = "Fitted on what was known then, to replay history."
    return Shelved(
        task.name, model.kind, as_of, model.text(), card, reason, FIGURES.empty_table(), DECILES.empty_table()
    )


def _valued(con: duckdb.DuckDBPyConnection, as_of: date, seed: int) -> Shelved:
    """The value model with its holdouts of 180 days."""
    model = lifetime_value.fit(con, as_of)
    holdouts = lifetime_value_backtest.backtest(con, as_of, seed=seed)
    rows = []
    for holdout in holdouts:
        for measure in ("accuracy", "spearman", "capture"):
            found = getattr(holdout, measure)
            rows.append(("bgnbd_gamma_gamma", holdout, measure, found.value, found.low, found.high))
            rows.append(("same_as_last", holdout, measure, getattr(holdout, f"last_{measure}"), None, None))
        rows.append(("perfect", holdout, "capture", holdout.capture_perfect, None, None))
        rows.append(("bgnbd_gamma_gamma", holdout, "in_range", holdout.in_range, None, None))
    figures = [
        _figure("lifetime_value", each.horizon_days, name, each.as_of, each.customers, measure, value, low, high)
        for name, each, measure, value, low, high in rows
    ]
    means = _means(figures)
    card = {
        "task": "lifetime_value", "kind": "bgnbd_gamma_gamma", "as_of": as_of.isoformat(), "horizon": 365, "seed": seed,
        "metrics": {row["measure"]: row["value"] for row in means if row["model"] == "bgnbd_gamma_gamma"},
        "tests": [holdout.as_of.isoformat() for holdout in holdouts], "targets": [],
    }  # fmt: skip
    table = pa.Table.from_pylist([*figures, *means], schema=FIGURES)
    because = f"Judged on {len(holdouts)} holdouts of {lifetime_value_backtest.HORIZON_DAYS} days."
    return Shelved(
        "lifetime_value", "bgnbd_gamma_gamma", as_of, model.to_json(), card, because, table, DECILES.empty_table()
    )


def _foreseen(con: duckdb.DuckDBPyConnection, as_of: date) -> Shelved:
    """The forecast keeps nothing but its record: every month it would have said, and what came."""
    forecast.read_sales(con, as_of)
    record = forecast_backtest.backtest(con, as_of)
    figures = []
    for row in record.to_pylist():
        for measure in ("accuracy", "actual", "expected"):
            figures.append(
                _figure(
                    "revenue_forecast",
                    30,
                    "ours",
                    row["month"],
                    0,
                    measure,
                    row[measure],
                    row["low"] if measure == "expected" else None,
                    row["high"] if measure == "expected" else None,
                    row["target"],
                )
            )
        figures.append(
            _figure(
                "revenue_forecast",
                30,
                "seasonal_naive",
                row["month"],
                0,
                "accuracy",
                row["naive_accuracy"],
                None,
                None,
                row["target"],
            )
        )
    verdicts = [forecast_backtest.verdict(record, target) for target in forecast.TARGETS]
    card = {
        "task": "revenue_forecast", "kind": "trading_day_year_on_year", "as_of": as_of.isoformat(), "horizon": 30,
        "metrics": {f"accuracy_{each.target}": each.accuracy for each in verdicts},
        "targets": [
            {"task": "revenue_forecast", "population": each.target, "measure": "accuracy", "goal": each.bar,
             "value": each.accuracy, "low": each.low, "trivial": each.naive_accuracy, "verdict": each.state, "sentence": each.because}
            for each in verdicts
        ],
    }  # fmt: skip
    table = pa.Table.from_pylist(figures, schema=FIGURES)
    return Shelved(
        "revenue_forecast", str(card["kind"]), as_of, "", card, verdicts[0].because, table, DECILES.empty_table()
    )


def _figure(
    task: str, horizon: int, model: str, cutoff: date | None, customers: int, measure: str,
    value: float | None, low: float | None, high: float | None, population: str = "all",
) -> dict[str, Any]:  # fmt: skip
    return {
        "task": task, "horizon_days": horizon, "model": model, "population": population, "cutoff": cutoff,
        "customers": customers, "measure": measure, "value": value, "low": low, "high": high,
    }  # fmt: skip


def _means(figures: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The mean over the cutoffs of each model and measure, without an interval (the months are few)."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in figures:
        groups.setdefault((row["model"], row["measure"]), []).append(row)
    return [
        {**rows[0], "cutoff": None, "value": sum(row["value"] for row in rows) / len(rows), "low": None, "high": None}
        for rows in groups.values()
    ]


def with_id(model: Shelved, model_id: int) -> Shelved:
    """The same model under the number the truth gave it."""
    return replace(model, model_id=model_id)
