"""The predictions of a run: train the models that are due, predict, and compare earlier predictions with what was observed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import pyarrow as pa

from foresell.database import Database
from foresell.scores import registry
from foresell.scores.predict import TaskResult, predict_scores
from foresell.scores.protocol import ScoringContext
from foresell.scores.train import decide_training, train_for_replay, train_scores
from foresell.scores.training import outcomes
from foresell.scores.training.features import features, frame_of
from foresell.scores.training.model_registry import SEED, ModelVersion
from foresell.scores.training.service_gate import NoBetter
from foresell.store import model_registry, runs
from foresell.types import Progress

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

Training = Literal["when due", "always", "never", "quickly"]


@dataclass(frozen=True, slots=True)
class PredictionResults:
    """What a run's predictions leave for the store in addition to the snapshot's tables."""

    trained: tuple[ModelVersion, ...] = ()
    tasks: tuple[TaskResult, ...] = ()
    outcomes: tuple[dict[str, Any], ...] = ()


def predict(
    database: Database, con: duckdb.DuckDBPyConnection, day: date, train: Training, progress: Progress
) -> PredictionResults:
    """Load the models in service, train those that are due, predict every score, and observe what has come due."""
    versions = {row["task"]: _version(row) for row in model_registry.list_serving_models(database, day)}
    due, reasons = _due_tasks(database, con, day, versions, train)
    if train == "quickly":
        trained, refused = train_for_replay(con, day)
        versions = {}
    else:
        trained, refused = train_scores(con, day, due, progress=progress)
    versions |= {version.task: version for version in trained}
    versions = {task: each for task, each in versions.items() if not isinstance(refused.get(task), NoBetter)}
    why_refused = {task: error.message for task, error in refused.items()}
    reasons |= {version.task: f"{reasons[version.task]} {version.reason}" for version in trained}
    frame = frame_of(features(con, day), day)
    context = ScoringContext(
        con, day, frame, versions, {**reasons, **why_refused}, SEED, why_refused, is_replay=train == "quickly"
    )
    results = predict_scores(context)
    return PredictionResults(tuple(trained), tuple(results), tuple(_observe(database, con, day)))


def _due_tasks(
    database: Database, con: duckdb.DuckDBPyConnection, day: date, versions: Mapping[str, ModelVersion], train: Training
) -> tuple[list[str], dict[str, str]]:
    """Which tasks to train now, and for each task a sentence on why or why not."""
    tasks = registry.task_names()
    fixed: dict[str, tuple[list[str], str]] = {
        "always": (list(tasks), "Trained on request."),
        "never": ([], "Training skipped on request."),
        "quickly": ([], "Trained on the data known then, to replay history."),
    }
    if train in fixed:
        due, sentence = fixed[train]
        return due, dict.fromkeys(tasks, sentence)
    decisions = decide_training(con, day, versions, model_registry.get_last_calibration_error(database))
    return [task for task, each in decisions.items() if each.retrain], {
        t: each.sentence for t, each in decisions.items()
    }


def _observe(database: Database, con: duckdb.DuckDBPyConnection, day: date) -> Iterator[dict[str, Any]]:
    """The outcome of each earlier prediction whose period has ended: predicted and observed, by group of customers."""
    for rule in registry.outcome_rules():
        for past in model_registry.list_runs_to_observe(database, rule.task, rule.horizon_days, day):
            predicted = model_registry.read_issued_predictions(database, past["run_id"], rule.column)
            for row in outcomes.observe_outcomes(con, rule, past["as_of"], predicted):
                yield {**row, "run_id": past["run_id"], "model_id": past["model_id"], "evaluated_as_of": day}


def save_results(cur: adbc.Cursor, run_id: int, results: PredictionResults) -> None:
    """Save models, task results and outcomes, in the publishing transaction."""
    saved = {version.task: save_version(cur, version) for version in results.trained}
    for result in results.tasks:
        version = saved.get(result.task) or result.version
        model_registry.save_run_model(
            cur, run_id, result.task, version.model_id if version else None, result.level, result.sentence
        )
    if results.outcomes:
        rows = pa.Table.from_pylist(list(results.outcomes), schema=outcomes.SCHEMA)
        runs.save_scores(cur, {"prediction_outcomes": rows.to_reader()})


def save_version(cur: adbc.Cursor, version: ModelVersion) -> ModelVersion:
    """Save a model with its backtest; one trained to replay history never serves. Returns it with its number."""
    state = "withdrawn" if version.card.get("replay") else "served"
    model_id = model_registry.save_model(
        cur, task=version.task, kind=version.kind, as_of=version.as_of, state=state, reason=version.reason,
        body=version.text, card=version.card, metrics=version.metrics, deciles=version.deciles,
    )  # fmt: skip
    return version.with_id(model_id)


def _version(row: Mapping[str, Any]) -> ModelVersion:
    """A row of the store's models, without the backtest."""
    return ModelVersion(
        row["task"], row["kind"], row["as_of"], row["body"], row["card"], row["reason"], model_id=row["model_id"]
    )
