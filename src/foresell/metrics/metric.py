"""A metric: the rows a figure is made of, and the figures made of them.

Each .sql file holds two statements: `rows` (its grain stated) and `figures`, which reads nothing of what is counted but
`rows`. What is asked is always the two together, `with rows as (...) figures`; the passport of a figure is that very text
and those very rows.
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
    """How a figure comes of its rows, by column.

    count: the rows in which `of` is not null (every row without it). sum, mean, median: of the column, null rows left out.
    distinct: different values. weighted mean: of the column, each row counting `by` times. share: of all figures' rows, the
    part that is this one's. running share: of the sum of `of` over all figures' rows, the part of this one and those before
    it. lift: the weighted mean of this one's rows over that of all.
    """

    how: How
    of: str | None = None
    by: str | None = None

    def words(self) -> dict[str, str]:
        """The same as a passport says it."""
        return {key: value for key in ("how", "of", "by") if (value := getattr(self, key)) is not None}


@dataclass(frozen=True, slots=True)
class Metric:
    """One question. `key`: the columns (of rows and of figures) that say which figure a row belongs to; none: all to one.

    `adds`: by column of figures, how it comes of the rows; `whole`: the same for columns that speak of all rows together.
    `order`: of the rows, total, so that pages never overlap. `settled`: the same for as long as a run is published.
    """

    file: str
    order: str
    adds: Mapping[str, Adds]
    key: tuple[str, ...] = ()
    engine: Engine = "DuckDB"
    whole: Mapping[str, Adds] = field(default_factory=dict)
    settled: bool = True

    def figures(self, pieces: Mapping[str, str] = NO_PIECES) -> str:
        """The statement of the figures. `pieces`: our own expressions for {names} in the file, never a user's."""
        rows, figures = self._part("rows", pieces), self._part("figures", pieces)
        return f"with rows as (\n{rows}\n)\n{figures}"

    def rows(self, pieces: Mapping[str, str] = NO_PIECES, *, of: bool = False) -> str:
        """The statement of a page of rows, by `limit` and `start`; with `of`, of the figure that is called so."""
        return (
            f"select * from (\n{self._part('rows', pieces)}\n) as rows{self._within(of)}\norder by {self.order}"
            f"\nlimit {self._bound('limit')} offset {self._bound('start')}"
        )

    def count(self, pieces: Mapping[str, str] = NO_PIECES, *, of: bool = False) -> str:
        """The statement of how many rows there are."""
        return f"select count(*) as total from (\n{self._part('rows', pieces)}\n) as rows{self._within(of)}"

    def name_of(self, figure: Mapping[str, Any]) -> str:
        """What one of the figures is called: its key as text, parts joined by commas."""
        return ",".join(str(figure[column]) for column in self.key)

    def parameters(self, statement: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the values that a statement refers to."""
        found = set(re.findall(r"\$(\w+)" if self.engine == "DuckDB" else r"%\((\w+)\)s", statement))
        return {name: value for name, value in values.items() if name in found}

    def _within(self, of: bool) -> str:
        if not of:
            return ""
        name = ", ".join(f"rows.{_quoted(column)}" for column in self.key)
        return f"\nwhere concat_ws(',', {name}) = {self._bound('of')}"

    def _bound(self, name: str) -> str:
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


def _quoted(column: str) -> str:
    return f'"{column}"'
