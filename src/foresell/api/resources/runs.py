"""Runs: the refreshes there were, starting one, publishing an earlier one again; and the worker's jobs."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from typing import Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Query
from fastapi.responses import Response
from psycopg.errors import UniqueViolation
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require, signed_in
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared import jobs
from foresell.api.shared.paging import Listing, Paging, page_body, start_of
from foresell.api.shared.schemas import Job, LargeNumber, Number
from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import NotFound, RefreshRunning, RunNotFound, TooLateToCancel
from foresell.store import runs

SQL = AsyncStatements("foresell.api.resources")

router = APIRouter(prefix="/api", tags=["runs"])
Reader = Annotated[Principal, require("runs.read")]
Writer = Annotated[Principal, require("runs.write")]


class Progress(BaseModel):
    """How far a refresh is."""

    step: str | None
    done: int | None
    total: int | None


class Run(BaseModel):
    """One refresh: the day it speaks of and what became of it."""

    run_id: int
    as_of: date | None = Field(description="null for a run that never came to its day.")
    state: Literal["building", "published", "superseded", "withdrawn", "failed", "pruned"]
    published: bool = Field(description="Whether everything shown comes from it.")
    rules_version: int
    customers_scored: int | None
    versions: dict[str, Any]
    timings: dict[str, float] = Field(description="Seconds by step.")
    error: str | None
    started_at: datetime
    published_at: datetime | None
    progress: Progress | None = Field(description="While it is building.")


class RunPage(Listing):
    """Runs, newest first."""

    data: list[Run]


class NewRun(BaseModel):
    """How to refresh."""

    model_config = ConfigDict(extra="forbid")

    predict: bool = Field(default=True, description="Also predict; else only score.")
    train: Literal["when due", "always", "never"] = Field(
        default="when due", description="Whether to train models first."
    )


@router.get("/runs", response_model=RunPage, responses=error_responses())
async def list_runs(web: AppStateOf, principal: Reader, paging: Annotated[Paging, Query()]) -> Response:
    """The refreshes there were, newest first."""
    start = start_of(paging)
    async with web.transaction(principal.user_id) as con:
        count = await SQL.row(con, "runs.count")
        rows = await SQL.rows(con, "runs.list", run_id=None, limit=paging.limit, start=start)
    return answer(page_body(web, rows, count["total"] if count else 0, start, paging.limit))


@router.get("/runs/{run_id}", response_model=Run, responses=error_responses(404))
async def get_run(web: AppStateOf, principal: Reader, run_id: Number) -> Response:
    """One refresh, with how far it is while it is building."""
    async with web.transaction(principal.user_id) as con:
        return answer(await _run(con, run_id))


@router.post("/runs", status_code=202, response_model=Job, responses=error_responses(409, 422))
async def start_run(principal: Writer, idempotent: IdempotentOf, how: NewRun | None = None) -> Response:
    """Have everything scored anew and published; progress comes by GET /api/stream and GET /api/jobs/{job_id}."""
    wanted = (how or NewRun()).model_dump()

    async def act(con: AsyncConnection) -> dict[str, Any]:
        try:
            return await jobs.request_job(con, "refresh", wanted)
        except UniqueViolation:
            raise RefreshRunning(remedy="Follow it: GET /api/runs") from None

    return await idempotent.run(principal, act, status=202)


@router.post("/runs/cancel", status_code=202, response_model=Job, responses=error_responses(404, 409, 422))
async def cancel_refresh(principal: Writer, idempotent: IdempotentOf) -> Response:
    """Cancel the refresh that is queued or running: nothing of it is published. Once it is being published: 409."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        found = await SQL.row(con, "runs.open_refresh")
        if found is None:
            raise NotFound(
                "No refresh is under way", remedy="One started on the command line is stopped there, by Ctrl-C."
            )
        if await jobs.cancel_job(con, found["job_id"]) == "too late":
            raise TooLateToCancel(
                "The refresh can no longer be cancelled: it is being published.",
                remedy="Afterwards, publish the earlier run again: POST /api/runs/{run_id}/publish",
            )
        await record.record(con, "refresh.cancel", actor=principal.user_id, subject=f"job:{found['job_id']}")
        return await jobs.find_job(con, found["job_id"])

    return await idempotent.run(principal, act, status=202)


@router.post("/runs/{run_id}/publish", response_model=Run, responses=error_responses(404, 409, 422))
async def publish_run(web: AppStateOf, principal: Writer, idempotent: IdempotentOf, run_id: Number) -> Response:
    """Publish an earlier run again; the one shown until now is withdrawn, not deleted. Nothing happens if it is that one."""
    acting = dataclasses.replace(web.database, acting_for=principal.user_id, via="web")

    async def act(con: AsyncConnection) -> dict[str, Any]:
        if not (await _run(con, run_id))["published"]:
            await anyio.to_thread.run_sync(runs.roll_back, acting, run_id)
        return await _run(con, run_id)

    response = await idempotent.run(principal, act)
    await web.look_for_run()
    return response


@router.get("/jobs/{job_id}", response_model=Job, responses=error_responses(404))
async def get_job(web: AppStateOf, principal: Annotated[Principal, signed_in()], job_id: LargeNumber) -> Response:
    """What became of something the worker was asked to do: one's own jobs, and for stewards all."""
    async with web.transaction(principal.user_id) as con:
        return answer(await jobs.find_job(con, job_id))


async def _run(con: AsyncConnection, run_id: int) -> dict[str, Any]:
    found = await SQL.row(con, "runs.list", run_id=run_id, limit=1, start=0)
    if found is None:
        raise RunNotFound(remedy="List them: GET /api/runs")
    return found
