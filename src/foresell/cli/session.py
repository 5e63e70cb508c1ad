"""Opens what commands work on: the settings, the database, the published run and its snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from foresell.database import Database
from foresell.privacy.vault import vault_of
from foresell.settings import Settings, read_settings
from foresell.snapshot.open import open_snapshot
from foresell.store import repairs, runs
from foresell.store.database import open_database


def open_home() -> tuple[Settings, Database]:
    """The settings and the database, started if it was not running."""
    settings = read_settings()
    database = open_database(settings)
    repairs.destroy_unused_keys(database, vault_of(settings))
    return settings, database


@contextmanager
def open_published() -> Iterator[tuple[dict[str, Any], duckdb.DuckDBPyConnection, Database]]:
    """The published run, its snapshot (read only) and the database. Raises NotReady when no run is published."""
    settings, database = open_home()
    run = runs.get_published_run(database)
    with open_snapshot(
        settings.snapshots / run["snapshot_file"], memory_gib=settings.memory_gib, threads=settings.threads
    ) as con:
        yield run, con, database
