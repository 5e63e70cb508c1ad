"""State shared by all requests: the database connection pool and the published snapshot, kept up to date."""

from __future__ import annotations

import asyncio
import bisect
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import anyio
import duckdb
import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from foresell.access.principal import Owner, Principal, act_for, begin_for
from foresell.api.http.breaker import BUDGET, CONNECT_SECONDS, Breaker, TimedConnection, TooSlow
from foresell.api.http.tracing import span
from foresell.database import Database
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import DatabaseUnavailable, DiskTrouble, ForesellError, ModelUnavailable, NothingPublished
from foresell.logs import logger
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.snapshot.queries import Filter, Ranks
from foresell.snapshot.reader import Scope, ScopedSnapshot

SQL = AsyncStatements("foresell.store", "queries/")
POOL_SIZE = 8
#: Longer than it takes to find that the database stalls, so that the error names that cause.
POOL_WAIT_SECONDS = 2.5
#: How long it takes at most until another process's change of the run, or of customer owners, is seen here.
PUBLICATION_SECONDS = 1.0
SCOPE_SECONDS = 2.0
SCOPES_KEPT = 10_000
#: How long the pool tries again by itself to get a connection. Not for longer: it would wait seconds between its tries, also when
#: the database is back at once. The next request makes it try again.
RECONNECT_SECONDS = 0.1
#: How long connections are tried before use after one was found dead: longer than a database takes to come back.
CHECKED_SECONDS = 60.0
RETIRE_SECONDS = 60.0
#: Further sign-ins wait, so that a crowd of them does not hold up other requests; two hashes at a time are made anyhow.
SIGN_INS_AT_ONCE = 4

_PUBLISHED = (
    "select c.currency, c.fiscal_year_start, p.run_id, r.as_of, r.snapshot_file, r.published_at, r.customers_scored"
    " from core.company_settings as c left join (core.publication as p join core.runs as r using (run_id)) on true"
)

#: By the owner asked for, the query of the customers in scope; any other owner is a user.
_SCOPE_QUERIES: dict[Owner | None, str] = {None: "web.owned", "unassigned": "web.unassigned"}

T = TypeVar("T")
log = logger("api")


