"""Orders of one row with all their items in one cell: each item becomes a line with its part of the order's amount."""

from __future__ import annotations

import re

import duckdb

from foresell.sources.files.packed_items import FIELDS, PackedItems
from foresell.sources.files.raw_rows import Column, RawRows, read_columns
from foresell.sql import named_queries

_SQL = ("foresell.sources.files", "item_lines.sql")
#: SQL to describe products by the table `packed_items` too.
DESCRIBED = """
    union all
    select coalesce(sku, product_name), product_name, null, count(*) from packed_items group by all"""


def split_lines(
    con: duckdb.DuckDBPyConnection, raw: RawRows, items: PackedItems, column: Column
) -> tuple[int, tuple[str, ...]]:
    """Replace each line of `staged_lines` whose cell is made of items by one line an item: (lines added, notices).

    The amounts add up to the line's, to the last cent. Creates `packed_items`, one row per item.
    """
    read_columns(con, raw, [column])
    steps = named_queries(*_SQL)
    between = "\x1f\\1" if re.compile(items.separator).groups else "\x1f"
    patterns = {name: getattr(items, name) for name in ("separator", *FIELDS)}
    con.execute(steps["read_items"].replace("{column}", column.name), {**patterns, "between": between})
    (unread,) = con.execute(steps["count_unread"]).fetchall()[0]
    con.execute("delete from packed_items where not is_whole")
    con.execute(steps["split_amounts"])
    con.execute("delete from staged_lines where line in (select line from packed_items)")
    con.execute(steps["insert_lines"])
    (added,) = con.execute("select count(*) - count(distinct line) from packed_items").fetchall()[0]
    notice = (
        f"Orders whose items are written in another way than expected: {unread:,}. Each is one line without a product."
    )
    return int(added), (notice,) if unread else ()
