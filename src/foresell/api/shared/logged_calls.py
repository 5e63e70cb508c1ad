"""Which logged calls, and their rows with the customer's name and the orders that followed: for the call log and its export."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any, Literal

from pydantic import Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.shared import customer_lists
from foresell.api.shared.paging import OfCustomer, meta
from foresell.db import AsyncConnection, Row
from foresell.engagement.calls import CallFilter
from foresell.errors import ParameterError
from foresell.snapshot import queries

Outcome = Literal["reached", "no_answer", "not_interested", "will_order"]


class CallFilters(OfCustomer):
    """Which calls. Everything may be left out."""

    caller: str | None = Field(
        None, pattern=r"^(me|[1-9][0-9]{0,8})$", description="Of this user, by user_id; me: your own.", examples=["me"]
    )
    outcome: Outcome | None = Field(None, description="With this outcome.")
    first: date | None = Field(None, alias="from", description="On or after this day (UTC).")
    last: date | None = Field(None, alias="to", description="On or before this day (UTC).")

    async def filter(self, con: AsyncConnection, user_id: int) -> CallFilter:
        """As the engagement package takes it. Raises ParameterError when the days are in the wrong order."""
        if self.first and self.last and self.first > self.last:
            raise ParameterError("to", "to: is before from", remedy="Swap the two.")
        caller = user_id if self.caller == "me" else self.caller and int(self.caller)
        return CallFilter(await self.customer_filter(con), caller or None, self.outcome, self.first, self.last)


async def add_names_and_orders(web: AppState, principal: Principal, rows: list[Row]) -> list[Row]:
    """The calls with the name of their customer and the orders that followed; None where the data ends before the call."""
    names = await customer_lists.names_of(web, principal, rows)
    orders: dict[int, Row] = {}
    if rows and meta(web):
        values: dict[str, Any] = {
            "call_ids": [row["call_id"] for row in rows],
            "customer_ids": [row["customer_id"] for row in rows],
            "times": [row["called_at"].astimezone(UTC).replace(tzinfo=None) for row in rows],
        }
        found = await web.ask(principal, queries.run_query, "orders_after_calls", values)
        orders = {row.pop("call_id"): row for row in found}
    return [{**row, "name": names.get(row["customer_id"]), "orders": orders.get(row["call_id"])} for row in rows]
