"""Connected sources in PostgreSQL: their settings and secrets, and what they send, page by page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb

from foresell.database import Database
from foresell.db import ArrowStatements, Connection, Statements
from foresell.errors import Busy, NotFound, UsageError
from foresell.types import Sealer

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

SQL = Statements("foresell.store", "queries/")
PG = ArrowStatements("foresell.store", "queries/")
#: How many keys of gone rows are shown to the person who decides.
SHOWN_KEYS = 100


class UnknownConnection(NotFound):
    """There is no connected source of this name."""

    code = "not_found"


@dataclass(frozen=True, slots=True)
class Connected:
    """One connected source as a sync needs it. `secret` is sealed."""

    connection_id: int
    kind: str
    source: str
    settings: dict[str, Any]
    secret: bytes | None = field(repr=False)
    is_imitation: bool
    every_seconds: int
    state: str
    failures: int
    next_at: datetime
    throttled_since: datetime | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record of a page, its document sealed."""

    key: str
    version: str
    updated_at: datetime | None
    fetched_at: datetime
    origin: str
    document: bytes = field(repr=False)


@dataclass(slots=True)
class SyncOutcome:
    """What a sync found, as it is saved at its end. `wait`: seconds until the next one, None for the usual interval."""

    state: str = "done"  # done | failed | held | cancelled
    connection_state: str = "due"
    reason: str | None = None
    error: str | None = None
    remedy: str | None = None
    wait: float | None = None
    over_quota: bool = False
    requests: int = 0
    retries: int = 0
    batch_ids: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    mismatches: list[dict[str, str | None]] = field(default_factory=list)
    totals_compared: int = 0
    records: int = 0
    changed: int = 0
    deleted: int = 0


def add_connection(
    con: Connection,
    *,
    kind: str,
    source: str,
    settings: Mapping[str, Any],
    every_seconds: int,
    user_id: int | None = None,
    is_imitation: bool = False,
) -> int:
    """Add a connected source and return its id. Raises UsageError where the name is taken."""
    row = SQL.row(
        con, "sources.connect", kind=kind, source=source, settings=Jsonb(dict(settings)), every_seconds=every_seconds,
        created_by=user_id, is_imitation=is_imitation,
    )  # fmt: skip
    if row is None:
        raise UsageError(
            f"A source named {source!r} is connected already.", remedy="Give another name.", parameter="source"
        )
    return int(row["connection_id"])


def save_secret(con: Connection, sealer: Sealer, connection_id: int, secret: Mapping[str, Any]) -> None:
    """Seal and save the secret of a connection, instead of the one before; locked first, so that no key goes meanwhile."""
    SQL.row(con, "sources.lock_secret", connection_id=connection_id)
    sealed = sealer.seal(json.dumps(secret).encode(), secret_place(connection_id))
    SQL.run(con, "sources.save_secret", connection_id=connection_id, secret=sealed)


def open_secret(sealer: Sealer, connection_id: int, sealed: bytes | None) -> dict[str, Any]:
    """The secret of a connection; empty where it has none."""
    if sealed is None:
        return {}
    opened: dict[str, Any] = json.loads(sealer.open(sealed, secret_place(connection_id)))
    return opened


def secret_place(connection_id: int) -> str:
    """The place at which a connection's secret opens."""
    return f"connection {connection_id}"


def document_place(connection_id: int, stream: str, key: str) -> str:
    """The place at which a record's document opens."""
    return f"connection {connection_id} {stream} {key}"


def list_connections(con: Connection, source: str | None = None) -> list[dict[str, Any]]:
    """Connected sources by name; grain: one source, with its last sync and what it has brought."""
    return SQL.rows(con, "sources.connections", source=source)


def find_connection(con: Connection, source: str) -> dict[str, Any]:
    """The connected source of this name. Raises UnknownConnection."""
    rows = list_connections(con, source)
    if not rows:
        raise UnknownConnection(f"No source named {source!r} is connected.", remedy="List them: foresell sources")
    return rows[0]


