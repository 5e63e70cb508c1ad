"""The published run, as answers describe it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field


class PublishedRun(BaseModel):
    """The run everything shown comes from."""

    run_id: int = Field(description="The number of the run.", examples=[12])
    as_of: date = Field(description="The day its scores are as of.", examples=["2011-12-10"])
    data_to: date = Field(description="The last day whose orders are included.", examples=["2011-12-09"])
    published_at: datetime = Field(description="When it was published.", examples=["2026-11-21T09:00:00Z"])
    age_hours: float = Field(description="Hours since then.", examples=[7.5])
    customers: int = Field(description="How many customers it scored.", examples=[4338])


def describe_run(run: dict[str, Any] | None) -> dict[str, Any] | None:
    """The published run in the shape of `PublishedRun`; None when nothing is published yet."""
    if run is None:
        return None
    age = datetime.now(UTC) - run["published_at"]
    return {
        "run_id": run["run_id"],
        "as_of": run["as_of"],
        "data_to": run["as_of"] - timedelta(days=1),
        "published_at": run["published_at"],
        "age_hours": round(age.total_seconds() / 3600, 2),
        "customers": run["customers_scored"],
    }
