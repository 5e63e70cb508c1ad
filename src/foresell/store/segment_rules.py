"""The segment rules that apply, and new versions of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from foresell.database import Database
from foresell.db import Connection, Row, Statements

SQL = Statements("foresell.store", "queries/")


def list_segment_rules(database: Database) -> list[Row]:
    """The rules of the newest version, in order: dicts with the columns of segment_rules."""
    with database.connect() as con:
        return SQL.rows(con, "segment_rules.list")


def save_segment_rules(con: Connection, rules: Sequence[Mapping[str, Any]]) -> int:
    """Save the rules, in order, as a new version, in the transaction of `con`. Returns the version.

    `rules` are dicts with position, name, advice, the limits r_min to m_max and conditions. Earlier runs keep their rules.
    """
    saved = SQL.row(con, "segment_rules.insert", rules=Jsonb(list(rules)))
    assert saved is not None
    return int(saved["version"])
