"""Reads a connected source: what changed since the last time, page by page, and loads it as one batch.

Each page is saved with its cursor in one transaction, so a sync that ends at any moment goes on from what it has saved.
Source's failures that may pass are tried again later, others wait for a person; so do many rows that are gone at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Named
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from foresell.database import Database
from foresell.db import Connection
from foresell.errors import BadInput, Busy, DatabaseUnavailable, EmptySource, ForesellError, TooManyRejects, UsageError
from foresell.logs import logger
from foresell.privacy.secret_box import SecretBox, secret_box_of
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.sources.connectors.catalogue import Connector, Kind, find_kind
from foresell.sources.connectors.mapped import MappedRecord, stage_records
from foresell.sources.connectors.tables import Table
from foresell.sources.connectors.tokens import Renew, Tokens
from foresell.sources.contract import Cursor, Page, Record, Stream, TerminalError, Total, TransientError, reconcile
from foresell.sources.files.formats import ColumnMissing
from foresell.sources.files.inspection import complete_mapping
from foresell.sources.files.mapping import Mapping, parse_mapping, render_mapping
from foresell.sources.files.questions import OpenQuestions
from foresell.store import sources
from foresell.store.jobs import Cancelled
from foresell.store.load import load_staging
from foresell.store.sources import Arrival, Connected, Landing, SyncOutcome
from foresell.tempdirs import clear_temporary_folders, temporary_folder
from foresell.types import BeforeCommit, Progress, no_progress
from foresell.workflows.arrival import match_batch
from foresell.workflows.golden import choose_missing_records
from foresell.workflows.inspect import inspect_for_load
from foresell.workflows.load import load_file
from foresell.workflows.profile import profile_batch
from foresell.workflows.social import SavedUse, store_received

#: More rows than these gone at once, and than this share of those held, wait for a person.
MOST_GONE, MOST_GONE_SHARE = 20, 0.1
#: A full listing is read again as long as it does not agree with the source's own count.
MOST_PASSES = 4
#: After a failure that may pass the next try comes after this many seconds, doubled each time.
FIRST_WAIT, LONGEST_WAIT = 60.0, 3_600.0
#: A source that has refused for too many calls for so long has a quota of a month, not of a minute.
QUOTA_AFTER = timedelta(minutes=10)
#: Everything is read again after a week, for changes that the source's log does not name.
WHOLE_AFTER_DAYS = 7
#: A folder whose file is still being written is looked at again so soon.
SOON_SECONDS = 0.5

#: Keeps a file (name, what is wrong, what to do) from being read again before it changes; returns the cursor that says so.
SetAside = Callable[[str, str, str | None], Cursor]

log = logger("sync")


class RowsGone(ForesellError):
    """Many rows are gone at the source; a person decides."""

    http_status = 409


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a sync would do, by one page of each stream. `records`: by stream, how many the page has."""

    reached: str
    records: dict[str, int] = field(default_factory=dict)


class SavedTokens:
    """The tokens of one connection in the database. One process replaces them at a time, and saves them before their use."""

    def __init__(self, database: Database, box: SecretBox, connection_id: int) -> None:
        self._database, self._box, self._connection_id = database, box, connection_id

    def read(self) -> Tokens:
        """The saved tokens. Raises TerminalError when there are none."""
        with self._database.connect() as con:
            return self._tokens(self._secret(con, "sources.secret"))

    def renew(self, used: Tokens, renew: Renew) -> Tokens:
        """New tokens, committed before this returns; those of another process, where it was faster."""
        with self._database.connect() as con:
            secret = self._secret(con, "sources.lock_secret")
            saved = self._tokens(secret)
            if saved.refresh != used.refresh or saved.access != used.access:
                return saved
            fresh = renew(saved)
            sources.save_secret(con, self._box, self._connection_id, {**secret, "tokens": dump_tokens(fresh)})
        return fresh

    def _secret(self, con: Connection, statement: str) -> dict[str, Any]:
        row = sources.SQL.row(con, statement, connection_id=self._connection_id)
        sealed = bytes(row["secret"]) if row and row["secret"] is not None else None
        return sources.open_secret(self._box, self._connection_id, sealed)

    def _tokens(self, secret: dict[str, Any]) -> Tokens:
        if "tokens" not in secret:
            raise TerminalError("No one has signed in to this source yet.", reason="authentication")
        return load_tokens(secret["tokens"])