class AppState:
    """One per process. `transaction` acts for a user; `ask` questions the published snapshot within a scope."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.vault = vault_of(settings)
        self.database = Database(settings)
        self.breaker = Breaker(self.database.conninfo("web"), self._replace_connections)
        self.pool: AsyncConnectionPool[TimedConnection] = AsyncConnectionPool(
            self.database.conninfo("web"),
            connection_class=TimedConnection,
            kwargs={"row_factory": dict_row, "autocommit": True, "connect_timeout": CONNECT_SECONDS},
            configure=self._configure,
            min_size=1,
            max_size=POOL_SIZE,
            timeout=POOL_WAIT_SECONDS,
            max_waiting=200,
            reconnect_timeout=RECONNECT_SECONDS,
            check=self._check,
            open=False,
        )
        self.sign_ins = asyncio.Semaphore(SIGN_INS_AT_ONCE)
        self._checked_until = 0.0
        self._company_currency: str | None = None
        #: The month the company's fiscal year starts with.
        self.fiscal_year_start = 1
        self.run: dict[str, Any] | None = None
        self._snapshot: ScopedSnapshot | None = None
        self._why_closed: ForesellError | None = None
        self._scopes: dict[tuple[int, Owner | None], tuple[float, Scope]] = {}
        self._models: dict[tuple[int, str], dict[str, Any]] = {}
        self._watcher: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start: connections, the published run, and the task that keeps it the published one."""
        await self.breaker.start()
        await self.pool.open()
        with suppress(ForesellError):
            await self.look_for_run()
        self._watcher = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Stop, in an orderly way."""
        if self._watcher:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher
        await self.breaker.stop()
        await self.pool.close(timeout=2)
        if self._snapshot:
            self._snapshot.close()

    @asynccontextmanager
    async def transaction(self, user_id: int | None) -> AsyncIterator[AsyncConnection]:
        """A transaction in which row security sees this user (None: no user). Raises DatabaseUnavailable.

        The pool commits at the end of the block, or rolls back when it raises.
        """
        async with self._connection() as con:
            await con.execute(begin_for(user_id).encode(), prepare=False)
            yield con

    async def rows(self, user_id: int | None, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        """What one statement answers in such a transaction, in one round trip: a pipeline is a transaction of its own."""
        async with self._connection() as con:
            async with con.pipeline():
                await act_for(con, user_id)
                cursor = await con.execute(query, values)
            return await cursor.fetchall()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        if self.breaker.is_open:
            raise self.explain()
        try:
            with span("database"):
                async with self.breaker.limit():
                    con = await self.pool.getconn()
                try:
                    async with con:
                        yield con
                finally:
                    await self.pool.putconn(con)
        except (psycopg.OperationalError, PoolTimeout, PoolClosed, TooManyRequests) as error:
            if not isinstance(error, psycopg.errors.DiskFull | psycopg.errors.QueryCanceled):
                self._checked_until = time.monotonic() + CHECKED_SECONDS
                self.breaker.suspect()
            log.warning("database away", action="connect", kind=type(error).__name__)
            raise self.explain(error) from None

    @asynccontextmanager
    async def while_database_answers(self) -> AsyncIterator[None]:
        """For work in a thread with a connection of its own, however long it takes. Raises DatabaseUnavailable."""
        BUDGET.set(None)
        if self.breaker.is_open:
            raise self.explain()
        try:
            async with self.breaker.limit():
                yield
        except TooSlow as error:
            raise self.explain(error) from None

    def explain(self, error: Exception | None = None) -> ForesellError:
        """Why the database cannot be used, as far as it can be known here."""
        if isinstance(error, psycopg.errors.DiskFull):
            return DiskTrouble(
                "The database's disk is full; nothing was saved.", remedy="Free some space and try again."
            )
        if self.database.is_disk_full():
            return DatabaseUnavailable(
                "The database does not answer: its disk is full.", remedy="Free some space; it then starts by itself."
            )
        if isinstance(error, PoolTimeout | TooManyRequests) and not self.breaker.is_open:
            return DatabaseUnavailable("The database is busy: all connections are in use.", remedy="Try again soon.")
        if isinstance(error, psycopg.errors.QueryCanceled | TooSlow) and not self.breaker.is_open:
            return DatabaseUnavailable("The database takes longer than a request may.", remedy="Try again soon.")
        return DatabaseUnavailable(remedy="Try again in a few seconds.")

    async def _replace_connections(self) -> None:
        """After a restart of the database all connections are dead: requests must not find that out one by one."""
        await self.pool.drain()

    async def _configure(self, con: TimedConnection) -> None:
        con.breaker = self.breaker

    async def _check(self, con: TimedConnection) -> None:
        """Whether a connection still works is checked only for a while after one did not: asking costs a round trip."""
        if time.monotonic() < self._checked_until:
            await AsyncConnectionPool.check_connection(con)

    async def scope(self, principal: Principal) -> Scope:
        """Whose customers this request reads: those of the user's scope, or of one owner (`Principal.owner`).

        Customers without an owner are in a manager's reach only by `owner`: they are in no figure of the team.
        """
        if principal.scope == "all" and principal.owner is None:
            return Scope.everyone()
        key = (principal.user_id, principal.owner)
        known = self._scopes.get(key)
        if known and known[0] > time.monotonic():
            return known[1]
        async with self.transaction(principal.user_id) as con:
            rows = await SQL.rows(con, _SCOPE_QUERIES.get(principal.owner, "web.owned_by"), owner=principal.owner)
        scope = Scope.only(row["customer_id"] for row in rows)
        if len(self._scopes) >= SCOPES_KEPT:
            self._scopes.clear()
        self._scopes[key] = (time.monotonic() + SCOPE_SECONDS, scope)
        return scope

    async def reach(self, principal: Principal, customer_id: str) -> Principal:
        """The principal as whom one customer is read: a manager also reads customers without an owner."""
        if principal.scope != "team" or not principal.may("customers.assign"):
            return principal
        owned = (await self.scope(principal)).customers or ()
        place = bisect.bisect_left(owned, customer_id)
        return principal if owned[place : place + 1] == (customer_id,) else replace(principal, owner="unassigned")

    def forget_scopes(self) -> None:
        """After customers changed hands: read anew who sees whom."""
        self._scopes.clear()

    async def ask(self, principal: Principal, question: Callable[..., T], *args: object, **kwargs: object) -> T:
        """Ask the published snapshot, in a thread: `question(con, *args, **kwargs)` sees the principal's customers only."""
        snapshot, scope = self.snapshot(), await self.scope(principal)
        try:
            with span("snapshot"):
                return await _interruptible(snapshot, scope, lambda con: question(con, *args, **kwargs))
        except duckdb.OutOfMemoryException:
            raise DatabaseUnavailable(
                "This question needs more memory than there is now.", remedy="Try again soon."
            ) from None

    def snapshot(self) -> ScopedSnapshot:
        """The published snapshot. Raises NotReady when nothing is published, or it cannot be opened."""
        if self._snapshot is None:
            raise self._why_closed or NothingPublished(
                remedy="Load a file, then refresh: the Import page, or foresell refresh.",
            )
        return self._snapshot

    async def ranks(self, principal: Principal, which: Filter, sort: str) -> Ranks:
        """The ranks of the matching customers, in list order."""
        snapshot, scope = self.snapshot(), await self.scope(principal)
        with span("snapshot"):
            return await anyio.to_thread.run_sync(snapshot.ranks, scope, which, sort)

    async def model(self, task: str) -> dict[str, Any]:
        """The model that answers a task in the published run, with its metrics. Raises ModelUnavailable.

        Columns: model_id, kind, trained_at, rows, level, sentence, metrics by name, deciles (observed rate by decile).
        """
        key = (self.snapshot().run_id, task)
        if key not in self._models:
            async with self.transaction(None) as con:
                row = await SQL.row(con, "web.model", run_id=key[0], task=task)
            if row is None or row["model_id"] is None or not row["metrics"]:
                raise ModelUnavailable(remedy=row["sentence"] if row else "Predict: foresell refresh")
            row["deciles"] = {int(decile): share for decile, share in (row["deciles"] or {}).items()}
            self._models = {key: row} | {k: v for k, v in self._models.items() if k[0] == key[0]}
        return self._models[key]

    def published_on(self) -> date:
        """The day the published run was published."""
        self.snapshot()
        assert self.run is not None
        day: date = self.run["published_at"].date()
        return day

    def meta(self) -> dict[str, Any]:
        """The origin of every answer: run_id, as_of, currency."""
        snapshot = self.snapshot()
        return {"run_id": snapshot.run_id, "as_of": snapshot.as_of, "currency": self.currency}

    @property
    def currency_of_orders(self) -> str | None:
        """The currency that the orders of the published run state."""
        return self._snapshot.currency if self._snapshot else None

    @property
    def currency(self) -> str | None:
        """The currency of all amounts: the orders' own or, where they do not say it, the company's."""
        return self.currency_of_orders or self._company_currency

    async def look_for_run(self) -> None:
        """Open the snapshot of the published run if it changed, and read the company's currency and fiscal year."""
        async with self.transaction(None) as con:
            run = await (await con.execute(_PUBLISHED)).fetchone()
        assert run is not None
        self._company_currency = run.pop("currency")
        self.fiscal_year_start = run.pop("fiscal_year_start")
        if run["run_id"] is None:
            self._close_run()
            return
        if run == self.run:
            return
        try:
            snapshot = await anyio.to_thread.run_sync(self._open_reader, run)
        except ForesellError as error:
            self._why_closed = error
            if self._snapshot is None:
                self.run = run
            raise
        old, self._snapshot, self.run = self._snapshot, snapshot, run
        if old:
            _close_later(old)
        log.info("run opened", action="open", run_id=run["run_id"])

    def _close_run(self) -> None:
        """Nothing is published, or nothing any more: all data was removed."""
        old, self._snapshot, self.run, self._why_closed = self._snapshot, None, None, None
        if old:
            _close_later(old)

    def _open_reader(self, run: dict[str, Any]) -> ScopedSnapshot:
        file = self.settings.snapshots / str(run["snapshot_file"])
        return ScopedSnapshot(file, run["run_id"], memory_gib=self.settings.memory_gib, threads=self.settings.threads)

    async def _watch(self) -> None:
        trouble = ""
        while True:
            await asyncio.sleep(PUBLICATION_SECONDS)
            try:
                await self.look_for_run()
                trouble = ""
            except ForesellError as error:
                if error.message != trouble:
                    log.warning(error.message, action="open")
                trouble = error.message


async def _interruptible(
    snapshot: ScopedSnapshot, scope: Scope, question: Callable[[duckdb.DuckDBPyConnection], T]
) -> T:
    """Run a query in a thread; it is interrupted when the request is cancelled."""
    lock = threading.Lock()
    under_way: duckdb.DuckDBPyConnection | None = None

    def run_query() -> T:
        nonlocal under_way
        with snapshot.open(scope) as con:
            with lock:
                under_way = con
            try:
                return question(con)
            finally:
                with lock:
                    under_way = None

    try:
        return await anyio.to_thread.run_sync(run_query, abandon_on_cancel=True)
    except asyncio.CancelledError:
        with lock:
            if under_way:
                under_way.interrupt()
        raise


def _close_later(snapshot: ScopedSnapshot) -> None:
    """Close a snapshot in a minute, when running requests are done, or later while it is still held."""

    def close() -> None:
        if snapshot.is_held:
            _close_later(snapshot)
        else:
            snapshot.close()

    asyncio.get_running_loop().call_later(RETIRE_SECONDS, close)
