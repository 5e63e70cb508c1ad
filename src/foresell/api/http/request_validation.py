"""What every request passes first: an id, limits, a body that is really JSON, and headers that close the browser's doors."""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import traceback
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foresell.api.http.breaker import BUDGET, TimeBudget
from foresell.api.http.error_handlers import problem
from foresell.api.http.rate_limits import Limits, RateLimited, Standing
from foresell.errors import (
    CrossSiteRequest,
    ForesellError,
    MalformedRequest,
    MethodNotAllowed,
    RequestTimedOut,
    TooLarge,
    UnknownHost,
)
from foresell.logs import logger

log = logger("api")

JSON_LIMIT = 1 << 20
DEPTH_LIMIT = 32
URL_LIMIT = 8_192
#: How long an answer may take to begin, from the last piece of the request on.
ANSWER_SECONDS = 30.0
#: How long a request that changes nothing waits for the database in all. One that does may have much to change.
READ_SECONDS = 2.5
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

CONTENT_SECURITY = (
    "default-src 'none'; object-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self';"
    " manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

HEADERS = {
    "content-security-policy": CONTENT_SECURITY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains"

#: Asked by the pages of other sites; a write key says of which.
FROM_OTHER_SITES = ("/api/events/track",)

#: For load balancers and monitoring, which call by names of their own.
ANY_HOST = ("/api/health", "/metrics")


class RequestValidation:
    """ASGI middleware around the whole app. `origins`: other sites whose pages may call it.

    `hosts`: the names by which it is reached. An IP address always reaches it: no foreign page can pose as one.

    `is_credible`: whether an Authorization header may be a user's; who brings none, or one made up, counts by address.

    `only_https`: browsers reach it by https, also where a proxy on this machine passes requests on without saying so.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        is_credible: Callable[[Scope], bool],
        origins: Collection[str] = (),
        hosts: Collection[str] = ("localhost",),
        only_https: bool = False,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self.app = app
        self.limits = limits
        self.is_credible = is_credible
        self.origins = frozenset(origins)
        self.hosts = frozenset(hosts)
        self.only_https = only_https
        self.answer_seconds = answer_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is well-formed, answer the rest here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = secrets.token_hex(8)
        answer = _Answer(scope, send, only_https=self.only_https)
        request = Request(scope, receive)
        BUDGET.set(answer.database_time)
        try:
            refused = await self._answer_in_time(request, receive, answer)
        except RateLimited as error:
            refused = problem(request, error)
        except TimeoutError as error:
            log.error("request took too long", action="request", where=_where(error))
            refused = problem(request, RequestTimedOut(remedy="Ask for less, or try again soon."))
        except Exception as error:
            log.error("request failed", action="request", kind=type(error).__name__, where=_where(error))
            remedy = "Try again; if the error persists, quote the request id."
            refused = problem(request, ForesellError("Internal server error", remedy=remedy))
        if refused and not answer.started:
            await refused(scope, receive, answer.send)

    async def _answer_in_time(self, request: Request, receive: Receive, answer: _Answer) -> Response | None:
        """Let the app answer; or the answer instead. Raises TimeoutError when none begins in time."""
        scope = request.scope
        async with answer.started_within(self.answer_seconds):
            refusal = _refusal(scope, self.origins, self.hosts)
            if refusal is None:
                scope["state"]["rate"] = self._count_anonymous(scope)
                refusal, receive = await _body_refusal(request, receive)
            if refusal is None:
                await self.app(scope, self._extend_while_receiving(receive, answer), answer.send)
                return None
        response = problem(request, refusal)
        if isinstance(refusal, MethodNotAllowed):
            response.headers["allow"] = ", ".join(METHODS)
        return response

    def _count_anonymous(self, scope: Scope) -> Standing | None:
        """Count what comes without a sign-in; who is signed in is counted once that is known. Raises RateLimited."""
        if not scope["path"].startswith(("/api/", "/metrics")):
            return None
        address = address_of(scope)
        if scope["path"].startswith("/api/auth/") and scope["method"] == "POST":
            return self.limits.auth(address)
        has_header = b"authorization" in dict(scope["headers"])
        return None if has_header and self.is_credible(scope) else self.limits.address(address)

    def _extend_while_receiving(self, receive: Receive, answer: _Answer) -> Receive:
        """A request whose pieces keep coming is waited for; one that stalls is not."""

        async def receive_body() -> Message:
            message = await receive()
            answer.wait(self.answer_seconds)
            return message

        return receive_body


class _Answer:
    """An answer under way: it gets our headers, and from its first byte on it has all the time it wants."""

    def __init__(self, scope: Scope, send: Send, *, only_https: bool) -> None:
        self.started = False
        self._is_https = only_https or scope["scheme"] == "https"
        self._patience: asyncio.Timeout | None = None
        self._send = send
        self._scope = scope
        self._is_head = scope["method"] == "HEAD"
        if self._is_head:
            scope["method"] = "GET"
        self.database_time = TimeBudget(READ_SECONDS if scope["method"] == "GET" else None)

    @asynccontextmanager
    async def started_within(self, seconds: float) -> AsyncIterator[None]:
        """Raises TimeoutError when it has not started by then."""
        try:
            async with asyncio.timeout(seconds) as self._patience:
                yield
        finally:
            self._patience = None

    def wait(self, seconds: float | None) -> None:
        """Begin to count anew, unless it has started; None: wait for ever."""
        if self._patience and not self.started and not self._patience.expired():
            self._patience.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)

    async def send(self, message: Message) -> None:
        """Send a part of it; to HEAD the headers only."""
        if message["type"] == "http.response.start":
            self.wait(None)
            self.started = True
            self.database_time.left = None
            self._complete(MutableHeaders(scope=message))
            await self._send(message)
            if self._is_head:
                await self._send({"type": "http.response.body", "body": b""})
        elif not self._is_head:
            await self._send(message)

    def _complete(self, headers: MutableHeaders) -> None:
        ours = {**HEADERS, "x-request-id": self._scope["state"]["request_id"]}
        if self._is_https:
            ours["strict-transport-security"] = TRANSPORT_SECURITY
        if merged_from := self._scope["state"].get("merged_from"):
            ours["x-merged-from"] = merged_from
        rate: Standing | None = self._scope["state"].get("rate")
        if rate:
            ours |= rate.headers()
        there = {name for name, _ in headers.raw}
        headers.raw.extend((k, v.encode()) for name, v in ours.items() if (k := name.encode()) not in there)


def address_of(scope: Scope) -> str:
    """Where a request comes from, as far as the connection (or a proxy we believe) says."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _where(error: BaseException) -> str:
    """File and line of the failure in our code, without values."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "foresell" in frame.filename]
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "unknown"


def wrong_with(body: bytes) -> str | None:
    """What is wrong with a JSON body, or None: stricter than Python's parser, so that nothing odd gets any further.

    Refused are what is not UTF-8, numbers JSON does not have (NaN, 1e999), lone surrogates, NUL, names given twice, and deep
    nesting.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_parse_bounded_int,
            object_pairs_hook=_named_once,
        )
    except UnicodeDecodeError:
        return "The body is not UTF-8."
    except RecursionError:
        return "The body is nested too deeply."
    except ValueError as error:
        return f"The body is not JSON: {error}" if isinstance(error, _Odd) else "The body is not JSON."
    return _odd(value)


def _odd(value: Any, depth: int = 0) -> str | None:
    if depth > DEPTH_LIMIT:
        return "The body is nested too deeply."
    if isinstance(value, str):
        if "\x00" in value:
            return "The body holds the character U+0000."
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return "The body holds half of a surrogate pair."
        return None
    if isinstance(value, dict):
        parts: list[Any] = [*value.keys(), *value.values()]
    elif isinstance(value, list):
        parts = value
    else:
        return None
    return next((why for part in parts if (why := _odd(part, depth + 1))), None)


class _Odd(ValueError):
    """Something JSON does not have, or we do not take."""


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Odd("a name is given twice")
    return found


def _no_constant(name: str) -> float:
    raise _Odd(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Odd("a number is out of range")
    return number


def _parse_bounded_int(text: str) -> int:
    if len(text) > 19 or abs(int(text)) >= 2**63:
        raise _Odd("a number is out of range")
    return int(text)


def _refusal(scope: Scope, origins: Collection[str], hosts: Collection[str]) -> ForesellError | None:
    """Why a request line, its host or its origin is refused, or None."""
    if scope["method"] not in METHODS:
        return MethodNotAllowed()
    raw = scope.get("query_string", b"")
    if len(raw) + len(scope.get("raw_path") or b"") > URL_LIMIT:
        return MalformedRequest("The address is too long.", parameter="query")
    if b"%00" in raw or b"\x00" in raw:
        return MalformedRequest("The query holds the character U+0000.", parameter="query")
    if "\x00" in scope["path"]:
        return MalformedRequest("The path holds the character U+0000.", parameter="path")
    headers = Headers(scope=scope)
    if not scope["path"].startswith(ANY_HOST) and not _is_known_host(headers.get("host"), hosts):
        return UnknownHost(remedy="Use the address that FORESELL_PUBLIC_URL or FORESELL_HOSTS names.")
    changes = scope["method"] not in ("GET", "HEAD", "OPTIONS") and scope["path"] not in FROM_OTHER_SITES
    if changes and not _same_origin(headers, origins):
        return CrossSiteRequest()
    return None


async def _body_refusal(request: Request, receive: Receive) -> tuple[ForesellError | None, Receive]:
    """Why a body is refused, or None; and the body, to be read again."""
    if request.method not in ("POST", "PUT", "PATCH", "DELETE") or not _is_json(request.headers):
        return None, receive
    body = await _read(receive, JSON_LIMIT)
    if body is None:
        return TooLarge(f"A JSON body may have {JSON_LIMIT:,} bytes.", parameter="body"), receive
    if body and (why := wrong_with(body)):
        return MalformedRequest(why, parameter="body"), receive
    return None, _replay(body, receive)


def _same_origin(headers: Headers, origins: Collection[str]) -> bool:
    """Browsers say where a request comes from; programs do not, and carry no cookies of a browser."""
    if headers.get("origin") in origins:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or origin.split("://", 1)[-1] == headers.get("host")


def _is_known_host(host: str | None, hosts: Collection[str]) -> bool:
    """Whether a Host header names this Foresell; a request of HTTP/1.0 may have none."""
    if host is None:
        return True
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:  # such as [::1 without its end
        return False
    with suppress(ValueError):
        ip_address(name)
        return True
    return name.rstrip(".") in hosts


def _is_json(headers: Headers) -> bool:
    kind = headers.get("content-type", "").split(";", 1)[0].strip().lower()
    return kind in ("", "application/json") or (kind.startswith("application/") and kind.endswith("+json"))


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None when it is larger than the limit."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        size += len(message.get("body", b""))
        if size > limit:
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Replay the body, then pass on the messages of the client."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
