"""Models: cards, backtests beside what needs no model, calibration, lift, what calls would find, goals, receipts, rollback."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import documented
from foresell.api.http.responses import Meta, answer
from foresell.api.shared import calculation
from foresell.api.shared.calculation import ExplainOptions, Explanation, Figures, MetricQuery, RowsBehind
from foresell.audit import record
from foresell.db import AsyncStatements
from foresell.errors import ModelNotFound, NotFound, ParameterError
from foresell.metrics import catalogue
from foresell.scores import registry

SQL = AsyncStatements("foresell.store", "queries/")
router = APIRouter(prefix="/api", tags=["models"])
Reader = Annotated[Principal, require("model.read")]
ModelId = Annotated[int, Path(ge=1, lt=2**31, description="A number of /api/models.", examples=[1])]
TaskName = Annotated[
    str, Path(max_length=40, description="purchase, churn, churn_180, lifetime_value or revenue_forecast.")
]

Task = Literal["purchase", "churn", "churn_180", "lifetime_value", "revenue_forecast"]
CONFUSION = ("true_positive", "false_positive", "true_negative", "false_negative")
WINDOW_DAYS = 30


class ModelSummary(BaseModel):
    """One training of one task."""

    model_id: int = Field(description="Its number.", examples=[1])
    task: Task = Field(description="What it is asked.")
    kind: str = Field(description="Which kind of model.", examples=["lightgbm"])
    as_of: date = Field(description="It knows nothing of this day and later.")
    state: Literal["served", "refused", "withdrawn"] = Field(description="Whether it may serve.")
    reason: str = Field(description="Why it is in that state.")
    trained_at: datetime = Field(description="When it was trained.")
    serving: bool = Field(description="Whether it answers in the published run.")


class ServingModel(BaseModel):
    """Who answers a task in the published run."""

    task: Task = Field(description="The task.")
    model_id: int | None = Field(description="The model; null when none answers.")
    level: Literal["ml", "statistical", "off"] = Field(
        description="ml: machine learning; statistical: BG/NBD; off: no model predicts."
    )
    sentence: str = Field(description="Why this one, and whether the world has moved away from what it learnt.")
    kind: str | None = Field(description="Which kind of model.")
    as_of: date | None = Field(description="Until when it knows.")


class ModelList(BaseModel):
    """Every training, the newest first, and who answers now."""

    data: list[ModelSummary] = Field(description="One per training.")
    tasks: list[ServingModel] = Field(description="One per task of the published run.")
    meta: Meta = Field(description="Where the figures come from.")


class ModelCard(ModelSummary):
    """One training with its card."""

    card: dict[str, Any] = Field(description="What it learnt from, how it was judged, what was checked, versions.")
    meta: Meta = Field(description="Where the figures come from.")


class ModelMetric(BaseModel):
    """One measure of one of the models compared; base_rate, majority_accuracy and f1_everyone need no model."""

    model: str = Field(description="Which of the models compared.", examples=["lightgbm"])
    population: str = Field(description="Of whom.", examples=["all"])
    measure: str = Field(description="Which measure.", examples=["f1"])
    value: float | None = Field(description="The mean over the test cutoffs.", examples=[0.54])
    low: float | None = Field(description="Lower end of the 95 % bootstrap interval over customers.")
    high: float | None = Field(description="Upper end of it.")
    customers: int = Field(description="How many customers on average.")


class CutoffMetric(BaseModel):
    """One measure at one test cutoff."""

    cutoff: date = Field(description="The day it was asked.")
    measure: str = Field(description="Which measure.")
    customers: int = Field(description="How many customers.")
    value: float | None = Field(description="The measure.")
    low: float | None = Field(description="Lower end of its interval.")
    high: float | None = Field(description="Upper end of its interval.")


class MeanConfusionMatrix(BaseModel):
    """Customers by what was said and what came, a mean over the test cutoffs."""

    true_positive: float = Field(description="Said yes, and it happened.")
    false_positive: float = Field(description="Said yes, and it did not.")
    true_negative: float = Field(description="Said no, and it did not happen.")
    false_negative: float = Field(description="Said no, and it happened.")


class Backtest(BaseModel):
    """How right a model was on past days it knew nothing beyond, beside the simpler ones."""

    data: list[ModelMetric] = Field(description="One per model compared and measure.")
    confusion: MeanConfusionMatrix | None = Field(
        description="Of the model that was trained; null where it says no yes or no."
    )
    cutoffs: list[CutoffMetric] = Field(description="The same model at each test cutoff.")
    populations: list[str] = Field(description="Whom it was judged on.")
    meta: Meta = Field(description="Where the figures come from.")


class CalibrationDecile(BaseModel):
    """A tenth of the customers by what was said."""

    group: int = Field(description="1: the likeliest tenth.", examples=[1])
    said: float = Field(description="Mean probability.", examples=[0.68])
    happened: float = Field(description="The part with whom it happened.", examples=[0.7])
    customers: int = Field(description="How many, over all test cutoffs.")


class Calibration(BaseModel):
    """What was said and what happened, by tenth, over all test cutoffs of the backtest."""

    data: list[CalibrationDecile] = Field(description="Ten groups; empty where nothing was judged this way.")
    meta: Meta = Field(description="Where the figures come from.")


class LiftDecile(BaseModel):
    """A tenth of the customers by what was said."""

    decile: int = Field(description="1: the likeliest tenth.")
    lift: float | None = Field(description="How many times more often than on average it happened.", examples=[3.5])
    happened: float = Field(description="The part with whom it happened.")
    captured: float | None = Field(description="Of all with whom it happened, the part in this and likelier tenths.")
    customers: int = Field(description="How many, over all test cutoffs.")


class Lift(BaseModel):
    """Lift by tenth, over all test cutoffs of the backtest."""

    data: list[LiftDecile] = Field(description="Ten rows; empty where nothing was judged this way.")
    meta: Meta = Field(description="Where the figures come from.")


class ThresholdRow(BaseModel):
    """What calling everybody from a probability on finds."""

    tenths: int = Field(description="How many tenths of the customers that is.")
    threshold: float = Field(description="About the lowest probability that is called.", examples=[0.32])
    calls: float = Field(description="Calls in the window of the task, mean over the test cutoffs.", examples=[585])
    calls_per_week: float | None = Field(description="The same spread over the weeks of the window.", examples=[136.5])
    sales: float = Field(description="With how many of those called it happened.", examples=[391])
    precision: float | None = Field(description="sales / calls.")
    recall: float | None = Field(description="Of all with whom it happened, the part that was called.")
    f1: float | None = Field(description="2 / (1 / precision + 1 / recall).")


class ServedThreshold(BaseModel):
    """Calling everybody to whom the model says yes: means over the test cutoffs."""

    calls: float = Field(description="True and false positives together.", examples=[512])
    calls_per_week: float = Field(description="The same spread over the weeks of the window.", examples=[119.5])
    sales: float = Field(description="True positives.", examples=[347])
    precision: float | None = Field(description="sales / calls.")
    recall: float | None = Field(description="Of all with whom it happened, the part that was called.")


class ThresholdTable(BaseModel):
    """Calls against what they find, out of time: from the backtest, never from what was learnt."""

    data: list[ThresholdRow] = Field(description="One row per tenth called.")
    served: float | None = Field(description="From which probability on the model says yes.")
    at_served: ServedThreshold | None = Field(description="What calling everybody from there on finds, exactly.")
    sentence: str = Field(description="How the figures came about.")
    meta: Meta = Field(description="Where the figures come from.")


class ModelTarget(BaseModel):
    """One goal of the specification on one population."""

    model_id: int = Field(description="The model judged.")
    task: Task = Field(description="The task.")
    population: str = Field(description="Of whom.")
    measure: str = Field(description="Which measure.", examples=["f1"])
    goal: float = Field(description="What was asked for.", examples=[0.7])
    value: float = Field(description="What the backtest gave.", examples=[0.54])
    low: float | None = Field(description="Lower end of its 95 % interval.")
    trivial: float = Field(description="What needs no model.", examples=[0.33])
    verdict: Literal["met", "not met", "not reachable"] = Field(description="met only where it also beats the trivial.")
    sentence: str = Field(description="Why.")


class ModelTargetList(BaseModel):
    """The goals of the specification, each met, not met or not reachable."""

    data: list[ModelTarget] = Field(description="One per goal.")
    meta: Meta = Field(description="Where the figures come from.")


class PredictionOutcome(BaseModel):
    """What one run said of a group of customers, and what came of it."""

    run_id: int = Field(description="The run that said it.")
    as_of: date = Field(description="When.")
    task: Task = Field(description="Of what.")
    horizon_days: int = Field(description="Within how many days.")
    grouping: Literal["all", "decile", "segment"] = Field(description="How customers are grouped.")
    name: str = Field(description="all, the tenth (01 is the highest), or the segment as it was then.")
    customers: int = Field(description="How many.")
    said: float = Field(description="Mean probability; lifetime_value: money per customer.", examples=[0.218])
    happened: float = Field(description="The part with whom it happened; lifetime_value: money.", examples=[0.227])
    model_id: int | None = Field(description="The model that said it.")
    kind: str | None = Field(description="Which kind of model.")


class PredictionOutcomeList(BaseModel):
    """Promises whose time has come, of the shop as a whole."""

    data: list[PredictionOutcome] = Field(description="One per run, task and group.")
    meta: Meta = Field(description="Where the figures come from.")


class WithdrawnModel(BaseModel):
    """The model that was taken out of service."""

    model_id: int = Field(description="Its number.")
    task: Task = Field(description="Its task.")
    sentence: str = Field(description="What happens next.")


class BacktestOptions(ExplainOptions):
    """Judged on whom."""

    population: str = Field(
        "all", max_length=40, description="all, active_180d, two_orders_180d, key_accounts; see populations."
    )


class OutcomeOptions(ExplainOptions):
    """Which receipts."""

    task: Task | None = Field(None, description="Only of this task.")
    grouping: Literal["all", "decile", "segment"] | None = Field(None, description="Only grouped so.")


@router.get("/models", response_model=ModelList, responses=documented(409))
async def list_models(web: AppStateOf, principal: Reader) -> Response:
    """The trainings, the newest first, and who answers each task of the published run."""
    run_id = web.door().run_id
    async with web.transaction(principal.user_id) as con:
        found = await SQL.rows(con, "analytics.models", run_id=run_id)
        tasks = await SQL.rows(con, "analytics.tasks", run_id=run_id)
    return answer({"data": found, "tasks": tasks, "meta": web.meta()})


@router.get("/models/{model_id}", response_model=ModelCard, responses=documented(404, 409))
async def get_model(web: AppStateOf, principal: Reader, model_id: ModelId) -> Response:
    """One training with its card."""
    return answer({**await _model(web, principal, model_id), "meta": web.meta()})


@router.get(
    "/models/{model_id}/backtests", response_model=Backtest | Explanation | RowsBehind, responses=documented(404, 409)
)
async def get_model_backtests(
    web: AppStateOf, principal: Reader, model_id: ModelId, how: Annotated[BacktestOptions, Query()]
) -> Response:
    """Every measure out of time with its interval, beside the models it was compared with and what needs none."""
    model = await _model(web, principal, model_id)
    values = {"model_id": model_id, "population": how.population}
    async with web.transaction(principal.user_id) as con:
        known = [row["population"] for row in await SQL.rows(con, "analytics.populations", **values)]
        cutoffs = await SQL.rows(con, "analytics.cutoffs", **values)
    if known and how.population not in known:
        if "population" in how.model_fields_set:
            raise ParameterError(
                "population", "population: it was not judged on those", remedy=f"Choose one of: {', '.join(known)}"
            )
        values["population"] = known[0]

    def shape(found: Figures) -> dict[str, Any]:
        ours = {row["measure"]: row["value"] for row in found if row["model"] == model["kind"]}
        complete = all(name in ours for name in CONFUSION)
        return {
            "data": [{"population": values["population"], **row} for row in found],
            "confusion": {name: ours[name] for name in CONFUSION} if complete else None,
            "cutoffs": cutoffs,
            "populations": known,
        }

    return await calculation.answered(web, principal, MetricQuery(catalogue.BACKTEST, values), how, shape)


@router.get(
    "/models/{model_id}/calibration",
    response_model=Calibration | Explanation | RowsBehind,
    responses=documented(404, 409),
)
async def get_model_calibration(
    web: AppStateOf, principal: Reader, model_id: ModelId, how: Annotated[ExplainOptions, Query()]
) -> Response:
    """What was said and what happened, tenth by tenth."""
    await _model(web, principal, model_id)
    return await calculation.answered(web, principal, MetricQuery(catalogue.CALIBRATION, {"model_id": model_id}), how)


@router.get("/models/{model_id}/lift", response_model=Lift | Explanation | RowsBehind, responses=documented(404, 409))
async def get_model_lift(
    web: AppStateOf, principal: Reader, model_id: ModelId, how: Annotated[ExplainOptions, Query()]
) -> Response:
    """How much more often than on average it happened in each tenth, and what the likelier tenths hold together."""
    await _model(web, principal, model_id)
    return await calculation.answered(web, principal, MetricQuery(catalogue.LIFT, {"model_id": model_id}), how)


@router.get(
    "/models/{model_id}/threshold",
    response_model=ThresholdTable | Explanation | RowsBehind,
    responses=documented(404, 409),
)
async def get_model_threshold(
    web: AppStateOf, principal: Reader, model_id: ModelId, how: Annotated[ExplainOptions, Query()]
) -> Response:
    """Calls against what they find: from which probability on to call. Out of time, from the backtest."""
    model = await _model(web, principal, model_id)
    async with web.transaction(principal.user_id) as con:
        served = await SQL.row(con, "analytics.threshold", model_id=model_id)
    horizon = model["card"].get("horizon") or WINDOW_DAYS
    threshold = served.pop("threshold") if served else None
    at_served = {**served, "calls_per_week": served["calls"] * 7 / horizon} if served else None

    def shape(found: Figures) -> dict[str, Any]:
        return {
            "data": [{**row, "calls_per_week": row["calls"] * 7 / horizon} for row in found],
            "served": threshold,
            "at_served": at_served,
            "sentence": f"Means over the test cutoffs of the backtest: each model had learnt only what was known then, and"
            f" what came in the {horizon} days after is counted. Of a shop so large that a part of its customers was"
            f" judged, counts are scaled to all of them.",
        }

    return await calculation.answered(
        web, principal, MetricQuery(catalogue.THRESHOLD, {"model_id": model_id}), how, shape
    )


@router.post("/models/{task}/rollback", response_model=WithdrawnModel, responses=documented(404))
async def rollback_model(
    web: AppStateOf, principal: Annotated[Principal, require("models.manage")], task: TaskName, request: Request
) -> Response:
    """Take the newest model of a task out of service; the one before it serves from the next refresh on. Audited."""
    if task not in registry.task_names():
        raise NotFound("There is no such task.", remedy=f"Choose one of: {', '.join(registry.task_names())}")
    async with web.transaction(principal.user_id) as con:
        row = await SQL.row(con, "analytics.withdraw", task=task)
        if row is None or row["model_id"] is None:
            raise NotFound(f"No model of {task} is in service.", remedy="See /api/models.")
        await record.record(
            con,
            "models.rollback",
            actor=principal.user_id,
            subject=f"model:{row['model_id']}",
            detail={"task": task, "model_id": row["model_id"]},
            request_id=request.state.request_id,
        )
    sentence = "The model before it serves from the next refresh on, unless that trains a new one."
    return answer({"model_id": row["model_id"], "task": task, "sentence": sentence})


@router.get("/targets", response_model=ModelTargetList, responses=documented(409))
async def list_targets(web: AppStateOf, principal: Reader) -> Response:
    """The goals of the specification: met, not met or not reachable, and why. Computed by the backtest, never typed."""
    async with web.transaction(principal.user_id) as con:
        found = await SQL.rows(con, "analytics.targets", run_id=web.door().run_id)
    return answer({"data": found, "meta": web.meta()})


@router.get("/receipts", response_model=PredictionOutcomeList | Explanation | RowsBehind, responses=documented(409))
async def list_prediction_outcomes(
    web: AppStateOf, principal: Reader, how: Annotated[OutcomeOptions, Query()]
) -> Response:
    """What runs said and what came of it: of all customers, by tenth, by segment."""
    values = {"task": how.task, "grouping": "all" if how.explain else how.grouping}
    return await calculation.answered(web, principal, MetricQuery(catalogue.RECEIPTS, values), how)


async def _model(web: AppState, principal: Principal, model_id: int) -> dict[str, Any]:
    """One model with its card. Raises NotFound."""
    async with web.transaction(principal.user_id) as con:
        values = {"model_id": model_id, "run_id": web.door().run_id}
        found = await SQL.row(con, "analytics.model", **values)
    if found is None:
        raise ModelNotFound(remedy="See /api/models.")
    return found
