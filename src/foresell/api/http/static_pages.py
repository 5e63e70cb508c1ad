"""The pages: the built front end, compressed once, served from memory next to the API."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
#: The suffix of a compressed twin, by the encoding a browser asks for; the smallest first.
TWINS = {"br": ".br", "gzip": ".gz"}
NOT_BUILT = "The pages are not built here. With Node 20.19 or newer: make front. The API answers under /api."


@dataclass(frozen=True, slots=True)
class Built:
    """One built file: its bytes by encoding ("" is as it is), and how it is served."""

    bytes_by_encoding: dict[str, bytes]
    media_type: str
    cache: str
    etag: str


class Pages:
    """ASGI middleware: what is not the API's is a built file, or the one page that draws all addresses."""

    def __init__(self, app: ASGIApp, folder: Path | None = None) -> None:
        self.app = app
        self.built = read(folder or Path(str(files("foresell.api") / "static")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve GET and HEAD outside /api; pass the rest on."""
        path = scope.get("path", "")
        is_ours = scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and not _is_api(path)
        await (self._response(path, Headers(scope=scope)) if is_ours else self.app)(scope, receive, send)

    def _response(self, path: str, headers: Headers) -> Response:
        found = self.built.get(path) or (None if "." in path.rsplit("/", 1)[-1] else self.built.get("/index.html"))
        if not self.built:
            return PlainTextResponse(NOT_BUILT, 503)
        if found is None:
            return PlainTextResponse("There is no such file.", 404)
        sent = {"etag": found.etag, "cache-control": found.cache, "vary": "accept-encoding"}
        if headers.get("if-none-match") == found.etag:
            return Response(status_code=304, headers=sent)
        accepted = {part.split(";")[0].strip() for part in headers.get("accept-encoding", "").split(",")}
        encoding = next(name for name in (*TWINS, "") if name in found.bytes_by_encoding and name in (*accepted, ""))
        if encoding:
            sent["content-encoding"] = encoding
        return Response(found.bytes_by_encoding[encoding], headers=sent, media_type=found.media_type)


def read(folder: Path) -> dict[str, Built]:
    """The built files by address; empty when nothing is built. Hashed names never change, so browsers cache them permanently."""
    suffixes = tuple(TWINS.values())
    found: dict[str, Built] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        address = "/" + path.relative_to(folder).as_posix()
        if not path.is_file() or address.endswith(suffixes) or "/." in address:
            continue
        content = path.read_bytes()
        twins = {name: path.with_name(path.name + suffix) for name, suffix in TWINS.items()}
        found[address] = Built(
            {"": content} | {name: twin.read_bytes() for name, twin in twins.items() if twin.is_file()},
            mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            FOREVER if address.startswith("/assets/") else ASK_AGAIN,
            f'"{hashlib.sha256(content).hexdigest()[:20]}"',
        )
    return found


def _is_api(path: str) -> bool:
    return path == "/api" or path.startswith("/api/") or path == "/metrics"