def read_connection(con: Connection, connection_id: int) -> Connected:
    """A connection with its sealed secret. Raises UnknownConnection where it was removed."""
    row = SQL.row(con, "sources.connection", connection_id=connection_id)
    if row is None:
        raise UnknownConnection("This source is not connected any more.", remedy="List them: foresell sources")
    return Connected(**{**row, "secret": bytes(row["secret"]) if row["secret"] is not None else None})


def set_state(con: Connection, connection_id: int, state: str) -> None:
    """Pause a connection, or make it due now, which clears what a person had to do."""
    SQL.run(con, "sources.change", connection_id=connection_id, state=state)


def need_sign_in(con: Connection, connection_id: int) -> None:
    """A connection that no one has signed in to yet."""
    SQL.run(con, "sources.need_sign_in", connection_id=connection_id)


def save_settings(con: Connection, connection_id: int, settings: Mapping[str, Any]) -> None:
    """Replace the settings of a connection."""
    SQL.run(con, "sources.save_settings", connection_id=connection_id, settings=Jsonb(dict(settings)))


def remove_connection(con: Connection, connection_id: int) -> None:
    """Disconnect a source: its secret and what it sent are deleted, what was loaded stays."""
    SQL.run(con, "sources.remove", connection_id=connection_id)


def list_syncs(con: Connection, source: str, limit: int = 20) -> list[dict[str, Any]]:
    """The newest syncs of a source."""
    return SQL.rows(con, "sources.syncs", source=source, limit=limit)


def list_held_changes(con: Connection, source: str | None = None, *, only_open: bool = True) -> list[dict[str, Any]]:
    """Rows that are gone and that a person decides about, the newest first."""
    return SQL.rows(con, "sources.held_changes", source=source, only_open=only_open)


def decide_held(con: Connection, held_id: int, *, accept: bool, user_id: int | None) -> int:
    """Accept or refuse that rows are gone, and have the source read again. Returns its connection. Raises NotFound."""
    row = SQL.row(con, "sources.decide", held_id=held_id, state="accepted" if accept else "refused", decided_by=user_id)
    if row is None:
        raise NotFound(f"There is no open question {held_id}.", remedy="It may have been decided: foresell sources")
    set_state(con, row["connection_id"], "due")
    return int(row["connection_id"])


@contextmanager
def open_sync(database: Database, connection_id: int, job_id: int | None) -> Iterator[Landing]:
    """Begin a sync and yield what it writes through. Raises Busy while another process reads this source."""
    with database.connect() as con:
        con.autocommit = True
        lock = SQL.row(con, "sources.take_lock", connection_id=connection_id)
        if not lock or not lock["taken"]:
            raise Busy("This source is being read already.", remedy="Wait for it: foresell sources")
        SQL.run(con, "sources.close_lost", connection_id=connection_id)
        row = SQL.row(con, "sources.open_sync", connection_id=connection_id, job_id=job_id)
        assert row is not None
        try:
            yield Landing(con, connection_id, int(row["sync_id"]))
        finally:
            if not con.broken:
                SQL.run(con, "sources.release_lock", connection_id=connection_id)


