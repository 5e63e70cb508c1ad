"""Lists loaded batches, and undoes one exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foresell.database import Database
from foresell.db import Connection, Statements
from foresell.errors import Busy, NotFound, UsageError
from foresell.logs import logger

SQL = Statements("foresell.store", "queries/")
#: Statements of undo.sql, in this order.
UNDO_STEPS = (
    "drop_items",
    "restore_orders",
    "restore_items",
    "drop_orders",
    "restore_customer_records",
    "drop_value_origins",
    "drop_batch_parts",
    "drop_profiles",
    "drop_data_keys",
    "collect_customers",
    "forget_matches",
    "forget_moved_records",
    "drop_customer_records",
    "drop_customers",
    "restore_products",
    "drop_products",
    "delete_superseded_rows",
    "mark_undone",
    "drop_gone_customers",
)

log = logger("store")


def list_batches(database: Database, *, limit: int = 100) -> list[dict[str, Any]]:
    """Batches, the newest first: dicts with the columns of load_batches."""
    with database.connect() as con:
        return SQL.rows(con, "undo.batches", limit=limit)


def list_first_sample_batches(database: Database) -> list[int]:
    """Of each source of the sample data, the first loaded batch; the newest source first."""
    with database.connect() as con:
        return [row["batch_id"] for row in SQL.rows(con, "undo.first_sample_batches")]


def undo_batch(database: Database, batch_id: int, *, with_later: bool = False) -> list[int]:
    """Undo a batch: the store is exactly as it was before the load, also where the load replaced rows.

    A later batch of the same source may depend on it, so later ones are undone first, with `with_later`.
    Returns the batches undone, in order. Raises NotFound, UsageError or Busy; then nothing is changed.
    """
    with database.connect() as con:
        lock = SQL.row(con, "undo.take_lock")
        if not lock or not lock["taken"]:
            raise Busy("A load is running on this database.", remedy="Wait for it, then try again.")
        SQL.run(con, "undo.lock_moves")
        _check_undoable(con, batch_id)
        later = [row["batch_id"] for row in SQL.rows(con, "undo.later_batches", batch=batch_id)]
        if later and not with_later:
            raise UsageError(
                f"Batch {batch_id} is followed by {_join_names(later)} of the same source, which may depend on it.",
                remedy=f"Undo the later ones first (foresell undo {later[0]}), or all of them: foresell undo {batch_id} --with-later",
            )
        for undone_id in [*later, batch_id]:
            for step in UNDO_STEPS:
                SQL.run(con, f"undo.{step}", batch=undone_id)
    log.info("batch undone", action="undo", batches=[*later, batch_id])
    return [*later, batch_id]


def _check_undoable(con: Connection, batch_id: int) -> None:
    batch = SQL.row(con, "undo.batch", batch=batch_id)
    if batch is None:
        raise NotFound(f"There is no batch {batch_id}.", remedy="List them: foresell batches")
    if batch["state"] == "undone":
        raise UsageError(f"Batch {batch_id} was undone already, on {batch['undone_at']:%Y-%m-%d}.")


def _join_names(batches: Sequence[int]) -> str:
    return ("batches " if len(batches) > 1 else "batch ") + ", ".join(map(str, sorted(batches)))
