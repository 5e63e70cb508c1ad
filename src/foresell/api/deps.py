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

from foresell.access.principal import Principal
from foresell.api.web import Web

Authenticate = Callable[[Request], Awaitable[Principal]]


def web_of(request: Request) -> Web:
    """What this process shares."""
    web: Web = request.app.state.web
    return web


async def principal_of(request: Request) -> Principal:
    """Who is asking, worked out once per request. Raises NotSignedIn."""
    known: Principal | None = getattr(request.state, "principal", None)
    if known is None:
        authenticate: Authenticate = request.app.state.authenticate
        known = request.state.principal = await authenticate(request)
    return known


WebOf = Annotated[Web, Depends(web_of)]


def require(permission: str) -> Any:
    """The principal, who must hold this permission: `principal: Annotated[Principal, require("runs.read")]`."""

    async def allowed(request: Request) -> Principal:
        principal = await principal_of(request)
        principal.require(permission)
        return principal

    return _declared(allowed, permission)


def signed_in() -> Any:
    """The principal, whoever it is."""

    async def anybody(request: Request) -> Principal:
        return await principal_of(request)

    return _declared(anybody, "signed in")


def public() -> Any:
    """For operations open to everybody; give it in the operation's `dependencies`."""

    async def nobody() -> None:
        return None

    return _declared(nobody, "public")


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


def _declared(call: Callable[..., Any], right: str) -> Any:
    call.right = right  # type: ignore[attr-defined]
    return Depends(call)


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for each in dependant.dependencies:
        if each.call:
            yield each.call
        yield from _calls(each)
