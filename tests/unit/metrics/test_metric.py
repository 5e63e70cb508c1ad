"""A metric as text: how its columns add up, its statements, and the names of its result rows."""

from __future__ import annotations

import pytest

from foresell.metrics import catalogue
from foresell.metrics.metric import Adds, Metric


@pytest.mark.parametrize(
    ("adds", "described"),
    [
        (Adds("count"), {"how": "count"}),
        (Adds("sum", "revenue"), {"how": "sum", "of": "revenue"}),
        (Adds("weighted mean", "rate", "customers"), {"how": "weighted mean", "of": "rate", "by": "customers"}),
    ],
)
def test_what_a_column_adds_up_is_described_without_empty_fields(adds: Adds, described: dict[str, str]) -> None:
    assert adds.describe() == described


def test_a_page_of_rows_is_ordered_and_bounded_in_the_dialect_of_its_engine() -> None:
    page = catalogue.GRID.rows(of=True)
    assert 'where concat_ws(\',\', rows."r", rows."f") = $of' in page
    assert page.endswith("order by r, f, customer_id\nlimit $limit offset $start")
    assert catalogue.MOVEMENT.rows(of=True).endswith("limit %(limit)s offset %(start)s")
    assert "where" not in catalogue.GRID.count().rpartition(") as rows")[2], "all rows, unless one result row is named"


def test_a_result_row_is_named_by_its_key() -> None:
    metric = Metric("grid", "r", {}, ("r", "f"))
    assert metric.name_of({"r": 5, "f": 1, "customers": 9}) == "5,1"


def test_a_statement_gets_only_the_values_it_refers_to() -> None:
    values = {"start": 1, "limit": 2, "of": "x"}
    assert catalogue.GRID.parameters("limit $limit offset $start", values) == {"start": 1, "limit": 2}
    assert catalogue.MOVEMENT.parameters("where %(of)s = $start", values) == {"of": "x"}
