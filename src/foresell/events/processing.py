"""Applies new events to the tables derived from them: effect and position are one transaction, so each event has its effect exactly once."""

from __future__ import annotations

import psycopg
from psycopg.rows import dict_row

from foresell.database import Database, translate_errors
from foresell.db import Connection, Statements
from foresell.logs import logger

SQL = Statements("foresell.events")

CONSUMER = "projections"
#: Events applied in one transaction.
PORTION = 500
#: Partitions are made for this month and this number of months after it.
MONTHS_AHEAD = 2
EXPIRED_AT_ONCE = 20_000

log = logger("worker")


def process_events(database: Database, *, portion: int = PORTION, publish: bool = True) -> int:
    """Apply what was stored since the last call and publish it to open pages. Returns how many events were applied.

    One process at a time; others wait. An event that cannot be applied becomes a dead letter, and the next ones go on.
    """
    processor = EventProcessor(database)
    try:
        return processor.process(portion, publish=publish)
    finally:
        processor.close()


class EventProcessor:
    """Processes events as they are stored, on one connection: a new one would plan every statement again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._con: Connection | None = None

    def follow(self, seconds: float) -> int:
        """Wait for a notice of new events for this long at most, then process what there is. Returns how many events."""
        with translate_errors():
            con = self._connect()
            for _ in con.notifies(timeout=seconds, stop_after=1):
                pass
        return self.process()

    def process(self, portion: int = PORTION, *, publish: bool = True) -> int:
        """Process what there is. Returns how many events were applied."""
        done = 0
        with translate_errors():
            con = self._connect()
            while applied := _process_portion(con, portion, publish=publish):
                done += applied
        return done

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._con:
            self._con.close()
        self._con = None

    def _connect(self) -> Connection:
        if self._con is None or self._con.closed:
            conninfo = self._database.conninfo("app", search_path="events")
            self._con = psycopg.connect(conninfo, autocommit=True, row_factory=dict_row)
            self._con.execute("listen foresell_events")
        return self._con


def _process_portion(con: Connection, portion: int, *, publish: bool) -> int:
    """Apply one portion in one transaction with its position. Returns how many events it has."""
    try:
        with con.transaction():
            after, upto, n = _next_portion(con, portion)
            if n:
                SQL.run(con, "processing.apply", after=after, upto=upto)
                _move(con, after, upto, publish=publish)
            return n
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        if portion > 1:
            return _process_portion(con, max(portion // 2, 1), publish=publish)
        with con.transaction():
            after, upto, n = _next_portion(con, 1)
            log.error("event left out", action="process", seq=upto, kind=type(error).__name__)
            SQL.run(con, "processing.leave_out", consumer=CONSUMER, seq=upto, error=type(error).__name__)
            _move(con, after, upto, publish=False)
        return n


def _next_portion(con: Connection, portion: int) -> tuple[int, int, int]:
    """After which event the next portion begins, with which it ends, and how many it has."""
    after = take_position(con)
    row = SQL.row(con, "processing.next_portion", after=after, limit=portion)
    assert row
    return after, int(row["upto"] or after), int(row["n"])


def _move(con: Connection, after: int, upto: int, *, publish: bool) -> None:
    SQL.run(con, "processing.move", consumer=CONSUMER, seq=upto)
    if publish:
        SQL.run(con, "processing.publish", after=after, upto=upto)


def take_position(con: Connection) -> int:
    """Up to which event the derived tables are; no one else changes them until the transaction ends."""
    row = SQL.row(con, "processing.position", consumer=CONSUMER)
    assert row
    return int(row["seq"])


def maintain_events(database: Database) -> int:
    """Make the partitions of the coming months, and delete events whose retention has ended. Returns how many were deleted."""
    with database.connect() as con:
        SQL.run(con, "processing.make_partitions", ahead=MONTHS_AHEAD)
    with database.connect() as con:
        row = SQL.row(con, "processing.delete_expired", most=EXPIRED_AT_ONCE)
        SQL.run(con, "processing.delete_published")
    return int(row["deleted"]) if row else 0


def resolve_actors(database: Database) -> int:
    """Find the customers of events that came before their customers were loaded. Returns how many people were found."""
    with database.connect() as con:
        row = SQL.row(con, "processing.resolve")
    return int(row["resolved"]) if row else 0
