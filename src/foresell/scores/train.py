"""Training for a run: which tasks are due, their models with backtests, and the lighter fit that replays history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import duckdb

from foresell.errors import NotReady
from foresell.scores import registry
from foresell.scores.training import drift
from foresell.scores.training.features import features, frame_of
from foresell.scores.training.model_registry import SEED, ModelVersion
from foresell.scores.training.train_task import TrainingContext, fit_for_replay, train_task
from foresell.types import Progress, no_progress

REFIT_DAYS = 30  # days after which a score that is fitted in every run is backtested again


def decide_training(
    con: duckdb.DuckDBPyConnection,
    as_of: date,
    versions: Mapping[str, ModelVersion],
    calibration_error: float | None,
) -> dict[str, drift.Decision]:
    """For each task whether to train it now, and why: no model yet, a new window has closed, drift, or poor outcomes.

    `calibration_error` is that of the purchase probabilities observed last.
    """
    decisions = {}
    trained = [task.name for task in registry.trained_tasks()]
    first = versions.get(trained[0])
    moved = drift.stability(first.card["reference"], frame_of(features(con, as_of), as_of)) if first else {}
    for task in registry.task_names():
        if task not in versions:
            decisions[task] = drift.Decision(True, "Trained for the first time.")
        elif task in trained:
            error = calibration_error if task == trained[0] else None
            decisions[task] = drift.should_retrain(versions[task].card, as_of, moved, error)
        else:
            days = (as_of - versions[task].as_of).days
            decisions[task] = drift.Decision(days >= REFIT_DAYS, f"Last tested {days} days ago.")
    return decisions


def train_scores(
    con: duckdb.DuckDBPyConnection,
    as_of: date,
    tasks: Iterable[str],
    *,
    seed: int = SEED,
    progress: Progress = no_progress,
) -> tuple[list[ModelVersion], dict[str, NotReady]]:
    """Train and test the tasks on the snapshot as of a day. Returns the versions, and by task the error that says why one was refused."""
    context, trainers = TrainingContext(con, as_of, seed), _trainers()
    wanted, trained = list(tasks), []
    refused: dict[str, NotReady] = {}
    for done, task in enumerate(wanted):
        progress(done, len(wanted), "models trained")
        try:
            trained.append(trainers[task](context))
        except NotReady as error:
            refused[task] = error
    progress(len(wanted), len(wanted), "models trained")
    return trained, refused


def train_for_replay(
    con: duckdb.DuckDBPyConnection, as_of: date, *, seed: int = SEED
) -> tuple[list[ModelVersion], dict[str, NotReady]]:
    """Models for replaying history: the same checks and fit, without a backtest of their own (the replay is one)."""
    context = TrainingContext(con, as_of, seed)
    fitted = []
    refused: dict[str, NotReady] = {}
    for task in registry.trained_tasks():
        try:
            fitted.append(fit_for_replay(context, task))
        except NotReady as error:
            refused[task.name] = error
    return fitted, refused


def _trainers() -> dict[str, Callable[[TrainingContext], ModelVersion]]:
    """By task, the function that trains it."""
    trainers: dict[str, Callable[[TrainingContext], ModelVersion]] = {}
    for score in registry.SCORES:
        for task in score.tasks:
            trainers[task.name] = lambda context, task=task: train_task(context, task).version()  # type: ignore[misc]
        if score.train:
            trainers[score.name] = score.train
    return trainers
