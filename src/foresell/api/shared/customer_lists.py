"""Lists of customers: one set of filters, sorts, pages and cursors for every endpoint, view and export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.responses import cursor_of
from foresell.api.shared.paging import Paging
from foresell.db import AsyncStatements
from foresell.errors import ParameterError, UsageError
from foresell.scores import registry
from foresell.snapshot import queries
from foresell.snapshot.queries import Filter, Ranks

SQL = AsyncStatements("foresell.store", "queries/")

#: The orders of the list, from the registry of scores.
if TYPE_CHECKING:
    Sort = str
else:
    Sort = Literal[tuple(registry.list_sorts())]
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
    q: str | None = Field(None, max_length=100, description="Starts of words in names, or a source's own key.")

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

    @staticmethod
    def of(rows: list[dict[str, Any]], total: int, start: int, limit: int) -> Cut:
        """The part of a list that starts after `start` rows."""
        end = start + limit
        return Cut(rows, total, start // limit + 1, end if end < total else None)

    def frame(self, web: AppState) -> dict[str, Any]:
        """The fields of a list in addition to its rows."""
        run = web.snapshot().run_id
        following = None if self.next_start is None else cursor_of(run, self.next_start)
        return {"total": self.total, "page": self.page, "next_cursor": following, "meta": web.meta()}


async def select_customers(web: AppState, principal: Principal, which: CustomerFilters, sort: str) -> Ranks:
    """The ranks of all customers that match, in order. Raises ParameterError for a name that does not exist."""
    which_customers = await filter_of(web, principal, which)
    with by_parameter():
        return await web.ranks(principal, which_customers, sort)


async def filter_of(
    web: AppState, principal: Principal, which: CustomerFilters, only: Sequence[str] | None = None
) -> Filter:
    """The filter of a request, with its text search resolved. `only`: of these customers.

    Raises ParameterError when a range ends before it starts.
    """
    _in_order(which)
    customers = None if only is None else tuple(each.upper() for each in only)
    if which.q and which.q.strip():
        found = await _search_customers(web, principal, which.q)
        customers = found if customers is None else tuple(set(found) & set(customers))
    return Filter(**which.model_dump(include=set(CustomerFilters.model_fields) - {"q", "owner"}), customers=customers)


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
    start = filters.start(web)
    ranks = await select_customers(web, principal, filters, sort)
    cut = ranks[start : start + filters.limit]
    rows = await web.ask(principal, queries.list_rows, cut, columns) if len(cut) else []
    return Cut.of(rows, len(ranks), start, filters.limit)


async def names_of(web: AppState, principal: Principal, rows: Sequence[dict[str, Any]]) -> dict[str, str | None]:
    """Names by customer id, of those whose rows these are."""
    if not rows:
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
    return {row.pop("customer_id"): row for row in found}


async def person(web: AppState, principal: Principal, customer_id: str) -> dict[str, Any]:
    """What may be shown of one customer's person: name, city, masked contact; empty when nothing is known."""
    found = await web.rows(principal.user_id, SQL.text("web.person"), {"customer_id": customer_id})
    return found[0] if found else {}


async def _search_customers(web: AppState, principal: Principal, text: str) -> tuple[str, ...]:
    """Customers whose name has words that start so, or whom a source knows under that key."""
    found = await web.rows(principal.user_id, SQL.text("web.search"), {"text": text.strip(), "most": MOST_FOUND})
    return tuple(row["customer_id"] for row in found)


def _in_order(which: CustomerFilters) -> None:
    for low, high, name in (
        (which.first_day, which.last_day, "to"),
        (which.min_probability, which.max_probability, "max_probability"),
    ):
        if low is not None and high is not None and low > high:  # type: ignore[operator]
            raise ParameterError(name, f"{name}: is below where the range starts", remedy="Swap the two.")
