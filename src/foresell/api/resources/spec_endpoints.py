"""The endpoints the specification names, in its paths, parameters and shapes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import duckdb
import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import Meta, answer, body
from foresell.api.shared import calculation, customer_lists
from foresell.api.shared.calculation import ExplainOptions, Explanation, MetricQuery, ResultRows, RowsBehind
from foresell.errors import CustomerNotFound
from foresell.metrics import catalogue
from foresell.snapshot import queries

router = APIRouter(prefix="/api", tags=["documents"])
RFM_COLUMNS = ("customer_id", "recency_days", "frequency", "monetary", "segment", "rfm_score")

SortBy = Literal["rfm_score", "recency", "frequency", "monetary"]


class SegmentCounts(BaseModel):
    """How many customers are in each segment."""

    segments: dict[str, int] = Field(examples=[{"Champions": 150, "Loyal": 320, "At-Risk": 180, "Lost": 250}])
    total_customers: int = Field(examples=[900])
    last_updated: date = Field(description="The day the run was published.")
    meta: Meta


class RfmFilters(customer_lists.PagedCustomerFilters, ExplainOptions):
    """Which customers, and in which order."""

    sort_by: SortBy = Field("rfm_score", description="Best first.")


class RfmRow(BaseModel):
    """One customer's RFM."""

    customer_id: str = Field(examples=["C000123"])
    name: str | None
    recency: int = Field(description="Days from the last purchase to as_of.", examples=[5])
    frequency: int = Field(description="Counted orders.", examples=[25])
    monetary: float = Field(description="Net revenue, returns subtracted.", examples=[3500.5])
    segment: str = Field(examples=["Champions"])
    rfm_score: int = Field(description="The digits R, F and M, 1 to 5 each.", examples=[555])


class RfmPage(BaseModel):
    """A page of the RFM table."""

    data: list[RfmRow]
    total: int = Field(description="How many customers match, before paging.")
    page: int
    next_cursor: str | None
    meta: Meta


class Rfm(BaseModel):
    """RFM values of the customer page; null without a counted order."""

    recency: int | None
    frequency: int | None
    monetary: float | None
    segment: str | None
    rfm_score: int | None


class PurchasePrediction(BaseModel):
    """What the purchase model says of the next 30 days."""

    purchase_probability: float = Field(examples=[0.92])
    predicted_next_month: bool = Field(description="Whether the probability reaches the threshold the backtest chose.")
    confidence: float | None = Field(
        description="How often such a prediction was right in the backtest, among customers in the same decile.",
        examples=[0.88],
    )


class Transaction(BaseModel):
    """One order."""

    date: date
    amount: float = Field(description="Net amount of its goods.")
    products: list[str]


class CustomerDetails(BaseModel):
    """One customer with scores, prediction and orders."""

    customer_id: str
    name: str | None
    email: str | None = Field(description="Masked; see it with POST /api/customers/{id}/contact/reveal.")
    city: str | None
    country: str | None
    rfm: Rfm
    prediction: PurchasePrediction | None = Field(description="null where no model may predict; /api/models says why.")
    transaction_history: list[Transaction] = Field(description="Newest first.")
    meta: Meta


class ConfusionMatrix(BaseModel):
    """Confusion matrix: customers by prediction and observation, means over the test cutoffs."""

    true_positive: int
    true_negative: int
    false_positive: int
    false_negative: int


class ModelMetrics(BaseModel):
    """How right the purchase model was, out of time."""

    accuracy: float
    f1_score: float
    precision: float
    recall: float
    confusion_matrix: ConfusionMatrix
    model_trained_date: date
    training_samples: int
    model: str = Field(description="Which kind of model serves.")
    base_rate: float = Field(description="The share that bought.")
    majority_accuracy: float = Field(description="Accuracy of always saying the more frequent answer.")
    f1_everyone: float = Field(description="F1 of saying that everyone buys.")
    roc_auc: float | None
    definition: str
    meta: Meta


@router.get(
    "/customers/segments", response_model=SegmentCounts | Explanation | RowsBehind, responses=error_responses(409)
)
async def count_customers_by_segment(
    web: AppStateOf, principal: Annotated[Principal, require("segments.read")], how: Annotated[ExplainOptions, Query()]
) -> Response:
    """Count the visible customers in each segment."""

    def shape(found: ResultRows) -> dict[str, Any]:
        counts = {row["segment"]: row["customers"] for row in found}
        return {"segments": counts, "total_customers": sum(counts.values()), "last_updated": web.published_on()}

    return await calculation.answer_query(web, principal, MetricQuery(catalogue.SEGMENTS), how, shape)


