"""Customers: the list, and one customer down to the orders behind the scores."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import duckdb
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import Meta, Page, answer
from foresell.api.shared import calculation, customer_lists
from foresell.api.shared.calculation import ExplainOptions, Explanation, RowsBehind
from foresell.api.shared.paging import Paging
from foresell.api.shared.schemas import ListedCustomer, UserRef
from foresell.engagement import follow_ups
from foresell.errors import CustomerNotFound, ParameterError
from foresell.scores.rfm.segments import read_conditions
from foresell.snapshot import queries

router = APIRouter(prefix="/api/customers", tags=["customers"])
Reader = Annotated[Principal, require("customers.read")]


class SortedCustomerFilters(customer_lists.PagedCustomerFilters, ExplainOptions):
    """Which customers, and in which order."""

    sort: customer_lists.Sort = Field(
        "probability", description="Best first, texts from A to Z; with _reversed, the other way round."
    )


class CustomerPage(Page):
    """A page of the list."""

    data: list[ListedCustomer]


class SourceRecord(BaseModel):
    """The customer as one source knows it."""

    record_id: int
    source: str
    source_key: str


class Reason(BaseModel):
    """One reason for the probability."""

    rank: int = Field(description="1 to 3: the customer's; 4: the season's part.")
    theme: str
    direction: str
    points: float
    sentence: str


class MaskedContact(BaseModel):
    """Masked; the whole is shown by POST /api/customers/{id}/contact/reveal to those who may, and recorded."""

    email: str | None
    phone: str | None
    address: str | None
    city: str | None
    region: str | None
    postcode: str | None


class Customer(BaseModel):
    """One customer."""

    customer_id: str
    merged_from: str | None = Field(description="The id that was asked for, when it was merged into this customer.")
    name: str | None
    country: str | None
    signup_date: date | None
    completeness: float = Field(description="How complete what is known of the customer is, from 0 to 1.")
    scores: ListedCustomer | None = Field(
        description="null when there is no counted order, or the customer is newer than the published run."
    )
    why_call: str | None = Field(
        description="Why to call the customer, as on the call list: a follow-up that is due, otherwise the call reason."
    )
    reasons: list[Reason]
    contact: MaskedContact
    owner: UserRef | None
    records: list[SourceRecord]
    meta: Meta


class CutPoint(BaseModel):
    """The range of values that earned a score on one axis."""

    axis: str
    score: int
    lowest: float
    highest: float
    customers: int


class RfmAxis(BaseModel):
    """One axis of RFM, step by step."""

    value: float
    formula: str = Field(description="The calculation with the customer's own numbers.")
    score: int
    lowest: float = Field(description="The smallest value with that score among all customers.")
    highest: float


class CountedOrder(BaseModel):
    """One order of the customer; the net amounts of all add up to monetary."""

    order_id: int
    order_key: str
    day: date
    lines: int
    net_amount: float
    is_counted: bool = Field(description="Counts in frequency: something was really sold.")


class RfmCalculation(BaseModel):
    """The calculation of the RFM scores, down to the orders."""

    customer_id: str
    recency: RfmAxis
    frequency: RfmAxis
    monetary: RfmAxis
    segment: str
    rule: dict[str, Any] = Field(description="The rule of the segment; its conditions are sentences.")
    cut_points: list[CutPoint]
    orders: list[CountedOrder]
    meta: Meta


class OrderLine(BaseModel):
    """One line of an order."""

    line_no: int
    sku: str
    product: str | None
    category: str
    quantity: float
    amount: float
    counts_as: str = Field(description="counted, returns, non_product or cancelled.")


class Order(CountedOrder):
    """One order with its lines."""

    items: list[OrderLine]


class OrderPage(Page):
    """A page of a customer's orders, newest first."""

    data: list[Order]


class CustomerProduct(BaseModel):
    """What a customer bought of one product, returns subtracted."""

    sku: str
    product: str | None
    category: str
    orders: int
    quantity: float
    amount: float
    last_day: date


class CustomerProductPage(Page):
    """A page of a customer's products, most spent first."""

    data: list[CustomerProduct]


