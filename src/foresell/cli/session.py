"""Opens what commands work on: the settings, the database, the published run and its snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import duckdb
import psycopg
from psycopg.rows import dict_row

from foresell.database import Database, translate_errors
from foresell.db import AsyncConnection
from foresell.privacy.vault import vault_of
from foresell.settings import Settings, read_settings
from foresell.snapshot.open import open_snapshot
from foresell.store import repairs, runs
from foresell.store.database import open_database

T = TypeVar("T")


def run_in_transaction(database: Database, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """What `work` returns, done on an asynchronous connection in one transaction, for the code that the API uses too.

    Raises DatabaseUnavailable.
    """

    async def connect_and_run() -> T:
        connect: Any = psycopg.AsyncConnection.connect
        async with await connect(database.conninfo("app"), row_factory=dict_row) as con:
            return await work(con)

    with translate_errors():
        return asyncio.run(connect_and_run())


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
