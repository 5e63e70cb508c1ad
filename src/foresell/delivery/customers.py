"""The columns of the customer list that can be exported, and their values for some of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from foresell.delivery.tabular_writers import Cell, Column, Kind
from foresell.sql import read_sql
from foresell.types import ColumnUnit, ScoreColumn

#: Contact details: sealed in the store, masked unless the export is allowed to open them.
CONTACT = ("email", "phone", "address")
#: The columns of an export that names none.
DEFAULT_COLUMNS = ("customer_id", "name", "email", "segment", "rfm_score", "purchase_probability")
_KINDS: Mapping[ColumnUnit, Kind] = {
    "probability": "share", "money": "money", "days": "count", "orders": "count", "score": "count", "rank": "count",
    "date": "day", "name": "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One exportable column. `expression`: its SQL over the customer list; None: read from the store, not the snapshot."""

    column: Column
    expression: str | None = None
    predicted: bool = False


def list_columns(scores: Iterable[ScoreColumn]) -> dict[str, ExportColumn]:
    """Every exportable column by name, in the order of a full export; the columns of scores come from their registry."""
    columns = (
        ExportColumn(Column("customer_id", "Customer ID"), "customer_id"),
        ExportColumn(Column("name", "Name", width=28)),
        ExportColumn(Column("email", "E-mail", width=28)),
        ExportColumn(Column("phone", "Phone", width=18)),
        ExportColumn(Column("address", "Address", width=28)),
        ExportColumn(Column("city", "City", width=18)),
        ExportColumn(Column("owner", "Owner", width=18)),
        ExportColumn(Column("country", "Country", width=18), "country"),
        *(_score_column(score) for score in scores if score.exported),
        ExportColumn(Column("reasons", "Main factors", width=60), "replace(reasons, chr(10), '; ')", predicted=True),
    )
    return {each.column.name: each for each in columns}


def _score_column(score: ScoreColumn) -> ExportColumn:
    kind = _KINDS[score.unit] if score.type != "text" else "text"
    column = Column(score.export_name or score.name, score.label, kind, width=20 if score.unit == "name" else 14)
    return ExportColumn(column, score.name, predicted=score.table == "predictions")


def fetch_scores(
    con: duckdb.DuckDBPyConnection, ranks: NDArray[np.int32], columns: Sequence[ExportColumn]
) -> list[dict[str, Cell]]:
    """The rows of the list at these ranks, in this order: `columns` of the snapshot, and always customer_id."""
    expressions = {each.column.name: each.expression for each in columns if each.expression}
    expressions = {"customer_id": "customer_id", **expressions}
    query = read_sql("foresell.delivery", "customers.sql").replace(
        "{columns}", ", ".join(f"{expression} as {name}" for name, expression in expressions.items())
    )
    rows = {row[0]: row[1:] for row in con.execute(query, {"ranks": ranks}).fetchall()}
    return [dict(zip(expressions, rows[rank], strict=True)) for rank in ranks.tolist()]


def fetch_customer_ids(con: duckdb.DuckDBPyConnection, ranks: NDArray[np.int32]) -> list[str]:
    """The customer ids at these ranks of the list, in no particular order: 50 bytes each, where a row is 500."""
    query = read_sql("foresell.delivery", "customers.sql").replace("{columns}", "customer_id")
    ids: list[str] = con.execute(query, {"ranks": ranks}).fetchnumpy()["customer_id"].tolist()
    return ids