@dataclass(frozen=True, slots=True)
class Landing:
    """A running sync. Each page is saved with its cursor in one transaction."""

    con: Connection
    connection_id: int
    sync_id: int

    def read_cursor(self, stream: str) -> str | None:
        """Where reading a stream goes on; None for its beginning."""
        row = SQL.row(self.con, "sources.cursor", connection_id=self.connection_id, stream=stream)
        return row["cursor"] if row else None

    def forget_cursors(self) -> None:
        """Read everything anew."""
        SQL.run(self.con, "sources.forget_cursors", connection_id=self.connection_id)

    def forget_versions(self) -> None:
        """Load everything anew that is received, also what was not changed."""
        SQL.run(self.con, "sources.forget_versions", connection_id=self.connection_id)

    def save_page(
        self, stream: str, arrivals: Sequence[Arrival], deletions: Sequence[str], cursor: str | None, *, ended: bool
    ) -> tuple[int, int]:
        """Save a page. Returns how many records are new or changed, and how many deleted."""
        with self.con.transaction():
            changed = self._land(stream, arrivals) if arrivals else 0
            deleted = self._delete(stream, deletions) if deletions else 0
            SQL.run(
                self.con,
                "sources.add_to_sync",
                sync_id=self.sync_id,
                records=len(arrivals),
                changed=changed,
                deleted=deleted,
            )
            if cursor is not None:
                self.save_cursor(stream, cursor, ended=ended)
        return changed, deleted

    def save_cursor(self, stream: str, cursor: str, *, ended: bool) -> None:
        """Save where reading goes on. `ended`: the stream was read to its end."""
        SQL.run(
            self.con,
            "sources.save_cursor",
            connection_id=self.connection_id,
            stream=stream,
            cursor=cursor,
            ended=ended,
        )

    def _land(self, stream: str, arrivals: Sequence[Arrival]) -> int:
        SQL.run(self.con, "sources.arrivals")
        with self.con.cursor().copy(SQL.text("sources.copy_arrivals")) as copy:
            for each in arrivals:
                copy.write_row((each.key, each.version, each.updated_at, each.fetched_at, each.origin, each.document))
        row = SQL.row(self.con, "sources.land", connection_id=self.connection_id, stream=stream, sync_id=self.sync_id)
        return int(row["changed"]) if row else 0

    def _delete(self, stream: str, keys: Sequence[str]) -> int:
        return SQL.run(
            self.con,
            "sources.delete_keys",
            connection_id=self.connection_id,
            stream=stream,
            sync_id=self.sync_id,
            keys=list(keys),
        )

    def count_records(self, stream: str) -> tuple[int, int]:
        """How many records of a stream are held, and how many of them this sync has not received."""
        row = SQL.row(
            self.con, "sources.held_records", connection_id=self.connection_id, stream=stream, sync_id=self.sync_id
        )
        assert row is not None
        return int(row["held"]), int(row["unseen"])

    def count_listing(self, stream: str) -> None:
        """A complete listing has ended: note which held records it did not have."""
        SQL.run(
            self.con, "sources.count_listing", connection_id=self.connection_id, stream=stream, sync_id=self.sync_id
        )

    def list_unseen(self, stream: str, listings: int) -> list[str]:
        """The keys of held records that this many complete listings in a row did not have."""
        rows = SQL.rows(
            self.con, "sources.unseen_keys", connection_id=self.connection_id, stream=stream, listings=listings
        )
        return [row["key"] for row in rows]

    def find_decision(self, stream: str, keys: Sequence[str]) -> str | None:
        """accepted or refused, where a person has decided about exactly these gone rows."""
        row = SQL.row(
            self.con,
            "sources.decision",
            connection_id=self.connection_id,
            stream=stream,
            fingerprint=fingerprint_keys(keys),
        )
        return row["state"] if row else None

    def hold(self, stream: str, keys: Sequence[str], held: int) -> None:
        """Ask a person about these gone rows, unless it is asked already."""
        SQL.run(
            self.con,
            "sources.hold",
            connection_id=self.connection_id,
            sync_id=self.sync_id,
            stream=stream,
            gone=len(keys),
            held=held,
            keys=list(keys[:SHOWN_KEYS]),
            fingerprint=fingerprint_keys(keys),
        )

    def close_older_questions(self, stream: str) -> None:
        """Questions about this stream that a newer reading has answered."""
        SQL.run(self.con, "sources.close_older_questions", connection_id=self.connection_id, stream=stream)

    def list_pending(self) -> list[dict[str, Any]]:
        """Records to be loaded: stream, key, document (sealed, None where it is not kept), fetched_at and deleted."""
        return SQL.rows(self.con, "sources.pending", connection_id=self.connection_id)

    def reject(self, problems: Mapping[tuple[str, str], str]) -> None:
        """Set records aside that cannot be loaded, by (stream, key), with what is wrong."""
        SQL.run(
            self.con,
            "sources.reject",
            connection_id=self.connection_id,
            streams=[stream for stream, _ in problems],
            keys=[key for _, key in problems],
            problems=list(problems.values()),
        )

    def save_settings(self, settings: Mapping[str, Any]) -> None:
        """Replace the settings of the connection."""
        SQL.run(self.con, "sources.save_settings", connection_id=self.connection_id, settings=Jsonb(dict(settings)))

    def revenue_by_month(self, source: str) -> dict[str, Decimal]:
        """Net revenue held of a source, by month (YYYY-MM)."""
        return {row["month"]: row["revenue"] for row in SQL.rows(self.con, "sources.revenue_by_month", source=source)}

    def finish(self, outcome: SyncOutcome) -> None:
        """Save how the sync ended, and when the source is read next."""
        with self.con.transaction():
            SQL.run(
                self.con, "sources.finish_sync", sync_id=self.sync_id, state=outcome.state, records=outcome.records,
                changed=outcome.changed, deleted=outcome.deleted, requests=outcome.requests,
                retries=outcome.retries, batch_ids=outcome.batch_ids, warnings=outcome.warnings,
                mismatches=Jsonb(outcome.mismatches), totals_compared=outcome.totals_compared, error=outcome.error,
                remedy=outcome.remedy,
            )  # fmt: skip
            SQL.run(
                self.con, "sources.finish_connection", connection_id=self.connection_id, sync_id=self.sync_id,
                state=outcome.connection_state, reason=outcome.reason, remedy=outcome.remedy,
                failed=outcome.state == "failed", wait=outcome.wait, over_quota=outcome.over_quota,
            )  # fmt: skip


