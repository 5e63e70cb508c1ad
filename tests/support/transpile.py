"""DuckDB SQL in another engine's dialect, to prove that the scores' SQL means the same there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import sqlglot
from sqlglot import exp


def transpile(sql: str, to: str, parameters: Mapping[str, date | int | str] | None = None) -> str:
    """DuckDB SQL as another dialect's (`postgres`, `spark`), its `$name` parameters written out as literals.

    `//` (integer division) needs care: DuckDB's `/` divides as floats, the others' `/` as integers.
    """
    values = dict(parameters or {})

    def literal(node: exp.Expr) -> exp.Expr:
        if isinstance(node, (exp.Parameter, exp.Placeholder)) and node.name in values:
            value = values[node.name]
            if isinstance(value, date):
                return exp.cast(exp.Literal.string(value.isoformat()), "date")
            return exp.convert(value)
        return node

    return sqlglot.parse_one(sql, read="duckdb").transform(literal).sql(dialect=to, pretty=True)
