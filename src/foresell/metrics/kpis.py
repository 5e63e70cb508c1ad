"""The key figures: what each is called, means, and which metric it is a figure of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from foresell.metrics import catalogue
from foresell.metrics.metric import Metric


@dataclass(frozen=True, slots=True)
class Kpi:
    """One key figure. `figure`: its column of the metric. `has_period`: it speaks of a span of order days."""

    name: str
    label: str
    unit: Literal["money", "count"]
    metric: Metric
    figure: str
    definition: str
    has_period: bool = True
    sentence: str | None = None


KPIS: Final = (
    Kpi("revenue", "Net revenue", "money", catalogue.KPI_SALES, "revenue",
        "Goods sold less goods returned in the period, also of anonymous sales; postage and fees are not in it."),
    Kpi("orders", "Orders", "count", catalogue.KPI_SALES, "orders",
        "Orders of the period in which something was really sold, also anonymous ones."),
    Kpi("customers", "Active customers", "count", catalogue.KPI_SALES, "customers",
        "Different known customers with a counted order in the period."),
    Kpi("average_order_value", "Average order value", "money", catalogue.KPI_SALES, "average_order_value",
        "Mean net amount of the orders of the period in which something was really sold."),
    Kpi("expected_value", "Expected from the call list", "money", catalogue.KPI_CALL_LIST, "expected_value",
        "Sum over all customers: probability of an order within 30 days x what that order is worth.",
        has_period=False, sentence="the coming 30 days"),
    Kpi("at_risk_revenue", "Revenue at risk", "money", catalogue.KPI_AT_RISK, "at_risk_revenue",
        "Net revenue of the last 365 days of the customers whose churn state is 'at risk'.",
        has_period=False, sentence="the last 365 days"),
)  # fmt: skip
