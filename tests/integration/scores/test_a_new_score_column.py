"""A score column is declared once: registering a score is enough for it to arrive everywhere."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scripts.openapi import FILE as CONTRACT
from scripts.score_columns import FILE as DOCS
from scripts.score_columns import page

from foresell.database import Database
from foresell.scores import registry
from foresell.settings import Settings
from foresell.store import runs
from tests.support.toy_score import COLUMN

ROOT = Path(__file__).parents[3]


@pytest.fixture
def toy(settings: Settings, database: Database) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.toy_score", str(settings.home)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_new_score_arrives_everywhere(toy: dict[str, Any]) -> None:
    expected = dict(toy["expected"])
    assert len(expected) > 40
    assert dict(toy["listed"]) == expected
    values = [value for _, value in toy["listed"]]
    assert values == sorted(values, reverse=True), "the list is sorted by it"
    assert toy["one"] == toy["expected"][0][1]
    rows = list(csv.DictReader(io.StringIO(toy["exported"], newline="")))
    assert [[row["customer_id"], int(row[COLUMN.name])] for row in rows] == toy["listed"]
    assert {customer: scores[COLUMN.name] for customer, scores in toy["saved"].items()} == expected
    assert toy["schema"]["description"] == COLUMN.description
    assert toy["schema"]["examples"] == [COLUMN.example]
    assert f"'{COLUMN.sort}'" in toy["sorts"]
    assert f"| `{COLUMN.name}` | {COLUMN.label} | {COLUMN.description} |" in toy["docs"]


def test_the_docs_page_and_the_contract_are_current() -> None:
    assert DOCS.read_text(encoding="utf-8") == page(), "run: make docs"
    fields = json.loads(CONTRACT.read_text(encoding="utf-8"))["components"]["schemas"]["ListedCustomer"]["properties"]
    for column in registry.list_columns():
        assert fields[column.name]["description"] == column.description, "run: make docs"


def test_every_saved_column_of_released_scores_has_a_typed_column(database: Database) -> None:
    with database.connect() as con:
        rows = con.execute(
            "select column_name from information_schema.columns where table_name = 'predictions' and table_schema = current_schema()"
        ).fetchall()
    typed = {row["column_name"] for row in rows} - {"run_id", "customer_id", "other_scores"}
    assert typed == set(runs.PREDICTION_COLUMNS)
    saved = {column.name for column in registry.list_columns() if column.table == "predictions" and column.saved}
    assert saved == typed
