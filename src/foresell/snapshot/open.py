"""Opening a published snapshot, for reading only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from foresell.errors import ForesellError, NotReady

#: Of a snapshot's tables; one more with every change to them.
FORMAT = 9


@contextmanager
def open_snapshot(file: Path, *, memory_gib: float = 1.0, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection that can reach nothing but this file.

    Raises ForesellError when the file is gone or damaged, NotReady when another version of Foresell made it.
    """
    try:
        con = duckdb.connect(
            str(file),
            read_only=True,
            config={"memory_limit": f"{memory_gib}GiB", "threads": threads, "enable_external_access": False},
        )
        con.execute("set lock_configuration = true")
    except duckdb.Error:
        raise ForesellError(
            f"The snapshot {file.name} is missing or damaged.", remedy="Build it again: foresell refresh"
        ) from None
    try:
        check_format(con)
        yield con
    finally:
        con.close()


def check_format(con: duckdb.DuckDBPyConnection, schema: str = "main") -> None:
    """Raises NotReady when the snapshot in this schema was made by a Foresell that makes them otherwise."""
    try:
        [(found,)] = con.execute(f"select format from {schema}.meta").fetchall()
    except duckdb.Error:
        found = 1
    if found != FORMAT:
        raise NotReady(
            f"The published run was made by an {'older' if found < FORMAT else 'newer'} Foresell.",
            remedy="Build a new one: foresell refresh",
        )
