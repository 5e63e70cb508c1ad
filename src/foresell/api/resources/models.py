"""Models: cards, backtests compared with baselines, calibration, lift, thresholds, targets, outcomes, rollback."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import Meta, answer
from foresell.api.shared import calculation
from foresell.api.shared.calculation import ExplainOptions, Explanation, MetricQuery, ResultRows, RowsBehind
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

Task = Literal["purchase", "churn", "churn_180", "lifetime_value", "expected_revenue", "revenue_forecast"]
CONFUSION = ("true_positive", "false_positive", "true_negative", "false_negative")
WINDOW_DAYS = 30


class ModelSummary(BaseModel):
    """One training of one task."""

    model_id: int = Field(description="Its number.", examples=[1])
    task: Task = Field(description="The task.")
    kind: str = Field(description="The kind of model.", examples=["lightgbm"])
    as_of: date = Field(description="Trained on data before this day.")
    state: Literal["served", "refused", "withdrawn"] = Field(description="Whether it may be used.")
    reason: str = Field(description="Why it is in that state.")
    trained_at: datetime = Field(description="When it was trained.")
    serving: bool = Field(description="Whether it predicts in the published run.")


class ServingModel(BaseModel):
    """The model in use for a task in the published run."""

    task: Task = Field(description="The task.")
    model_id: int | None = Field(description="The model; null when none predicts.")
    level: Literal["ml", "statistical", "off"] = Field(
        description="ml: machine learning; statistical: BG/NBD; off: no model predicts."
    )
    sentence: str = Field(description="Why this model, and whether the data has drifted since its training.")
    kind: str | None = Field(description="The kind of model.")
    as_of: date | None = Field(description="Trained on data before this day.")


class ModelList(BaseModel):
    """Every training, newest first, and the models in use."""

    data: list[ModelSummary] = Field(description="One per training.")
    tasks: list[ServingModel] = Field(description="One per task of the published run.")
    meta: Meta = Field(description="The run the values come from.")


class ModelCard(ModelSummary):
    """One training with its card."""

    card: dict[str, Any] = Field(description="Training data, backtest results, checks and versions.")
    meta: Meta = Field(description="The run the values come from.")


class ModelMetric(BaseModel):
    """One metric of one of the models compared; base_rate, majority_accuracy and f1_everyone are baselines without a model."""

    model: str = Field(description="Which of the models compared.", examples=["lightgbm"])
    population: str = Field(description="The group of customers.", examples=["all"])
    metric: str = Field(description="The metric.", examples=["f1"])
    value: float | None = Field(description="The mean over the test cutoffs.", examples=[0.54])
    low: float | None = Field(description="Lower end of the 95 % bootstrap interval over customers.")
    high: float | None = Field(description="Upper end of it.")
    customers: int = Field(description="How many customers on average.")


class CutoffMetric(BaseModel):
    """One metric at one test cutoff."""

    cutoff: date = Field(description="The day of the prediction.")
    metric: str = Field(description="The metric.")
    customers: int = Field(description="How many customers.")
    value: float | None = Field(description="Its value.")
    low: float | None = Field(description="Lower end of its interval.")
    high: float | None = Field(description="Upper end of its interval.")


class MeanConfusionMatrix(BaseModel):
    """Confusion matrix: customers by prediction and observation, means over the test cutoffs."""

    true_positive: float = Field(description="Predicted, and observed.")
    false_positive: float = Field(description="Predicted, but not observed.")
    true_negative: float = Field(description="Neither predicted nor observed.")
    false_negative: float = Field(description="Not predicted, but observed.")


class Backtest(BaseModel):
    """The accuracy of a model out of time, compared with baselines: at each cutoff it was trained only on earlier data."""

    data: list[ModelMetric] = Field(description="One per model compared and metric.")
    confusion: MeanConfusionMatrix | None = Field(
        description="Of the model that was trained; null where it makes no yes-or-no prediction."
    )
    cutoffs: list[CutoffMetric] = Field(description="The same model at each test cutoff.")
    populations: list[str] = Field(description="The groups of customers it was evaluated on.")
    meta: Meta = Field(description="The run the values come from.")


class CalibrationDecile(BaseModel):
    """One decile of customers by predicted probability."""

    decile: int = Field(description="1 = highest probability.", examples=[1])
    predicted: float = Field(description="Mean predicted probability.", examples=[0.68])
    observed: float = Field(description="Observed rate.", examples=[0.7])
    customers: int = Field(description="How many, over all test cutoffs.")


class Calibration(BaseModel):
    """Predicted and observed rate by decile, over all test cutoffs of the backtest."""

    data: list[CalibrationDecile] = Field(description="Ten rows; empty where the backtest has no deciles.")
    meta: Meta = Field(description="The run the values come from.")


class LiftDecile(BaseModel):
    """One decile of customers by predicted probability."""

    decile: int = Field(description="1 = highest probability.")
    lift: float | None = Field(description="Observed rate divided by the overall rate.", examples=[3.5])
    observed: float = Field(description="Observed rate.")
    cumulative_gain: float | None = Field(description="Share of all positives in this decile and the higher ones.")
    customers: int = Field(description="How many, over all test cutoffs.")


class Lift(BaseModel):
    """Lift by decile, over all test cutoffs of the backtest."""

    data: list[LiftDecile] = Field(description="Ten rows; empty where the backtest has no deciles.")
    meta: Meta = Field(description="The run the values come from.")


class ThresholdRow(BaseModel):
    """The result of calling every customer above a probability."""

    deciles: int = Field(description="Number of deciles called.")
    threshold: float = Field(description="The lowest probability that is called, approximately.", examples=[0.32])
    calls: float = Field(
        description="Calls within the horizon of the task, mean over the test cutoffs.", examples=[585]
    )
    calls_per_week: float | None = Field(description="Calls per week of the horizon.", examples=[136.5])
    sales: float = Field(description="Customers called who ordered.", examples=[391])
    precision: float | None = Field(description="sales / calls.")
    recall: float | None = Field(description="Share of all customers who ordered that was called.")
    f1: float | None = Field(description="2 / (1 / precision + 1 / recall).")


class ServedThreshold(BaseModel):
    """Calling every customer above the model's threshold: means over the test cutoffs."""

    calls: float = Field(description="True and false positives together.", examples=[512])
    calls_per_week: float = Field(description="Calls per week of the horizon.", examples=[119.5])
    sales: float = Field(description="True positives.", examples=[347])
    precision: float | None = Field(description="sales / calls.")
    recall: float | None = Field(description="Share of all customers who ordered that was called.")


