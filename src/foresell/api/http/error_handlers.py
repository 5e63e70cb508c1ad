"""Errors as the API reports them: RFC 9457 problem details with a stable `code`, and the specification's `error` text."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field, JsonValue
from starlette.exceptions import HTTPException

from foresell.api.http.rate_limits import RateLimited
from foresell.api.http.responses import body
from foresell.errors import (
    DatabaseUnavailable,
    EndpointNotFound,
    ForesellError,
    MalformedRequest,
    MethodNotAllowed,
    MissingParameter,
    ParameterError,
    RequestTimedOut,
    TooLarge,
    UnsupportedMediaType,
    error_classes,
)
from foresell.logs import logger

log = logger("api")

TITLES = {
    400: "Bad request", 401: "Not signed in", 403: "Forbidden", 404: "Not found", 405: "Method not allowed", 409: "Conflict",
    413: "Too large", 415: "Unsupported media type", 422: "Cannot be processed", 429: "Too many requests",
    500: "Internal server error", 503: "Unavailable", 507: "Disk full",
}  # fmt: skip
INTERNAL = "Internal server error"
RETRY_SECONDS = 3
CODES: list[JsonValue] = [error.code for error in error_classes()]


class Problem(BaseModel):
    """What went wrong, as RFC 9457 problem details. Programs decide by `code`; the sentences may change."""

    type: str = Field(
        description="The address of the description of this kind of problem.",
        examples=["/api/problems/invalid-parameter"],
    )
    code: str = Field(
        description="The kind of problem. Stable: see docs/error-codes.md.",
        examples=["invalid_parameter"],
        json_schema_extra={"enum": CODES},
    )
    title: str = Field(description="The HTTP status in words.", examples=["Bad request"])
    status: int = Field(examples=[400])
    detail: str = Field(
        description="What went wrong, in a sentence.", examples=["limit: Input should be less than or equal to 1000"]
    )
    error: str = Field(description="The same in the words of the specification.", examples=["limit parameter invalid"])
    parameter: str | None = Field(None, description="Which parameter or field.", examples=["limit"])
    remedy: str | None = Field(None, description="What to do next.", examples=["Give a number from 1 to 1000."])
    request_id: str | None = Field(None, description="Quote it when asking for help.")


def problem_type(code: str) -> str:
    """The relative address that describes a code: `customer_not_found` -> `/api/problems/customer-not-found`."""
    return f"/api/problems/{code.replace('_', '-')}"


def problem(request: Request, error: ForesellError) -> Response:
    """The answer of a failed request. Internal errors and a missing database say `Internal server error` in `error`."""
    status = error.http_status
    request.state.problem = error.code
    is_internal = status == 500 or isinstance(error, DatabaseUnavailable | RequestTimedOut)
    content = {
        "type": problem_type(error.code),
        "code": error.code,
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": error.message,
        "error": INTERNAL if is_internal else getattr(error, "error", None) or error.message,
        "parameter": getattr(error, "parameter", None),
        "remedy": error.remedy,
        "request_id": getattr(request.state, "request_id", None),
    }
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimited):
        request.state.rate = error.standing
    if error.retryable:
        headers["Retry-After"] = str(getattr(error, "retry_after", RETRY_SECONDS))
    return Response(
        body({key: value for key, value in content.items() if value is not None}),
        status,
        headers=headers,
        media_type="application/problem+json",
    )


def install(app: FastAPI) -> None:
    """Report every error of the app as a problem; nothing internal reaches a body."""

    @app.exception_handler(ForesellError)
    async def report_error(request: Request, error: ForesellError) -> Response:
        if error.http_status == 500:
            log.error("request failed", action="request", kind=type(error).__name__)
        return problem(request, error)

    @app.exception_handler(RequestValidationError)
    async def report_invalid_request(request: Request, error: RequestValidationError) -> Response:
        """Report the first invalid parameter or field by name; what was sent is never repeated."""
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return problem(request, MalformedRequest("The body is not JSON."))
        name = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
        kind = MissingParameter if first["type"] == "missing" else ParameterError
        return problem(request, kind(name, f"{name}: {first['msg']}"))

    @app.exception_handler(HTTPException)
    async def report_http_error(request: Request, error: HTTPException) -> Response:
        response = problem(request, _error_of(error))
        response.headers.update(error.headers or {})
        return response


def _error_of(error: HTTPException) -> ForesellError:
    """The framework's own errors: no such path, no such method, a body that cannot be parsed."""
    words = str(error.detail)
    known: dict[int, type[ForesellError]] = {
        400: MalformedRequest,
        405: MethodNotAllowed,
        413: TooLarge,
        415: UnsupportedMediaType,
    }
    if error.status_code == 404:
        return EndpointNotFound()
    return known.get(error.status_code, ForesellError)(words)


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation: the problems it may answer with, besides those every operation may."""
    every = {400, 401, 403, 429, 500, 503, *statuses}
    return {
        status: {"model": Problem, "description": TITLES[status], "content": {"application/problem+json": {}}}
        for status in sorted(every)
    }
