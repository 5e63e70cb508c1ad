"""Selections of customers for bulk actions: some by id, or all that match the filters of a list."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.shared import customer_lists
from foresell.api.shared.customer_lists import CustomerFilters
from foresell.api.shared.schemas import Body, CustomerKey
from foresell.db import AsyncConnection
from foresell.delivery import customers
from foresell.errors import ParameterError, SelectionChanged
from foresell.identity.customers import map_current
from foresell.snapshot import queries

#: The most customers that one action changes: its undo keeps each of them.
MOST_CHANGED = 100_000


class Selection(Body):
    """Which customers: `customer_ids`, or all that match `matching` except `except_ids`."""

    customer_ids: list[CustomerKey] | None = Field(None, min_length=1, max_length=50_000, description="These.")
    matching: CustomerFilters | None = Field(None, description="All customers of the list with these filters.")
    except_ids: list[CustomerKey] = Field([], max_length=50_000, description="But not these.")
    expected: int | None = Field(
        None, ge=0, description="How many the user was told they are; refused with 409 when the list has changed since."
    )


async def find_selected(
    web: AppState, principal: Principal, which: Selection, within: CustomerFilters | None = None
) -> queries.Ranks:
    """The ranks of the selected customers who are in the list, among those that match `within`.

    Raises ParameterError unless the selection is given one way; SelectionChanged when they are not as many as expected.
    """
    if (which.customer_ids is None) == (which.matching is None):
        raise ParameterError(
            "customer_ids", "customer_ids: name customers or say which match", remedy="Give one of the two."
        )
    matching = which.matching or CustomerFilters()  # type: ignore[call-arg]
    chosen = await customer_lists.filter_of(
        web, principal, matching, which.customer_ids, without=which.except_ids if which.matching else ()
    )
    listed = await customer_lists.select_customers(web, matching.narrow(principal), chosen, "value")
    if which.expected is not None and len(listed.ranks) != which.expected:
        raise SelectionChanged(
            f"{len(listed.ranks):,} customers match now, not {which.expected:,}.",
            remedy="Look at the list and try again.",
        )
    if within is None:
        return listed.ranks
    shown = await customer_lists.filter_of(web, principal, within)
    return np.intersect1d(
        listed.ranks, (await customer_lists.select_customers(web, within.narrow(principal), shown, "value")).ranks
    )


async def read_selected_ids(web: AppState, principal: Principal, con: AsyncConnection, which: Selection) -> list[str]:
    """The ids of the selected customers, sorted; those given by id whether they are in the list or not. In place of one that
    was merged since the run stands the customer it was merged into.

    Raises what `find_selected` raises, and ParameterError for more than MOST_CHANGED.
    """
    if which.customer_ids is not None and which.matching is None:
        ids = [customer.upper() for customer in which.customer_ids]
        return sorted(set((await map_current(con, ids)).values()))
    ranks = await find_selected(web, principal, which)
    if not 0 < len(ranks) <= MOST_CHANGED:
        raise ParameterError(
            "matching",
            f"matching: {len(ranks):,} customers match",
            remedy=f"Choose filters that 1 to {MOST_CHANGED:,} match.",
        )
    assert which.matching is not None
    found = await web.ask(which.matching.narrow(principal), customers.fetch_customer_ids, ranks)
    return sorted(set((await map_current(con, list(found))).values()))


async def summarize(web: AppState, principal: Principal, which: Selection, ranks: queries.Ranks) -> dict[str, Any]:
    """How many customers are at these ranks of a selection, and what they are expected to spend in 30 days."""
    narrowed = (which.matching or CustomerFilters()).narrow(principal)  # type: ignore[call-arg]
    return await web.ask(narrowed, queries.sum_expected, ranks)
