"""Which columns of the customer list can leave, and their values for some of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb
import numpy as np
from numpy.typing import NDArray

from foresell.delivery.tabular_writers import Cell
from foresell.sql import read_sql
from foresell.types import ScoreColumn

#: Read from the store, because the snapshot holds no names and addresses.
PERSON = ("name", "city", "owner")
CONTACT = ("email", "phone", "address")
#: What an export holds when nothing else is asked for.
USUAL = ("customer_id", "name", "email", "segment", "rfm_score", "purchase_probability")


def list_expressions(columns: Iterable[ScoreColumn]) -> dict[str, str]:
    """What can be exported of the customer list: by exported name, its SQL expression, scores in the order of the list."""
    scores = {column.export_name or column.name: column.name for column in columns if column.exported}
    return {"customer_id": "customer_id", "country": "country", **scores, "reasons": "replace(reasons, chr(10), '; ')"}


def scores_at(
    con: duckdb.DuckDBPyConnection, ranks: NDArray[np.int32], columns: Mapping[str, str]
) -> list[dict[str, Cell]]:
    """The rows of the list at these ranks, in their order: `columns`, by name the expression, and always customer_id."""
    columns = {"customer_id": "customer_id", **columns}
    query = read_sql("foresell.delivery", "customers.sql").replace(
        "{columns}", ", ".join(f"{expression} as {name}" for name, expression in columns.items())
    )
    found = {row[0]: row[1:] for row in con.execute(query, {"ranks": ranks}).fetchall()}
    return [dict(zip(columns, found[rank], strict=True)) for rank in ranks.tolist()]
