"""Rebuilds the derived tables from the events, next to the live ones, and compares them row by row."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from foresell.database import Database
from foresell.db import Connection, Statements
from foresell.events.processing import take_position
from foresell.types import Progress, no_progress

SQL = Statements("foresell.events")

TABLES = ("daily_activity", "sessions", "last_seen", "funnel_steps", "lead_stages")
PORTION = 50_000


@dataclass(frozen=True, slots=True)
class Compared:
    """One derived table. `live_hash`, `rebuilt_hash`: of all rows, in any order; `differing`: rows in one of them only."""

    table: str
    live_rows: int
    rebuilt_rows: int
    live_hash: str
    rebuilt_hash: str
    differing: int

    @property
    def is_equal(self) -> bool:
        """Whether both have the same rows."""
        return (self.live_rows, self.live_hash) == (self.rebuilt_rows, self.rebuilt_hash)


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found. `events`: how many were applied, up to number `upto`."""

    events: int
    upto: int
    tables: list[Compared]

    @property
    def is_equal(self) -> bool:
        """Whether all derived tables are what the events say."""
        return all(each.is_equal for each in self.tables)


def replay_events(database: Database, *, repair: bool = False, progress: Progress = no_progress) -> Replay:
    """Rebuild the derived tables and compare them with the live ones, while events go on being stored.

    `repair`: replace live tables that differ. The worker waits until it is done; nothing it has to do is lost.
    """
    with database.connect() as con:
        upto = take_position(con)
        for table in TABLES:
            con.execute(
                sql.SQL("create temp table {0} (like events.{0} including indexes) on commit drop").format(
                    sql.Identifier(table)
                )
            )
        con.execute("set local search_path = pg_temp, events")
        applied = _apply_all(con, upto, progress)
        compared = [_compare(con, table) for table in TABLES]
        if repair:
            for each in compared:
                if not each.is_equal:
                    _replace(con, each.table)
    return Replay(applied, upto, compared)


def _apply_all(con: Connection, upto: int, progress: Progress) -> int:
    row = SQL.row(con, "replay.count", upto=upto)
    total, applied, after = int(row["n"]) if row else 0, 0, 0
    while after < upto:
        found = SQL.row(con, "replay.next_portion", after=after, upto=upto, limit=PORTION)
        if found is None or found["upto"] is None:
            break
        SQL.run(con, "processing.apply", after=after, upto=found["upto"])
        applied, after = applied + int(found["n"]), int(found["upto"])
        for table in TABLES:
            con.execute(sql.SQL("analyze {}").format(sql.Identifier("pg_temp", table)))
        progress(applied, total, "events")
    return applied


def _compare(con: Connection, table: str) -> Compared:
    found = []
    for schema in ("events", "pg_temp"):
        query = sql.SQL(
            "select count(*) as n, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text as hash from {} as t"
        )
        row = con.execute(query.format(sql.Identifier(schema, table))).fetchone()
        assert row
        found.append((int(row["n"]), str(row["hash"])))
    (live, live_hash), (rebuilt, rebuilt_hash) = found
    differing = 0 if found[0] == found[1] else _count_differing(con, table)
    return Compared(table, live, rebuilt, live_hash, rebuilt_hash, differing)


def _count_differing(con: Connection, table: str) -> int:
    query = sql.SQL(
        "select count(*) as n from (select t::text from events.{0} as t except all select t::text from pg_temp.{0} as t) as a"
        " union all"
        " select count(*) from (select t::text from pg_temp.{0} as t except all select t::text from events.{0} as t) as b"
    )
    return sum(int(row["n"]) for row in con.execute(query.format(sql.Identifier(table))).fetchall())


def _replace(con: Connection, table: str) -> None:
    con.execute(sql.SQL("delete from events.{}").format(sql.Identifier(table)))
    con.execute(sql.SQL("insert into events.{0} select * from pg_temp.{0}").format(sql.Identifier(table)))
