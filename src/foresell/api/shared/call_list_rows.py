"""What the call list adds to the reasons of the scores: follow-ups that are due, and whether a phone is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.shared.customer_lists import SQL
from foresell.engagement.follow_ups import describe_follow_up
from foresell.snapshot import queries

Rows = list[dict[str, Any]]


async def put_follow_ups_first(
    web: AppState, principal: Principal, rows: Sequence[dict[str, Any]], due: Mapping[str, dict[str, Any]]
) -> Rows:
    """The rows, each with `follow_up`; those of `due` stand first, in its order, also if they were not among the rows.

    A customer without scores in the published run is left out.
    """
    others = [{**row, "follow_up": None} for row in rows if row["customer_id"] not in due]
    if not due:
        return others
    found = await web.ask(principal, queries.list_rows_of, list(due))
    by_customer = {row["customer_id"]: row for row in found}
    return [_follow_up_row(by_customer[each], due[each]) for each in due if each in by_customer] + others


async def add_phones(web: AppState, principal: Principal, rows: Sequence[dict[str, Any]]) -> Rows:
    """The rows with `has_phone`: whether a phone number is stored."""
    if not rows:
        return []
    ids = [row["customer_id"] for row in rows]
    found = await web.rows(principal.user_id, SQL.text("web.with_phone"), {"ids": ids})
    with_phone = {row["customer_id"] for row in found}
    return [{**row, "has_phone": row["customer_id"] in with_phone} for row in rows]


def _follow_up_row(row: dict[str, Any], follow_up: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: follow_up[name] for name in ("follow_up_id", "due_on", "task", "set_by")}
    why = describe_follow_up(follow_up["task"])
    return {**row, "call_reason": "follow-up", "why_call": why, "follow_up": shown}
