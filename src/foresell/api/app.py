"""The application: every resource behind one guard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute

import foresell
from foresell.access.keyring import Keyring
from foresell.access.oidc import Client
from foresell.api import (
    audit,
    auth,
    batches,
    calls,
    contacts,
    contract,
    customers,
    distributions,
    documents,
    export,
    forecast,
    health,
    imports,
    me,
    models,
    oidc,
    owners,
    problems,
    runs,
    sales,
    segments,
    status,
    stream,
    traces,
    users,
    usual,
    views,
)  # fmt: skip
from foresell.api.compressed import Compressed
from foresell.api.deps import Authenticate, check_declared, only_what_is_known
from foresell.api.guard import Guard
from foresell.api.identity import Principals
from foresell.api.identity import authenticate as by_bearer
from foresell.api.limits import Limits
from foresell.api.live import Live
from foresell.api.observe import Observe
from foresell.api.pages import Pages
from foresell.api.web import Web
from foresell.settings import Settings

#: One file per resource; each has a `router`. Routes are tried in this order, so what is asked most comes first.
RESOURCES = (
    documents, customers, contacts, segments, distributions, calls, sales, forecast, models, views, health, auth, oidc, me,
    users, audit, owners, stream, imports, batches, runs, export, status,
)  # fmt: skip

DESCRIPTION = """Customers, scores, forecasts and the work around them. Every answer names the run its figures come from and the day
they speak of. Errors are RFC 9457 problem details."""


def create_app(settings: Settings, *, authenticate: Authenticate | None = None) -> FastAPI:
    """The API on one home. `authenticate` replaces sign-in in tests."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await app.state.web.open()
        await app.state.live.open()
        ready = asyncio.create_task(usual.keep_ready(app.state.web))
        yield
        ready.cancel()
        with suppress(asyncio.CancelledError):
            await ready
        await app.state.live.close()
        await app.state.web.close()

    if settings.traces_url:
        traces.send_to(settings.traces_url)
    app = FastAPI(
        title="Foresell",
        version=foresell.__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
        dependencies=[Depends(only_what_is_known)],
        telemetry=traces.FASTAPI_TELEMETRY,
    )
    app.state.web = Web(settings)
    app.state.live = Live(app.state.web)
    app.state.keyring = Keyring(settings.home / "keys")
    app.state.principals = Principals()
    app.state.oidc = {provider.name: Client(provider) for provider in settings.providers}
    app.state.authenticate = authenticate or by_bearer
    app.state.limits = Limits(settings)
    app.state.exports = anyio.Semaphore(export.AT_ONCE)
    for resource in RESOURCES:
        app.include_router(resource.router)
    problems.install(app)
    app.add_middleware(Compressed)
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, **_cors(settings.cors_origins))
    app.add_middleware(Pages)
    app.add_middleware(Guard, limits=app.state.limits, origins=settings.cors_origins)
    app.add_middleware(Observe)
    check_declared(resource.router for resource in RESOURCES)
    contract.describe(app, [resource.router for resource in RESOURCES])
    return app


def _cors(origins: Sequence[str]) -> dict[str, Any]:
    """What pages of these sites may do: everything with a bearer token, nothing with a browser's cookies."""
    return {
        "allow_origins": origins,
        "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
        "allow_headers": ["authorization", "content-type", "idempotency-key", "last-event-id"],
        "expose_headers": ["x-request-id", "x-export-id", "x-export-rows", "retry-after", "ratelimit"],
    }


def _operation_id(route: APIRoute) -> str:
    return route.name
