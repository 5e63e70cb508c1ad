"""SQL lives in .sql files: this reads them, and turns DuckDB's dialect into another engine's.

A file is either one statement, or several named ones:

    -- name: publish_run
    -- What it is for, in a line.
    update publication set run_id = %(run_id)s
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def read_sql(package: str, file: str) -> str:
    """The text of one .sql file beside the code, such as `read_sql("foresell.scores.rfm", "rfm.sql")`."""
    return resources.files(package).joinpath(file).read_text(encoding="utf-8")


@cache
def named_queries(package: str, file: str) -> Mapping[str, str]:
    """The named statements of one .sql file, by name."""
    parts = _NAME.split(read_sql(package, file))
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


def transpile(sql: str, to: str, parameters: Mapping[str, date | int | str] | None = None) -> str:
    """DuckDB SQL as another dialect's (`postgres`, `spark`), its `$name` parameters written out as literals.

    `//` (integer division) needs care: DuckDB's `/` divides as floats, the others' `/` as integers.
    """
    import sqlglot  # takes a third of a second, and most commands transpile nothing
    from sqlglot import exp

    values = dict(parameters or {})

    def literal(node: exp.Expr) -> exp.Expr:
        if isinstance(node, (exp.Parameter, exp.Placeholder)) and node.name in values:
            value = values[node.name]
            if isinstance(value, date):
                return exp.cast(exp.Literal.string(value.isoformat()), "date")
            return exp.convert(value)
        return node

    return sqlglot.parse_one(sql, read="duckdb").transform(literal).sql(dialect=to, pretty=True)