@contextmanager
def open_documents(database: Database, connection_id: int) -> Iterator[Connection]:
    """A transaction on the documents of a source while no one reads it. Raises Busy."""
    with database.connect() as con:
        lock = SQL.row(con, "sources.take_lock", connection_id=connection_id)
        if not lock or not lock["taken"]:
            raise Busy("A connected source is being read.", remedy="Wait for it, then try again.")
        try:
            yield con
        finally:
            if not con.broken and con.info.transaction_status != TransactionStatus.INERROR:
                SQL.run(con, "sources.release_lock", connection_id=connection_id)


def mark_loaded(cur: adbc.Cursor, connection_id: int, batch_id: int, without_content: Sequence[str]) -> None:
    """In the transaction of a load: what was pending is loaded. Of the streams `without_content` no document is kept."""
    PG.run(cur, "sources.load_done", connection_id, batch_id, ",".join(without_content))


def fingerprint_keys(keys: Sequence[str]) -> str:
    """SHA-256 of a set of keys."""
    return hashlib.sha256("\0".join(sorted(keys)).encode()).hexdigest()


def request_due_syncs(database: Database) -> list[int]:
    """Enqueue the syncs that are due. Returns their connections. One whose sign-in has ended needs a person instead."""
    with database.connect() as con:
        SQL.run(con, "sources.sign_in_ended")
        return [row["connection_id"] for row in SQL.rows(con, "sources.due")]


def request_refresh(database: Database, seconds: int) -> None:
    """Enqueue a refresh when syncs have brought something since the last run, at most once in `seconds`."""
    with database.connect() as con:
        SQL.run(con, "sources.needs_refresh", seconds=seconds)


def wake(database: Database, connection_id: int) -> None:
    """Make a connection due now: its source says it has news, or its folder changed."""
    with database.connect() as con:
        SQL.run(con, "sources.wake", connection_id=connection_id)


def list_folders(database: Database) -> dict[str, int]:
    """The watched folders and their connections."""
    with database.connect() as con:
        return {row["path"]: row["connection_id"] for row in SQL.rows(con, "sources.folders")}
