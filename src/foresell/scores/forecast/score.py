"""Forecast: expected net revenue and orders of the shop by week, month and quarter. Adds no column to a customer.

Query: training/daily_sales.sql. Model: last year's sales per trading day, scaled by recent growth (model.py,
trading_days.py). Accuracy: backtest.py.
"""

from __future__ import annotations

import pyarrow as pa

from foresell.scores.forecast import backtest
from foresell.scores.forecast.model import forecast
from foresell.scores.protocol import Score, ScoringContext


def _predict(context: ScoringContext) -> pa.Table:
    """The rows of `forecasts`, see model.SCHEMA. Raises NotReady where history is too short."""
    context.tested_version("revenue_forecast")
    return forecast(context.con, context.as_of)


FORECAST_SCORE = Score("revenue_forecast", predict=_predict, train=backtest.make_version, table="forecasts")
