"""Every metric and KPI. A metric is its .sql file and one entry here; a KPI is one entry of KPIS."""

from __future__ import annotations

from typing import Final

from foresell.metrics.metric import Adds, Kpi, Metric

CUSTOMERS: Final = Metric("customers", "rank", {"customers": Adds("count")})

_OF_SEGMENT: Final = {
    "customers": Adds("count"), "revenue": Adds("sum", "revenue"), "share": Adds("share"),
    "median_recency_days": Adds("median", "recency_days"),
}  # fmt: skip
SEGMENTS: Final = Metric("segments", "segment, customer_id", _OF_SEGMENT, ("segment",))
GRID: Final = Metric(
    "grid", "r, f, customer_id", {"customers": Adds("count"), "revenue": Adds("sum", "revenue")}, ("r", "f")
)
RULES_PREVIEW: Final = Metric(
    "rules_preview", "segment, now, customer_id, is_new", {"customers": Adds("sum", "is_new"), "now": Adds("sum", "is_now")},
    ("segment",),
)  # fmt: skip
MOVEMENT: Final = Metric(
    "movement", '"from", "to", customer_id', {"customers": Adds("count"), "revenue": Adds("sum", "revenue")},
    ("from", "to"), "PostgreSQL",
)  # fmt: skip

_SOLD: Final = {
    "revenue": Adds("sum", "revenue"), "orders": Adds("distinct", "sold"), "customers": Adds("distinct", "buyer"),
}  # fmt: skip
SALES: Final = {
    "time": Metric("sales_by_time", "day, order_id", _SOLD, ("name",)),
    "country": Metric("sales_by_country", "name, order_id", _SOLD, ("name",)),
    "segment": Metric("sales_by_segment", "name, order_id", _SOLD, ("name",)),
    "category": Metric("sales_by_category", "name, order_id, line_no", _SOLD, ("name",)),
}
LINE_CLASSES: Final = Metric(
    "line_classes", "class, order_id, line_no", {"lines": Adds("sum", "lines"), "amount": Adds("sum", "amount")},
    ("class",),
)  # fmt: skip

KPI_SALES: Final = Metric(
    "kpi_sales", "order_id",
    {
        "revenue": Adds("sum", "revenue"), "orders": Adds("count", "sold"), "customers": Adds("distinct", "buyer"),
        "average_order_value": Adds("mean", "sold_for"),
    },
)  # fmt: skip
KPI_CALL_LIST: Final = Metric("kpi_call_list", "rank", {"expected_revenue": Adds("sum", "expected_revenue")})
KPI_AT_RISK: Final = Metric("kpi_at_risk", "customer_id", {"at_risk_revenue": Adds("sum", "revenue")})

DISTRIBUTION: Final = Metric(
    "distribution", "value, customer_id", {"customers": Adds("count")}, ("low",),
    whole={"n": Adds("count"), "median": Adds("median", "value")},
)  # fmt: skip

FORECAST: Final = Metric(
    "forecast", "target, starts, grain",
    {column: Adds("sum", column) for column in ("known", "expected", "low", "high")}, ("grain", "starts", "target"),
)  # fmt: skip

BACKTEST: Final = Metric(
    "backtest", "model, metric, cutoff", {"value": Adds("mean", "value")}, ("model", "metric"), "PostgreSQL"
)
CALIBRATION: Final = Metric(
    "calibration", "decile, cutoff",
    {
        "customers": Adds("sum", "customers"), "predicted": Adds("weighted mean", "predicted", "customers"),
        "observed": Adds("weighted mean", "observed", "customers"),
    },
    ("decile",), "PostgreSQL",
)  # fmt: skip
LIFT: Final = Metric(
    "lift", "decile, cutoff",
    {
        "customers": Adds("sum", "customers"), "observed": Adds("weighted mean", "observed", "customers"),
        "lift": Adds("lift", "observed", "customers"), "cumulative_gain": Adds("running share", "positives"),
    },
    ("decile",), "PostgreSQL",
)  # fmt: skip
THRESHOLD: Final = Metric(
    "threshold",
    "deciles, cutoff",
    {"calls": Adds("mean", "calls"), "sales": Adds("mean", "sales")},
    ("deciles",),
    "PostgreSQL",
)
OUTCOMES: Final = Metric(
    "outcomes", "run_id, task, decile",
    {
        "customers": Adds("sum", "customers"), "predicted": Adds("weighted mean", "predicted", "customers"),
        "observed": Adds("weighted mean", "observed", "customers"),
    },
    ("run_id", "task"), "PostgreSQL", settled=False,
)  # fmt: skip

ALL: Final = (
    CUSTOMERS, SEGMENTS, GRID, RULES_PREVIEW, MOVEMENT, *SALES.values(), LINE_CLASSES, KPI_SALES, KPI_CALL_LIST, KPI_AT_RISK,
    DISTRIBUTION, FORECAST, BACKTEST, CALIBRATION, LIFT, THRESHOLD, OUTCOMES,
)  # fmt: skip

KPIS: Final = (
    Kpi("revenue", "Net revenue", "money", KPI_SALES, "revenue",
        "Products sold less products returned in the period, anonymous sales included; without postage and fees."),
    Kpi("orders", "Orders", "count", KPI_SALES, "orders",
        "Orders of the period with a positive net amount, anonymous ones included."),
    Kpi("customers", "Active customers", "count", KPI_SALES, "customers",
        "Different known customers with a counted order in the period."),
    Kpi("average_order_value", "Average order value", "money", KPI_SALES, "average_order_value",
        "Mean net amount of the orders of the period with a positive net amount."),
    Kpi("expected_revenue", "Expected revenue (30 days)", "money", KPI_CALL_LIST, "expected_revenue",
        "Expected net revenue of the next 30 days from all customers you see, all their orders included.",
        has_period=False, sentence="next 30 days"),
    Kpi("at_risk_revenue", "Last year's revenue from customers likely to leave", "money", KPI_AT_RISK, "at_risk_revenue",
        "Last year's net revenue (365 days) from customers likely to leave: those whose churn state is 'at risk'.",
        has_period=False, sentence="last 365 days"),
)  # fmt: skip
