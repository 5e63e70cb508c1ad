"""The predicting part of a run: models from the shelf, training when due, answers, and grades of earlier promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import pyarrow as pa

from foresell.scores import predict as predicting
from foresell.scores.training import model_registry as shelf
from foresell.scores.training import outcomes as receipts
from foresell.scores.training.model_registry import Shelved
from foresell.scores.training.tasks import ALL_TASKS
from foresell.store import model_registry, runs
from foresell.store.database import Database
from foresell.types import Progress

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

Training = Literal["when due", "always", "never", "quickly"]


@dataclass(frozen=True, slots=True)
class Said:
    """What the predictions of a run leave for the truth beside their tables."""

    trained: tuple[Shelved, ...] = ()
    answers: tuple[predicting.Answer, ...] = ()
    receipts: tuple[dict[str, Any], ...] = ()


def predict(database: Database, con: duckdb.DuckDBPyConnection, day: date, train: Training, progress: Progress) -> Said:
    """Take the models from the shelf, train those that are due, let them answer, and grade what is due for it."""
    known = {row["task"]: _shelved(row) for row in model_registry.shelf(database, day)}
    due, why = _due(database, con, day, known, train)
    if train == "quickly":
        trained, refused = shelf.train_quickly(con, day)
        known = {}
    else:
        trained, refused = shelf.train_all(con, day, due, progress=progress)
    known |= {model.task: model for model in trained}
    why |= {model.task: f"{why[model.task]} Trained now. {model.reason}" for model in trained}
    answers = predicting.predict_all(con, day, known, {**why, **refused})
    return Said(tuple(trained), tuple(answers), tuple(_grade(database, con, day)))


def _due(
    database: Database, con: duckdb.DuckDBPyConnection, day: date, known: Mapping[str, Shelved], train: Training
) -> tuple[list[str], dict[str, str]]:
    """Which tasks to train now, and a sentence for each."""
    fixed = {
        "always": (list(ALL_TASKS), "Trained because it was asked for."),
        "never": ([], "Not trained because that was asked for."),
        "quickly": ([], "Fitted on what was known then, to replay history."),
    }
    if train in fixed:
        due, sentence = fixed[train]
        return due, dict.fromkeys(ALL_TASKS, sentence)
    decisions = shelf.decide(con, day, known, model_registry.last_calibration_error(database))
    return [t for t, each in decisions.items() if each.retrain], {t: each.sentence for t, each in decisions.items()}


def _grade(database: Database, con: duckdb.DuckDBPyConnection, day: date) -> Iterator[dict[str, Any]]:
    """A receipt for each promise whose window has closed: what was said, what happened."""
    for promise in receipts.PROMISES:
        for past in model_registry.to_grade(database, promise.task, promise.horizon_days, day):
            issued = model_registry.issued(database, past["run_id"], promise.column)
            for row in receipts.grade(con, promise, past["as_of"], issued):
                yield {**row, "run_id": past["run_id"], "model_id": past["model_id"], "graded_as_of": day}


def save(cur: adbc.Cursor, run_id: int, said: Said) -> None:
    """Models, who answered, and receipts, in the publishing transaction."""
    kept = {model.task: keep(cur, model) for model in said.trained}
    for answer in said.answers:
        model = kept.get(answer.task) or answer.model
        model_registry.save_run_model(
            cur, run_id, answer.task, model.model_id if model else None, answer.level, answer.sentence
        )
    if said.receipts:
        runs.save(cur, {"receipts": pa.Table.from_pylist(list(said.receipts), schema=receipts.SCHEMA).to_reader()})


def keep(cur: adbc.Cursor, model: Shelved) -> Shelved:
    """Keep a model with its backtest; one fitted to replay history never serves. Returns it with its number."""
    state = "withdrawn" if model.card.get("replay") else "served"
    number = model_registry.save_model(
        cur, task=model.task, kind=model.kind, as_of=model.as_of, state=state, reason=model.reason, body=model.text,
        card=model.card, figures=model.figures, deciles=model.deciles,
    )  # fmt: skip
    return shelf.with_id(model, number)


def _shelved(row: Mapping[str, Any]) -> Shelved:
    return Shelved(
        row["task"], row["kind"], row["as_of"], row["body"], row["card"], row["reason"],
        shelf.FIGURES.empty_table(), shelf.DECILES.empty_table(), row["model_id"],
    )  # fmt: skip
