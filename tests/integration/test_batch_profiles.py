"""Profiles of batches in a real database: what is kept, what differs, and what an undo does to both."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from foresell.database import Database
from foresell.quality.profiles import count_differing, read_profile
from foresell.settings import Settings
from foresell.types import Batch
from foresell.workflows.load import load_file
from foresell.workflows.undo import undo_load

CONTACTS = ("Ann", "post.example.com", "7946")


def write_month(folder: Path, month: int, **faults: str) -> Path:
    """200 orders of a month with their customers, drawn with the month as seed. faults: column -> text in every row."""
    rng = random.Random(month)
    rows = ["Order,Customer,Name,Email,Phone,Postcode,Date,SKU,Quantity,Price,Country"]
    for number in range(200):
        row = {
            "Order": f"{month:02}{number:04}", "Customer": f"K{number % 80}", "Name": f"Ann Smith{'abcdefgh'[number % 8]}",
            "Email": f"ann{number % 80}@post.example.com", "Phone": f"020 7946 0{number % 80:03}", "Postcode": "LS1 4AP",
            "Date": f"2025-{month:02}-{rng.randrange(1, 28):02}", "SKU": f"S{number % 20}", "Quantity": str(rng.randrange(1, 9)),
            "Price": f"{rng.uniform(2, 9):.2f}", "Country": rng.choice(["United Kingdom"] * 8 + ["France", "Germany"]),
        }  # fmt: skip
        rows.append(",".join((row | faults).values()))
    file = folder / f"month-{month}.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


@pytest.fixture
def months(settings: Settings, database: Database, tmp_path: Path) -> list[Batch]:
    """Six months of one source without a fault."""
    return [load(settings, database, write_month(tmp_path, month)) for month in range(1, 7)]


def load(settings: Settings, database: Database, file: Path) -> Batch:
    return load_file(settings, database, file, source="shop", accept_guesses=True)


def differing(database: Database, batch: Batch) -> set[str]:
    assert batch.batch_id is not None
    with database.connect() as con:
        return {each["column"] for row in read_profile(con, batch.batch_id) for each in row["differences"]}


def test_alike_months_do_not_differ_and_the_first_are_not_judged(database: Database, months: list[Batch]) -> None:
    ids = [batch.batch_id for batch in months if batch.batch_id]
    with database.connect() as con:
        assert count_differing(con, ids) == {ids[4]: 0, ids[5]: 0}


@pytest.mark.parametrize(
    ("faults", "columns"),
    [
        ({"Price": "450.00"}, {"unit_price", "amount"}),
        ({"Country": "France"}, {"country"}),
        ({"Phone": "12345"}, {"phone"}),
        ({"Email": ""}, {"email"}),
    ],
)
def test_a_fault_is_found_in_its_columns(
    settings: Settings,
    database: Database,
    months: list[Batch],
    tmp_path: Path,
    faults: dict[str, str],
    columns: set[str],
) -> None:
    batch = load(settings, database, write_month(tmp_path, 7, **faults))
    assert columns <= differing(database, batch)
    assert any("from the last 6 batches of this source" in warning for warning in batch.warnings)


def test_an_undone_batch_has_no_profile_and_is_no_reference(
    settings: Settings, database: Database, months: list[Batch], tmp_path: Path
) -> None:
    wrong = load(settings, database, write_month(tmp_path, 7, Price="450.00"))
    assert wrong.batch_id is not None
    undo_load(settings, database, wrong.batch_id)
    with database.connect() as con:
        assert read_profile(con, wrong.batch_id) == []
    assert "unit_price" not in differing(database, load(settings, database, write_month(tmp_path, 8)))


def test_no_value_about_people_is_kept(database: Database, months: list[Batch]) -> None:
    with database.connect() as con:
        kept: list[dict[str, Any]] = con.execute("select c::text as text from quality.column_profiles as c").fetchall()
    assert len(kept) > 50
    assert [row["text"] for row in kept if any(value in row["text"] for value in CONTACTS)] == []
