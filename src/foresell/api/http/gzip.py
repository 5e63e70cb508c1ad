"""Answers to questions go compressed: a page of the list is an eighth of its length, which a slow line feels at once."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

LEAST_BYTES = 1024
LEVEL = 4


class GzipResponses:
    """ASGI middleware: GET only. A POST answer may contain secrets next to input of the client, or be a streamed file."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.compressing = GZipMiddleware(app, minimum_size=LEAST_BYTES, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Compress where the client takes it; the live stream is left as it is."""
        is_question = scope["type"] == "http" and scope["method"] == "GET"
        await (self.compressing if is_question else self.app)(scope, receive, send)
