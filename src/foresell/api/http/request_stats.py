"""Statistics of every request: a log line, counters for /metrics and /api/status, and a span. Never its values."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foresell.api.http import metrics_file
from foresell.api.http.tracing import request_span
from foresell.logs import logger

#: Upper ends of the classes times are counted in, in seconds.
CLASSES = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30,
)  # fmt: skip
#: The route of what is no operation of ours.
ELSEWHERE = "other"
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

metrics_file.install()
SECONDS = Histogram(
    "foresell_http_request_seconds", "Time to the last byte; of a stream, to the first.", ["method", "route"],
    buckets=CLASSES,
)  # fmt: skip
REQUESTS = Counter("foresell_http_requests", "Requests answered.", ["method", "route", "status"])
UNDER_WAY = Gauge("foresell_http_requests_under_way", "Requests being answered.", multiprocess_mode="livesum")

#: Refusals that an operator hears of without asking: a right that is missing, a wrong host, a limit.
REFUSALS = (403, 421, 429)

log = logger("access")


@dataclass
class RequestStats:
    """Statistics of one operation since the start: requests, server failures, and requests by duration class."""

    requests: int = 0
    failed: int = 0
    classes: dict[float, int] = field(default_factory=dict)

    @property
    def availability(self) -> float | None:
        """The share of requests that did not fail on the server; None when there were none."""
        return 1 - self.failed / self.requests if self.requests else None

    def quantile_ms(self, share: float) -> float | None:
        """The time within which this share was answered, read off between the ends of a class; None without requests."""
        total = max(self.classes.values(), default=0)
        if not total:
            return None
        low, before = 0.0, 0
        for high, up_to in sorted(self.classes.items()):
            if up_to >= share * total:
                if high == float("inf"):
                    return low * 1000
                within = (share * total - before) / (up_to - before) if up_to > before else 1.0
                return (low + (high - low) * within) * 1000
            low, before = high, up_to
        return low * 1000


class Observe:
    """ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, and see what comes of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        method = scope["method"] if scope["method"] in METHODS else ELSEWHERE
        # The server decides by its own scope whether an answer has a body: what is changed further in is a copy.
        scope = {**scope}
        seen = _Seen(receive, send)
        UNDER_WAY.inc()
        try:
            with request_span(scope) as span:
                try:
                    await self.app(scope, seen.receive, seen.send)
                finally:
                    span.record_response(_route(scope), seen.outcome(), scope.get("state", {}).get("request_id"))
        finally:
            UNDER_WAY.dec()
            took = (seen.first if seen.streams and seen.first else time.perf_counter()) - started
            _count(scope, method, seen.outcome(), took)
            scope["app"].state.activity.observe(scope)


class _Seen:
    """What the client saw of an answer."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self.status, self.streams, self.complete, self.left = 500, False, False, False
        self.first: float | None = None

    async def receive(self) -> Message:
        message = await self._receive()
        self.left |= message["type"] == "http.disconnect"
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.first = message["status"], time.perf_counter()
            self.streams = any(
                k == b"content-type" and v.startswith(b"text/event-stream") for k, v in message["headers"]
            )
        await self._send(message)
        self.complete |= message["type"] == "http.response.body" and not message.get("more_body")

    def outcome(self) -> int:
        """The status; 500 for an answer that broke off, unless its client left first."""
        return self.status if self.complete or self.left else 500


def _count(scope: Scope, method: str, status: int, took: float) -> None:
    route, state = _route(scope), scope.get("state", {})
    seconds, requests = _counters(method, route, status)
    seconds.observe(took)
    requests.inc()
    principal = state.get("principal")
    (log.warning if status >= 500 or status in REFUSALS else log.info)(
        "request",
        action="request",
        method=method,
        route=route,
        status=status,
        ms=round(took * 1000, 1),
        request_id=state.get("request_id"),
        user_id=principal.user_id if principal else None,
    )


@cache
def _counters(method: str, route: str, status: int) -> tuple[Histogram, Counter]:
    return SECONDS.labels(method, route), REQUESTS.labels(method, route, str(status))


def _route(scope: Scope) -> str:
    """The template of the path, such as /api/customers/{customer_id}; a path itself may say too much."""
    return getattr(scope.get("route"), "path", None) or ELSEWHERE


def registry() -> CollectorRegistry:
    """The metrics registry of this process, or of all processes that share a folder."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared


def read_stats() -> dict[tuple[str, str], RequestStats]:
    """Request statistics by method and route since the processes started."""
    found: dict[tuple[str, str], RequestStats] = {}
    for sample in _samples():
        name, labels, value = sample
        if "route" not in labels:
            continue
        of = found.setdefault((labels["method"], labels["route"]), RequestStats())
        if name == "foresell_http_request_seconds_bucket":
            end = float(labels["le"])
            of.classes[end] = of.classes.get(end, 0) + int(value)
        elif name == "foresell_http_requests_total":
            of.requests += int(value)
            of.failed += int(value) if labels["status"] >= "500" else 0
    return found


def _samples() -> Iterable[tuple[str, dict[str, str], float]]:
    for family in registry().collect():
        if family.name in ("foresell_http_request_seconds", "foresell_http_requests"):
            for sample in family.samples:
                yield sample.name, sample.labels, sample.value
