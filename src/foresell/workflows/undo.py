"""Undoes a load, and chooses again what is shown of the customers whose records it changed."""

from __future__ import annotations

from foresell.database import Database
from foresell.settings import Settings
from foresell.store.batches import undo_batch
from foresell.workflows.golden import choose_missing_records


def undo_load(settings: Settings, database: Database, batch_id: int, *, with_later: bool = False) -> list[int]:
    """Undo a batch, with `with_later` also later ones of its source. Returns the batches undone, in order.

    Raises what undo_batch raises; then nothing is changed.
    """
    undone = undo_batch(database, batch_id, with_later=with_later)
    choose_missing_records(settings, database)
    return undone
