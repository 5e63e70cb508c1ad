"""Predictions in a run: published together, models reused until due, promises kept and evaluated, refusals in words."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from foresell import demo
from foresell.database import Database
from foresell.errors import NotFound, NotReady
from foresell.scores import train
from foresell.settings import Settings
from foresell.snapshot import queries
from foresell.snapshot.open import open_snapshot
from foresell.store import embedded, model_registry, runs
from foresell.store.database import open_database
from foresell.workflows import refresh
from foresell.workflows.backfill import backfill_runs
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh
from foresell.workflows.train import train_models
from tests.support.predictions import LAWS, read_predictions, read_run_models


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four hundred customers: enough for BG/NBD, too few for a machine-learning model."""
    return demo.write_shop(demo.Shop(customers=400, seed=3), tmp_path_factory.mktemp("shop")).orders


@pytest.fixture(scope="module")
def predicted(prepared_home: Path, shop: Path) -> Iterator[tuple[Path, dict[str, object]]]:
    """A stopped home with a refreshed shop, and its run: trained once, copied for each test."""
    with tempfile.TemporaryDirectory(prefix="foresell-test-") as folder:
        home = Path(folder) / "home"
        subprocess.run(["/bin/cp", "-a", str(prepared_home), str(home)], check=True)
        settings = Settings(home=home, memory_gib=1.0, threads=2)
        database = open_database(settings)
        load_file(settings, database, shop, source="demo")
        run = run_refresh(settings, database)
        embedded.stop(home)
        yield home, run


@pytest.fixture
def database(settings: Settings, predicted: tuple[Path, dict[str, object]]) -> Database:
    """The database of a copy of that home."""
    subprocess.run(["/bin/cp", "-a", str(predicted[0]), str(settings.home)], check=True)
    return open_database(settings)


@pytest.fixture
def predicted_run(predicted: tuple[Path, dict[str, object]]) -> dict[str, object]:
    return predicted[1]


def test_every_scored_customer_has_every_prediction(
    settings: Settings, database: Database, predicted_run: dict[str, object]
) -> None:
    rows = read_predictions(database, predicted_run)
    assert len(rows) == predicted_run["customers_scored"]
    for row in rows:
        assert 0 <= row["probability"] <= 1
        assert row["value_12m"] >= row["expected_revenue"] >= 0, "a year brings no less than its first month"
        assert 0 <= row["churn_180"] <= row["churn_90"] <= 1, "more time to come back"
        assert row["value_low"] <= row["value_high"]
    assert sorted(row["value_rank"] for row in rows) == list(range(1, len(rows) + 1))
    assert {row["level"] for row in read_run_models(database, predicted_run).values()} == {"statistical"}, (
        "too few for a machine-learning model, and it says so"
    )
    with open_snapshot(settings.snapshots / str(predicted_run["snapshot_file"])) as con:
        total, listed = queries.list_customers(con, queries.Filter(predicted=True))
    assert {row["customer_id"]: row["probability"] for row in listed} == {
        row["customer_id"]: row["probability"] for row in rows
    }
    assert total == len(rows)
    assert all(row["reasons"] for row in listed)


def test_a_model_serves_until_it_is_due_and_says_so(
    settings: Settings, database: Database, predicted_run: dict[str, object]
) -> None:
    again = run_refresh(settings, database)
    first, second = read_run_models(database, predicted_run), read_run_models(database, again)
    assert {task: row["model_id"] for task, row in first.items()} == {
        task: row["model_id"] for task, row in second.items()
    }
    assert "no training needed" in str(second["purchase"]["sentence"])
    same = [{**row, "run_id": 0} for row in read_predictions(database, predicted_run)]
    assert [{**row, "run_id": 0} for row in read_predictions(database, again)] == same, (
        "same data, same model, same scores"
    )


def test_the_same_data_and_seed_give_the_same_model(
    settings: Settings, database: Database, predicted_run: dict[str, object]
) -> None:
    trained, _ = train_models(settings, database, tasks=["purchase", "churn"])
    stored = {row["task"]: row for row in model_registry.list_serving_models(database, date(2027, 1, 1))}
    for model in trained:
        before = model_registry.get_model(
            database, int(str(read_run_models(database, predicted_run)[model.task]["model_id"]))
        )
        assert stored[model.task]["model_id"] == model.model_id
        assert before["body"] == model.text
        assert before["card"]["metrics"] == model.card["metrics"]


