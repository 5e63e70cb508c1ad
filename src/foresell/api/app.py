"""The application: every resource behind one guard."""

from __future__ import annotations

import asyncio
import pkgutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import anyio
from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute

import foresell
from foresell.access.keyring import Keyring
from foresell.access.oidc import Client
from foresell.api import cache_warmup, openapi, resources
from foresell.api.http import error_handlers, tracing
from foresell.api.http.activity import ActivityLog
from foresell.api.http.app_state import AppState
from foresell.api.http.authentication import Principals, is_credible
from foresell.api.http.authentication import authenticate as by_bearer
from foresell.api.http.dependencies import Authenticate, check_declared, refuse_unknown_parameters
from foresell.api.http.gzip import GzipResponses
from foresell.api.http.live_events import LiveEvents
from foresell.api.http.rate_limits import Limits
from foresell.api.http.request_stats import Observe
from foresell.api.http.request_validation import RequestValidation
from foresell.api.http.static_pages import Pages
from foresell.api.shared import file_exports
from foresell.settings import Settings

#: Routes are tried in the order of the resources, so the ones that answer most requests come first (and /api/calls/today before
#: /api/calls/{call_id}).
FIRST = ("spec_endpoints", "events", "customers", "contacts", "segments", "distributions", "call_list", "sales")


def find_resources() -> tuple[ModuleType, ...]:
    """The modules of `foresell.api.resources`, each with a `router`: a new file there is a new resource."""
    names = [module.name for module in pkgutil.iter_modules(resources.__path__)]
    names.sort(key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    return tuple(import_module(f"{resources.__name__}.{name}") for name in names)


RESOURCES = find_resources()

DESCRIPTION = """Customers, scores, forecasts and the work with them. Every answer names the run its figures come from and their
as_of day. Errors are RFC 9457 problem details; decide by their `code`."""


def create_app(settings: Settings, *, authenticate: Authenticate | None = None) -> FastAPI:
    """The API on one home. `authenticate` replaces sign-in in tests."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await app.state.web.open()
        await app.state.live.open()
        app.state.activity.open()
        ready = asyncio.create_task(cache_warmup.keep_ready(app.state.web))
        yield
        ready.cancel()
        with suppress(asyncio.CancelledError):
            await ready
        await app.state.live.close()
        await app.state.activity.close()
        await app.state.web.close()

    if settings.traces_url:
        tracing.send_to(settings.traces_url)
    app = FastAPI(
        title="Foresell",
        version=foresell.__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
        dependencies=[Depends(refuse_unknown_parameters)],
        telemetry=tracing.FASTAPI_TELEMETRY,
    )
    app.state.web = AppState(settings)
    app.state.live = LiveEvents(app.state.web)
    app.state.activity = ActivityLog(app.state.web)
    app.state.keyring = Keyring(settings.home / "keys")
    app.state.principals = Principals()
    app.state.oidc = {provider.name: Client(provider) for provider in settings.providers}
    app.state.authenticate = authenticate or by_bearer
    app.state.limits = Limits(settings)
    app.state.exports = anyio.Semaphore(file_exports.AT_ONCE)
    for resource in RESOURCES:
        app.include_router(resource.router)
    error_handlers.install(app)
    app.add_middleware(GzipResponses)
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, **_cors(settings.cors_origins))
    app.add_middleware(Pages)
    app.add_middleware(
        RequestValidation,
        limits=app.state.limits,
        is_credible=is_credible,
        origins=settings.cors_origins,
        hosts=_hosts(settings),
        only_https=(settings.public_url or "").startswith("https:"),
    )
    app.add_middleware(Observe)
    check_declared(resource.router for resource in RESOURCES)
    openapi.describe(app, [resource.router for resource in RESOURCES])
    return app


def _hosts(settings: Settings) -> set[str]:
    """The names by which browsers and programs may call."""
    public = urlsplit(settings.public_url or "").hostname
    return {"localhost", *settings.hosts} | ({public} if public else set())


def _cors(origins: Sequence[str]) -> dict[str, Any]:
    """What pages of these sites may do: everything with a bearer token, nothing with a browser's cookies."""
    return {
        "allow_origins": origins,
        "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
        "allow_headers": ["authorization", "content-type", "idempotency-key", "last-event-id"],
        "expose_headers": ["x-request-id", "x-export-id", "x-export-rows", "x-merged-from", "retry-after", "ratelimit"],
    }


def _operation_id(route: APIRoute) -> str:
    return route.name
