"""How the installation is doing: speed and availability by operation, the run, the database, the worker."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Annotated

import anyio
from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily
from pydantic import BaseModel, Field

import foresell
from foresell.access.principal import Principal
from foresell.api.http import request_stats
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.api.shared.published_run import PublishedRun, describe_run
from foresell.detection.alarms import count_raised
from foresell.errors import DatabaseUnavailable

router = APIRouter(tags=["status"])
Operator = Annotated[Principal, require("status.read")]

STARTED = datetime.now(UTC)
#: A worker gives a sign of life every ten seconds.
WORKER_SILENT = timedelta(seconds=60)


class DatabaseStatus(BaseModel):
    """The database."""

    answers: bool = Field(description="Whether it answers.", examples=[True])
    ms: float | None = Field(description="How long that took.", examples=[0.8])


class WorkerStatus(BaseModel):
    """What imports and refreshes in the background."""

    alive: bool = Field(description="Whether a worker gave a sign of life within a minute.", examples=[True])
    seen_at: datetime | None = Field(description="When the last one did.", examples=["2026-11-21T09:00:00Z"])


class OperationStats(BaseModel):
    """One operation since the start; times are read off between the ends of classes."""

    method: str = Field(description="The method.", examples=["GET"])
    route: str = Field(description="The path, with its parameters' names.", examples=["/api/customers"])
    requests: int = Field(description="Number of requests.", examples=[1200])
    failed: int = Field(description="How often it failed by our fault (5xx).", examples=[0])
    availability: float | None = Field(description="The share that did not fail so.", examples=[1.0])
    p50_ms: float | None = Field(description="Median response time in milliseconds.", examples=[4.2])
    p95_ms: float | None = Field(description="95 of 100 were.", examples=[12.5])
    p99_ms: float | None = Field(description="99 of 100 were.", examples=[28.0])


class SystemStatus(BaseModel):
    """The installation now, and since its API was started."""

    version: str = Field(description="Foresell's.", examples=["0.2.0"])
    started_at: datetime = Field(description="When this process of the API was.", examples=["2026-11-21T09:00:00Z"])
    run: PublishedRun | None = Field(description="null: nothing is published yet.")
    database: DatabaseStatus = Field(description="Whether the database answers.")
    worker: WorkerStatus = Field(description="Whether a worker is there.")
    requests: int = Field(description="Requests of all operations.", examples=[5400])
    availability: float | None = Field(description="The share that did not fail by our fault.", examples=[1.0])
    operations: list[OperationStats] = Field(description="By operation, most requested first.")


@router.get("/api/status", response_model=SystemStatus, responses=error_responses())
async def get_status(web: AppStateOf, principal: Operator) -> Response:
    """Speed and availability by operation, the run, the database and the worker."""
    started = time.perf_counter()
    try:
        async with web.transaction(principal.user_id) as con:
            row = await (await con.execute("select jobs.last_worker_heartbeat() as seen_at")).fetchone()
        seen, ms = (row["seen_at"] if row else None), (time.perf_counter() - started) * 1000
    except DatabaseUnavailable:
        seen, ms = None, None
    found = await anyio.to_thread.run_sync(request_stats.read_stats)
    operations = [
        {
            "method": method,
            "route": route,
            "requests": each.requests,
            "failed": each.failed,
            "availability": each.availability,
            **{f"p{share}_ms": each.quantile_ms(share / 100) for share in (50, 95, 99)},
        }
        for (method, route), each in sorted(found.items(), key=lambda pair: -pair[1].requests)
    ]
    total = sum(each.requests for each in found.values())
    failed = sum(each.failed for each in found.values())
    return answer(
        {
            "version": foresell.__version__,
            "started_at": STARTED,
            "run": describe_run(web.run),
            "database": {"answers": ms is not None, "ms": ms},
            "worker": {"alive": seen is not None and datetime.now(UTC) - seen < WORKER_SILENT, "seen_at": seen},
            "requests": total,
            "availability": 1 - failed / total if total else None,
            "operations": operations,
        }
    )


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Prometheus's text.", "content": {"text/plain": {}}}, **error_responses()},
)
async def get_prometheus_metrics(web: AppStateOf, principal: Operator) -> Response:
    """Metrics for Prometheus; its scraper needs an API key with status.read. Without the database, those of requests only."""
    text = await anyio.to_thread.run_sync(lambda: generate_latest(request_stats.registry()))
    with suppress(DatabaseUnavailable):
        async with web.transaction(principal.user_id) as con:
            raised = CounterMetricFamily("foresell_alarms", "Alarms of intrusion detection.", labels=["detector"])
            for detector, alarms in (await count_raised(con)).items():
                raised.add_metric([detector], alarms)
        text += generate_latest(SimpleNamespace(collect=lambda: [raised]))
    return Response(text, media_type=CONTENT_TYPE_LATEST)
