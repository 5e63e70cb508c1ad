"""Notices changes in watched folders at once; a look now and then finds what no notice came for, such as on a network drive."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import psycopg
from watchfiles import awatch

from foresell.database import Database
from foresell.errors import ForesellError
from foresell.logs import logger
from foresell.store import sources

#: How often is looked which folders are to be watched.
LIST_SECONDS = 5.0
#: How long changes are collected before the source is woken.
COLLECT_MILLISECONDS = 100

log = logger("worker")


class FolderWatch:
    """Watches the folders of connected sources, and wakes a source when something in its folder changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Watch until cancelled; folders that are connected or removed meanwhile are followed."""
        watched: dict[str, int] = {}
        stop, watching = asyncio.Event(), None
        try:
            while True:
                found = watched
                with suppress(ForesellError, psycopg.Error):
                    found = await asyncio.to_thread(sources.list_folders, self._database)
                present = {path: connection for path, connection in found.items() if Path(path).is_dir()}
                if present != watched or (watching and watching.done()):
                    stop.set()
                    if watching:
                        await asyncio.wait({watching})
                    watched, stop = present, asyncio.Event()
                    watching = asyncio.create_task(self._watch(watched, stop)) if watched else None
                await asyncio.sleep(LIST_SECONDS)
        finally:
            stop.set()
            if watching:
                watching.cancel()

    async def _watch(self, folders: dict[str, int], stop: asyncio.Event) -> None:
        with suppress(OSError, RuntimeError):  # a folder that is gone; the next look finds out
            async for changes in awatch(
                *folders, stop_event=stop, step=COLLECT_MILLISECONDS, debounce=COLLECT_MILLISECONDS * 2, recursive=False
            ):
                for connection in {
                    folders[str(Path(path).parent)] for _, path in changes if str(Path(path).parent) in folders
                }:
                    try:
                        await asyncio.to_thread(sources.wake, self._database, connection)
                    except (ForesellError, psycopg.Error) as error:
                        log.warning("source not woken", action="wake", kind=type(error).__name__)
