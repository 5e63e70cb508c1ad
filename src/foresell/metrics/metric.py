"""A metric: a query for its result, and the rows the result is computed from.

Each .sql file holds two statements: `rows` (its grain stated) and `result`, which reads the counted data only from `rows`.
They always run together, `with rows as (...) result`; the calculation shown to users is this same statement and these rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from foresell.sql import named_queries

How = Literal["count", "sum", "distinct", "mean", "median", "weighted mean", "share", "running share", "lift"]
Engine = Literal["DuckDB", "PostgreSQL"]

NO_PIECES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Adds:
    """How a column of the result is computed from the rows.

    count: the rows in which `of` is not null (every row without it). sum, mean, median: of the column, null rows left out.
    distinct: different values. weighted mean: of the column, weighted by `by`. share: the share of all rows that belong to
    this result row. running share: the share of the total of `of` in this result row and the ones before it. lift: the
    weighted mean of this result row divided by that of all rows.
    """

    how: How
    of: str | None = None
    by: str | None = None

    def describe(self) -> dict[str, str]:
        """The same as a dict, as the API shows it."""
        return {key: value for key in ("how", "of", "by") if (value := getattr(self, key)) is not None}


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `key`: the columns (of rows and result) that assign a row to a result row; empty: all rows to one.

    `adds`: by column of the result, how it is computed from the rows; `whole`: the same for columns that cover all rows.
    `order`: a total order of the rows, so that pages never overlap. `settled`: whether the result stays the same while a run
    is published.
    """

    file: str
    order: str
    adds: Mapping[str, Adds]
    key: tuple[str, ...] = ()
    engine: Engine = "DuckDB"
    whole: Mapping[str, Adds] = field(default_factory=dict)
    settled: bool = True

    def result(self, pieces: Mapping[str, str] = NO_PIECES) -> str:
        """The SQL of the result. `pieces`: expressions of this code for {names} in the file, never user input."""
        rows, result = self._part("rows", pieces), self._part("result", pieces)
        return f"with rows as (\n{rows}\n)\n{result}"

    def rows(self, pieces: Mapping[str, str] = NO_PIECES, *, of: bool = False) -> str:
        """The SQL of one page of rows, by `limit` and `start`; with `of`, only the rows of the result row with that name."""
        return (
            f"select * from (\n{self._part('rows', pieces)}\n) as rows{self._where_clause(of)}\norder by {self.order}"
            f"\nlimit {self._placeholder('limit')} offset {self._placeholder('start')}"
        )

    def count(self, pieces: Mapping[str, str] = NO_PIECES, *, of: bool = False) -> str:
        """The SQL that counts the rows."""
        return f"select count(*) as total from (\n{self._part('rows', pieces)}\n) as rows{self._where_clause(of)}"

    def name_of(self, row: Mapping[str, Any]) -> str:
        """The name of a result row: its key as text, parts joined by commas."""
        return ",".join(str(row[column]) for column in self.key)

    def parameters(self, statement: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values that a statement refers to."""
        found = set(re.findall(r"\$(\w+)" if self.engine == "DuckDB" else r"%\((\w+)\)s", statement))
        return {name: value for name, value in values.items() if name in found}

    def _where_clause(self, of: bool) -> str:
        if not of:
            return ""
        name = ", ".join(f"rows.{_quote(column)}" for column in self.key)
        return f"\nwhere concat_ws(',', {name}) = {self._placeholder('of')}"

    def _placeholder(self, name: str) -> str:
        return f"${name}" if self.engine == "DuckDB" else f"%({name})s"

    def _part(self, name: str, pieces: Mapping[str, str]) -> str:
        text = named_queries("foresell.metrics", f"{self.file}.sql")[name]
        for piece, expression in pieces.items():
            text = text.replace("{" + piece + "}", expression)
        return text


@dataclass(frozen=True, slots=True)
class Kpi:
    """A KPI: one column of a metric, with its label and definition. `has_period`: it covers a period of order days."""

    name: str
    label: str
    unit: Literal["money", "count"]
    metric: Metric
    column: str
    definition: str
    has_period: bool = True
    sentence: str | None = None


def _quote(column: str) -> str:
    return f'"{column}"'
