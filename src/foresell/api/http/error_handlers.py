"""Errors as the API tells them: RFC 9457 problem details that also carry the documents' `error`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from foresell.api.http.rate_limits import TooManyRequests
from foresell.api.http.responses import body
from foresell.errors import DatabaseUnavailable, ForesellError, TooMany
from foresell.logs import logger

log = logger("api")

_TITLES = {
    400: "Bad request", 401: "Not signed in", 403: "Forbidden", 404: "Not found", 405: "Method not allowed", 409: "Conflict",
    413: "Too large", 415: "Unsupported media type", 422: "Cannot be processed", 429: "Too many requests",
    500: "Internal server error", 503: "Unavailable", 507: "Disk full",
}  # fmt: skip


class Problem(BaseModel):
    """What went wrong, in RFC 9457's words and the documents'."""

    type: str = Field("about:blank", description="Always about:blank: title and status say it.")
    title: str = Field(examples=["Bad request"])
    status: int = Field(examples=[400])
    detail: str = Field(examples=["limit: Input should be less than or equal to 1000"])
    error: str = Field(description="The same in the documents' words.", examples=["limit parameter invalid"])
    parameter: str | None = Field(None, description="Which parameter or field.", examples=["limit"])
    remedy: str | None = Field(None, description="What to do next.", examples=["Give a number from 1 to 1000."])
    request_id: str | None = Field(None, description="Quote it when asking for help.")


class ParameterError(ForesellError):
    """A parameter cannot be used as it is."""

    exit_code = 2
    http_status = 400

    def __init__(self, parameter: str, message: str, *, remedy: str | None = None, missing: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.parameter = parameter
        self.error = f"{parameter} parameter {'required' if missing else 'invalid'}"


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    error: str | None = None,
    parameter: str | None = None,
    remedy: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer of a failed request."""
    content = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "error": error or detail,
        "parameter": parameter,
        "remedy": remedy,
        "request_id": getattr(request.state, "request_id", None),
    }
    return Response(
        body({key: value for key, value in content.items() if value is not None}),
        status,
        headers=dict(headers or {}),
        media_type="application/problem+json",
    )


def install(app: FastAPI) -> None:
    """Teach the app to tell every error this way; nothing internal ever reaches a body."""

    @app.exception_handler(ForesellError)
    async def ours(request: Request, error: ForesellError) -> Response:
        status = error.http_status
        if status == 500:
            log.error("request failed", action="request", kind=type(error).__name__)
        headers = {}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if isinstance(error, TooManyRequests):
            request.state.rate = error.standing
        if isinstance(error, TooMany):
            headers["Retry-After"] = str(error.retry_after)
        elif error.retryable:
            headers["Retry-After"] = "3"
        words = "Internal server error" if isinstance(error, DatabaseUnavailable) or status == 500 else None
        return problem(
            request,
            status,
            error.message,
            error=words or getattr(error, "error", None),
            parameter=getattr(error, "parameter", None),
            remedy=error.remedy,
            headers=headers,
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        """The first thing amiss, by name; what was sent is never repeated."""
        found = error.errors()[0]
        place = [str(part) for part in found["loc"][1:]] or [str(found["loc"][0])]
        name = ".".join(place)
        missing = found["type"] == "missing"
        detail = f"{name}: {found['msg']}" if found["type"] != "json_invalid" else "The body is not JSON."
        return problem(
            request, 400, detail, error=f"{name} parameter {'required' if missing else 'invalid'}", parameter=name
        )

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        words = "Endpoint not found" if error.status_code == 404 and error.detail == "Not Found" else str(error.detail)
        return problem(request, error.status_code, words, headers=error.headers)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation: which problems it may answer with, beside those that all may."""
    every = {400, 401, 403, 429, 500, 503, *statuses}
    return {
        status: {"model": Problem, "description": _TITLES[status], "content": {"application/problem+json": {}}}
        for status in sorted(every)
    }
