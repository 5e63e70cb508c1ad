"""Lists of customers: one set of filters, sorts, pages and cursors for every endpoint, view and export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.responses import cursor_of, read_cursor_key
from foresell.api.shared.paging import Paging
from foresell.db import AsyncStatements
from foresell.errors import ParameterError, UsageError
from foresell.scores import registry
from foresell.snapshot import queries
from foresell.snapshot.queries import Filter, Ranks

SQL = AsyncStatements("foresell.store", "queries/")

#: By the owner's name, unassigned customers last: the only order that a run does not fix, because owners change.
OWNER_SORTS = ("owner", f"owner{registry.REVERSED}")

#: The orders of the list, from the registry of scores.
if TYPE_CHECKING:
    Sort = str
else:
    Sort = Literal[(*registry.list_sorts(), *OWNER_SORTS)]
#: Filters that find the customers before the snapshot is asked.
FOUND_FIRST = {"q", "owner", "ordered_from", "ordered_to", "moved_from", "moved_to", "since"}
Score = Annotated[int, Field(ge=1, le=5)]
Amount = Annotated[float, Field(ge=-1e12, le=1e12)]
State = Literal["likely to stay", "unsure", "at risk"]
MOST_FOUND = 50_000


class CustomerFilters(BaseModel):
    """Which customers. Every part given must hold; names in any case."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    segment: str | None = Field(None, max_length=100, description="Of this segment.", examples=["Champions"])
    first_day: date | None = Field(None, alias="from", description="Last purchase on or after this day.")
    last_day: date | None = Field(None, alias="to", description="Last purchase on or before this day.")
    category: str | None = Field(None, max_length=200, description="Bought something of this product category.")
    country: str | None = Field(None, max_length=100, description="Of this country.")
    state: State | None = Field(None, description="Of this churn state.")
    min_probability: float | None = Field(None, ge=0, le=1, description="At least this likely to order in 30 days.")
    max_probability: float | None = Field(None, ge=0, le=1, description="At most this likely to order in 30 days.")
    min_value: float | None = Field(None, ge=0, le=1e12, description="At least this expected revenue (30 days).")
    owner: str | None = Field(
        None,
        pattern=r"^(unassigned|[1-9][0-9]{0,8})$",
        description="Of this owner, by user_id; unassigned: without an owner.",
        examples=["unassigned"],
    )
    r: Score | None = Field(None, description="With this recency score.")
    f: Score | None = Field(None, description="With this frequency score.")
    min_recency: Amount | None = Field(None, description="Last purchase at least this many days before as_of.")
    below_recency: Amount | None = Field(None, description="Last purchase fewer than this many days before as_of.")
    min_orders: Amount | None = Field(None, description="At least this many counted orders.")
    below_orders: Amount | None = Field(None, description="Fewer than this many counted orders.")
    min_revenue: Amount | None = Field(None, description="At least this net revenue.")
    below_revenue: Amount | None = Field(None, description="Less than this net revenue.")
    below_probability: float | None = Field(None, ge=0, le=1, description="Less likely than this to order in 30 days.")
    ordered_from: date | None = Field(
        None, description="With a counted order on or after this day; with a category, of its goods."
    )
    ordered_to: date | None = Field(
        None, description="With a counted order on or before this day; with both, one order within."
    )
    moved_from: str | None = Field(
        None, max_length=100, description="In this segment as of the run `since`; not yet: without a score."
    )
    moved_to: str | None = Field(None, max_length=100, description="In this segment now.")
    since: int | None = Field(None, ge=1, lt=2**31, description="The run of moved_from and moved_to.")
    q: str | None = Field(
        None, max_length=100, description="Starts of words in names (with customers.names), or a source's own key."
    )

    def narrow(self, principal: Principal) -> Principal:
        """The principal who reads only customers of the owner asked for."""
        if self.owner is None:
            return principal
        return replace(principal, owner="unassigned" if self.owner == "unassigned" else int(self.owner))


