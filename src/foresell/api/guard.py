"""What every request passes first: an id, limits, a body that is really JSON, and headers that close the browser's doors."""

from __future__ import annotations

import json
import math
import secrets
import traceback
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foresell.api.problems import problem
from foresell.logs import logger

log = logger("api")

JSON_LIMIT = 1 << 20
DEPTH_LIMIT = 32
URL_LIMIT = 8_192

CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self';"
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
}
TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains"


class Guard:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is well-formed, answer the rest here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = secrets.token_hex(8)
        secure = scope["scheme"] == "https"

        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["x-request-id"] = state["request_id"]
                headers.setdefault("cache-control", "no-store")
                if secure:
                    headers["strict-transport-security"] = TRANSPORT_SECURITY
            await send(message)

        request = Request(scope, receive)
        refusal = _refusal(scope)
        if refusal is None and scope["method"] in ("POST", "PUT", "PATCH", "DELETE") and _is_json(request.headers):
            body = await _read(receive, JSON_LIMIT)
            if body is None:
                refusal = (413, f"A JSON body may have {JSON_LIMIT:,} bytes.", "body")
            elif body and (why := wrong_with(body)):
                refusal = (400, why, "body")
            else:
                receive = _replay(body or b"", receive)
        if refusal:
            status, words, parameter = refusal
            error = f"{parameter} parameter invalid" if parameter else None
            await problem(request, status, words, error=error, parameter=parameter)(scope, receive, sent)
            return
        try:
            await self.app(scope, receive, sent)
        except Exception as error:
            log.error("request failed", action="request", kind=type(error).__name__, where=_where(error))
            if not started:
                words = "Internal server error"
                remedy = "Try again; if it stays, quote the request id."
                await problem(request, 500, words, remedy=remedy)(scope, receive, sent)


def _where(error: BaseException) -> str:
    """File and line of the failure in our code, without values."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "foresell" in frame.filename]
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "unknown"


def wrong_with(body: bytes) -> str | None:
    """What is wrong with a JSON body, or None: stricter than Python's parser, so that nothing odd gets any further.

    Refused are what is not UTF-8, numbers JSON does not have (NaN, 1e999), lone surrogates, NUL, and deep nesting.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite, parse_int=_bounded)
    except UnicodeDecodeError:
        return "The body is not UTF-8."
    except RecursionError:
        return "The body is nested too deeply."
    except ValueError as error:
        return f"The body is not JSON: {error}" if isinstance(error, _OddNumber) else "The body is not JSON."
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


class _OddNumber(ValueError):
    """A number JSON does not have, or we do not take."""


def _no_constant(name: str) -> float:
    raise _OddNumber(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _OddNumber("a number is out of range")
    return number


def _bounded(text: str) -> int:
    if len(text) > 19 or abs(int(text)) >= 2**63:
        raise _OddNumber("a number is out of range")
    return int(text)


def _refusal(scope: Scope) -> tuple[int, str, str | None] | None:
    """Why a request line or its origin is refused: (status, words, parameter), or None."""
    raw = scope.get("query_string", b"")
    if len(raw) + len(scope.get("raw_path") or b"") > URL_LIMIT:
        return 400, "The address is too long.", "query"
    if b"%00" in raw or b"\x00" in raw:
        return 400, "The query holds the character U+0000.", "query"
    if "\x00" in scope["path"]:
        return 400, "The path holds the character U+0000.", "path"
    headers = Headers(scope=scope)
    if scope["method"] not in ("GET", "HEAD", "OPTIONS") and not _same_origin(headers):
        return 403, "Requests that change something must come from Foresell's own pages.", None
    return None


def _same_origin(headers: Headers) -> bool:
    """Browsers say where a request comes from; programs do not, and carry no cookies of a browser."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or origin.split("://", 1)[-1] == headers.get("host")


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
    """The body once more, then whatever the client does next."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
