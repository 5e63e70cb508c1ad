"""What operations ask for: who is asking, whether they may, and what every process shares.

Each operation declares its right with exactly one of `require("permission")`, `signed_in()` or `public()`;
`check_declared` refuses to start an app in which one does not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.rate_limits import Limits
from foresell.api.http.request_validation import address_of
from foresell.errors import NotSignedIn, ParameterError

Authenticate = Callable[[Request], Awaitable[Principal]]

#: What programs ask far more often than anything else; it has a limit of its own.
INTAKE = ("POST", "/api/events")


def app_state_of(request: Request) -> AppState:
    """What this process shares."""
    web: AppState = request.app.state.web
    return web


async def principal_of(request: Request) -> Principal:
    """Who is asking, worked out once per request. Raises NotSignedIn; TooMany when they ask too often."""
    known: Principal | None = getattr(request.state, "principal", None)
    if known is None:
        authenticate: Authenticate = request.app.state.authenticate
        limits: Limits = request.app.state.limits
        try:
            known = request.state.principal = await authenticate(request)
        except NotSignedIn:
            if getattr(request.state, "rate", None) is None:
                request.state.rate = limits.address(address_of(request.scope))
            raise
        count = limits.events if (request.method, request.url.path) == INTAKE else limits.user
        request.state.rate = count(known.user_id)
    return known


async def _web(request: Request) -> AppState:
    return app_state_of(request)  # asynchronous, or FastAPI would fetch it in a thread


AppStateOf = Annotated[AppState, Depends(_web)]


def require(permission: str) -> Any:
    """The principal, who must hold this permission: `principal: Annotated[Principal, require("runs.read")]`."""

    async def check_permission(request: Request) -> Principal:
        principal = await principal_of(request)
        principal.require(permission)
        return principal

    return _declare_right(check_permission, permission)


def signed_in(*, before_set_up: bool = False) -> Any:
    """Require a signed-in user, without further permissions; with `before_set_up` also one whose second factor is due."""

    async def any_user(request: Request) -> Principal:
        principal = await principal_of(request)
        if not before_set_up:
            principal.require_set_up()
        return principal

    return _declare_right(any_user, "signed in")


def public() -> Any:
    """Mark an operation as public; list it in the operation's `dependencies`."""

    async def no_user() -> None:
        return None

    return _declare_right(no_user, "public")


#: The query parameters of each operation, by what it calls.
_QUERY_NAMES: dict[Callable[..., Any], frozenset[str]] = {}


async def refuse_unknown_parameters(request: Request) -> None:
    """For every operation: a query parameter it does not have, or one given twice, is a mistake worth hearing of."""
    if not request.url.query:
        return
    given = [name for name, _ in request.query_params.multi_items()]
    route: APIRoute = request.scope["route"]
    known = _QUERY_NAMES.get(route.endpoint) or _QUERY_NAMES.setdefault(route.endpoint, _query_names(route))
    for name in given:
        if name not in known:
            raise ParameterError(
                name[:100],
                f"{name[:100]}: there is no such parameter",
                remedy=f"Choose from: {', '.join(sorted(known))}" if known else "This takes no parameters.",
            )
        if given.count(name) > 1:
            raise ParameterError(name, f"{name}: is given more than once", remedy="Give it once.")


def _query_names(route: APIRoute) -> frozenset[str]:
    fields = [field for each in (route.dependant, *_dependants(route.dependant)) for field in each.query_params]
    models = [kind for field in fields if isinstance(kind := field.field_info.annotation, type)]
    inner = [
        part.alias or name
        for model in models
        if issubclass(model, BaseModel)
        for name, part in model.model_fields.items()
    ]
    return frozenset(inner or [field.alias for field in fields])


def operations(routers: Iterable[APIRouter]) -> Iterator[tuple[APIRoute, list[str]]]:
    """Every operation with the rights it declares; one each when all is well."""
    for router in routers:
        for route in router.routes:
            assert isinstance(route, APIRoute), "a resource is a flat router of operations"
            yield route, [right for call in _calls(route.dependant) if (right := getattr(call, "right", None))]


def check_declared(routers: Iterable[APIRouter]) -> None:
    """Deny by default: an operation that does not say who may use it keeps the app from starting."""
    for route, rights in operations(routers):
        if len(rights) != 1:
            raise RuntimeError(f"{route.methods} {route.path} must declare exactly one right, not {rights}")


def _declare_right(call: Callable[..., Any], right: str) -> Any:
    call.right = right  # type: ignore[attr-defined]
    return Depends(call)


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    return (each.call for each in _dependants(dependant) if each.call)


def _dependants(dependant: Dependant) -> Iterator[Dependant]:
    for each in dependant.dependencies:
        yield each
        yield from _dependants(each)
