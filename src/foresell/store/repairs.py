"""Repairs the state that a killed command left behind."""

from __future__ import annotations

from foresell.database import Database
from foresell.db import Connection, Statements
from foresell.types import ContactVault

SQL = Statements("foresell.store", "queries/")


def destroy_unused_keys(database: Database, vault: ContactVault) -> None:
    """Destroy key-encryption keys that wrap no data key any more; a rotation that was killed leaves such keys."""
    with database.connect() as con:
        current = _kek_id(con, "repairs.current_kek")
        if current is not None and min(vault.key_numbers(), default=current) < current:
            vault.destroy_keys_before(_kek_id(con, "repairs.oldest_kek_in_use") or current)


def _kek_id(con: Connection, statement: str) -> int | None:
    row = SQL.row(con, statement)
    return row["kek_id"] if row else None
