"""All predictions of one run: what each task's model says of every customer, and why a task has no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from foresell.errors import NotReady
from foresell.scores.churn import score as churn
from foresell.scores.forecast import score as forecast
from foresell.scores.lifetime_value import score as lifetime_value
from foresell.scores.purchase import score as purchase
from foresell.scores.training import reasons
from foresell.scores.training.features import Frame, features, frame_of
from foresell.scores.training.model_registry import SEED, Shelved
from foresell.scores.training.models import Model
from foresell.scores.training.tasks import PURCHASE, TASKS, Task
from foresell.scores.training.train_task import stored
from foresell.sql import read_sql


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one task in a run: the model that answered, or None, and the sentence about it."""

    task: str
    level: str  # learner | law | off
    sentence: str
    model: Shelved | None = None


def predict_all(
    con: duckdb.DuckDBPyConnection,
    as_of: date,
    shelf: Mapping[str, Shelved],
    why: Mapping[str, str],
    *,
    seed: int = SEED,
) -> list[Answer]:
    """Make the tables `predictions`, `prediction_reasons` and `forecasts` of the snapshot (empty where a task is off).

    `shelf` holds the models by task, `why` a sentence per task. Grain and columns are those of the truth's tables.
    """
    frame = frame_of(features(con, as_of), as_of)
    models = {task.name: stored(shelf[task.name].text, shelf[task.name].card) for task in TASKS if task.name in shelf}
    answers = [_answer(con, as_of, task, shelf, why) for task in TASKS]
    called = purchase.score(models["purchase"], frame) if "purchase" in models else None
    leaving = _leaving(models, shelf, frame)
    worth, sentence = _worth(con, as_of, seed)
    answers.append(
        Answer(
            "lifetime_value", "law" if worth else "off", sentence or why["lifetime_value"], shelf.get("lifetime_value")
        )
    )
    _save_predictions(con, frame, called, leaving, worth)
    _save_reasons(con, models.get("purchase"), frame, called)
    answers.append(_save_forecast(con, as_of, shelf, why))
    return answers


def _answer(
    con: duckdb.DuckDBPyConnection, as_of: date, task: Task, shelf: Mapping[str, Shelved], why: Mapping[str, str]
) -> Answer:
    model = shelf.get(task.name)
    if model is None:
        return Answer(task.name, "off", why[task.name])
    level = "law" if model.kind in ("bgnbd", "log_rfm") else "learner"
    return Answer(task.name, level, why[task.name], model)


def _leaving(models: Mapping[str, Model], shelf: Mapping[str, Shelved], frame: Frame) -> pa.Table | None:
    if "churn" not in models:
        return None
    return churn.score(models["churn"], models.get("churn_180"), frame, float(shelf["churn"].card["margin"]))


def _worth(con: duckdb.DuckDBPyConnection, as_of: date, seed: int) -> tuple[pa.Table | None, str]:
    """Values are fitted anew in each run: it takes a second, and no old fit can linger."""
    try:
        table, _ = lifetime_value.lifetime_value(con, as_of, seed)
    except NotReady as error:
        return None, error.message
    return table, ""


def _save_predictions(
    con: duckdb.DuckDBPyConnection,
    frame: Frame,
    called: pa.Table | None,
    leaving: pa.Table | None,
    worth: pa.Table | None,
) -> None:
    """One row per customer of the frame, whatever is known of them."""
    empty = {
        "called": pa.schema(
            [
                ("customer_id", pa.string()),
                *((c, pa.float64()) for c in ("probability", "expected_order_value", "expected_value")),
            ]
        ),
        "leaving": pa.schema(
            [
                ("customer_id", pa.string()),
                ("probability_90", pa.float64()),
                ("state", pa.string()),
                ("probability_180", pa.float64()),
            ]
        ),
        "worth": lifetime_value.SCHEMA,
    }
    given = {"called": called, "leaving": leaving, "worth": worth}
    for name, table in given.items():
        con.register(f"{name}_now", table if table is not None else empty[name].empty_table())
    con.register("frame_now", pa.table({"customer_id": frame.customers}))
    con.execute(f"create table predictions as {read_sql('foresell.scores', 'predictions.sql')}")
    for name in (*(f"{name}_now" for name in given), "frame_now"):
        con.unregister(name)


def _save_reasons(con: duckdb.DuckDBPyConnection, model: Model | None, frame: Frame, called: pa.Table | None) -> None:
    con.execute(
        "create table prediction_reasons (customer_id varchar, rank smallint, theme varchar, direction varchar,"
        " points double, sentence varchar)"
    )
    if model is None or called is None:
        return
    best = reasons.frame_of_best(frame, called["expected_value"].to_numpy())
    con.register("reasons_now", reasons.reasons(model, best, PURCHASE))
    con.execute(
        "insert into prediction_reasons select customer_id, rank, theme, direction, points, sentence from reasons_now order by customer_id, rank"
    )
    con.unregister("reasons_now")


def _save_forecast(
    con: duckdb.DuckDBPyConnection, as_of: date, shelf: Mapping[str, Shelved], why: Mapping[str, str]
) -> Answer:
    try:
        rows, level, sentence = forecast.forecast(con, as_of), "law", why.get("revenue_forecast", "")
    except NotReady as error:
        rows, level, sentence = forecast.SCHEMA.empty_table(), "off", error.message
    con.register("forecast_now", rows)
    con.execute("create table forecasts as from forecast_now")
    con.unregister("forecast_now")
    return Answer("revenue_forecast", level, sentence, shelf.get("revenue_forecast"))
