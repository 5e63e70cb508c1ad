"""purchase: how likely a customer orders in the next 30 days, and what that order is worth."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from foresell.scores.training.features import Floats, Frame, batches
from foresell.scores.training.models import Model

WINSOR = 0.99  # one order of 77,000 must not set what all orders are worth


def score(model: Model, frame: Frame) -> pa.Table:
    """The call list. Grain: one row per customer of the frame, in its order.

    Columns: customer_id, probability (of an order within 30 days), expected_order_value and expected_value (their
    product), both in the shop's currency.
    """
    probability = np.concatenate([model.probability(batch) for batch in batches(frame)])
    value = expected_order_value(frame)
    columns = {"probability": probability, "expected_order_value": value, "expected_value": probability * value}
    return pa.table({"customer_id": frame.customers, **columns})


def expected_order_value(frame: Frame) -> Floats:
    """What the next order of each customer is worth: the own mean, drawn to the shop's where few orders speak for it.

    Credibility weighting n / (n + k) with k = variance within customers / variance between them (Bühlmann 1967), the form
    the Gamma-Gamma expectation takes too. Values are capped at the 99th percentile first.
    """
    orders = frame.column("orders_total")
    cap = float(np.quantile(frame.column("order_value_mean"), WINSOR))
    mean = np.minimum(frame.column("order_value_mean"), cap)
    several = orders > 1
    spread = np.minimum(np.nan_to_num(frame.column("order_value_sd")[several]), cap)
    within = float(np.mean(np.square(spread))) if several.any() else 0.0
    shop = float(mean.mean())
    between = float(np.var(mean)) - within * float(np.mean(1 / orders))
    if between <= 0:
        return np.full(len(frame), shop)
    weight = orders / (orders + within / between)
    return np.asarray(weight * mean + (1 - weight) * shop, dtype=np.float64)
