"""Fetches pages politely: where robots.txt allows it, slowly, by a name with a contact, and never after a refusal.

No sign-in, no other name, no way around a refusal, and nothing between us and the host. Time is passed in, so that tests run on a
clock of their own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol, Self
from urllib.parse import urljoin, urlsplit

import httpx2
from protego import Protego
from selectolax.lexbor import LexborHTMLParser

import foresell
from foresell.enrichment.address_guard import AddressGuard, AddressRefused
from foresell.enrichment.challenge import find_refusal

#: Seconds between two calls to a host; more where its robots.txt asks for it.
PAUSE_SECONDS = 5.0
#: A host that asks for longer pauses than this is left alone.
LONGEST_PAUSE_SECONDS = 300.0
MOST_BYTES = 2 << 20
MOST_PAGES = 20
ROBOTS_BYTES = 500 << 10  # RFC 9309, 2.5: at least so much is read
ROBOTS_HOURS = 24
MOST_REDIRECTS = 3
#: How long a host is left alone after its first, second and every later refusal.
COOL_DOWN_DAYS = (1, 7, 30)
TIMEOUT_SECONDS = 15.0
#: By what name robots.txt may speak of us.
PRODUCT = "Foresell"

Status = Literal[
    "fetched", "unchanged", "disallowed", "not html", "too large", "redirected", "missing", "failed", "refused", "closed",
    "not allowed",
]  # fmt: skip
RobotsStatus = Literal["rules", "none", "refused"]


class Clock(Protocol):
    """Time, and waiting for it."""

    def now(self) -> datetime:
        """The time in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(slots=True)
class HostState:
    """What is known of a host. next_at: no call before; closed_until: none at all before; stops: how often it refused."""

    host: str
    contact: str
    stops: int = 0
    closed_until: datetime | None = None
    next_at: datetime | None = None
    robots: str | None = None
    robots_status: RobotsStatus | None = None
    robots_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownPage:
    """What identifies the version of a page that was read last."""

    etag: str | None = None
    last_modified: str | None = None