def dump_tokens(tokens: Tokens) -> dict[str, str | None]:
    """Tokens as `load_tokens` reads them."""
    return {
        "access": tokens.access,
        "expires_at": tokens.expires_at.isoformat(),
        "refresh": tokens.refresh,
        "refresh_expires_at": tokens.refresh_expires_at.isoformat() if tokens.refresh_expires_at else None,
    }


def load_tokens(saved: dict[str, Any]) -> Tokens:
    """Tokens as they are saved in the secret of a connection."""
    ends = saved.get("refresh_expires_at")
    return Tokens(
        saved["access"],
        datetime.fromisoformat(saved["expires_at"]),
        saved["refresh"],
        datetime.fromisoformat(ends) if ends else None,
    )


def make_source(settings: Settings, database: Database, connected: Connected) -> tuple[Kind, Connector]:
    """The source of a connection, ready to be read; close it."""
    kind, box = find_kind(connected.kind), secret_box_of(settings)
    secret = sources.open_secret(box, connected.connection_id, connected.secret)
    tokens = SavedTokens(database, box, connected.connection_id)
    settings.work.mkdir(parents=True, exist_ok=True)
    return kind, kind.make(connected.settings, secret, SavedUse(database, tokens, connected), settings.work)


def try_source(settings: Settings, database: Database, connection_id: int) -> DryRun:
    """Reach a source and read one page of each of its streams; nothing is written.

    Raises what the source raises.
    """
    with database.connect() as con:
        connected = sources.read_connection(con, connection_id)
    _, source = make_source(settings, database, connected)
    with closing(source):
        reached = source.check()
        counts = {}
        for stream in source.discover():
            with closing(source.read(stream.name)) as pages:
                page = next(iter(pages), None)
                counts[stream.name] = _count_rows(page)
    return DryRun(reached.reached, counts)


def _count_rows(page: Page[Any] | None) -> int:
    if page is None or page.records is None:
        return 0
    if isinstance(page.records, Table):
        with page.records.path.open("rb") as file:
            return max(0, sum(1 for _ in file) - 1)
    return len(page.records)


def sync_source(
    settings: Settings,
    database: Database,
    connection_id: int,
    *,
    whole: bool = False,
    job_id: int | None = None,
    progress: Progress = no_progress,
    before_commit: BeforeCommit | None = None,
) -> SyncOutcome:
    """Read what changed and load it; `whole`: read and load everything again, also what was undone. How it ended is saved, with what a person must do.

    Raises Busy while this source is read or another load runs, DatabaseUnavailable, UnknownConnection; what the source or the
    load raises is in the outcome.
    """
    clear_temporary_folders(settings.work)
    with database.connect() as con:
        connected = sources.read_connection(con, connection_id)
    with sources.open_sync(database, connection_id, job_id) as landing:
        outcome = SyncOutcome()
        sync = _Sync(settings, database, connected, landing, outcome, progress, before_commit)
        source: Connector | None = None
        try:
            sync.kind, source = make_source(settings, database, connected)
            with closing(source):
                sync.run(source, whole=whole)
        except TransientError as error:
            _fail(outcome, error, connected, wait=_find_wait(error, connected), over_quota=error.over_quota)
        except TerminalError as error:
            _fail(outcome, error, connected, needs=error.reason)
        except RowsGone as error:
            outcome.state, outcome.connection_state = "held", "held"
            outcome.error, outcome.remedy = error.message, error.remedy
        except (Busy, DatabaseUnavailable):
            outcome.state, outcome.error = "failed", "Another load was running, or the database did not answer."
            outcome.wait = 1.0
            raise
        except Cancelled:
            outcome.state, outcome.error = "cancelled", "It was stopped; what was read is kept."
            raise
        except ForesellError as error:
            _fail(outcome, error, connected, needs="data")
        except Exception as error:
            unexpected = ForesellError(
                f"An unexpected error occurred ({type(error).__name__}); what was read is kept.",
                remedy="This is a bug in Foresell. Please report it.",
            )
            _fail(outcome, unexpected, connected, needs="data")
            raise
        except BaseException:
            outcome.state, outcome.error = "cancelled", "It was stopped; what was read is kept."
            raise
        finally:
            if source:
                outcome.requests, outcome.retries = source.requests, source.retries
                if getattr(source, "soon", False):
                    outcome.wait = SOON_SECONDS
            if not landing.con.broken:
                landing.finish(outcome)
    log.info(
        "source read",
        action="sync",
        connection_id=connection_id,
        state=outcome.state,
        records=outcome.records,
        changed=outcome.changed,
        deleted=outcome.deleted,
        batches=outcome.batch_ids,
    )
    return outcome


