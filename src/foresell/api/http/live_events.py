"""Events of other processes: one LISTEN connection per process, which wakes open streams."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psycopg

from foresell.api.http.app_state import AppState
from foresell.errors import ForesellError
from foresell.logs import logger

CHANNEL = "foresell"
RECONNECT_SECONDS = 1.0

log = logger("api")


class LiveEvents:
    """One per process. Without the database it keeps reconnecting; open streams wait longer."""

    def __init__(self, web: AppState) -> None:
        self.web = web
        self.stopping = False
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start to listen."""
        self._loop = asyncio.get_running_loop()
        self._listener = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Stop, in an orderly way."""
        self.stop()
        if self._listener:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener

    def stop(self) -> None:
        """End all streams; may be called from a signal handler."""
        self.stopping = True
        if self._loop:
            self._loop.call_soon_threadsafe(self._wake)

    def news(self) -> asyncio.Event:
        """Set at the next news. Take it before reading what there is, so that nothing falls in between."""
        return self._news

    def _wake(self) -> None:
        old, self._news = self._news, asyncio.Event()
        old.set()

    async def _listen(self) -> None:
        while True:
            try:
                conninfo = self.web.database.conninfo("web")
                async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as con:
                    await con.execute(f"listen {CHANNEL}")
                    await self._hear("run_published")
                    await self._hear("customers_assigned")
                    async for notice in con.notifies():
                        await self._hear(notice.payload)
            except psycopg.Error as error:
                log.warning("not listening", action="listen", kind=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _hear(self, kind: str) -> None:
        if kind == "customers_assigned":
            self.web.forget_scopes()
        if kind == "run_published":
            with suppress(ForesellError):
                await self.web.look_for_run()
        self._wake()
