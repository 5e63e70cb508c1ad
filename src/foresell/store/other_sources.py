"""Finds what another source has already brought: the same file, or the same orders."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from foresell.database import Database
from foresell.db import Statements

SQL = Statements("foresell.store", "queries/")
#: Orders compared, and the share of them that is more than chance.
_COMPARED, _LEAST_SHARE = 500, 0.2


@dataclass(frozen=True, slots=True)
class Overlap:
    """A source that has the same file, as the batch `batch_id`, or `orders` of the `compared` staged orders."""

    source: str
    batch_id: int | None
    orders: int = 0
    compared: int = 0


def find_overlap(database: Database, con: duckdb.DuckDBPyConnection, source: str, file_sha256: str) -> Overlap | None:
    """Another source than `source` with the same file, or with a fifth of the orders staged in `con`, by number, time and amount."""
    with database.connect() as pg:
        if same := SQL.row(pg, "other_sources.same_file", source=source, file_sha256=file_sha256):
            return Overlap(same["source"], same["batch_id"])
        known = SQL.row(pg, "other_sources.has_orders", source=source)
        if not known or not known["known"]:
            return None
        staged = con.execute(
            f"""select order_key, min(ordered_at), sum(amount) from staged_lines group by order_key
            order by hash(order_key) limit {_COMPARED}"""
        ).fetchall()
        if not staged:
            return None
        keys, times, amounts = (list(column) for column in zip(*staged, strict=True))
        found = SQL.row(pg, "other_sources.same_orders", source=source, keys=keys, times=times, amounts=amounts)
    if found is None or found["orders"] < _LEAST_SHARE * len(staged):
        return None
    return Overlap(found["source"], None, found["orders"], len(staged))
