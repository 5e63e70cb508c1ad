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
from foresell.errors import ForesellError

router = APIRouter(prefix="/api", tags=["health"])


class Health(BaseModel):
    """Whether the API answers and can reach what it needs."""

    status: Literal["healthy", "degraded"] = Field(description="degraded: the database does not answer.")
    timestamp: str = Field(description="Now.", examples=["2026-11-21T09:00:00Z"])
    database: bool = Field(description="Whether the database answers.")
    published: bool = Field(description="Whether a run is published, so that there is something to show.")


@router.get("/health", dependencies=[public()], response_model=Health, responses=error_responses())
async def check_health(web: AppStateOf) -> Response:
    """Check that the API answers. Public; the answer contains no data."""
    try:
        async with web.transaction(None) as con:
            await con.execute("select 1")
        there = True
    except ForesellError:
        there = False
    found: dict[str, Any] = {
        "status": "healthy" if there else "degraded",
        "timestamp": datetime.now(UTC),
        "database": there,
        "published": web.run is not None,
    }
    return answer(found)