@router.get("/customers/rfm", response_model=RfmPage | Explanation | RowsBehind, responses=error_responses(409))
async def list_customer_rfm(
    web: AppStateOf,
    principal: Annotated[Principal, require("customers.read")],
    filters: Annotated[RfmFilters, Query()],
) -> Response:
    """The RFM table, filtered, sorted and paged; explained is its total."""
    principal = filters.narrow(principal)
    if filters.explain:
        return await calculation.explain_total(web, principal, filters, filters)
    sort = "score" if filters.sort_by == "rfm_score" else filters.sort_by
    page = await customer_lists.page(web, principal, filters, sort, RFM_COLUMNS)
    names = await customer_lists.names_of(web, principal, page.rows)
    rows = [
        {
            "customer_id": row["customer_id"],
            "name": names.get(row["customer_id"]),
            "recency": row["recency_days"],
            **{key: row[key] for key in ("frequency", "monetary", "segment", "rfm_score")},
        }
        for row in page.rows
    ]
    return answer({"data": rows, **page.frame(web)})


@router.get("/customers/{customer_id}/details", response_model=CustomerDetails, responses=error_responses(404, 409))
async def get_customer_details(
    web: AppStateOf, principal: Annotated[Principal, require("customers.read")], customer_id: CurrentCustomer
) -> Response:
    """One customer: RFM, prediction, history. 404 also for one that is not yours to see."""
    key = ("details", customer_id.encode())
    principal = await web.reach(principal, customer_id)
    found = await calculation.get_cached(web, principal, key, lambda: web.ask(principal, _details, customer_id))
    person = await customer_lists.person(web, principal, customer_id)
    return answer(
        {
            "customer_id": customer_id,
            "name": person.get("name"),
            "email": person.get("email"),
            "city": person.get("city"),
            "country": found["country"],
            "rfm": {
                "recency": found["recency_days"],
                **{key: found[key] for key in ("frequency", "monetary", "segment", "rfm_score")},
            },
            "prediction": await _prediction(web, found),
            "transaction_history": found["orders"],
            "meta": web.meta(),
        }
    )


def _details(con: duckdb.DuckDBPyConnection, customer_id: str) -> dict[str, Any]:
    values = {"customer_id": customer_id}
    found = queries.run_query(con, "details_of_customer", values) or queries.run_query(
        con, "customer_with_prediction", values
    )
    if not found:
        raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
    return {**found[0], "orders": orjson.Fragment(body(queries.list_transactions(con, customer_id)))}


async def _prediction(web: AppState, found: dict[str, Any]) -> dict[str, Any] | None:
    """The documents' prediction: the label by the model's own threshold, and how often such labels were right."""
    probability = found["probability"]
    if probability is None:
        return None
    model = await web.model("purchase")
    threshold = model["metrics"].get("threshold", 0.5)
    buys = probability >= threshold
    observed = model["deciles"].get(found["decile"])
    confidence = None if observed is None else (observed if buys else 1 - observed)
    return {"purchase_probability": probability, "predicted_next_month": buys, "confidence": confidence}


@router.get("/model/metrics", response_model=ModelMetrics, responses=error_responses(409))
async def get_model_metrics(web: AppStateOf, principal: Annotated[Principal, require("model.read")]) -> Response:
    """Get the metrics of the purchase model: means over the test cutoffs, each out of time. 503 when no model is in use."""
    model = await web.model("purchase")
    metrics = model["metrics"]
    return answer(
        {
            "accuracy": metrics["accuracy"],
            "f1_score": metrics["f1"],
            "precision": metrics["precision"],
            "recall": metrics["recall"],
            "confusion_matrix": {key: round(metrics[key]) for key in ConfusionMatrix.model_fields},
            "model_trained_date": model["trained_at"].date(),
            "training_samples": model["rows"],
            "model": model["kind"],
            "base_rate": metrics["base_rate"],
            "majority_accuracy": metrics["majority_accuracy"],
            "f1_everyone": metrics["f1_everyone"],
            "roc_auc": metrics.get("roc_auc"),
            "definition": "Means over the rolling test cutoffs of the backtest, all customers, an order within 30 days;"
            " thresholds were chosen on earlier cutoffs.",
            "meta": web.meta(),
        }
    )
