"""The circuit breaker of the database: while it does not answer, requests are refused at once instead of waiting for it.

A connection of its own asks the database twice a second, and more often while the breaker is open. The breaker opens when that
is not answered in time, and closes with the first answer. Requests that wait for the database when it opens end. A request that
fails makes it ask at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg import waiting
from psycopg.abc import PQGen

from foresell.logs import logger

ASK_SECONDS = 0.5
#: While the breaker is open: a server that restarts refuses connections at once, and each question not asked delays all requests.
ASK_AGAIN_SECONDS = 0.05
#: Without an answer in this time the database counts as stalled: with ASK_SECONDS, no request waits for it for 3 seconds.
STALLED_SECONDS = 1.75
CONNECT_SECONDS = 2

RV = TypeVar("RV")
log = logger("api")


@dataclass
class TimeBudget:
    """How long one request may still wait for the database, in seconds; None: as long as the breaker is closed."""

    left: float | None


#: The budget of the request under way.
BUDGET: ContextVar[TimeBudget | None] = ContextVar("database_time", default=None)


class TooSlow(psycopg.OperationalError):
    """The database was waited for as long as the request may."""


class Breaker:
    """One per process. `limit()` is put around everything that waits for the database.

    `on_restart` is awaited when the connection was lost and there is a new one: others that were open are lost as well.
    """

    def __init__(self, conninfo: str, on_restart: Callable[[], Awaitable[None]]) -> None:
        self.is_open = False
        self._conninfo = conninfo
        self._on_restart = on_restart
        self._con: TimedConnection | None = None
        self._limits: set[asyncio.Timeout] = set()
        self._suspected = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        self._watcher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Ask for the first time, then go on asking."""
        await self._ask()
        self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop asking."""
        for task in (self._watcher, self._asking):
            if task:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        if self._con:
            self._con.pgconn.finish()

    async def answers(self, within: float) -> bool:
        """Whether the database answers, asked now."""
        if not self.is_open:
            await asyncio.wait({self._ask_once()}, timeout=within)
        return not self.is_open and (self._asking is None or self._asking.done())

    def suspect(self) -> None:
        """A request could not reach the database: ask now."""
        self._suspected.set()

    @asynccontextmanager
    async def limit(self) -> AsyncIterator[None]:
        """Wait for the database inside of this. Raises TooSlow when the request has waited for long enough, or it stalls."""
        budget, started = BUDGET.get(), time.monotonic()
        seconds = budget.left if budget else None
        try:
            async with asyncio.timeout(None if seconds is None else max(seconds, 0)) as limit:
                self._limits.add(limit)
                try:
                    yield
                finally:
                    self._limits.discard(limit)
        except TimeoutError:
            raise TooSlow("no answer in time") from None
        finally:
            if budget and budget.left is not None:
                budget.left -= time.monotonic() - started

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_AGAIN_SECONDS if self.is_open else ASK_SECONDS):
                    await self._suspected.wait()
            self._suspected.clear()
            await asyncio.wait({self._ask_once()})

    def _ask_once(self) -> asyncio.Task[None]:
        """The question under way, or a new one."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return self._asking

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(STALLED_SECONDS):
                await self._ask_on_connection()
        except (psycopg.Error, OSError, TimeoutError) as error:
            if not self.is_open:
                log.warning("database away", action="open breaker", kind=type(error).__name__)
            self.is_open = True
            for limit in self._limits:
                if not limit.expired():
                    limit.reschedule(asyncio.get_running_loop().time())
            return
        if self.is_open:
            log.info("database back", action="close breaker")
        self.is_open = False

    async def _ask_on_connection(self) -> None:
        """On the open connection; on a new one where that was lost, which happens to every connection when a server restarts."""
        if self._con and not self._con.closed:
            with suppress(psycopg.OperationalError):
                await self._con.execute("select 1")
                return
        lost = self._con
        self._con = await TimedConnection.connect(self._conninfo, autocommit=True, connect_timeout=CONNECT_SECONDS)
        await self._con.execute("select 1")
        if lost:
            await self._on_restart()


class TimedConnection(psycopg.AsyncConnection[dict[str, Any]]):
    """A connection that is closed when a statement is not waited for any longer: asking a stalled server to cancel would wait
    as well. `breaker` limits how long that is."""

    breaker: Breaker | None = None

    async def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for the server. Raises TooSlow."""
        waiting_for_answer = waiting.wait_async(gen, self.pgconn.socket, interval=interval, timeout=timeout)
        try:
            if self.breaker is None:
                return await waiting_for_answer
            async with self.breaker.limit():
                return await waiting_for_answer
        except (TooSlow, asyncio.CancelledError):
            self.pgconn.finish()
            raise