class ThresholdTable(BaseModel):
    """Calls compared with sales by threshold, out of time: from the backtest, never from the training data."""

    data: list[ThresholdRow] = Field(description="One row per number of deciles called.")
    served: float | None = Field(description="The threshold of the model.")
    at_served: ServedThreshold | None = Field(description="The result of calling every customer above that threshold.")
    sentence: str = Field(description="How the values were computed.")
    meta: Meta = Field(description="The run the values come from.")


class ModelTarget(BaseModel):
    """One target of the specification for one group of customers."""

    model_id: int = Field(description="The model evaluated.")
    task: Task = Field(description="The task.")
    population: str = Field(description="The group of customers.")
    metric: str = Field(description="The metric.", examples=["f1"])
    goal: float = Field(description="The target value.", examples=[0.7])
    value: float = Field(description="The value in the backtest.", examples=[0.54])
    low: float | None = Field(description="Lower end of its 95 % interval.")
    baseline: float = Field(description="The value reached without a model.", examples=[0.33])
    verdict: Literal["met", "not met", "not reachable"] = Field(
        description="met: reached, and better than the baseline."
    )
    sentence: str = Field(description="Why.")


class ModelTargetList(BaseModel):
    """The targets of the specification, each met, not met or not reachable."""

    data: list[ModelTarget] = Field(description="One per target.")
    meta: Meta = Field(description="The run the values come from.")


class PredictionOutcome(BaseModel):
    """One prediction of a run for a group of customers, compared with what was observed."""

    run_id: int = Field(description="The run that predicted.")
    as_of: date = Field(description="The day of the prediction.")
    task: Task = Field(description="The task.")
    horizon_days: int = Field(description="The horizon in days.")
    grouping: Literal["all", "decile", "segment"] = Field(description="How customers are grouped.")
    name: str = Field(description="all, the decile (01 = highest prediction), or the segment at the time of the run.")
    customers: int = Field(description="How many.")
    predicted: float = Field(
        description="Mean predicted probability; lifetime_value: amount per customer.", examples=[0.218]
    )
    observed: float = Field(description="Observed rate; lifetime_value: amount per customer.", examples=[0.227])
    model_id: int | None = Field(description="The model that predicted.")
    kind: str | None = Field(description="The kind of model.")


