"""R7: a database that becomes slow, then stalls, then answers again, seen through a proxy between it and `foresell up`."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx2
from benchmarks.faults import serve_shop
from psycopg.conninfo import conninfo_to_dict

from foresell.database import embedded_conninfo
from foresell.store import embedded
from tests.drills.drill import Options, Outcome, least, most
from tests.drills.shop import PLANTS, UNLIMITED, Clients, Shop, administrator_token, create_shop, percentile

#: Added to each direction, so that a query takes 0.1 s longer.
DELAY_SECONDS = 0.05
#: A failure that took longer than this was waited for.
AT_ONCE_SECONDS = 0.25


@dataclass
class Proxy:
    """Passes PostgreSQL's protocol on between two Unix sockets, each piece `delay` seconds late, or not at all while stalled."""

    server: Path
    folder: Path
    delay: float = 0.0
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def stall(self, stalled: bool) -> None:
        """Hold everything back, or let it go."""
        self._loop.call_soon_threadsafe(self._flows.clear if stalled else self._flows.set)

    def run(self) -> None:
        """Serve until the process ends."""
        self._flows.set()
        self._loop.run_until_complete(asyncio.start_unix_server(self._connect, self.folder / ".s.PGSQL.5432"))
        self._loop.run_forever()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there = await asyncio.open_unix_connection(self.server)
            await asyncio.gather(
                self._pass_on(reader, there[1]), self._pass_on(there[0], writer), return_exceptions=True
            )

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65_536):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self._flows.wait()
                writer.write(piece)
                await writer.drain()
        finally:
            writer.close()


@contextmanager
def serving_through_proxy(shop: Shop, plant: str | None = None) -> Iterator[Proxy]:
    """Run `foresell up` with a proxy between it and the database."""
    embedded.ensure_running(shop.settings.home)
    known = conninfo_to_dict(embedded_conninfo(shop.settings.home, "postgres"))
    with tempfile.TemporaryDirectory(prefix="foresell-proxy-") as name:
        proxy = Proxy(Path(str(known["host"])) / ".s.PGSQL.5432", Path(name))
        threading.Thread(target=proxy.run, daemon=True).start()
        place = f"{known['user']}:{quote(str(known['password']))}@/{known['dbname']}?{urlencode({'host': name})}"
        planted = {"PYTHONPATH": str(PLANTS), "FORESELL_PLANT": plant} if plant else {}
        with serve_shop(shop, {**UNLIMITED, **planted, "DATABASE_URL": f"postgresql://{place}"}):
            yield proxy


@contextmanager
def asking(shop: Shop) -> Iterator[tuple[Clients, Clients, Clients]]:
    """Clients that read, one that writes, and one that asks after the health."""
    headers = {"authorization": f"Bearer {administrator_token(shop.settings.home, shop.users[0])}"}
    call = {"customer_id": shop.customers[0], "outcome": "reached", "note": "drill"}
    with Clients() as reads, Clients() as writes, Clients() as health:
        for path in (
            "/api/me",
            "/api/customers?limit=20",
            "/api/calls/today",
            f"/api/customers/{shop.customers[1]}",
        ):
            reads.start(shop, lambda client, path=path: client.get(path, headers=headers), 0.05)  # type: ignore[misc]
        writes.start(shop, lambda client: client.post("/api/calls", json=call, headers=headers), 0.05)
        health.start(shop, lambda client: client.get("/api/health"), 0.02)
        yield reads, writes, health


def stall(options: Options) -> Outcome:
    """R7."""
    with create_shop() as shop:
        with serving_through_proxy(shop) as proxy, asking(shop) as (reads, writes, health):
            phases = go_through_phases(proxy, health, options.size(10, 3), options.size(30, 4))
        closed = min((at for at, _, status in reads.answers if at > phases["resumed"] and status == 200), default=0.0)
        begins, resumed = phases["stalled"], phases["resumed"]
        waited = [each for each in reads.between(begins - 3, resumed) if each[2] != 200 and each[1] > AT_ONCE_SECONDS]
        p99 = {
            name: 1000 * percentile([seconds for _, seconds, _ in health.between(start, end)], 0.99)
            for name, start, end in (("before", phases["started"], phases["slow"]), ("stalled", begins, resumed))
        }
        with serving_through_proxy(shop, "no breaker") as proxy, asking(shop) as (planted, _, _):
            time.sleep(2)
            proxy.stall(True)
            time.sleep(options.size(10, 5))
            proxy.stall(False)
            time.sleep(2)
    slow = (phases["slow"], begins)
    figures = [
        most("longest read with a database 0.1 s slower", longest(reads, *slow), 3.0, "s"),
        most("longest write with a database 0.1 s slower", longest(writes, *slow), 3.0, "s"),
        most("longest read during the stall", longest(reads, begins - 3, resumed), 3.0, "s"),
        most("longest write during the stall", longest(writes, begins - 3, resumed), 3.0, "s"),
        most("reads a client waited for in vain, before it was refused at once", len(waited) / 4, 5),
        most("answers other than 200, 201 and 503", count_odd(reads, writes), 0),
        most("health says so after", phases["noticed"] - begins, 3.0, "s"),
        most("p99 of health in the stall, relative to before", p99["stalled"] / p99["before"], 2.0, "x"),
        most("from the end of the stall to the first answered read", closed - resumed if closed else 99, 5.0, "s"),
    ]
    notes = [
        f"{len(reads.answers) + len(writes.answers)} requests; a stall of {resumed - begins:.0f} s;"
        f" p99 of health {p99['before']:.0f} ms before and {p99['stalled']:.0f} ms in the stall."
    ]
    return Outcome(figures, [least("longest read without breaker and budget", longest(planted), 3.0, "s")], notes)


def go_through_phases(proxy: Proxy, health: Clients, seconds: float, stalled_seconds: float) -> dict[str, float]:
    """As always, then slow, then stalled, then as always. Returns when each began, and when health noticed the stall."""
    phases = {"started": time.monotonic()}
    time.sleep(seconds)
    phases["slow"], proxy.delay = time.monotonic(), DELAY_SECONDS
    time.sleep(2 * seconds)
    proxy.delay = 0.0
    phases["stalled"] = time.monotonic()
    proxy.stall(True)
    url = health.url
    while httpx2.get(f"{url}/api/health", timeout=60).json()["database"] and time.monotonic() < phases["stalled"] + 20:
        time.sleep(0.02)
    phases["noticed"] = time.monotonic()
    time.sleep(max(0.0, phases["stalled"] + stalled_seconds - time.monotonic()))
    phases["resumed"] = time.monotonic()
    proxy.stall(False)
    time.sleep(max(seconds, 6))
    return phases


def longest(clients: Clients, start: float = 0.0, end: float = float("inf")) -> float:
    """The seconds of the longest request that was sent between two moments."""
    return max((seconds for _, seconds, _ in clients.between(start, end)), default=0.0)


def count_odd(*several: Clients) -> int:
    """How many answers were neither a success nor an honest refusal."""
    return sum(status not in (200, 201, 503) for clients in several for *_, status in clients.answers)
