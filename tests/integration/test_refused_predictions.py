"""Where there is no prediction: models not trained, not wanted, too little data, data too old."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from foresell import demo
from foresell.database import Database
from foresell.settings import Settings
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh
from tests.support.loading import load
from tests.support.predictions import LAWS, read_predictions, read_run_models
from tests.support.staged import stage_lines

TINY = {
    "one customer": "A1 anna 2026-01-05 ok mug 2 3.50",
    "one order each": "\n".join(f"A{n} c{n} 2026-01-{1 + n % 28:02} ok mug 1 3.50" for n in range(150)),
    "all bought yesterday": "\n".join(f"A{n} c{n} 2026-01-05 ok mug 1 3.50" for n in range(150)),
    "a single product, once a month": "\n".join(
        f"A{n} c{n % 5} 2025-{1 + n // 10:02}-05 ok mug 1 3.50" for n in range(100)
    ),
    "everything came back": "A1 anna 2026-01-05 ok mug 1 3.50\n"
    + "\n".join(f"B{n} c{n} 2026-01-05 returned mug -1 3.50" for n in range(50)),
    "nothing costs anything": "A1 anna 2026-01-05 ok mug 1 0.01\n"
    + "\n".join(f"B{n} c{n} 2026-01-05 ok mug 1 0" for n in range(50)),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four hundred customers: enough for BG/NBD, too few for a machine-learning model."""
    return demo.write_shop(demo.Shop(customers=400, seed=3), tmp_path_factory.mktemp("shop")).orders


def test_without_training_there_is_no_answer_and_a_sentence(settings: Settings, database: Database, shop: Path) -> None:
    load_file(settings, database, shop, source="demo")
    run = run_refresh(settings, database, train="never")
    found = read_run_models(database, run)
    assert {found[task]["level"] for task in LAWS} == {"off"}
    assert all(row["probability"] is None for row in read_predictions(database, run))
    assert found["revenue_forecast"]["level"] == "off", "a forecast that was never tested is not shown"


def test_rfm_alone_can_be_published(settings: Settings, database: Database, shop: Path) -> None:
    load_file(settings, database, shop, source="demo")
    run = run_refresh(settings, database, predict=False)
    assert read_predictions(database, run) == []
    assert run["customers_scored"] > 0


@pytest.mark.parametrize("name", TINY)
def test_thin_data_is_refused_in_words_and_rfm_is_still_published(
    settings: Settings, database: Database, name: str
) -> None:
    load(database, stage_lines(TINY[name]))
    run = run_refresh(settings, database)
    found = read_run_models(database, run)
    assert {found[task]["level"] for task in LAWS} == {"off"}
    assert all(len(str(row["sentence"])) > 20 for row in found.values())
    assert run["customers_scored"] >= 1


def test_no_order_for_a_year_switches_the_models_off(settings: Settings, database: Database, shop: Path) -> None:
    load_file(settings, database, shop, source="demo")
    run = run_refresh(settings, database, as_of=date(2027, 12, 1))
    found = read_run_models(database, run)
    assert {row["level"] for row in found.values()} == {"off"}
    assert "days old" in str(found["purchase"]["sentence"])