def test_a_model_never_serves_a_day_before_it_was_trained(
    settings: Settings, database: Database, predicted_run: dict[str, object]
) -> None:
    day = date.fromisoformat(str(predicted_run["as_of"])) - timedelta(days=60)
    run = run_refresh(settings, database, as_of=day)
    for task in LAWS:
        model = model_registry.get_model(database, int(str(read_run_models(database, run)[task]["model_id"])))
        assert model["as_of"] == day


def test_history_is_replayed_and_compared_with_outcomes(
    settings: Settings, database: Database, predicted_run: dict[str, object]
) -> None:
    last = date.fromisoformat(str(predicted_run["as_of"])) - timedelta(days=30)
    made = backfill_runs(settings, database, last - timedelta(days=90), last, 30)
    assert len(made) == 4
    assert runs.get_published_run(database)["run_id"] == predicted_run["run_id"], "what is shown did not change"
    run_refresh(settings, database)
    evaluated = [
        row for row in model_registry.list_outcomes(database) if row["task"] == "purchase" and row["grouping"] == "all"
    ]
    assert [row["as_of"] for row in evaluated] == [run["as_of"] for run in made]
    for row in evaluated:
        with database.connect() as con:
            check = con.execute(
                "select count(*) as customers, avg(p.probability) as predicted, avg((exists (select from orders o"
                " join customer_records r using (record_id) where r.customer_id = p.customer_id and o.status = 'completed'"
                " and o.ordered_at >= %(day)s::date and o.ordered_at < %(day)s::date + 30))::int) as observed"
                " from predictions p where run_id = %(run)s",
                {"day": row["as_of"], "run": row["run_id"]},
            ).fetchone()
        assert check is not None
        assert row["customers"] == check["customers"]
        assert row["predicted"] == pytest.approx(check["predicted"])
        assert row["observed"] == pytest.approx(float(check["observed"]), abs=0.01), (
            "orders of postage alone do not count"
        )
    deciles = [
        row
        for row in model_registry.list_outcomes(database)
        if row["task"] == "purchase" and row["grouping"] == "decile"
    ]
    assert deciles[0]["predicted"] > deciles[9]["predicted"]
    assert model_registry.get_last_calibration_error(database) is not None
    count = len(model_registry.list_outcomes(database))
    run_refresh(settings, database)
    assert len(model_registry.list_outcomes(database)) == count, "nothing is evaluated twice"


def test_after_a_withdrawal_the_model_before_serves(
    settings: Settings, database: Database, predicted_run: dict[str, object]
) -> None:
    train_models(settings, database, tasks=["purchase"])
    newest = model_registry.list_serving_models(database, date(2027, 1, 1))
    assert withdraw(database) == next(row["model_id"] for row in newest if row["task"] == "purchase")
    run = run_refresh(settings, database, train="never")
    assert (
        read_run_models(database, run)["purchase"]["model_id"]
        == read_run_models(database, predicted_run)["purchase"]["model_id"]
    )
    withdraw(database)
    with pytest.raises(NotFound, match="No model of purchase is in use"):
        withdraw(database)


def withdraw(database: Database) -> int:
    with database.connect() as con:
        return model_registry.withdraw_model(con, "purchase")


def test_a_refused_training_leaves_the_last_good_model(
    settings: Settings, database: Database, predicted_run: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NotReady("purchase was refused: a feature knows the answer.")

    monkeypatch.setattr(train, "train_task", refuse)
    kept, refused = train_models(settings, database, tasks=["purchase"])
    assert kept == [] and "knows the answer" in refused["purchase"]
    run = run_refresh(settings, database, train="always")
    answer = read_run_models(database, run)["purchase"]
    assert answer["model_id"] == read_run_models(database, predicted_run)["purchase"]["model_id"]
    assert "knows the answer" in str(answer["sentence"])
    assert read_predictions(database, run)[0]["probability"] is not None


def test_nothing_in_the_store_is_code(settings: Settings, database: Database, predicted_run: dict[str, object]) -> None:
    for row in model_registry.list_models(database):
        body = model_registry.get_model(database, row["model_id"])["body"]
        assert body == "" or body[0] == "{" or body.startswith("tree"), "JSON or LightGBM's text, never a pickle"


def test_old_predictions_stay_until_they_are_evaluated(
    settings: Settings, database: Database, predicted_run: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "RUNS_KEPT_WHOLE", 1)
    for _ in range(3):
        run_refresh(settings, database, train="never")
    assert len(read_predictions(database, predicted_run)) == predicted_run["customers_scored"], (
        "its 30 days are not over"
    )
