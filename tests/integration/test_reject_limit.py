"""How many rejected lines a load allows: up to 2 % unless told otherwise, and nothing is written above that."""

from __future__ import annotations

from pathlib import Path

import pytest

from foresell.database import Database
from foresell.errors import TooManyRejects
from foresell.settings import Settings
from foresell.workflows.load import load_file

HEAD = "order_key,customer_key,ordered_at,sku,quantity,unit_price\n"


def file_with(folder: Path, good: int, bad: int) -> Path:
    lines = [f"A{n},c{n % 7},2025-01-02,mug,1,2.50\n" for n in range(good)]
    lines += [f"B{n},c1,2025-01-02,mug,one,2.50\n" for n in range(bad)]
    file = folder / "orders.csv"
    file.write_text(HEAD + "".join(lines))
    return file


@pytest.mark.parametrize(("good", "bad", "allowed"), [(98, 2, None), (97, 3, 3.0)])
def test_a_few_rejects_are_reported_and_the_rest_is_loaded(
    settings: Settings, database: Database, tmp_path: Path, good: int, bad: int, allowed: float | None
) -> None:
    options = {} if allowed is None else {"max_rejected": allowed}
    batch = load_file(settings, database, file_with(tmp_path, good, bad), source="shop", **options)
    assert (batch.lines_loaded, batch.lines_rejected) == (good, bad)


@pytest.mark.parametrize(("good", "bad"), [(97, 3), (90, 10)])
def test_more_than_two_percent_loads_nothing(
    settings: Settings, database: Database, tmp_path: Path, good: int, bad: int
) -> None:
    with pytest.raises(TooManyRejects, match=f"{bad} of 100 lines"):
        load_file(settings, database, file_with(tmp_path, good, bad), source="shop")
    with database.connect() as con:
        assert con.execute("select count(*) as orders from orders").fetchone() == {"orders": 0}
