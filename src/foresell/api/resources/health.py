"""Is it there, and how fresh is what it shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.api.http.dependencies import AppStateOf, public
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer

router = APIRouter(prefix="/api", tags=["health"])

#: How long the database has to answer.
ANSWER_SECONDS = 1.0


class Health(BaseModel):
    """Whether the API answers and can reach what it needs."""

    status: Literal["healthy", "degraded"] = Field(description="degraded: the database does not answer.")
    timestamp: str = Field(description="Now.", examples=["2026-11-21T09:00:00Z"])
    database: bool = Field(description="Whether the database answers.")
    published: bool = Field(description="Whether a run is published, so that there is something to show.")


class Liveness(BaseModel):
    """That the process answers."""

    status: Literal["alive"] = Field(description="Always alive.")


class Readiness(BaseModel):
    """That requests can be sent here."""

    status: Literal["ready"] = Field(description="Always ready; otherwise the answer is 503 and names the cause.")


@router.get("/health", dependencies=[public()], response_model=Health, responses=error_responses())
async def check_health(web: AppStateOf) -> Response:
    """Check that the API answers, and what it can reach. Public; the answer contains no data."""
    there = await web.breaker.answers(ANSWER_SECONDS)
    found: dict[str, Any] = {
        "status": "healthy" if there else "degraded",
        "timestamp": datetime.now(UTC),
        "database": there,
        "published": web.run is not None,
    }
    return answer(found)


@router.get("/health/live", dependencies=[public()], response_model=Liveness, responses=error_responses())
async def check_liveness() -> Response:
    """Check that this process answers, even without its database: restart it when this fails. Public."""
    return answer({"status": "alive"})


@router.get("/health/ready", dependencies=[public()], response_model=Readiness, responses=error_responses())
async def check_readiness(web: AppStateOf) -> Response:
    """Check that this process can serve requests: send them elsewhere while this is 503. Public."""
    if web.breaker.is_open:
        raise web.explain()
    return answer({"status": "ready"})
