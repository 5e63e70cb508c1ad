"""Opening a published snapshot, for reading only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from foresell.errors import ForesellError


@contextmanager
def open_snapshot(file: Path, *, memory_gib: float = 1.0, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection that can reach nothing but this file.

    Raises ForesellError when the file is gone or damaged.
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
        yield con
    finally:
        con.close()
