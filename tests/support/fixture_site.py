"""Web sites on this machine, one server for many host names, that note when each page was asked for, on a clock of the test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, Self

from foresell.enrichment.address_guard import AddressGuard
from foresell.enrichment.fetcher import HostState, KnownPage

#: Status, body and headers.
Reply = tuple[int, bytes, Mapping[str, str]]


class SimulatedClock:
    """Time that passes only while someone waits."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Hit:
    """One call that arrived."""

    host: str
    path: str
    at: datetime
    headers: Mapping[str, str]


@dataclass
class KeptHosts:
    """Keeps what is known of hosts in memory, as copies: what was not saved is lost."""

    hosts: dict[str, HostState] = field(default_factory=dict)
    pages: dict[str, KnownPage] = field(default_factory=dict)
    tasks: list[tuple[str, str, str]] = field(default_factory=list)

    def find_host(self, host: str) -> HostState | None:
        found = self.hosts.get(host)
        return replace(found) if found else None

    def save(self, state: HostState) -> None:
        self.hosts[state.host] = replace(state)

    def open_task(self, state: HostState, url: str, reason: str) -> None:
        self.tasks.append((state.host, url, reason))

    def find_page(self, url: str) -> KnownPage | None:
        return self.pages.get(url)


class FixtureSite:
    """A server for `answer(host, path)` that keeps a journal. As a context manager it serves until the end."""

    def __init__(self, answer: Callable[[str, str], Reply], clock: SimulatedClock) -> None:
        self.answer, self.clock = answer, clock
        self.hits: list[Hit] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = 65_536

            def do_GET(self) -> None:
                host = self.headers["Host"].partition(":")[0]
                site.hits.append(Hit(host, self.path, site.clock.now(), dict(self.headers)))
                status, body, headers = site.answer(host, self.path)
                self.send_response(status)
                for name, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def allow(self, store: KeptHosts, host: str) -> None:
        name = f"{host}:{self.port}"
        store.hosts[name] = HostState(name, "https://shop.example/contact")

    def pages_of(self, host: str) -> list[Hit]:
        return [hit for hit in self.hits if hit.host == host and hit.path != "/robots.txt"]


def local_guard() -> AddressGuard:
    """Every name is this machine, which the guard of the product refuses."""
    return AddressGuard(lambda host, port: ["127.0.0.1"], lambda address: address == ip_address("127.0.0.1"))