class HistoricalScore(BaseModel):
    """The scores of the customer in one run."""

    run_id: int
    as_of: date
    segment: str | None
    rfm_score: int | None
    recency_days: int | None
    frequency: int | None
    monetary: float | None
    probability: float | None
    churn_90: float | None
    value_12m: float | None
    observed: bool | None = Field(
        description="Whether the customer ordered within the 30 days; null while they are not over."
    )


class ScoreHistory(BaseModel):
    """Predictions of earlier runs, compared with what was observed."""

    customer_id: str
    scores: list[HistoricalScore] = Field(description="Newest run first.")
    meta: Meta


@router.get("", response_model=CustomerPage | Explanation | RowsBehind, responses=error_responses(409))
async def list_customers(
    web: AppStateOf,
    principal: Reader,
    filters: Annotated[SortedCustomerFilters, Query()],
) -> Response:
    """List the scored customers visible to the user, filtered, sorted and paged; `explain` applies to their total."""
    principal = filters.narrow(principal)
    if filters.explain:
        return await calculation.explain_total(web, principal, filters, filters)
    page = await customer_lists.page(web, principal, filters, filters.sort)
    rows = await customer_lists.add_names_and_owners(web, principal, page.rows)
    return answer({"data": rows, **page.frame(web)})


@router.get("/{customer_id}", response_model=Customer, responses=error_responses(404, 409))
async def get_customer(request: Request, web: AppStateOf, principal: Reader, customer_id: CurrentCustomer) -> Response:
    """One customer, also by an id that was merged into it. 404 also for one that is not yours to see."""
    person = await customer_lists.person(web, principal, customer_id)
    scores, reasons = await web.ask(
        await web.reach(principal, customer_id), _scores, customer_id, is_new="customer_id" in person
    )
    async with web.transaction(principal.user_id) as con:
        due = await follow_ups.list_due_follow_ups(con, web.vault, customer_id=customer_id)
    records = person.pop("records", [])
    owner = person.pop("owner", None)
    name = person.pop("name", None)
    person.pop("customer_id", None)
    country, signup = scores.pop("country"), scores.pop("signup_date")
    completeness = scores["completeness"]
    listed = None if scores["segment"] is None else {**scores, "name": name, "country": country, "owner": owner}
    return answer(
        {
            "customer_id": customer_id,
            "merged_from": getattr(request.state, "merged_from", None),
            "name": name,
            "country": country,
            "signup_date": signup,
            "completeness": completeness,
            "scores": listed,
            "why_call": follow_ups.describe_follow_up(due[0]["task"]) if due else scores["why_call"],
            "reasons": reasons,
            "contact": person,
            "owner": owner,
            "records": records,
            "meta": web.meta(),
        }
    )


@router.get("/{customer_id}/calculation", response_model=RfmCalculation, responses=error_responses(404, 409))
async def get_rfm_calculation(web: AppStateOf, principal: Reader, customer_id: CurrentCustomer) -> Response:
    """Show how recency, frequency and monetary are calculated: orders, sums, cut points, cell, segment."""
    found = await web.ask(await web.reach(principal, customer_id), _calculation, customer_id)
    return answer({**found, "meta": web.meta()})


@router.get("/{customer_id}/orders", response_model=OrderPage, responses=error_responses(404, 409))
async def list_customer_orders(
    web: AppStateOf, principal: Reader, customer_id: CurrentCustomer, paging: Annotated[Paging, Query()]
) -> Response:
    """The customer's orders with their lines, newest first."""
    return await _page_of_customer(web, principal, customer_id, paging, "orders_with_lines")


@router.get("/{customer_id}/products", response_model=CustomerProductPage, responses=error_responses(404, 409))
async def list_customer_products(
    web: AppStateOf, principal: Reader, customer_id: CurrentCustomer, paging: Annotated[Paging, Query()]
) -> Response:
    """What the customer bought, by product."""
    return await _page_of_customer(web, principal, customer_id, paging, "products_of_customer")


@router.get("/{customer_id}/history", response_model=ScoreHistory, responses=error_responses(404, 409))
async def get_score_history(web: AppStateOf, principal: Reader, customer_id: CurrentCustomer) -> Response:
    """Get the scores of the customer in each kept run, and whether an order followed."""
    days = await web.ask(await web.reach(principal, customer_id), _purchase_days, customer_id)
    async with web.transaction(principal.user_id) as con:
        scores = await customer_lists.SQL.rows(con, "web.history", customer_id=customer_id)
    as_of = web.snapshot().as_of
    for score in scores:
        start, end = score["as_of"], score.pop("window_ends")
        is_due = score["probability"] is not None and end <= as_of
        score["observed"] = any(start <= day < end for day in days) if is_due else None
    return answer({"customer_id": customer_id, "scores": scores, "meta": web.meta()})


