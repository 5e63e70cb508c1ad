"""The first day: the setup checklist of the administrator, and sample data."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from psycopg.errors import UniqueViolation
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared import jobs
from foresell.api.shared.schemas import Body, Job
from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import Busy, JobNotFound, NotReady, TooLateToCancel

SQL = AsyncStatements("foresell.api.resources")

router = APIRouter(prefix="/api", tags=["setup"])
Administrator = Annotated[Principal, require("company.manage")]
Importer = Annotated[Principal, require("imports.write")]
BEING_DONE = "The sample data is being loaded or removed already."


class Setup(BaseModel):
    """The setup checklist: which steps are done."""

    company: bool = Field(description="The company settings were saved.")
    people: bool = Field(description="There is a second user.")
    data: bool = Field(description="A run is published.")
    assignment: bool = Field(description="A customer is assigned.")
    dismissed: bool = Field(description="Whether the checklist is hidden.")


class ChecklistState(Body):
    """Whether to hide the checklist."""

    dismissed: bool = Field(description="Whether the checklist is to be hidden.")


class SampleData(BaseModel):
    """The sample data, a made-up shop."""

    loaded: bool = Field(description="Whether any of it is loaded.")
    other_data: bool = Field(description="Whether other data is loaded; then sample data cannot be added.")
    job: Job | None = Field(description="The latest job that loaded or removed it.")


class NewSampleData(Body):
    """How much of it."""

    customers: int = Field(2000, ge=100, le=20_000, description="How many customers the shop has.")


@router.get("/setup", response_model=Setup, responses=error_responses())
async def get_setup(web: AppStateOf, principal: Administrator) -> Response:
    """Which steps of the setup are done; each follows from the data."""
    async with web.transaction(principal.user_id) as con:
        return answer(await SQL.row(con, "setup.steps"))


@router.put("/setup", response_model=Setup, responses=error_responses())
async def change_setup(web: AppStateOf, principal: Administrator, wanted: ChecklistState) -> Response:
    """Hide the checklist, or show it again."""
    async with web.transaction(principal.user_id) as con:
        await SQL.run(con, "setup.dismiss", dismissed=wanted.dismissed)
        return answer(await SQL.row(con, "setup.steps"))


@router.get("/sample-data", response_model=SampleData, responses=error_responses())
async def get_sample_data(web: AppStateOf, principal: Importer) -> Response:
    """Whether the sample data is loaded, and the progress of loading or removing it."""
    async with web.transaction(principal.user_id) as con:
        batches, latest = await SQL.row(con, "setup.batches"), await SQL.row(con, "setup.latest_job")
        assert batches is not None
        return answer(
            {
                "loaded": batches["sample"] > 0,
                "other_data": batches["other"] > 0,
                "job": await jobs.find_job(con, latest["job_id"]) if latest else None,
            }
        )


@router.post("/sample-data", status_code=202, response_model=Job, responses=error_responses(409, 422))
async def load_sample_data(principal: Importer, idempotent: IdempotentOf, wanted: NewSampleData) -> Response:
    """Load a made-up shop and score it, in the background. Refused once other data is loaded: the two would mix."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        batches = await SQL.row(con, "setup.batches")
        if batches and batches["other"]:
            raise NotReady(
                "Sample data cannot be added to your own data.", remedy="Undo your imports first, on the Import page."
            )
        return await _request(
            con, principal, idempotent.request_id, "load_sample", {"customers": wanted.customers, "refresh": True}
        )

    return await idempotent.run(principal, act, status=202)


@router.delete("/sample-data", status_code=202, response_model=Job, responses=error_responses(409, 422))
async def remove_sample_data(
    principal: Annotated[Principal, require("imports.undo")], idempotent: IdempotentOf
) -> Response:
    """Remove the sample data, in the background: exactly what was loaded, and what was calculated from it."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        batches = await SQL.row(con, "setup.batches")
        if batches and not batches["sample"]:
            raise NotReady("No sample data is loaded.")
        return await _request(con, principal, idempotent.request_id, "remove_sample", {"refresh": True})

    return await idempotent.run(principal, act, status=202)


@router.post("/sample-data/cancel", status_code=202, response_model=Job, responses=error_responses(404, 409, 422))
async def cancel_sample_data(principal: Importer, idempotent: IdempotentOf) -> Response:
    """Cancel loading the sample data: nothing of it stays loaded. Once it is loaded: 409."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        latest = await SQL.row(con, "setup.latest_job")
        if latest is None:
            raise JobNotFound("No sample data is being loaded.")
        if await jobs.cancel_job(con, latest["job_id"]) == "too late":
            raise TooLateToCancel("The sample data is loaded.", remedy="You can remove it.")
        await _record(con, "sample_data.cancel", principal, latest["job_id"], idempotent.request_id)
        return await jobs.find_job(con, latest["job_id"])

    return await idempotent.run(principal, act, status=202)


async def _request(
    con: AsyncConnection, principal: Principal, request_id: str | None, kind: str, arguments: dict[str, Any]
) -> dict[str, Any]:
    """Queue the job and record it. Raises Busy while the other one is open."""
    try:
        job = await jobs.request_job(con, kind, arguments)
    except UniqueViolation:
        raise Busy(BEING_DONE, remedy="Wait until it is finished.") from None
    action = "sample_data.load" if kind == "load_sample" else "sample_data.remove"
    await _record(con, action, principal, job["job_id"], request_id)
    return job


async def _record(con: AsyncConnection, action: str, principal: Principal, job_id: int, request_id: str | None) -> None:
    await record.record(con, action, actor=principal.user_id, subject=f"job:{job_id}", request_id=request_id)
