"""How fresh the data is that the pages show: for every signed-in user. Operational figures are in `status`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, signed_in
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.api.shared.published_run import PublishedRun, describe_run
from foresell.db import AsyncStatements

SQL = AsyncStatements("foresell.api.resources")

router = APIRouter(prefix="/api", tags=["runs"])


class Freshness(BaseModel):
    """How fresh the data is."""

    run: PublishedRun | None = Field(description="null: nothing is published yet.")
    refreshing: bool = Field(description="Whether the next run is being built.")


@router.get("/freshness", response_model=Freshness, responses=error_responses())
async def get_freshness(web: AppStateOf, principal: Annotated[Principal, signed_in()]) -> Response:
    """The published run, the last day of its data, and whether the next run is being built."""
    async with web.transaction(principal.user_id) as con:
        building = await SQL.row(con, "runs.building")
    return answer({"run": describe_run(web.run), "refreshing": building is not None})
