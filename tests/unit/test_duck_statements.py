"""Statements for DuckDB take the values they use, and reject a statement without one of its values."""

from __future__ import annotations

import duckdb
import pytest

from foresell.db import DuckStatements

SQL = DuckStatements("foresell.store", "queries/")


def test_values_that_a_statement_does_not_use_are_left_out() -> None:
    con = duckdb.connect()
    con.execute("create table staged_orders as select 'A1' as order_key")
    keys = SQL.reader(con, "stage.orders_keys", 10, known=True, source="shop").read_all()
    assert keys.to_pydict() == {"key": ["A1"]}
    assert SQL.run(con, "stage.orders_keys", known=False, source="shop").fetchall() == []


def test_a_missing_value_is_an_error() -> None:
    con = duckdb.connect()
    con.execute("create table staged_orders as select 'A1' as order_key")
    with pytest.raises(duckdb.InvalidInputException):
        SQL.run(con, "stage.orders_keys")


def test_an_unknown_statement_is_an_error() -> None:
    with pytest.raises(KeyError):
        SQL.text("stage.unknown")
