"""The timeline of a customer, page by page, in the database alone: nothing is left out and nothing comes twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from foresell.database import Database
from tests.support.loading import load
from tests.support.staged import stage_lines

KINDS = ["order", "return", "cancelled order", "record"]


@pytest.fixture
def shop(database: Database) -> Database:
    """One customer: 60 orders on one day, 30 returns and 10 cancelled orders on the days after; and a stranger."""
    lines = [f"o{n} ann 2026-01-05 ok tea 1 3.50" for n in range(60)]
    lines += [f"r{n} ann 2026-02-{1 + n % 20:02d} ok tea -1 3.50" for n in range(20)]
    lines += [f"c{n} ann 2026-02-01 returned tea -1 3.50" for n in range(10)]
    lines += [f"x{n} ann 2026-03-01 cancelled tea 1 3.50" for n in range(10)]
    load(database, stage_lines("\n".join([*lines, "s1 bob 2026-01-05 ok tea 1 3.50"])))
    with database.connect() as con:
        user = con.execute(
            "insert into access.users (name, email) values ('A', 'a@b.example') returning user_id"
        ).fetchone()
        assert user
        con.execute("insert into access.user_roles values (%s, 'admin')", [user["user_id"]])
        con.execute(
            "insert into access.passkeys (credential_id, user_id, public_key, sign_count, name) values ('k', %s, '', 0, 'T')",
            [user["user_id"]],
        )
    return database


def page_through(database: Database, kinds: list[str], size: int) -> list[tuple[str, int]]:
    """(kind, id) of every entry, read in pages."""
    query = "select kind, at, id from web.timeline_of('C000001', %s, %s, %s, %s, %s)"
    place: tuple[Any, ...] = ("infinity", "z", 1)
    found: list[tuple[str, int]] = []
    with psycopg.connect(database.conninfo("web"), row_factory=dict_row) as con:
        con.execute("select set_config('foresell.user_id', '1', false)")
        while rows := con.execute(query, [kinds, *place, size]).fetchall():
            found += [(row["kind"], row["id"]) for row in rows]
            place = (rows[-1]["at"], rows[-1]["kind"], rows[-1]["id"])
    return found


CASES: list[tuple[list[str], dict[str, int]]] = [
    (KINDS, {"order": 60, "return": 30, "cancelled order": 10, "record": 1}),
    (["order"], {"order": 60}),
    (["return"], {"return": 30}),
    (["return", "cancelled order"], {"return": 30, "cancelled order": 10}),
    (["cancelled order", "record"], {"cancelled order": 10, "record": 1}),
    ([], {}),
]


def test_pages_of_any_size_are_the_whole(shop: Database) -> None:
    for kinds, counts in CASES:
        for size in (1, 7, 60, 200):
            found = page_through(shop, kinds, size)
            assert len(set(found)) == len(found), (kinds, size)
            assert Counter(kind for kind, _ in found) == counts, (kinds, size)