class HostStore(Protocol):
    """Keeps what is known of hosts. `save` is called before each call, so that no other process makes one as well."""

    def find_host(self, host: str) -> HostState | None:
        """A host that may be read; None where no one allowed it."""
        ...

    def save(self, state: HostState) -> None:
        """Keep what is known of a host."""
        ...

    def open_task(self, state: HostState, url: str, reason: str) -> None:
        """Ask a person to look at a host that refused."""
        ...

    def find_page(self, url: str) -> KnownPage | None:
        """The version of a page that was read last."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """The outcome of a page. tree: where it was fetched."""

    url: str
    status: Status
    reason: str = ""
    tree: LexborHTMLParser | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool


@dataclass
class PoliteFetcher:
    """Fetches pages of hosts that a person allowed, one call at a time. `calls` counts those that were made."""

    store: HostStore
    guard: AddressGuard = field(default_factory=AddressGuard)
    clock: Clock = field(default_factory=SystemClock)
    timeout: float = TIMEOUT_SECONDS
    calls: int = 0

    def __post_init__(self) -> None:
        self._http = httpx2.Client(timeout=self.timeout, follow_redirects=False, trust_env=False)
        self._parsed: dict[str, tuple[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def fetch(self, url: str) -> Fetched:
        """A page, if it may be fetched. Waits for its turn. A refusal closes the host and asks a person to look at it."""
        for _ in range(MOST_REDIRECTS + 1):
            result = self._fetch_once(url)
            if result.status != "redirected" or not result.reason.startswith("to "):
                return result
            url = result.reason.removeprefix("to ")
        return Fetched(url, "redirected", "too often")

    def _fetch_once(self, url: str) -> Fetched:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.username or parts.password or not parts.hostname:
            return Fetched(url, "not allowed", "not a plain web address")
        state = self.store.find_host(_host_of(url))
        if state is None:
            return Fetched(url, "not allowed", "no one allowed this host")
        if state.closed_until is not None and state.closed_until > self.clock.now():
            return Fetched(url, "closed", f"until {state.closed_until:%Y-%m-%d}")
        refusal = self._learn_robots(state, url)
        if refusal is not None:
            return refusal
        if not self.may_fetch(state, url):
            return Fetched(url, "disallowed", "robots.txt")
        known = self.store.find_page(url)
        headers = {}
        if known and known.etag:
            headers["If-None-Match"] = known.etag
        if known and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        try:
            answer = self._call(state, url, headers, MOST_BYTES)
        except (httpx2.HTTPError, AddressRefused) as error:
            return Fetched(url, "failed", type(error).__name__)
        return self._judge(state, url, answer)

    def may_fetch(self, state: HostState, url: str) -> bool:
        """Whether the rules of the host allow this page (RFC 9309)."""
        if state.robots_status == "none":
            return True
        return state.robots_status == "rules" and bool(self._parse_robots(state).can_fetch(url, PRODUCT))

    def pause(self, state: HostState) -> float:
        """Seconds between two calls to this host."""
        if state.robots_status != "rules":
            return PAUSE_SECONDS
        return max(PAUSE_SECONDS, self._parse_robots(state).crawl_delay(PRODUCT) or 0.0)

    def _judge(self, state: HostState, url: str, answer: _Answer) -> Fetched:
        """What an answer means, and what follows from it."""
        is_html = answer.headers.get("content-type", "").partition(";")[0].strip().lower() in (
            "text/html",
            "application/xhtml+xml",
        )
        tree = LexborHTMLParser(answer.body.decode("utf-8", "replace")) if is_html and answer.body else None
        reason = find_refusal(answer.status, answer.headers, tree)
        if reason is not None:
            return self._stop(state, url, reason)
        if answer.status == 304:
            return Fetched(url, "unchanged")
        if answer.status in (301, 302, 303, 307, 308):
            target = urljoin(url, answer.headers.get("location", ""))
            is_same = _host_of(target) == _host_of(url) and target != url
            return Fetched(url, "redirected", f"to {target}" if is_same else "another host")
        if answer.status in (404, 410):
            return Fetched(url, "missing", f"answered {answer.status}")
        if answer.status != 200:
            return Fetched(url, "failed", f"answered {answer.status}")
        if tree is None:
            return Fetched(url, "not html")
        if not answer.is_whole:
            return Fetched(url, "too large", f"more than {MOST_BYTES >> 20} MiB")
        return Fetched(url, "fetched", "", tree, answer.headers.get("etag"), answer.headers.get("last-modified"))

    def _stop(self, state: HostState, url: str, reason: str) -> Fetched:
        """Close the host for a while, the longer the more often it refused, and ask a person to look at it."""
        days = COOL_DOWN_DAYS[min(state.stops, len(COOL_DOWN_DAYS) - 1)]
        state.stops += 1
        state.closed_until = self.clock.now() + timedelta(days=days)
        self.store.save(state)
        self.store.open_task(state, url, reason)
        return Fetched(url, "refused", reason)

    def _learn_robots(self, state: HostState, url: str) -> Fetched | None:
        """Read robots.txt where it was not in the last day. Without an answer nothing is fetched; 404 and 410 allow everything."""
        now = self.clock.now()
        if state.robots_at is None or now - state.robots_at >= timedelta(hours=ROBOTS_HOURS):
            address = urljoin(url, "/robots.txt")
            state.robots, state.robots_status = None, "refused"
            for _ in range(MOST_REDIRECTS + 1):
                try:
                    answer = self._call(state, address, {}, ROBOTS_BYTES)
                except (httpx2.HTTPError, AddressRefused):
                    break
                target = urljoin(address, answer.headers.get("location", ""))
                if answer.status in (301, 302, 303, 307, 308) and _host_of(target) == _host_of(url):
                    address = target
                    continue
                if answer.status in (200, 206):
                    state.robots, state.robots_status = answer.body.decode("utf-8-sig", "replace"), "rules"
                elif answer.status in (404, 410):
                    state.robots_status = "none"
                break
            state.robots_at = self.clock.now()
            state.next_at = max(state.next_at or now, state.robots_at + timedelta(seconds=self.pause(state)))
            self.store.save(state)
        if state.robots_status == "refused":
            return Fetched(url, "disallowed", "robots.txt could not be read")
        if self.pause(state) > LONGEST_PAUSE_SECONDS:
            return Fetched(url, "disallowed", "robots.txt asks for longer pauses than we wait")
        return None

    def _parse_robots(self, state: HostState) -> Any:
        text = state.robots or ""
        known = self._parsed.get(state.host)
        if known is None or known[0] != text:
            known = (text, Protego.parse(text.replace("\r\n", "\n").replace("\r", "\n")))
            self._parsed[state.host] = known
        return known[1]

    def _call(self, state: HostState, url: str, headers: Mapping[str, str], most: int) -> _Answer:
        """One GET in its turn, to the address that was checked; at most `most` bytes of the body."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        address = self.guard.choose(host, parts.port or (443 if parts.scheme == "https" else 80))
        self._await_turn(state)
        self.calls += 1
        shown = f"[{address}]" if ":" in address else address
        port = f":{parts.port}" if parts.port else ""
        target = f"{parts.scheme}://{shown}{port}{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        named = {
            "Host": f"{host}{port}", "User-Agent": f"{PRODUCT}/{foresell.__version__} (+{state.contact})",
            "Accept": "text/html", "Accept-Encoding": "gzip", **headers,
        }  # fmt: skip
        deadline = time.monotonic() + 2 * self.timeout
        body, is_whole = bytearray(), True
        with self._http.stream("GET", target, headers=named, extensions={"sni_hostname": host}) as response:
            for part in response.iter_bytes(65_536):
                body += part
                if len(body) > most or time.monotonic() > deadline:
                    is_whole = False
                    break
            return _Answer(response.status_code, response.headers, bytes(body[:most]), is_whole)

    def _await_turn(self, state: HostState) -> None:
        """Wait until the host may be called, and say when it may be called next before it is."""
        now = self.clock.now()
        if state.next_at is not None and state.next_at > now:
            self.clock.sleep((state.next_at - now).total_seconds())
            now = self.clock.now()
        state.next_at = max(now, state.next_at or now) + timedelta(seconds=self.pause(state))
        self.store.save(state)


def _host_of(url: str) -> str:
    """Host and port, as a host is allowed."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return ""
