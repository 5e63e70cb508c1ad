"""Notes on the sales charts: what happened on a day, a campaign or a holiday, for everyone who sees sales."""

from __future__ import annotations

from datetime import date

from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import BadInput, NotFound

SQL = AsyncStatements("foresell.engagement")
MOST_NOTES = 1_000


async def list_notes(con: AsyncConnection) -> list[Row]:
    """Every note, the latest day first: note_id, day, text, author (null when you may not see the name)."""
    return await SQL.rows(con, "chart_notes.list", note_id=None, most=MOST_NOTES)


async def add_note(con: AsyncConnection, *, day: date, text: str, user_id: int, request_id: str | None = None) -> Row:
    """Save a note and return it. Raises BadInput when there are too many."""
    counted = await SQL.row(con, "chart_notes.count")
    if counted and counted["notes"] >= MOST_NOTES:
        raise BadInput(f"There are already {MOST_NOTES:,} notes.", remedy="Delete some that are no longer needed.")
    saved = await SQL.row(con, "chart_notes.add", day=day, text=text, user_id=user_id)
    assert saved is not None
    await _record(con, "note.added", saved["note_id"], user_id, request_id)
    return await _find(con, saved["note_id"])


async def delete_note(con: AsyncConnection, note_id: int, *, user_id: int, request_id: str | None = None) -> Row:
    """Delete a note and return it as it was, so that it can be saved again. Raises NotFound."""
    note = await _find(con, note_id)
    await SQL.run(con, "chart_notes.delete", note_id=note_id)
    await _record(con, "note.deleted", note_id, user_id, request_id)
    return note


async def _find(con: AsyncConnection, note_id: int) -> Row:
    note = await SQL.row(con, "chart_notes.list", note_id=note_id, most=1)
    if note is None:
        raise NotFound(f"There is no note {note_id}.", remedy="It may have been deleted. Reload the page.")
    return note


async def _record(con: AsyncConnection, action: str, note_id: int, user_id: int, request_id: str | None) -> None:
    await record.record(con, action, actor=user_id, subject=f"note:{note_id}", request_id=request_id)
