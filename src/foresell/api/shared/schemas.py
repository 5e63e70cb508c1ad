"""Schemas that several resources use."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

CustomerId = Annotated[str, Path(description="Such as C000123.", pattern=r"^[Cc][0-9]{6,12}$", examples=["C000123"])]


#: A customer's id in a body.
CustomerKey = Annotated[str, Field(pattern=r"^[Cc]\d{6,18}$", examples=["C000123"])]


class Body(BaseModel):
    """A request body; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class UserRef(BaseModel):
    """A user, by number and name."""

    user_id: int
    name: str | None = Field(description="null where you may not see it.")


class ListedCustomer(BaseModel):
    """One customer of the list. Probabilities are of an order within 30 days of as_of; money is net revenue."""

    customer_id: str
    name: str | None
    country: str | None
    segment: str
    rfm_score: int
    r: int
    f: int
    m: int
    recency_days: int
    frequency: int
    monetary: float
    last_purchase_day: date
    probability: float | None
    tenth: int | None = Field(description="1: the likeliest tenth to order.")
    expected_order_value: float | None
    expected_value: float | None = Field(description="Probability x expected order value.")
    churn_state: str | None
    churn_90: float | None
    churn_180: float | None
    value_12m: float | None
    value_low: float | None
    value_high: float | None
    value_rank: int | None
    value_band: str | None
    reasons: list[str] = Field(description="Up to three, the strongest first; of the head of the call list.")
    owner: UserRef | None


class Job(BaseModel):
    """Something the worker was asked to do."""

    job_id: int
    kind: Literal["inspect", "load", "undo", "refresh"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int = Field(description="How often it was begun: more than once when a worker died.")
    step: str | None = Field(description="What is being counted.", examples=["lines written"])
    done: int | None
    total: int | None = Field(description="null when nobody knows.")
    result: dict[str, Any] = Field(description="Ids and counts.")
    error: str | None
    remedy: str | None
