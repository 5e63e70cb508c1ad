"""A request with an Idempotency-Key has its effect once, however often it is sent; the answer is the first one's, byte by byte."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import Response

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.dependencies import app_state_of
from foresell.api.http.responses import answer, body
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import KeyReused, RequestInProgress

SQL = AsyncStatements("foresell.api.http")

Act = Callable[[AsyncConnection], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """Has the effect of one request, in one transaction."""

    web: AppState
    key: str | None
    request: bytes
    request_id: str | None = None

    async def run(self, principal: Principal, act: Act, *, status: int = 200, about: str = "") -> Response:
        """Run `act` acting for the principal and answer with what it returns.

        With a key, the answer is kept in the same transaction: it is there exactly when the effect is. `about` tells
        requests apart whose body is not read as a whole. Failures have no effect and are not kept. Raises
        RequestInProgress while a request with the same key runs, KeyReused when the key was sent with another request.
        """
        async with self.web.transaction(principal.user_id) as con:
            if self.key is None:
                return answer(await act(con), status)
            mine = {"user_id": principal.user_id, "key": self.key}
            fingerprint = hashlib.sha256(self.request + about.encode()).digest()
            lock = await SQL.row(con, "idempotency.lock_key", **mine)
            if not lock or not lock["taken"]:
                raise RequestInProgress(remedy="Send it again in a moment, unchanged.")
            known = await SQL.row(con, "idempotency.find_answer", **mine)
            if known is None:
                content = body(await act(con))
                await SQL.run(con, "idempotency.keep_answer", **mine, request=fingerprint, status=status, body=content)
                return Response(content, status, media_type="application/json")
        if known["request"] != fingerprint:
            raise KeyReused
        return Response(known["body"], known["status"], media_type="application/json")


async def idempotent_of(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            pattern=r"^[\x21-\x7e]+$",
            description="Any text of your own: sent again with it, the request has no second effect and gets the first answer.",
            examples=["4f9d1c1e-2b7c-4f6e-9a51-0d4c8f1f2a77"],
        ),
    ] = None,
) -> IdempotentRequest:
    """What makes the request's effect happen once."""
    kind = request.headers.get("content-type", "")
    content = b"" if kind.startswith("multipart/") or key is None else await request.body()
    address = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return IdempotentRequest(app_state_of(request), key, address + content, getattr(request.state, "request_id", None))


IdempotentOf = Annotated[IdempotentRequest, Depends(idempotent_of)]
