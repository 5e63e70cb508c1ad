"""The segment rules in force, and new versions of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foresell.database import Database
from foresell.db import Connection


def segment_rules(database: Database) -> list[dict[str, Any]]:
    """The rows of the newest version, in order."""
    with database.connect() as con:
        return con.execute(
            "select * from segment_rules where rules_version = (select max(rules_version) from segment_rules)"
            " order by position"
        ).fetchall()


def save_segment_rules(con: Connection, rules: Sequence[Mapping[str, Any]]) -> int:
    """Save the rules (dicts with the columns of segment_rules) as a new version, in the transaction of `con`.

    Returns the version. Earlier runs keep theirs.
    """
    row = con.execute("select coalesce(max(rules_version), 0) + 1 as next from segment_rules").fetchone()
    assert row is not None
    con.cursor().executemany(
        "insert into segment_rules (rules_version, position, name, r_min, r_max, f_min, f_max, m_min, m_max, advice)"
        " values (%(version)s, %(position)s, %(name)s, %(r_min)s, %(r_max)s, %(f_min)s, %(f_max)s, %(m_min)s,"
        " %(m_max)s, %(advice)s)",
        [{**rule, "version": row["next"], "position": place} for place, rule in enumerate(rules, 1)],
    )
    return int(row["next"])