def _fail(
    outcome: SyncOutcome,
    error: ForesellError,
    connected: Connected,
    *,
    needs: str | None = None,
    wait: float | None = None,
    over_quota: bool = False,
) -> None:
    """A failure: tried again after `wait`, or waiting for a person where it `needs` one."""
    outcome.state, outcome.error, outcome.remedy = "failed", error.message, error.remedy
    outcome.over_quota, outcome.wait = over_quota, wait
    long_since = connected.throttled_since and datetime.now(UTC) - connected.throttled_since > QUOTA_AFTER
    if over_quota and long_since:
        needs, outcome.remedy = "quota", TerminalError.remedies["quota"]
    outcome.connection_state, outcome.reason = ("needs you", needs) if needs else ("throttled", None)


def _find_wait(error: TransientError, connected: Connected) -> float:
    """Seconds until the next try: what the source asked for, or a minute, doubled with each failure."""
    backed_off = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(connected.failures, 10))
    return max(error.retry_after or 0.0, backed_off if error.retry_after is None else 0.0, 1.0)


@dataclass
class _Sync:
    """One sync in progress."""

    settings: Settings
    database: Database
    connected: Connected
    landing: Landing
    outcome: SyncOutcome
    progress: Progress
    before_commit: BeforeCommit | None
    kind: Kind = field(init=False)

    def run(self, source: Connector, *, whole: bool) -> None:
        """Read all streams, then load what is new."""
        box = secret_box_of(self.settings)
        if whole or self._is_due_whole():
            self.landing.forget_cursors()
            if whole:
                self.landing.forget_versions()
            self._learn(source)
        try:
            failed = self._read_streams(source, box)
        except (TransientError, TerminalError):
            self._store_received(source, box)  # what was read before
            raise
        self._store_received(source, box)
        if self.kind.documents:
            self._load_pending(box, [s.name for s in source.discover() if not s.keeps_documents])
            self._reconcile(source)
        if self.outcome.batch_ids:
            choose_missing_records(self.settings, self.database)
        self._report_files(getattr(source, "problems", {}))
        if failed:
            raise failed

    def _read_streams(self, source: Connector, box: SecretBox) -> ForesellError | None:
        """Read all streams. Returns what is wrong with some of them; others are read anyway."""
        held: RowsGone | None = None
        failed: ForesellError | None = None
        for stream in source.discover():
            try:
                self._read_stream(source, stream, box)
            except RowsGone as error:
                held = error
            except (BadInput, EmptySource, TooManyRejects) as error:
                failed = failed or error
        return held or failed

    def _store_received(self, source: Connector, box: SecretBox) -> None:
        """Store what a social account sent, and keep what the source remarks."""
        self.outcome.warnings += getattr(source, "remarks", [])
        if self.kind.is_social:
            store_received(self.settings, self.landing, self.connected, box)

    def _is_due_whole(self) -> bool:
        """Whether everything must be read: at first, and again after some days where a log names the changes."""
        last = self.connected.settings.get("read_whole_at")
        if last is None:
            return True
        old = datetime.now(UTC) - datetime.fromisoformat(last) > timedelta(days=WHOLE_AFTER_DAYS)
        return old and (self.kind.documents is not None or self.kind.is_social)

    def _learn(self, source: Connector) -> None:
        """Keep what the source says of itself, such as its currency."""
        reached = source.check()
        self._change_settings(
            {**reached.details, "reached": reached.reached, "read_whole_at": datetime.now(UTC).isoformat()}
        )

    def _change_settings(self, changed: dict[str, Any]) -> None:
        self.connected = replace(self.connected, settings={**self.connected.settings, **changed})
        self.landing.save_settings(self.connected.settings)

    def _read_stream(self, source: Connector, stream: Stream, box: SecretBox) -> None:
        """All pages of a stream; a listing that does not agree with the source's count is read again."""
        position = self.landing.read_cursor(stream.name)
        cursor = Cursor(position) if position is not None else None
        for attempt in range(MOST_PASSES):
            count: Decimal | None = None
            is_whole = False
            with closing(source.read(stream.name, cursor)) as pages:
                for page in pages:
                    if isinstance(page.records, Table) or page.records is None:
                        self._load_table(page, stream, getattr(source, "set_aside", None))
                        continue
                    self._save_records(page, stream, box)
                    is_whole = is_whole or page.complete
                    count = next((total.value for total in page.totals if total.name == "count"), count)
            held, unseen = self.landing.count_records(stream.name)
            if count is None or held - unseen >= count or attempt == MOST_PASSES - 1:
                if is_whole:
                    self._drop_unseen(stream, held)
                return
            cursor = None

    def _hide_erased(self, records: Sequence[Record], stream: Stream) -> list[Record]:
        """The records without those of erased people, and with a pseudonym where a sale names one."""
        rows = sources.SQL.rows(self.landing.con, "sources.erased", source=self.connected.source)
        erased = {bytes(row["source_key_hash"]) for row in rows}
        name = self.kind.customer_field
        if not erased or name is None or stream.legal_basis == "none":
            return list(records)
        vault = vault_of(self.settings)
        keys = [str(record.document.get(name) if stream.keeps_documents else record.key) for record in records]
        shown = []
        for record, digest in zip(records, vault.digests(self.connected.source, keys), strict=True):
            if digest not in erased:
                shown.append(record)
            elif stream.keeps_documents:
                shown.append(replace(record, document={**record.document, name: vault.pseudonym(digest)}))
        return shown

    def _save_records(self, page: Page[Sequence[Record]], stream: Stream, box: SecretBox) -> None:
        arrivals = [
            Arrival(
                key=record.key,
                version=record.version,
                updated_at=record.updated_at,
                fetched_at=record.fetched_at,
                origin=record.origin,
                document=box.seal(
                    orjson.dumps(record.document, default=str),
                    sources.document_place(self.connected.connection_id, stream.name, record.key),
                ),
            )
            for record in self._hide_erased(page.records, stream)
        ]
        changed, deleted = self.landing.save_page(
            stream.name,
            arrivals,
            page.deletions,
            page.next_cursor.position if page.next_cursor else None,
            ended=page.complete,
        )
        self.outcome.records += len(arrivals)
        self.outcome.changed += changed
        self.outcome.deleted += deleted
        self.progress(self.outcome.records, None, f"records ({stream.name})")

    def _drop_unseen(self, stream: Stream, held: int) -> None:
        """Records that whole listings did not have are gone. Raises RowsGone where a person must decide."""
        self.landing.count_listing(stream.name)
        keys = self.landing.list_unseen(stream.name, stream.listings_until_gone)
        if not keys:
            self.landing.close_older_questions(stream.name)
        elif self._may_drop(stream.name, keys, held):
            _, deleted = self.landing.save_page(stream.name, (), keys, None, ended=True)
            self.outcome.deleted += deleted

    def _may_drop(self, stream: str, keys: list[str], held: int) -> bool:
        """Whether these gone rows are dropped: few are, many where a person accepted it. Raises RowsGone."""
        decided = self.landing.find_decision(stream, keys)
        if decided is not None:
            return decided == "accepted"
        if len(keys) <= max(MOST_GONE, MOST_GONE_SHARE * held):
            return True
        self.landing.hold(stream, keys, held)
        raise RowsGone(
            f"{len(keys):,} of {held:,} {stream} are gone at the source; nothing was dropped.",
            remedy="Say whether they are: foresell sources accept or refuse, or on the Sources page.",
        )

    def _load_table(self, page: Page[Table | None], stream: Stream, set_aside: SetAside | None) -> None:
        """Load a file, then save the cursor: a file that is read again after a crash changes nothing.

        Of several files, one that cannot be loaded is set aside, and the others are loaded.
        """
        assert page.next_cursor is not None
        if page.records is not None:
            try:
                self._load_file(page.records, stream)
            except (BadInput, EmptySource, TooManyRejects) as error:
                if set_aside is None:
                    raise self._explain(error) from None
                self.outcome.state = "failed"
                following = set_aside(page.records.name, error.message, error.remedy)
                self.landing.save_cursor(stream.name, following.position, ended=True)
                return
        if page.complete:
            self.landing.close_older_questions("orders")
        self.landing.save_cursor(stream.name, page.next_cursor.position, ended=True)

    def _explain(self, error: ForesellError) -> ForesellError:
        """A column that is not there any more is a change at the source; only a person knows what it means."""
        name = self.connected.source
        if not isinstance(error, ColumnMissing):
            return error
        return TerminalError(
            error.message,
            reason="drift",
            remedy=f"Rename the column back, or say how to read it: foresell sources mapping {name} --map FILE."
            f" Then: foresell sources resume {name}",
        )

    def _report_files(self, problems: Named[str, tuple[str, str | None]]) -> None:
        """Have a person see to the files that were set aside, now or before. The source is read on."""
        if not problems:
            return
        (error, remedy), *others = problems.values()
        more = f" So it is with {len(others):,} more: {', '.join(sorted(problems)[1:4])}." if others else ""
        self.outcome.connection_state, self.outcome.reason = "needs you", "data"
        self.outcome.error = f"{error}{more}"
        self.outcome.remedy = " ".join(filter(None, (remedy, "A file is read again when it is saved again.")))

    def _load_file(self, table: Table, stream: Stream) -> None:
        stated = self.connected.settings.get("mapping")
        mapping: Mapping | None = parse_mapping(stated, "the saved mapping") if stated else None
        if table.is_whole and not stated:
            mapping = self._recognise(table)
        decide: Callable[[list[str], int], bool] | None = None
        if table.is_whole:

            def decide(keys: list[str], held: int) -> bool:
                dropped = self._may_drop("orders", keys, held)
                self.outcome.deleted += len(keys) if dropped else 0
                return dropped

        batch = load_file(
            self.settings,
            self.database,
            table.path,
            mapping=mapping,
            source=self.connected.source,
            load_day=datetime.now(UTC).date(),
            progress=self.progress,
            decide_gone=decide,
            before_commit=self.before_commit,
        )
        self.outcome.records += batch.lines_read
        if batch.state == "loaded" and batch.batch_id is not None:
            self.outcome.changed += batch.lines_loaded + batch.customers_changed
            self.outcome.batch_ids.append(batch.batch_id)
            if mapping and not stated:  # by the same columns from now on: one that is renamed stops the next sync
                self._change_settings({"mapping": render_mapping(mapping)})
        self.outcome.warnings += [f"{table.name}: {warning}" for warning in batch.warnings]
        if batch.lines_rejected:
            self.outcome.warnings.append(f"{table.name}: {batch.lines_rejected:,} rows were rejected.")

    def _recognise(self, table: Table) -> Mapping:
        """How a table is read that no mapping was given for. Raises OpenQuestions where that is not certain."""
        found = inspect_for_load(self.settings, None, table.path, load_day=datetime.now(UTC).date())
        if found.questions:
            raise OpenQuestions(table.name, found.questions)
        return complete_mapping(found)

    def _load_pending(self, box: SecretBox, without_content: list[str]) -> None:
        """Map what was received since the last load, and load it as one batch."""
        rows = self.landing.list_pending()
        if not rows:
            return
        place = self.connected.connection_id
        records = [
            MappedRecord(
                row["stream"],
                row["key"],
                box.open(bytes(row["document"]), sources.document_place(place, row["stream"], row["key"])).decode()
                if row["document"] is not None
                else None,
                row["deleted"],
            )
            for row in rows
        ]
        settings = {"home_currency": self.connected.settings.get("home_currency")}
        with (
            temporary_folder(self.settings.work, "sync") as folder,
            stage_records(self.kind, self.connected.source, records, settings, folder) as (staging, problems),
        ):
            batch = load_staging(
                self.database,
                staging,
                vault_of(self.settings),
                progress=self.progress,
                match=match_batch,
                profile=profile_batch(staging.rows),
                also=lambda cur, batch_id: sources.mark_loaded(cur, place, batch_id, without_content),
                before_commit=self.before_commit,
            )
            if batch.state == "unchanged":
                sources.SQL.run(
                    self.landing.con, "sources.settle_pending", connection_id=place, without_content=without_content
                )
            self.landing.reject(problems)
        if batch.state == "loaded" and batch.batch_id is not None:
            self.outcome.batch_ids.append(batch.batch_id)
        self.outcome.warnings += list(batch.warnings)
        if problems:
            (stream, key), problem = next(iter(problems.items()))
            self.outcome.warnings.append(
                f"{len(problems):,} records could not be loaded, such as {stream} {key}: {problem}."
            )

    def _reconcile(self, source: Connector) -> None:
        """Compare the months with what the source states, where something changed. One that it does not state counts as 0."""
        state_totals = getattr(source, "totals", None)
        held = self.landing.revenue_by_month(self.connected.source)
        if state_totals is None or not held or not (self.outcome.changed or self.outcome.deleted):
            return
        first, last = (
            datetime.strptime(f"{month}-01", "%Y-%m-%d").replace(tzinfo=UTC) for month in (min(held), max(held))
        )
        try:
            stated = {each.name: each.value for each in state_totals(first, last + timedelta(days=31))}
        except (TransientError, TerminalError) as error:  # what was loaded is right; only its check is missing
            self.outcome.warnings.append(f"Not compared with the source's own totals: {error.message}")
            return
        cents = {f"revenue {month}": round(amount, 2) for month, amount in held.items()}
        names = sorted(stated.keys() | cents.keys())
        totals = [Total(name, round(stated.get(name, Decimal(0)), 2)) for name in names]
        self.outcome.totals_compared = len(totals)
        self.outcome.mismatches = [
            {"name": each.name, "stated": str(each.stated), "held": str(each.held)}
            for each in reconcile(totals, {name: cents.get(name, Decimal(0)) for name in names})
        ]
        if self.outcome.mismatches:
            self.outcome.warnings.append(
                f"{len(self.outcome.mismatches)} of {len(totals)} months differ from the source's own report."
            )


def check_interval(seconds: int) -> int:
    """Seconds between two syncs. Raises UsageError outside a second and a week."""
    if not 1 <= seconds <= 604_800:
        raise UsageError("The interval is between 1 second and a week (604800).", parameter="every")
    return seconds
