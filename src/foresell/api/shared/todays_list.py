"""Today's call list of a user: produced from the published run when first asked for, the same for the rest of the day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.db import AsyncConnection, Row
from foresell.engagement import call_lists
from foresell.engagement.snoozes import utc_today
from foresell.snapshot import queries

Rows = list[dict[str, Any]]


async def read_todays_list(con: AsyncConnection, principal: Principal) -> tuple[Row | None, Row]:
    """The user's list of today (UTC), if it was produced, and the settings that a new one follows."""
    found = await call_lists.find_list(con, user_id=principal.user_id, day=utc_today())
    return found, await call_lists.find_settings(con, principal.team_id)


async def produce_todays_list(web: AppState, principal: Principal, settings: Row, resting: Sequence[str]) -> Row | None:
    """Freeze the user's list of today, without customers who are `resting`; None when no customer has a reason."""
    snapshot = web.snapshot()
    candidates = await web.ask(principal, queries.list_call_candidates, settings["capacity"], resting)
    async with web.transaction(principal.user_id) as con:
        return await call_lists.freeze_list(
            con, candidates, settings, user_id=principal.user_id, day=utc_today(), run_id=snapshot.run_id,
            as_of=snapshot.as_of,
        )  # fmt: skip


async def rows_of_list(web: AppState, principal: Principal, found: Row | None) -> Rows:
    """The rows of the customer list for those on the list, in its order, with the reason they were listed for."""
    if found is None:
        return []
    async with web.transaction(principal.user_id) as con:
        entries = await call_lists.list_entries(con, found["call_list_id"])
    rows = await web.ask(principal, queries.list_rows_of, [entry["customer_id"] for entry in entries])
    by_customer = {row["customer_id"]: row for row in rows}
    return [by_customer[entry["customer_id"]] | entry for entry in entries if entry["customer_id"] in by_customer]


def total_at_risk(rows: Collection[dict[str, Any]]) -> float | None:
    """The value at risk of these rows, to the penny; None where none has one."""
    known = [row["value_at_risk"] for row in rows if row["value_at_risk"] is not None]
    return round(sum(round(100 * each) for each in known) / 100, 2) if known else None
