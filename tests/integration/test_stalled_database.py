"""A database that stalls, or answers too slowly: requests are refused soon and by the true cause, health says so, and all is well
again by itself."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import httpx2
import psutil
import pytest
from psycopg_pool.base import AttemptWithBackoff

from foresell.api.http.app_state import POOL_SIZE, AppState
from foresell.api.http.breaker import BUDGET, TimeBudget
from foresell.database import Database
from foresell.errors import DatabaseUnavailable, DiskTrouble
from foresell.settings import Settings
from foresell.store import embedded
from tests.support.served import Served, running, staff_and_customers


@contextmanager
def suspended(settings: Settings) -> Iterator[None]:
    """All processes of the server are stopped; they go on when the block ends."""
    server = psutil.Process(embedded.process_id(settings.home))
    processes = [server, *server.children(recursive=True)]
    for each in processes:
        os.kill(each.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            os.kill(each.pid, signal.SIGCONT)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_stalled_database_is_not_waited_for(settings: Settings, database: Database) -> None:
    users, customers = staff_and_customers(database)
    with running(settings) as url:
        served = Served(settings, database, url, users, customers)
        clients = [served.client("admin") for _ in range(12)]
        client = served.client(None)

        def ask(each: httpx2.Client) -> tuple[int, str, float]:
            started = time.monotonic()
            if each is clients[0]:
                got = each.patch("/api/me", json={"name": "Admin"})
            else:
                got = each.get("/api/audit/verify" if each is clients[1] else "/api/me")
            return got.status_code, got.json().get("detail", ""), time.monotonic() - started

        assert {ask(each)[0] for each in clients[1:]} == {200}
        assert client.get("/api/health/ready").json() == {"status": "ready"}
        assert client.get("/api/health").json()["database"] is True
        with suspended(settings), ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(ask, clients))
            assert {(status, why) for status, why, _ in answers} == {(503, "The database does not answer.")}
            assert max(seconds for *_, seconds in answers) < 10, "far less than the 30 seconds a request may take"
            assert client.get("/api/health").json()["database"] is False
            assert client.get("/api/health/ready").status_code == 503
            assert client.get("/api/health/live").json() == {"status": "alive"}
        wait_until(lambda: client.get("/api/health/ready").status_code == 200)
        wait_until(lambda: ask(clients[1])[0] == 200)
        for each in served.clients:
            each.close()


@pytest.fixture
def web(settings: Settings, database: Database) -> AppState:
    return AppState(settings)


def run(web: AppState, act: Callable[[], Any]) -> Any:
    async def within() -> Any:
        await web.open()
        try:
            return await act()
        finally:
            await web.close()

    return asyncio.run(within())


def test_a_request_waits_for_the_database_within_its_budget_only(web: AppState) -> None:
    async def ask() -> None:
        BUDGET.set(TimeBudget(0.2))
        with pytest.raises(DatabaseUnavailable, match="takes longer than a request may"):
            await web.rows(None, "select pg_sleep(600)", {})
        BUDGET.set(None)
        still_runs = "select from pg_stat_activity where query ~ 'pg_sleep.600' and pid <> pg_backend_pid()"
        async with asyncio.timeout(60):
            while await web.rows(None, still_runs, {}):
                await asyncio.sleep(0.02)

    run(web, ask)


def test_a_full_pool_and_a_full_disk_are_named(web: AppState, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        web.pool.timeout = 0.2
        async with AsyncExitStack() as taken:
            for _ in range(POOL_SIZE):
                await taken.enter_async_context(web.transaction(None))
            with pytest.raises(DatabaseUnavailable, match="all connections are in use"):
                await web.rows(None, "select 1", {})
        with pytest.raises(DiskTrouble, match="disk is full; nothing was saved"):
            async with web.transaction(None) as con:
                await con.execute("do $$ begin raise disk_full; end $$")
        monkeypatch.setattr("foresell.database.WAL_FILE_BYTES", 1 << 60)
        embedded.stop(web.settings.home)
        with pytest.raises(DatabaseUnavailable, match="its disk is full"):
            await web.rows(None, "select 1", {})

    run(web, ask)


def test_a_restarted_database_has_no_dead_connections(web: AppState, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL restarts when one of its processes is killed. The pool would wait after each dead connection that it finds."""
    monkeypatch.setattr(AttemptWithBackoff, "INITIAL_DELAY", 600.0)

    async def ask() -> list[dict[str, Any]]:
        async with AsyncExitStack() as taken:
            connections = [await taken.enter_async_context(web.transaction(None)) for _ in range(POOL_SIZE)]
        os.kill(connections[0].info.backend_pid, signal.SIGKILL)
        async with asyncio.timeout(60):
            with pytest.raises(DatabaseUnavailable):
                while True:
                    await web.rows(None, "select 1", {})
            while not web.breaker.is_open:
                await asyncio.sleep(0.001)
            while web.breaker.is_open:
                await asyncio.sleep(0.001)
        return [await web.rows(None, "select 1 as n", {}) for _ in range(POOL_SIZE)]

    assert run(web, ask) == [[{"n": 1}]] * POOL_SIZE
