"""Directory entries in the store: saved with their terms and comparison keys, found by keys, deleted when their time ends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from foresell.db import Connection, Row, Statements
from foresell.enrichment.fields import TERMS, Directory, Entry
from foresell.errors import Busy

SQL = Statements("foresell.enrichment")
#: A key that more entries share is no evidence.
MOST_PER_KEY = 50


@dataclass(frozen=True, slots=True)
class KeyedEntry:
    """An entry with its comparison keys."""

    entry: Entry
    keys: Sequence[int]


def take_lock(con: Connection) -> None:
    """No load and no other enrichment until the transaction ends. Raises Busy while one runs."""
    row = SQL.row(con, "entries.take_lock")
    if not row or not row["taken"]:
        raise Busy("Another load is running on this database.", remedy="Wait for it, then try again.")


def save_entries(
    con: Connection,
    directory: Directory,
    file: tuple[str, str],
    entries: Iterable[KeyedEntry],
    *,
    whole: bool,
    made_up: bool,
) -> tuple[int, int, int]:
    """Save the entries of a file (name, SHA-256). Returns the load, how many entries it has, and how many were removed.

    whole: the file has all entries of its directory, so others are removed. OpenStreetMap is kept in its own table.
    """
    row = SQL.row(
        con, "entries.add_load", directory=directory, file_name=file[0], file_sha256=file[1], is_made_up=made_up
    )
    assert row
    load_id = int(row["load_id"])
    SQL.run(con, "entries.make_table")
    SQL.run(con, "entries.make_keys")
    count = _copy(con, load_id, entries)
    into = "enrichment.osm_entries" if directory == "osm" else "enrichment.entries"
    SQL.run(con, "entries.forget_keys", directory=directory, whole=whole)
    con.execute(SQL.text("entries.save").replace("{into}", into))
    SQL.run(con, "entries.save_keys")
    removed = 0
    if whole:
        statement = SQL.text("entries.remove_gone").replace("{into}", into)
        removed = con.execute(statement, {"directory": directory, "load_id": load_id}).rowcount
    con.execute("drop table new_entries, new_keys")
    return load_id, count, removed


def _copy(con: Connection, load_id: int, entries: Iterable[KeyedEntry]) -> int:
    keys: list[tuple[int, str, str]] = []
    seen: set[str] = set()
    with con.cursor() as cur, cur.copy(SQL.text("entries.copy_entries").encode()) as copy:
        for each in entries:
            entry = each.entry
            if entry.key in seen:
                continue
            seen.add(entry.key)
            until = entry.fetched_at.date() + timedelta(days=TERMS[entry.directory].keep_days)
            copy.write_row(
                (entry.directory, entry.key, entry.name, json.dumps(dict(entry.details), ensure_ascii=False), entry.origin,
                 entry.licence, entry.attribution, entry.fetched_at, until, load_id)
            )  # fmt: skip
            keys += ((key, entry.directory, entry.key) for key in each.keys)
    with con.cursor() as cur, cur.copy(SQL.text("entries.copy_keys").encode()) as copy:
        for row in keys:
            copy.write_row(row)
    return len(seen)


def close_load(con: Connection, load_id: int, *, entries: int, rejected: int, removed: int) -> None:
    """Save the counts of a load."""
    SQL.run(con, "entries.close_load", load_id=load_id, entries=entries, rejected=rejected, removed=removed)


def delete_expired(con: Connection, today: date) -> int:
    """Delete entries whose retention has ended. Returns how many keys went with them."""
    return SQL.run(con, "entries.delete_expired", today=today)


def list_loads(con: Connection, limit: int | None = None) -> list[Row]:
    """The loads of directory files, the newest first."""
    return SQL.rows(con, "entries.loads", limit=limit)


def count_entries(con: Connection) -> int:
    """How many entries all directories have."""
    row = SQL.row(con, "entries.count")
    return int(row["entries"]) if row else 0


def find_candidates(con: Connection, keys: Sequence[int]) -> dict[int, list[str]]:
    """By key the entries that have it, each as directory and key joined by a space."""
    rows = SQL.rows(con, "entries.candidates", keys=list(keys), most=MOST_PER_KEY)
    return {row["key"]: row["entries"] for row in rows}


def read_entries(con: Connection, ids: Iterable[str]) -> dict[str, Row]:
    """Entries by directory and key joined by a space."""
    rows = SQL.rows(con, "entries.entries", ids=sorted(set(ids)))
    return {f"{row['directory']} {row['entry_key']}": row for row in rows}
