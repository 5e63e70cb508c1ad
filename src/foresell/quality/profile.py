"""Profiles of a batch: for each column how much is empty, how many values differ, ranges, lengths, shapes, and what is not valid.

Computed by DuckDB from the staged rows, in the transaction of the load. No value of a column about people is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import duckdb

from foresell.sql import named_queries

Stream = Literal["orders", "customers", "products"]
Kind = Literal["text", "number", "day", "category"]
#: Whether a value has a standard form: called with the column, the value and the country of its row.
IsValid = Callable[[str, str, str | None], bool]

#: The rows looked at for shapes, and for valid values.
SAMPLE, CHECKED = 20_000, 2_000
STREAMS: Mapping[Stream, tuple[str, Mapping[str, Kind]]] = {
    "orders": ("staged_lines", {
        "order_key": "text", "customer_key": "text", "ordered_at": "day", "status": "category", "sku": "text",
        "quantity": "number", "unit_price": "number", "amount": "number", "country": "category", "currency": "category",
    }),
    "customers": ("staged_customers", {
        "customer_key": "text", "name": "text", "email": "text", "phone": "text", "address": "text", "city": "text",
        "region": "text", "postcode": "text", "country": "category", "signup_date": "day",
    }),
    "products": ("staged_products", {
        "sku": "text", "name": "text", "category": "category", "kind": "category", "list_price": "number",
    }),
}  # fmt: skip
#: Columns that have a standard form.
STANDARD = ("name", "email", "phone", "postcode", "country")


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column of a batch, as in quality.column_profiles; middle: the median, of days the span in days."""

    column_name: str
    empty: int
    different: int
    smallest: str | None
    largest: str | None
    middle: float | None
    shortest: int | None
    longest: int | None
    mean_length: float | None
    patterns: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    checked: int = 0
    invalid: int = 0


@dataclass(frozen=True, slots=True)
class StreamProfile:
    """What a batch brought of one stream."""

    stream: Stream
    rows: int
    columns: Sequence[ColumnProfile]


def profile_staging(con: duckdb.DuckDBPyConnection, rows: str, is_valid: IsValid) -> list[StreamProfile]:
    """The profiles of the staged tables. rows: what a row of the file is (types.Staging); customers of a file of orders are
    profiled where it describes them."""
    found = []
    for stream, (table, columns) in STREAMS.items():
        count = _run(con, "count", table)[0]["rows"]
        wanted = rows == stream or (stream == "customers" and rows == "orders" and _is_described(con))
        if count and wanted:
            profiles = [_profile_column(con, table, name, kind, count, is_valid) for name, kind in columns.items()]
            found.append(StreamProfile(stream, count, profiles))
    return found


def _is_described(con: duckdb.DuckDBPyConnection) -> bool:
    [(described,)] = con.execute(
        "select exists (select 1 from staged_customers where coalesce(name, email, phone, city, postcode) is not null)"
    ).fetchall()
    return bool(described)


def _profile_column(
    con: duckdb.DuckDBPyConnection, table: str, column: str, kind: Kind, rows: int, is_valid: IsValid
) -> ColumnProfile:
    [figures] = _run(con, "text" if kind == "category" else kind, table, column)
    del figures["rows"]
    patterns = shares = {}
    if kind == "text":
        patterns = {row["pattern"]: row["share"] for row in _run(con, "patterns", table, column, rows, SAMPLE)}
    if kind == "category":
        shares = {row["value"]: row["share"] for row in _run(con, "shares", table, column)}
    checked = invalid = 0
    if column in STANDARD and table == "staged_customers":
        sample = _run(con, "sample", table, column, rows, CHECKED)
        checked, invalid = len(sample), sum(not is_valid(column, row["value"], row["country"]) for row in sample)
    return ColumnProfile(column, **figures, patterns=patterns, shares=shares, checked=checked, invalid=invalid)


def _run(
    con: duckdb.DuckDBPyConnection, statement: str, table: str, column: str = "", rows: int = 1, most: int = 1
) -> list[dict[str, Any]]:
    text = named_queries("foresell.quality", "profile.sql")[statement]
    country = "country" if table == "staged_customers" else "null"
    for key, value in {"table": table, "column": column, "step": str(-(-rows // most)), "country": country}.items():
        text = text.replace("{" + key + "}", value)
    cursor = con.execute(text)
    names = [each[0] for each in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
