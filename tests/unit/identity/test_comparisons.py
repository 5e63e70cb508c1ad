"""The levels of a comparison mean the same in DuckDB and in Python, for any text."""

from __future__ import annotations

import dataclasses

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foresell.identity.comparisons import COMPARISONS, TERMS
from foresell.identity.record import Kind, Record
from tests.unit.identity.records import FIELDS, random_pairs, to_table


def codes_in_duckdb(kind: Kind, pairs: list[tuple[Record, Record]]) -> list[tuple[int, ...]]:
    rows = [dataclasses.replace(record, record_id=n) for n, pair in enumerate(pairs) for record in pair]
    left, right = to_table(rows[::2]), to_table(rows[1::2])
    columns = ", ".join(f"a.{name} as {name}_l, b.{name} as {name}_r" for name in FIELDS)
    levels = ", ".join(comparison.code_sql() for comparison in COMPARISONS[kind])
    with duckdb.connect() as con:
        con.register("l", left)
        con.register("r", right)
        return con.execute(
            f"select {levels} from (select record_id, {columns} from l a join r b using (record_id)) order by record_id"
        ).fetchall()


@pytest.mark.parametrize("kind", ["person", "company"])
@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_duckdb_and_python_find_the_same_levels(kind: Kind, data: st.DataObject) -> None:
    pairs = data.draw(st.lists(random_pairs(kind), min_size=1, max_size=10))
    assert codes_in_duckdb(kind, pairs) == [tuple(each.code(a, b) for each in COMPARISONS[kind]) for a, b in pairs]


@pytest.mark.parametrize("kind", ["person", "company"])
def test_a_level_has_one_name_and_its_base_exists(kind: Kind) -> None:
    for comparison in COMPARISONS[kind]:
        names = [*(level.name for level in comparison.levels), comparison.otherwise]
        assert len(set(names)) == len(names)
        assert [comparison.level_name(comparison.code_of(name)) for name in names] == names
        for level in comparison.levels:
            assert level.term is None or level.term in TERMS
            assert level.base is None or level.base in names
