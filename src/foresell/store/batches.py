"""The batches that were loaded, and taking one back exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from foresell.database import Database
from foresell.errors import Busy, NotFound, UsageError
from foresell.logs import logger
from foresell.sql import named_queries

UNDO_STEPS = (
    "drop_items",
    "restore_orders",
    "restore_items",
    "drop_orders",
    "restore_customer_records",
    "drop_subject_keys",
    "note_customers",
    "drop_customer_records",
    "drop_customers",
    "restore_products",
    "drop_products",
    "forget_superseded",
    "mark_undone",
)

log = logger("store")


def list_batches(database: Database, *, limit: int = 100) -> list[dict[str, Any]]:
    """The newest batches first, one dict per batch with the columns of load_batches."""
    with database.connect() as con:
        return con.execute("select * from load_batches order by batch_id desc limit %s", [limit]).fetchall()


def undo(database: Database, batch_id: int, *, with_later: bool = False) -> list[int]:
    """Take a batch back: the truth is exactly what it was before it, also where it replaced rows.

    A later batch of the same source may have built on it, so later ones go first: `with_later` undoes them too.
    Returns the batches undone, in order. Raises NotFound, UsageError or Busy; then nothing is changed.
    """
    with database.connect() as con:
        lock = con.execute("select pg_try_advisory_xact_lock(hashtext('foresell load')) as taken").fetchone()
        if not lock or not lock["taken"]:
            raise Busy("A load is running on this database.", remedy="Wait for it, then try again.")
        _check(con, batch_id)
        later = [row["batch_id"] for row in con.execute(_sql("later_batches"), {"batch": batch_id}).fetchall()]
        if later and not with_later:
            raise UsageError(
                f"Batch {batch_id} is followed by {_named(later)} of the same source, which may have built on it.",
                remedy=f"Undo the later first (foresell undo {later[0]}), or all at once: foresell undo {batch_id} --with-later",
            )
        for each in [*later, batch_id]:
            for step in UNDO_STEPS:
                con.execute(_sql(step), {"batch": each})
            con.execute("drop table gone_customers")
    log.info("batch undone", action="undo", batches=[*later, batch_id])
    return [*later, batch_id]


def _check(con: psycopg.Connection[dict[str, Any]], batch_id: int) -> None:
    batch = con.execute(_sql("batch"), {"batch": batch_id}).fetchone()
    if batch is None:
        raise NotFound(f"There is no batch {batch_id}.", remedy="List them: foresell batches")
    if batch["state"] == "undone":
        raise UsageError(f"Batch {batch_id} was undone already, on {batch['undone_at']:%Y-%m-%d}.")


def _named(batches: Sequence[int]) -> str:
    return ("batches " if len(batches) > 1 else "batch ") + ", ".join(map(str, sorted(batches)))


def _sql(name: str) -> str:
    return named_queries("foresell.store", "queries/undo.sql")[name]
