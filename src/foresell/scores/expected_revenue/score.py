"""Expected revenue: what each customer is expected to spend, net, in the next 30 days, all orders included.

Queries: training/features.sql, training/net_orders.sql, anonymous_sales.sql, known_share.sql. Model: expected purchases x expected
net value of a purchase (model.py), scaled so that known customers + new customers + anonymous sales equal the company's
forecast, to the penny (company.py, streams.py). Accuracy, and whether it is shown at all: backtest.py.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from foresell.errors import NotReady
from foresell.scores.expected_revenue import backtest
from foresell.scores.expected_revenue.company import CompanyForecast, forecast_company
from foresell.scores.expected_revenue.model import HORIZON_DAYS, expected_order_values, fit_lifetimes, load_counts
from foresell.scores.expected_revenue.streams import is_consistent, scale_factor, scale_to_total
from foresell.scores.protocol import Score, ScoringContext
from foresell.scores.training.outcomes import OutcomeRule
from foresell.types import ScoreColumn


def _predict(context: ScoringContext) -> pa.Table:
    """Grain: one row per customer of the frame. Also makes the table `revenue_streams` of the snapshot. Raises NotReady."""
    version = context.tested_version(backtest.TASK)
    if "revenue_forecast" in context.refused:
        raise NotReady("Off: it adds up to the forecast, which is off.")
    counts = load_counts(version.kind, version.text) if version else fit_lifetimes(context.frame)
    values = expected_order_values(context.con, context.frame)
    company = forecast_company(context.con, context.as_of)
    estimates = counts.expected_purchases(context.frame) * values
    factor = scale_factor(estimates, company.streams)
    if not is_consistent(factor):
        raise NotReady(
            f"Off: the forecast of the next {HORIZON_DAYS} days expects {company.streams.known / 100:,.0f} from known customers, "
            f"their own histories {estimates.sum():,.0f}. Figures that far apart are not shown."
        )
    _save_streams(context, company, factor)
    revenue = scale_to_total(estimates, company.streams.known)
    return pa.table(
        {
            "customer_id": context.frame.customers,
            "expected_order_value": np.round(values, 2),
            "expected_revenue": revenue,
        }
    )


def _save_streams(context: ScoringContext, company: CompanyForecast, factor: float) -> None:
    streams = company.streams
    context.con.execute(
        "create table revenue_streams as select ?::date as starts, ?::date + ?::integer as ends, ?::double as forecast,"
        " ?::double as known, ?::double as new, ?::double as anonymous, ?::double as low, ?::double as high, ?::double as factor",
        [
            context.as_of, context.as_of, HORIZON_DAYS, streams.forecast / 100, streams.known / 100, streams.new / 100,
            streams.anonymous / 100, company.low, company.high, factor,
        ],
    )  # fmt: skip


COLUMNS = (
    ScoreColumn(
        "expected_order_value", "number", "Expected order value",
        "Expected net value of the customer's next order, returns deducted from the order they undo.", "money", 310.2,
        sort="order_value",
    ),
    ScoreColumn(
        "expected_revenue", "number", "Expected revenue (30 days)",
        "Expected net revenue of the next 30 days, all orders. All customers together, new customers and anonymous sales add "
        "up to the forecast.",
        "money", 130.3, sort="value", order="expected_revenue desc nulls last, rank",
    ),
)  # fmt: skip

EXPECTED_REVENUE_SCORE = Score(
    backtest.TASK,
    COLUMNS,
    horizon_days=HORIZON_DAYS,
    predict=_predict,
    train=backtest.make_version,
    outcomes=(OutcomeRule(backtest.TASK, "expected_revenue", HORIZON_DAYS, "spends"),),
)
