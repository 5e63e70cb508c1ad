"""What every command needs first: the settings, and the truth behind them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import duckdb

from foresell.errors import UsageError
from foresell.privacy.vault import vault_of
from foresell.settings import Settings, read_settings
from foresell.snapshot.open import open_snapshot
from foresell.store import repairs, runs
from foresell.store.database import Database, open_database


def open_home() -> tuple[Settings, Database]:
    """The settings of this call and the database, started if it was not running."""
    settings = read_settings()
    database = open_database(settings)
    repairs.put_right(database, vault_of(settings))
    return settings, database


@contextmanager
def open_published() -> Iterator[tuple[dict[str, Any], duckdb.DuckDBPyConnection, Database]]:
    """The published run, its snapshot (read only) and the database."""
    settings, database = open_home()
    run = runs.published(database)
    with open_snapshot(
        settings.snapshots / run["snapshot_file"], memory_gib=settings.memory_gib, threads=settings.threads
    ) as con:
        yield run, con, database


def day(text: str | None, option: str) -> date | None:
    """A day given on the command line as YYYY-MM-DD. Raises UsageError naming the option."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option} {text!r} is not a day.", remedy="Write it as YYYY-MM-DD, such as 2011-12-10."
        ) from None