class PagedCustomerFilters(CustomerFilters, Paging):
    """Which customers, and which part of the list."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A page of a list: its rows and where it stands."""

    rows: list[dict[str, Any]]
    total: int
    page: int
    next_start: int | None
    #: What identifies its last row in the order of the list.
    key: tuple[int, ...] = ()

    @staticmethod
    def of(rows: list[dict[str, Any]], total: int, start: int, limit: int, key: tuple[int, ...] = ()) -> Cut:
        """The part of a list that starts after `start` rows."""
        end = start + limit
        return Cut(rows, total, start // limit + 1, end if end < total else None, key)

    def frame(self, web: AppState) -> dict[str, Any]:
        """The fields of a list in addition to its rows."""
        run = web.snapshot().run_id
        following = None if self.next_start is None else cursor_of(run, self.next_start, *self.key)
        return {"total": self.total, "page": self.page, "next_cursor": following, "meta": web.meta()}


@dataclass(frozen=True, slots=True)
class Ordered:
    """All customers that match, in order: their ranks, and by rank what settles the order before the rank (owners)."""

    ranks: Ranks
    place_of: Ranks | None = None
    #: By place, the user.
    owners: tuple[int, ...] = ()

    def key(self, at: int) -> tuple[int, ...]:
        """What identifies the row at this place: its rank and, in the order of owners, its owner (0: none)."""
        rank = int(self.ranks[at])
        if self.place_of is None:
            return (rank,)
        return (rank, (*self.owners, 0)[self.place_of[rank]])

    def place_after(self, key: tuple[int, ...]) -> int | None:
        """How many rows do not come after the row with this key; None where the row is needed to tell."""
        rank = key[0]
        if self.place_of is None or len(key) < 2:
            found = np.flatnonzero(self.ranks == rank)
            return int(found[0]) + 1 if len(found) else None
        place = self.owners.index(key[1]) if key[1] in self.owners else len(self.owners)
        places = self.place_of[self.ranks]
        return int(np.count_nonzero((places < place) | ((places == place) & (self.ranks <= rank))))


async def select_customers(web: AppState, principal: Principal, which: Filter, sort: str) -> Ordered:
    """All customers that match, in order. Raises ParameterError for a name that does not exist, PermissionMissing for an
    order that would tell names the user may not see.
    """
    if sort.removesuffix(registry.REVERSED) == "name":
        principal.require("customers.names")
    with by_parameter():
        if sort not in OWNER_SORTS:
            return Ordered(await web.ranks(principal, which, sort))
        ranks = await web.ranks(principal, which, "value")
    found = await web.rows(principal.user_id, SQL.text("web.customers_by_owner"), {})
    if sort != "owner":
        found.reverse()
    place_of = await web.ask(principal, queries.place_owners, [row["customers"] for row in found])
    return Ordered(ranks[np.lexsort((ranks, place_of[ranks]))], place_of, tuple(row["user_id"] for row in found))


async def filter_of(
    web: AppState,
    principal: Principal,
    which: CustomerFilters,
    only: Sequence[str] | None = None,
    *,
    without: Sequence[str] = (),
) -> Filter:
    """The filter of a request, with its text search resolved. `only`: of these customers; `without`: not these.

    Raises ParameterError when a range ends before it starts.
    """
    _in_order(which)
    customers = None if only is None else tuple(each.upper() for each in only)
    if which.q and which.q.strip():
        customers = _both(customers, await _search_customers(web, principal, which.q))
    if which.moved_from or which.moved_to:
        customers = _both(customers, await _find_moved(web, principal, which))
    ordered = (which.ordered_from or date.min, which.ordered_to or date.max)
    return Filter(
        **which.model_dump(include=set(CustomerFilters.model_fields) - FOUND_FIRST),
        ordered=None if ordered == (date.min, date.max) else ordered,
        customers=customers,
        without=tuple(each.upper() for each in without) or None,
    )


@contextmanager
def by_parameter() -> Iterator[None]:
    """Turn an unknown name into a ParameterError that names the parameter."""
    try:
        yield
    except UsageError as error:
        what = error.message.split("no ", 1)[-1].split(" ", 1)[0]
        raise ParameterError(what, error.message, remedy=error.remedy) from None


async def page(
    web: AppState, principal: Principal, filters: PagedCustomerFilters, sort: str, columns: Sequence[str] = ()
) -> Cut:
    """One page of the list: all of its columns, or some."""
    which = await filter_of(web, principal, filters)
    listed = await select_customers(web, principal, which, sort)
    start = await _place(web, principal, filters, which, sort, listed)
    cut = listed.ranks[start : start + filters.limit]
    rows = await web.ask(principal, queries.list_rows, cut, columns) if len(cut) else []
    key = listed.key(start + len(cut) - 1) if len(cut) else ()
    return Cut.of(rows, len(listed.ranks), start, filters.limit, key)


async def _place(web: AppState, principal: Principal, paging: Paging, which: Filter, sort: str, listed: Ordered) -> int:
    """How many rows come before this part: those up to the last row of the part before, wherever that row is now."""
    start = paging.start(web)
    key = read_cursor_key(paging.cursor)[2:] if paging.cursor else ()
    if not key or (0 < start <= len(listed.ranks) and listed.key(start - 1) == key):
        return start
    after = listed.place_after(key)
    return await web.ask(principal, queries.place_after, which, sort, key[0]) if after is None else after


async def names_of(web: AppState, principal: Principal, rows: Sequence[dict[str, Any]]) -> dict[str, str | None]:
    """Names by customer id, of those whose rows these are; none without customers.names."""
    if not rows or not principal.may("customers.names"):
        return {}
    found = await web.rows(principal.user_id, SQL.text("web.names"), {"ids": [row["customer_id"] for row in rows]})
    return {row["customer_id"]: row["name"] for row in found}


async def add_names_and_owners(
    web: AppState, principal: Principal, rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The rows with the name and owner of their customer, in the shape of `ListedCustomer`."""
    people = await _names_and_owners(web, principal, rows)
    return [{**row, "name": None, "owner": None, **people.get(row["customer_id"], {})} for row in rows]


async def _names_and_owners(
    web: AppState, principal: Principal, rows: Sequence[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Name and owner by customer id, of those whose rows these are."""
    if not rows:
        return {}
    found = await web.rows(principal.user_id, SQL.text("web.people"), {"ids": [row["customer_id"] for row in rows]})
    return {row.pop("customer_id"): row for row in hide_names(principal, found)}


async def person(web: AppState, principal: Principal, customer_id: str) -> dict[str, Any]:
    """What may be shown of one customer's person: name (with customers.names), city, masked contact; empty when nothing is known."""
    found = await web.rows(principal.user_id, SQL.text("web.person"), {"customer_id": customer_id})
    return hide_names(principal, found)[0] if found else {}


def hide_names(principal: Principal, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, without names unless the principal may see them.

    The database hides them from users; only the API knows the permissions of a key.
    """
    return rows if principal.may("customers.names") else [{**row, "name": None} for row in rows]


async def _search_customers(web: AppState, principal: Principal, text: str) -> tuple[str, ...]:
    """Customers with this number or source key or, with customers.names, whose name has words that start so."""
    values = {"text": text.strip(), "most": MOST_FOUND, "by_name": principal.may("customers.names")}
    found = await web.rows(principal.user_id, SQL.text("web.search"), values)
    return tuple(row["customer_id"] for row in found)


def _both(known: tuple[str, ...] | None, found: tuple[str, ...]) -> tuple[str, ...]:
    return found if known is None else tuple(set(found) & set(known))


async def _find_moved(web: AppState, principal: Principal, which: CustomerFilters) -> tuple[str, ...]:
    """Customers who were in one segment as of an earlier run and are in another now. Raises ParameterError without `since`."""
    if which.since is None:
        raise ParameterError(
            "since", "since: name the run to compare with", remedy="Add since, or leave out moved_from and moved_to."
        )
    values = {
        "since": which.since, "run_id": web.snapshot().run_id, "moved_from": which.moved_from, "moved_to": which.moved_to,
    }  # fmt: skip
    found = await web.rows(principal.user_id, SQL.text("web.moved"), values)
    return tuple(row["customer_id"] for row in found)


def _in_order(which: CustomerFilters) -> None:
    for low, high, name in (
        (which.first_day, which.last_day, "to"),
        (which.min_probability, which.max_probability, "max_probability"),
        (which.ordered_from, which.ordered_to, "ordered_to"),
    ):
        if low is not None and high is not None and low > high:  # type: ignore[operator]
            raise ParameterError(name, f"{name}: is below where the range starts", remedy="Swap the two.")
