"""Which rows of a file are lines of orders: reports' headings and totals, rows left out by a rule, and order fields that
stand on the first line only.

Works on `mapped_rows` while its fields are still text. The rows it takes out are in `left_out` (line, kind, reason), where
`kind` is layout (no data) or rule (data that the mapping leaves out).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from foresell.sources.files.leave_out import LeaveOut
from foresell.sources.files.mapping import ORDER_FIELDS, Mapping
from foresell.sources.files.raw_rows import Column, RawRows, read_columns

#: How the label of a total begins, in the languages of common reports.
TOTAL_WORDS = (
    "(grand[ -]|sub[ -]?)?(totals?|total[en]?|summe|gesamt(summe)?|zwischensumme|somme|suma|soma|totale|razem|totaal)"
)
#: SQL for the first cell of a row that is text: a total's label need not stand in the first column.
_LABEL = r"list_filter(cells, lambda x: regexp_matches(x, '^\W*\p{L}'))[1]"
_IS_TOTAL = rf"regexp_matches({_LABEL}, '(?i)^\s*{TOTAL_WORDS}\b')"
_ITEM_FIELDS = ("sku", "product_name", "quantity", "unit_price")


def arrange_rows(
    con: duckdb.DuckDBPyConnection,
    raw: RawRows,
    mapping: Mapping,
    resolved: dict[str, Column],
    rules: Sequence[tuple[LeaveOut, Sequence[Column]]],
) -> tuple[str, ...]:
    """Create `left_out`; where rules apply, make `mapped_rows` a table without those rows, with fields filled down.

    `resolved` are the columns of the fields. Returns notices.
    """
    con.execute("create or replace temp table left_out (line bigint, kind varchar, reason varchar)")
    con.execute("create or replace temp table heading_texts (line bigint, heading varchar)")
    con.execute("create or replace temp table total_texts as select line, amount from mapped_rows limit 0")
    if mapping.rows != "orders":
        return ()
    is_report = mapping.report if mapping.report is not None else _is_report(con, raw, resolved)
    filled = mapping.fill_down if mapping.fill_down is not None else _find_sparse_fields(con, resolved)
    filled = tuple(field for field in filled if field in resolved)
    if not (filled or is_report or rules):
        return ()
    con.execute("create or replace temp table arranged_rows as from mapped_rows")
    if is_report:
        _take_out_layout(con, raw, mapping)
    if filled:
        _fill_down(con, filled)
    if is_report:
        _take_out(con, "layout", "order summary", _build_summary_condition(resolved))
    for rule, columns in rules:
        _take_out_rule(con, rule, columns, filled, resolved)
    con.execute("create or replace temp view mapped_rows as from arranged_rows")
    if mapping.fill_down is None and filled:
        return (f"Fields that stand on the first line of an order only count for all its lines: {', '.join(filled)}.",)
    return ()


def _is_report(con: duckdb.DuckDBPyConnection, raw: RawRows, resolved: dict[str, Column]) -> bool:
    """Whether undated rows between the others have one filled cell, and others a label that says total."""
    (undated,) = con.execute("select count(*) from mapped_rows where ordered_at is null").fetchall()[0]
    if not undated or "ordered_at" not in resolved:
        return False
    read_columns(con, raw, raw.columns)
    cells = ", ".join(f"clean({column.name})" for column in raw.columns)
    headings, totals = con.execute(
        f"""select count(*) filter (len(cells) = 1), count(*) filter ({_IS_TOTAL})
        from (
            select list_filter([{cells}], lambda x: x is not null) as cells from raw_rows
            where line in (select line from mapped_rows where ordered_at is null)
        )"""
    ).fetchall()[0]
    return bool(headings and totals)


def _find_sparse_fields(con: duckdb.DuckDBPyConnection, resolved: dict[str, Column]) -> tuple[str, ...]:
    """The order's fields that some of its lines have and others lack; the order number too where whole rows continue it."""
    fields = [field for field in ORDER_FIELDS if field in resolved and field != "order_key"]
    if "order_key" not in resolved or not fields:
        return ()
    counts = con.execute(
        f"select count(*), count(order_key), {', '.join(f'count({field})' for field in fields)} from mapped_rows"
    ).fetchall()[0]
    rows, keys = counts[:2]
    sparse = [field for field, count in zip(fields, counts[2:], strict=True) if count < rows]
    if not sparse:
        return ()
    if keys < rows and {"ordered_at"} <= set(sparse) and _continues(con, sparse):
        return ("order_key", *sparse)
    mixed = ", ".join(f"count(*) filter (filled_{field} > 0 and filled_{field} < lines)" for field in sparse)
    filled = ", ".join(f"count({field}) as filled_{field}" for field in sparse)
    found = con.execute(
        f"select {mixed} from (select count(*) as lines, {filled} from mapped_rows where order_key is not null group by order_key)"
    ).fetchall()[0]
    return tuple(field for field, orders in zip(sparse, found, strict=True) if orders)