class PredictionOutcomeList(BaseModel):
    """Predictions whose window has closed, compared with what was observed, over all customers of the shop."""

    data: list[PredictionOutcome] = Field(description="One per run, task and group.")
    meta: Meta = Field(description="The run the values come from.")


class WithdrawnModel(BaseModel):
    """The model that was withdrawn."""

    model_id: int = Field(description="Its number.")
    task: Task = Field(description="Its task.")
    sentence: str = Field(description="What happens next.")


class BacktestOptions(ExplainOptions):
    """The group of customers to evaluate on."""

    population: str = Field(
        "all", max_length=40, description="all, active_180d, two_orders_180d, key_accounts; see populations."
    )


class OutcomeOptions(ExplainOptions):
    """Which outcomes."""

    task: Task | None = Field(None, description="Only of this task.")
    grouping: Literal["all", "decile", "segment"] | None = Field(None, description="Only this grouping.")


@router.get("/models", response_model=ModelList, responses=error_responses(409))
async def list_models(web: AppStateOf, principal: Reader) -> Response:
    """List trainings, newest first, and the model in use for each task of the published run."""
    run_id = web.snapshot().run_id
    async with web.transaction(principal.user_id) as con:
        found = await SQL.rows(con, "analytics.models", run_id=run_id)
        tasks = await SQL.rows(con, "analytics.tasks", run_id=run_id)
    return answer({"data": found, "tasks": tasks, "meta": web.meta()})


@router.get("/models/{model_id}", response_model=ModelCard, responses=error_responses(404, 409))
async def get_model(web: AppStateOf, principal: Reader, model_id: ModelId) -> Response:
    """Get one training with its card."""
    return answer({**await _model(web, principal, model_id), "meta": web.meta()})


@router.get(
    "/models/{model_id}/backtests",
    response_model=Backtest | Explanation | RowsBehind,
    responses=error_responses(404, 409),
)
async def get_model_backtests(
    web: AppStateOf, principal: Reader, model_id: ModelId, how: Annotated[BacktestOptions, Query()]
) -> Response:
    """Get every metric of the backtest with its confidence interval, compared with baselines and other models."""
    model = await _model(web, principal, model_id)
    values = {"model_id": model_id, "population": how.population}
    async with web.transaction(principal.user_id) as con:
        known = [row["population"] for row in await SQL.rows(con, "analytics.populations", **values)]
        cutoffs = await SQL.rows(con, "analytics.cutoffs", **values)
    if known and how.population not in known:
        if "population" in how.model_fields_set:
            raise ParameterError(
                "population",
                "population: the model was not evaluated on this group",
                remedy=f"Choose one of: {', '.join(known)}",
            )
        values["population"] = known[0]

    def shape(found: ResultRows) -> dict[str, Any]:
        ours = {row["metric"]: row["value"] for row in found if row["model"] == model["kind"]}
        complete = all(name in ours for name in CONFUSION)
        return {
            "data": [{"population": values["population"], **row} for row in found],
            "confusion": {name: ours[name] for name in CONFUSION} if complete else None,
            "cutoffs": cutoffs,
            "populations": known,
        }

    return await calculation.answer_query(web, principal, MetricQuery(catalogue.BACKTEST, values), how, shape)


@router.get(
    "/models/{model_id}/calibration",
    response_model=Calibration | Explanation | RowsBehind,
    responses=error_responses(404, 409),
)
async def get_model_calibration(
    web: AppStateOf, principal: Reader, model_id: ModelId, how: Annotated[ExplainOptions, Query()]
) -> Response:
    """Get predicted and observed rate by decile."""
    await _model(web, principal, model_id)
    return await calculation.answer_query(
        web, principal, MetricQuery(catalogue.CALIBRATION, {"model_id": model_id}), how
    )