async def _page_of_customer(
    web: AppStateOf, principal: Principal, customer_id: str, paging: Paging, name: str
) -> Response:
    start = paging.start(web)
    total, rows = await web.ask(await web.reach(principal, customer_id), _cut, customer_id, name, start, paging.limit)
    return answer({"data": rows, **customer_lists.Cut.of(rows, total, start, paging.limit).frame(web)})


def _cut(
    con: duckdb.DuckDBPyConnection, customer_id: str, name: str, start: int, limit: int
) -> tuple[int, list[dict[str, Any]]]:
    _there(con, customer_id)
    rows = queries.run_query(con, name, {"customer_id": customer_id})
    return len(rows), rows[start : start + limit]


def _there(con: duckdb.DuckDBPyConnection, customer_id: str) -> dict[str, Any]:
    found = queries.run_query(con, "customer_with_prediction", {"customer_id": customer_id})
    if not found:
        raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
    return found[0]


def _scores(
    con: duckdb.DuckDBPyConnection, customer_id: str, *, is_new: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Scores and reasons. `is_new`: the customer may be newer than the run, then it has none. Raises CustomerNotFound."""
    if is_new and not queries.run_query(con, "customer", {"customer_id": customer_id}):
        unknown = dict.fromkeys(("country", "signup_date", "segment", "why_call"))
        return {**unknown, "completeness": 0.0}, []
    scores = _there(con, customer_id)
    scores.pop("rank")
    sentences = (scores.pop("reasons") or "").splitlines()
    reasons = queries.run_query(con, "reasons", {"customer_id": customer_id})
    return {**scores, "reasons": sentences}, reasons


def _purchase_days(con: duckdb.DuckDBPyConnection, customer_id: str) -> list[date]:
    _there(con, customer_id)
    rows = queries.run_query(con, "orders_of_customer", {"customer_id": customer_id})
    return [row["day"] for row in rows if row["is_counted"]]


def _calculation(con: duckdb.DuckDBPyConnection, customer_id: str) -> dict[str, Any]:
    """The steps of RFM for one customer. Raises NotFound; ParameterError when there is nothing to calculate with."""
    scores = _there(con, customer_id)
    if scores["segment"] is None:
        raise ParameterError(
            "customer_id",
            "This customer has no counted order before as_of, so there is no score.",
            remedy="See /orders.",
        )
    orders = queries.run_query(con, "orders_of_customer", {"customer_id": customer_id})
    cuts = queries.run_query(con, "cut_points")
    [rule] = queries.run_query(con, "rule_of_segment", {"segment": scores["segment"]})
    rule["conditions"] = [each.describe() for each in read_conditions(rule["conditions"])]
    counted = [order for order in orders if order["is_counted"]]
    returned = sum(order["net_amount"] for order in orders if not order["is_counted"])
    formulas = {
        "recency": f"{rule.pop('as_of')} - {scores['last_purchase_day']} (last counted order)",
        "frequency": f"{len(counted)} orders with goods of more than zero, out of {len(orders)}",
        "monetary": f"{sum(order['net_amount'] for order in counted):,.2f} of {len(counted)} counted orders"
        + (f" {returned:+,.2f} of {len(orders) - len(counted)} others (returns)" if len(orders) > len(counted) else ""),
    }
    columns = {"recency": ("recency_days", "r"), "frequency": ("frequency", "f"), "monetary": ("monetary", "m")}
    axes = {}
    for name, (column, letter) in columns.items():
        cut = next(each for each in cuts if each["axis"] == column and each["score"] == scores[letter])
        axes[name] = {
            "value": scores[column], "formula": formulas[name], "score": scores[letter], "lowest": cut["lowest"],
            "highest": cut["highest"],
        }  # fmt: skip
    return {
        "customer_id": customer_id, **axes, "segment": scores["segment"], "rule": rule, "cut_points": cuts,
        "orders": orders,
    }  # fmt: skip
