"""Free text about customers: notes of calls and tasks of follow-ups. Sealed with the customer's own key before PostgreSQL sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.privacy.vault import Vault

SQL = AsyncStatements("foresell.engagement")


async def lock_note_keys(con: AsyncConnection) -> None:
    """Keep the keys until the transaction ends, so that none is erased under a note. Call it before any row is locked."""
    await SQL.run(con, "notes.lock_keys")


async def seal_notes(
    con: AsyncConnection, vault: Vault, customer_id: str, texts: Sequence[str | None]
) -> list[bytes | None]:
    """The texts as they are stored; None stays None. The first about a customer creates the customer's key."""
    if not any(texts):
        return [None] * len(texts)
    row = await SQL.row(con, "notes.key", customer_id=customer_id)
    assert row is not None
    if row["wrapped_key"] is None:
        if row["is_new_kek"]:
            await asyncio.to_thread(vault.make_kek, row["kek_id"])
        new = await asyncio.to_thread(vault.make_customer_key, row["kek_id"], customer_id)
        row = await SQL.row(con, "notes.add_key", customer_id=customer_id, kek_id=row["kek_id"], wrapped_key=new)
        assert row is not None
    return await asyncio.to_thread(vault.seal_texts, customer_id, row["kek_id"], row["wrapped_key"], texts)


async def open_notes(vault: Vault, rows: list[Row], *columns: str) -> list[Row]:
    """Rows with customer_id, kek_id, wrapped_key and sealed `columns`: without the key, and with texts instead.

    None where the customer was erased.
    """
    if not any(row[column] for row in rows for column in columns):
        return vault.open_texts(rows, columns)
    return await asyncio.to_thread(vault.open_texts, rows, columns)