@router.get(
    "/models/{model_id}/lift", response_model=Lift | Explanation | RowsBehind, responses=error_responses(404, 409)
)
async def get_model_lift(
    web: AppStateOf, principal: Reader, model_id: ModelId, how: Annotated[ExplainOptions, Query()]
) -> Response:
    """Get lift and cumulative gain by decile."""
    await _model(web, principal, model_id)
    return await calculation.answer_query(web, principal, MetricQuery(catalogue.LIFT, {"model_id": model_id}), how)


@router.get(
    "/models/{model_id}/threshold",
    response_model=ThresholdTable | Explanation | RowsBehind,
    responses=error_responses(404, 409),
)
async def get_model_threshold(
    web: AppStateOf, principal: Reader, model_id: ModelId, how: Annotated[ExplainOptions, Query()]
) -> Response:
    """Compare calls with sales by threshold. Out of time, from the backtest."""
    model = await _model(web, principal, model_id)
    async with web.transaction(principal.user_id) as con:
        served = await SQL.row(con, "analytics.threshold", model_id=model_id)
    horizon = model["card"].get("horizon") or WINDOW_DAYS
    threshold = served.pop("threshold") if served else None
    at_served = {**served, "calls_per_week": served["calls"] * 7 / horizon} if served else None

    def shape(found: ResultRows) -> dict[str, Any]:
        return {
            "data": [{**row, "calls_per_week": row["calls"] * 7 / horizon} for row in found],
            "served": threshold,
            "at_served": at_served,
            "sentence": f"Means over the test cutoffs of the backtest: each model was trained only on data before its cutoff, and"
            f" orders of the {horizon} days after it are counted. Where the backtest used a sample of customers, counts"
            f" are scaled to all of them.",
        }

    return await calculation.answer_query(
        web, principal, MetricQuery(catalogue.THRESHOLD, {"model_id": model_id}), how, shape
    )


@router.post("/models/{task}/rollback", response_model=WithdrawnModel, responses=error_responses(404))
async def rollback_model(
    web: AppStateOf, principal: Annotated[Principal, require("models.manage")], task: TaskName, request: Request
) -> Response:
    """Withdraw the newest model of a task; the previous one is used from the next refresh on. Audited."""
    if task not in registry.task_names():
        raise NotFound("There is no such task.", remedy=f"Choose one of: {', '.join(registry.task_names())}")
    async with web.transaction(principal.user_id) as con:
        row = await SQL.row(con, "analytics.withdraw", task=task)
        if row is None or row["model_id"] is None:
            raise NotFound(f"No model of {task} is in use.", remedy="See /api/models.")
        await record.record(
            con,
            "models.rollback",
            actor=principal.user_id,
            subject=f"model:{row['model_id']}",
            detail={"task": task, "model_id": row["model_id"]},
            request_id=request.state.request_id,
        )
    sentence = "The previous model is used from the next refresh on, unless that trains a new one."
    return answer({"model_id": row["model_id"], "task": task, "sentence": sentence})


@router.get("/targets", response_model=ModelTargetList, responses=error_responses(409))
async def list_targets(web: AppStateOf, principal: Reader) -> Response:
    """List the targets of the specification: met, not met or not reachable, and why. Computed from the backtest."""
    async with web.transaction(principal.user_id) as con:
        found = await SQL.rows(con, "analytics.targets", run_id=web.snapshot().run_id)
    return answer({"data": found, "meta": web.meta()})


@router.get(
    "/outcomes", response_model=PredictionOutcomeList | Explanation | RowsBehind, responses=error_responses(409)
)
async def list_prediction_outcomes(
    web: AppStateOf, principal: Reader, how: Annotated[OutcomeOptions, Query()]
) -> Response:
    """List predictions compared with what was observed: for all customers, by decile, by segment."""
    values = {"task": how.task, "grouping": "all" if how.explain else how.grouping}
    return await calculation.answer_query(web, principal, MetricQuery(catalogue.OUTCOMES, values), how)


async def _model(web: AppState, principal: Principal, model_id: int) -> dict[str, Any]:
    """One model with its card. Raises NotFound."""
    async with web.transaction(principal.user_id) as con:
        values = {"model_id": model_id, "run_id": web.snapshot().run_id}
        found = await SQL.row(con, "analytics.model", **values)
    if found is None:
        raise ModelNotFound(remedy="See /api/models.")
    return found
