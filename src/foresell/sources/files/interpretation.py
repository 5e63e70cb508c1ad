"""From `raw_rows` to the four staged tables: detect the value formats, parse, reject what does not fit, derive the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from foresell.errors import EmptySource
from foresell.sources.files import formats, typed_view
from foresell.sources.files.mapping import Mapping
from foresell.sources.files.raw_rows import Column, RawRows
from foresell.sources.files.typed_view import ValueFormats
from foresell.sql import named_queries
from foresell.types import Staging

_STEPS = ("foresell.sources.files", "steps.sql")
_NO_LIMIT = "2200-01-01"


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file whose rows are in `con` as `raw_rows`, and the mapping to interpret them with."""

    con: duckdb.DuckDBPyConnection
    name: str
    raw: RawRows
    mapping: Mapping
    explicit: tuple[str, str] | None = None  # names of separate tables of customers and products


def interpret_rows(parsed: ParsedFile, load_day: date | None) -> tuple[Staging, ValueFormats]:
    """Fill the four staged tables from `raw_rows`; the caller adds source, hash and size."""
    con, mapping = parsed.con, parsed.mapping
    resolved = formats.resolve_columns(mapping, parsed.raw, parsed.name)
    read = _count_rows(parsed)
    limit = (load_day + timedelta(days=2)).isoformat() if load_day else _NO_LIMIT
    decided = typed_view.create_view(con, parsed.raw, mapping, resolved, limit=limit, file=parsed.name)
    if read == decided.empty_rows:
        raise EmptySource(f"{parsed.name} holds only empty rows; nothing was read.", remedy="Export it again.")
    extra = 0
    if mapping.rows == "orders":
        extra = _stage_orders(parsed, resolved, decided, limit)
    else:
        _stage_keyed_rows(parsed, resolved, decided)
    (rejected,) = con.execute("select count(distinct line) from staged_rejects").fetchall()[0]
    warnings = (*parsed.raw.warnings, *decided.warnings)
    if extra:
        warnings += (f"{extra:,} lines were added for {', '.join(e.name for e in mapping.extra_lines)}.",)
    staging = Staging(
        con=con,
        source=mapping.source,
        format=mapping.format,
        rows=mapping.rows,
        file_name=parsed.name,
        file_bytes=0,
        file_sha256="",
        lines_read=read - decided.empty_rows + extra,
        rejected=int(rejected),
        warnings=warnings,
    )
    return staging, decided


def _count_rows(parsed: ParsedFile) -> int:
    query = "select (select count(*) from raw_rows), (select count(distinct line) from staged_rejects)"
    rows, rejected = parsed.con.execute(query).fetchall()[0]
    if not rows and not rejected:
        raise EmptySource(f"{parsed.name} holds a header and no rows; nothing was read.", remedy="Export it again.")
    return int(rows) + int(rejected)


def _stage_orders(parsed: ParsedFile, resolved: dict[str, Column], decided: ValueFormats, limit: str) -> int:
    con, steps = parsed.con, named_queries(*_STEPS)
    con.execute(steps["stage_lines"])
    con.execute(steps["find_incomplete_lines"])
    if con.execute("select count(*) from incomplete_lines").fetchall()[0][0]:
        last_day = (date.fromisoformat(limit) - timedelta(days=1)).isoformat()
        shown = decided.dates["ordered_at"].label
        con.execute(
            steps["find_problems"].replace("{totals}", typed_view.build_totals_condition(resolved)),
            {"dates": shown, "last_day": last_day},
        )
        _move_rejects(parsed)
    if "order_key" in resolved:
        con.execute(steps["find_two_customers"])
        _move_rejects(parsed)
    extra = _add_extra_lines(parsed)
    con.execute(steps["stage_products"])
    for line in parsed.mapping.extra_lines if extra else ():
        con.execute(steps["insert_extra_product"], {"sku": line.sku, "name": line.name})
    con.execute(steps["stage_customers"])
    _add_descriptions(parsed, resolved)
    return extra


def _move_rejects(parsed: ParsedFile) -> None:
    con = parsed.con
    if con.execute("select count(*) from problems").fetchall()[0][0]:
        con.execute(named_queries(*_STEPS)["insert_rejects"], {"file": parsed.name})
        con.execute("delete from staged_lines where line in (select line from problems)")
    con.execute("drop table problems")


def _add_extra_lines(parsed: ParsedFile) -> int:
    added = 0
    for at, extra in enumerate(parsed.mapping.extra_lines):
        if formats.find_column(parsed.raw.columns, extra.column):
            step = named_queries(*_STEPS)["insert_extra_lines"].replace("{extra}", f"extra_{at}")
            added += parsed.con.execute(step, {"sku": extra.sku}).fetchall()[0][0]
    return added


def _add_descriptions(parsed: ParsedFile, resolved: dict[str, Column]) -> None:
    """Add what separate tables and descriptive columns say about customers and products."""
    con = parsed.con
    if described := [name for name in typed_view.DESCRIBED if name in resolved and name != "country"]:
        con.execute(typed_view.build_customers_step("mapped_rows", described, keep_all=False))
    if parsed.explicit:
        customers, products = parsed.explicit
        con.execute(typed_view.build_customers_step(customers, [*typed_view.DESCRIBED, "signup_date"], keep_all=True))
        con.execute(typed_view.build_catalogue_step(products, "clean_key(sku)"))


def _stage_keyed_rows(parsed: ParsedFile, resolved: dict[str, Column], decided: ValueFormats) -> None:
    """Stage a file of customers or products: the first row of each key is kept, the others are rejected."""
    con = parsed.con
    con.execute(typed_view.EMPTY_TABLES)
    key = "customer_key" if parsed.mapping.rows == "customers" else "sku"
    dated = "signup_date" if "signup_date" in resolved else None
    con.execute(typed_view.build_key_problems(key, dated))
    con.execute(named_queries(*_STEPS)["insert_rejects"], {"file": parsed.name})
    con.execute(
        "create or replace temp view kept as select * from mapped_rows where line not in (select line from problems)"
    )
    if key == "customer_key":
        con.execute(typed_view.build_customers_step("kept", [*typed_view.DESCRIBED, "signup_date"], keep_all=True))
    else:
        con.execute(typed_view.build_catalogue_step("kept", "sku"))
