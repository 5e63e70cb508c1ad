"""From the forecast to the customers: known + new + anonymous = forecast, to the penny.

The company's forecast F of a period is split into three streams: A, the forecast of the anonymous sales; K, what customers
known today will spend; N, what customers still to come will spend. Each known customer gets a share of K in proportion to an
unscaled estimate, and the shares are rounded so that they add up exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Beyond these factors forecast and customer estimates contradict each other, and neither is published.
FACTOR_RANGE = (0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Streams:
    """A forecast and its three streams, in whole pennies of the company's currency; known + new + anonymous = forecast."""

    forecast: int
    known: int
    new: int
    anonymous: int


def split_forecast(forecast: float, anonymous: float, known_share: float) -> Streams:
    """Split a forecast of net revenue into streams.

    `anonymous` is the forecast of the sales without a customer (capped at the forecast), `known_share` the share of revenue with
    a customer that came from customers known before the period, over the last closed periods. Amounts in the currency's
    units; the streams are whole pennies that sum to the forecast.
    """
    total = round(max(forecast, 0.0) * 100)
    without = min(round(max(anonymous, 0.0) * 100), total)
    known = round((total - without) * min(max(known_share, 0.0), 1.0))
    return Streams(total, known, total - without - known, without)


def scale_factor(estimates: Floats, streams: Streams) -> float:
    """What the unscaled estimates (currency units) are multiplied by so that they sum to the known stream; NaN for none."""
    total = float(estimates.sum())
    return streams.known / 100 / total if total > 0 else float("nan")


def is_consistent(factor: float) -> bool:
    """Whether forecast and customer estimates agree well enough to publish both."""
    return FACTOR_RANGE[0] <= factor <= FACTOR_RANGE[1]


def scale_to_total(estimates: Floats, pennies: int) -> Floats:
    """Estimates (one per customer, >= 0) in proportion, as amounts in currency units that sum to `pennies` exactly.

    Rounded by largest remainder, ties by position, so that the same input gives the same pennies.
    """
    total = float(estimates.sum())
    if total <= 0 or pennies <= 0:
        return np.zeros(len(estimates))
    exact = estimates / total * pennies
    whole = np.floor(exact)
    missing = pennies - int(whole.sum())
    order = np.lexsort((np.arange(len(exact)), whole - exact))
    whole[order[:missing]] += 1
    return np.asarray(whole / 100, dtype=np.float64)