def _continues(con: duckdb.DuckDBPyConnection, sparse: Sequence[str]) -> bool:
    """Whether every row without order number lacks the order's other fields too, and names an item."""
    blank = " and ".join(f"{field} is null" for field in sparse)
    (others, items) = con.execute(
        f"""select count(*) filter (not ({blank})), count(*) filter (coalesce(sku, product_name) is not null)
        from mapped_rows where order_key is null"""
    ).fetchall()[0]
    return not others and bool(items)


def _take_out_layout(con: duckdb.DuckDBPyConnection, raw: RawRows, mapping: Mapping) -> None:
    """Headings (one filled cell), totals (a label that says so), and what stands below the last line with a date."""
    read_columns(con, raw, raw.columns)
    cells = ", ".join(f"clean({column.name})" for column in raw.columns)
    con.execute(
        f"""create or replace temp table report_rows as
        select line, list_filter([{cells}], lambda x: x is not null) as cells from raw_rows"""
    )
    undated = "line in (select line from arranged_rows where ordered_at is null)"
    labelled = f"line in (select line from report_rows where {_IS_TOTAL})"
    single = "line in (select line from report_rows where len(cells) = 1)"
    below = "line > (select max(line) from arranged_rows where ordered_at is not null)"
    if mapping.heading:
        con.execute(
            f"""update arranged_rows set {mapping.heading} = h.name from (
                select a.line, last_value(case when len(r.cells) = 1 and a.ordered_at is null then r.cells[1] end ignore nulls)
                    over (order by a.line rows unbounded preceding) as name
                from arranged_rows as a join report_rows as r using (line)
            ) as h where h.line = arranged_rows.line and arranged_rows.{mapping.heading} is null"""
        )
    con.execute(
        f"""insert into heading_texts select line, cells[1] from report_rows
        where {undated} and len(cells) = 1 and not {_IS_TOTAL}"""
    )
    con.execute("create or replace temp table total_rows as select line from arranged_rows limit 0")
    con.execute(f"insert into total_rows select line from arranged_rows where {undated} and {labelled}")
    con.execute("insert into total_texts select line, amount from arranged_rows where line in (from total_rows)")
    _take_out(con, "layout", "total", "line in (from total_rows)")
    _take_out(con, "layout", "heading", f"{undated} and {single}")
    _take_out(con, "layout", "footer", f"{undated} and {below} and coalesce(sku, product_name) is null")


def _fill_down(con: duckdb.DuckDBPyConnection, fields: Sequence[str]) -> None:
    if "order_key" in fields:
        _replace_fields(
            con, ["order_key"], "last_value({f} ignore nulls) over (order by line rows unbounded preceding)"
        )
    others = [field for field in fields if field != "order_key"]
    if others:
        first = "first_value({f} ignore nulls) over (partition by order_key order by line rows between unbounded preceding and unbounded following)"
        _replace_fields(con, others, f"case when order_key is not null then coalesce({{f}}, {first}) else {{f}} end")


def _replace_fields(con: duckdb.DuckDBPyConnection, fields: Sequence[str], expression: str) -> None:
    replaced = ", ".join(f"{expression.replace('{f}', field)} as {field}" for field in fields)
    con.execute(
        f"create or replace temp table arranged_rows as select * replace ({replaced}) from arranged_rows order by line"
    )


def _build_summary_condition(resolved: dict[str, Column]) -> str:
    """SQL for `this row states its order's totals`: it names no item, while other lines of the order do."""
    items = [field for field in _ITEM_FIELDS if field in resolved]
    if "order_key" not in resolved or not items:
        return "false"
    blank = " and ".join(f"{field} is null" for field in items)
    return f"{blank} and order_key in (select order_key from arranged_rows where not ({blank}))"


def _take_out_rule(
    con: duckdb.DuckDBPyConnection,
    rule: LeaveOut,
    columns: Sequence[Column],
    filled: Sequence[str],
    resolved: dict[str, Column],
) -> None:
    met = []
    for condition, column in zip(rule.conditions, columns, strict=True):
        field = next((f for f in filled if resolved.get(f) == column), None)
        source = "arranged_rows" if field else "raw_rows"
        met.append(f"line in (select line from {source} where {condition.build_sql(field or column.name)})")
    _take_out(con, "rule", rule.reason, " and ".join(met))


def _take_out(con: duckdb.DuckDBPyConnection, kind: str, reason: str, condition: str) -> None:
    con.execute(
        f"insert into left_out select line, $kind, $reason from arranged_rows where {condition}",
        {"kind": kind, "reason": reason},
    )
    con.execute("delete from arranged_rows where line in (select line from left_out)")
