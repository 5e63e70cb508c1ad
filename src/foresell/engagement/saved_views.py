"""Saved views: filters and sort of the customer list under a name, private or shared with the team or everyone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import NameTaken, ViewNotFound

SQL = AsyncStatements("foresell.engagement")

SharedWith = Literal["private", "team", "everyone"]


async def list_views(con: AsyncConnection, *, user_id: int) -> list[Row]:
    """The user's own views, then shared ones, by name."""
    return await SQL.rows(con, "saved_views.list", user_id=user_id, view_id=None)


async def find_view(con: AsyncConnection, view_id: int, *, user_id: int) -> Row:
    """One view the user may use. Raises ViewNotFound."""
    view = await SQL.row(con, "saved_views.list", user_id=user_id, view_id=view_id)
    if view is None:
        raise ViewNotFound(remedy="List your views: GET /api/views")
    return view


async def save_view(
    con: AsyncConnection,
    *,
    name: str,
    filters: Mapping[str, object],
    sort: str,
    description: str | None,
    shared_with: SharedWith,
    user_id: int,
    request_id: str | None = None,
) -> Row:
    """Save a new view and return it. Raises NameTaken when the user has one of this name."""
    columns = {
        "user_id": user_id, "name": name, "description": description, "filters": Jsonb(dict(filters)), "sort": sort,
        "shared_with": shared_with,
    }  # fmt: skip
    saved = await SQL.row(con, "saved_views.add", **columns)
    if saved is None:
        raise _name_taken()
    await _record(con, "view.saved", saved["view_id"], user_id, request_id, shared_with=shared_with)
    return await find_view(con, saved["view_id"], user_id=user_id)


async def change_view(
    con: AsyncConnection,
    view_id: int,
    *,
    name: str,
    filters: Mapping[str, object],
    sort: str,
    description: str | None,
    shared_with: SharedWith,
    user_id: int,
    request_id: str | None = None,
) -> Row:
    """Change one of the user's own views and return it. Raises ViewNotFound, NameTaken."""
    columns = {
        "user_id": user_id, "name": name, "description": description, "filters": Jsonb(dict(filters)), "sort": sort,
        "shared_with": shared_with,
    }  # fmt: skip
    try:
        changed = await SQL.row(con, "saved_views.change", **columns, view_id=view_id)
    except UniqueViolation:
        raise _name_taken() from None
    if changed is None:
        raise _not_own()
    await _record(con, "view.changed", view_id, user_id, request_id, shared_with=shared_with)
    return await find_view(con, view_id, user_id=user_id)


async def delete_view(con: AsyncConnection, view_id: int, *, user_id: int, request_id: str | None = None) -> Row:
    """Delete one of the user's own views and return it as it was. Raises ViewNotFound."""
    view = await find_view(con, view_id, user_id=user_id)
    if not await SQL.run(con, "saved_views.delete", view_id=view_id, user_id=user_id):
        raise _not_own()
    await _record(con, "view.deleted", view_id, user_id, request_id, shared_with=view["shared_with"])
    return view


async def _record(
    con: AsyncConnection, action: str, view_id: int, user_id: int, request_id: str | None, *, shared_with: SharedWith
) -> None:
    await record.record(
        con,
        action,
        actor=user_id,
        subject=f"view:{view_id}",
        detail={"shared_with": shared_with},
        request_id=request_id,
    )


def _name_taken() -> NameTaken:
    return NameTaken("You already have a view with this name.", remedy="Choose another name, or change that view.")


def _not_own() -> ViewNotFound:
    return ViewNotFound(remedy="You can change only your own views: GET /api/views")
