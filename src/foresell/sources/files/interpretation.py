"""From `raw` to the four staged tables: decide how the file writes its values, read them, reject, derive the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from foresell.errors import EmptySource
from foresell.sources.files import formats, typed_view
from foresell.sources.files.mapping import Mapping
from foresell.sources.files.raw_rows import Column, Raw
from foresell.sources.files.typed_view import Interpretation
from foresell.sql import named_queries
from foresell.types import Staging

_STEPS = ("foresell.sources.files", "steps.sql")
_NO_LIMIT = "2200-01-01"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that has been read: `raw` stands in `con`, `mapping` is what it will be interpreted by."""

    con: duckdb.DuckDBPyConnection
    name: str
    raw: Raw
    mapping: Mapping
    explicit: tuple[str, str] | None = None  # tables of customers and products beside the orders


def interpret(source: Source, load_day: date | None) -> tuple[Staging, Interpretation]:
    """Fill the four staged tables from `raw`; the staging lacks only what the caller knows (source, hash, size)."""
    con, mapping = source.con, source.mapping
    resolved = formats.resolve(mapping, source.raw, source.name)
    read = _count_rows(source)
    limit = (load_day + timedelta(days=2)).isoformat() if load_day else _NO_LIMIT
    decided = typed_view.prepare(con, source.raw, mapping, resolved, limit=limit, file=source.name)
    if read == decided.empty_rows:
        raise EmptySource(f"{source.name} holds only empty rows; nothing was read.", remedy="Export it again.")
    extra = 0
    if mapping.rows == "orders":
        extra = _orders(source, resolved, decided, limit)
    else:
        _explicit_only(source, resolved, decided)
    (rejected,) = con.execute("select count(distinct line) from staged_rejects").fetchall()[0]
    warnings = (*source.raw.warnings, *decided.warnings)
    if extra:
        warnings += (f"{extra:,} lines were added for {', '.join(e.name for e in mapping.extra_lines)}.",)
    staging = Staging(
        con=con,
        source=mapping.source,
        profile=mapping.profile,
        rows=mapping.rows,
        file_name=source.name,
        file_bytes=0,
        file_sha256="",
        lines_read=read - decided.empty_rows + extra,
        rejected=int(rejected),
        warnings=warnings,
    )
    return staging, decided


def _count_rows(source: Source) -> int:
    query = "select (select count(*) from raw), (select count(distinct line) from staged_rejects)"
    rows, rejected = source.con.execute(query).fetchall()[0]
    if not rows and not rejected:
        raise EmptySource(f"{source.name} holds a header and no rows; nothing was read.", remedy="Export it again.")
    return int(rows) + int(rejected)


def _orders(source: Source, resolved: dict[str, Column], decided: Interpretation, limit: str) -> int:
    con, steps = source.con, named_queries(*_STEPS)
    con.execute(steps["lines"])
    con.execute(steps["bad_lines"])
    if con.execute("select count(*) from bad_lines").fetchall()[0][0]:
        last_day = (date.fromisoformat(limit) - timedelta(days=1)).isoformat()
        shown = decided.dates["ordered_at"].shown
        con.execute(
            steps["problems"].replace("{totals}", typed_view.totals(resolved)), {"dates": shown, "last_day": last_day}
        )
        _reject(source)
    if "order_key" in resolved:
        con.execute(steps["two_customers"])
        _reject(source)
    extra = _extra_lines(source)
    con.execute(steps["products"])
    for line in source.mapping.extra_lines if extra else ():
        con.execute(steps["extra_product"], {"sku": line.sku, "name": line.name})
    con.execute(steps["customers"])
    _describe(source, resolved)
    return extra


def _reject(source: Source) -> None:
    con = source.con
    if con.execute("select count(*) from problems").fetchall()[0][0]:
        con.execute(named_queries(*_STEPS)["reject"], {"file": source.name})
        con.execute("delete from staged_lines where line in (select line from problems)")
    con.execute("drop table problems")


def _extra_lines(source: Source) -> int:
    added = 0
    for at, extra in enumerate(source.mapping.extra_lines):
        if formats.find(source.raw.columns, extra.column):
            step = named_queries(*_STEPS)["extra_lines"].replace("{extra}", f"extra_{at}")
            added += source.con.execute(step, {"sku": extra.sku}).fetchall()[0][0]
    return added


def _describe(source: Source, resolved: dict[str, Column]) -> None:
    """What explicit tables and described columns say about customers and products."""
    con = source.con
    if described := [name for name in typed_view.DESCRIBED if name in resolved and name != "country"]:
        con.execute(typed_view.customers_step("cells", described, everyone=False))
    if source.explicit:
        customers, products = source.explicit
        con.execute(typed_view.customers_step(customers, [*typed_view.DESCRIBED, "signup_date"], everyone=True))
        con.execute(typed_view.catalogue_step(products, "clean_key(sku)"))


def _explicit_only(source: Source, resolved: dict[str, Column], decided: Interpretation) -> None:
    """A file of customers or of products: one row each, the first row of a key counts, the others are rejected."""
    con = source.con
    con.execute(typed_view.EMPTY_TABLES)
    key = "customer_key" if source.mapping.rows == "customers" else "sku"
    dated = "signup_date" if "signup_date" in resolved else None
    con.execute(typed_view.key_problems(key, dated))
    con.execute(named_queries(*_STEPS)["reject"], {"file": source.name})
    con.execute("create or replace temp view kept as select * from cells where line not in (select line from problems)")
    if key == "customer_key":
        con.execute(typed_view.customers_step("kept", [*typed_view.DESCRIBED, "signup_date"], everyone=True))
    else:
        con.execute(typed_view.catalogue_step("kept", "sku"))
