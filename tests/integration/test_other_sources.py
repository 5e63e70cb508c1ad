"""A file whose sales another source has brought already raises a question before it is loaded: they would count twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from foresell.database import Database
from foresell.sources.files.mapping import apply_settings
from foresell.sources.files.questions import OpenQuestions
from foresell.workflows.inspect import inspect_for_load
from foresell.workflows.load import load_file

FIRST = "order,customer,date,product,quantity,price\n" + "".join(
    f"{number},c{number},2024-01-{number:02},Mug,{number},2.50\n" for number in range(1, 5)
)
NEWER = FIRST + "5,c5,2024-02-01,Cup,1,9.00\n"
OTHER = FIRST.replace("2.50", "2.60")  # the same numbers, other money


def test_the_same_sales_of_another_source_raise_a_question(database: Database, tmp_path: Path) -> None:
    settings = database.settings
    paths = {name: tmp_path / f"{name}.csv" for name in ("first", "newer", "other")}
    for name, text in (("first", FIRST), ("newer", NEWER), ("other", OTHER)):
        paths[name].write_text(text)
    assert not inspect_for_load(settings, database, paths["first"]).questions
    load_file(settings, database, paths["first"], source="web")

    inspection = inspect_for_load(settings, database, paths["first"])
    assert [question.name for question in inspection.questions] == ["source"]
    with pytest.raises(OpenQuestions, match=r"belong to the source 'web'\? The source 'web' has this file as batch 1"):
        load_file(settings, database, paths["first"])
    with pytest.raises(OpenQuestions, match="The source 'web' has 4 of 5 orders with the same number, time and amount"):
        load_file(settings, database, paths["newer"])

    yes, no = inspection.questions[0].choices
    assert (
        load_file(settings, database, paths["first"], mapping=apply_settings(inspection.mapping, yes.settings)).source
        == "web"
    )
    newer = load_file(settings, database, paths["newer"], accept_guesses=True)
    assert (newer.source, newer.orders_new, newer.orders_replaced) == ("web", 1, 0)
    assert load_file(settings, database, paths["other"]).orders_new == 4
    second = load_file(settings, database, paths["first"], mapping=apply_settings(inspection.mapping, no.settings))
    assert (second.source, second.orders_replaced) == ("shop", 4)
    third = load_file(settings, database, paths["first"], source="market")
    assert any("has this file as batch" in warning for warning in third.warnings)
