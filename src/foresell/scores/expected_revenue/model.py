"""The model of expected revenue: expected purchases x expected net value of a purchase, and the company's streams.

Purchases within the horizon come from LightGBM with a Poisson objective, or from BG/NBD where that predicts no worse. Their value
comes from Gamma-Gamma on capped net amounts (Fader & Hardie 2013), where returns were deducted from the purchase they undo.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from foresell.errors import NotReady
from foresell.scores.expected_revenue.streams import Streams, split_forecast
from foresell.scores.training import gamma_gamma
from foresell.scores.training.bgnbd import BgNbd
from foresell.scores.training.bgnbd import fit as fit_bgnbd
from foresell.scores.training.features import Floats, Frame, batches
from foresell.scores.training.models import PARAMETERS, TREES, habits
from foresell.scores.training.net_purchases import capped_means, read_net_purchases
from foresell.sql import read_sql

if TYPE_CHECKING:
    import lightgbm

HORIZON_DAYS = 30
#: A regular customer's amounts are capped at this multiple of the own median, if that is above the cap for all.
OWN_MEDIANS = 3.0
#: The share of known customers is taken from the last periods of the horizon's length.
SHARE_PERIODS = 3


@dataclass(frozen=True)
class BoostedCounts:
    """LightGBM on the named features with a Poisson objective."""

    booster: lightgbm.Booster
    names: tuple[str, ...]
    kind: str = "lightgbm_poisson"

    def expected_purchases(self, frame: Frame) -> Floats:
        """Expected purchase days of each customer of a frame within the horizon."""
        columns = [frame.names.index(name) for name in self.names]
        counts = [self.booster.predict(part.values[:, columns], num_threads=1) for part in batches(frame)]
        return np.asarray(np.concatenate(counts) if counts else [], dtype=np.float64)

    def text(self) -> str:
        """What `load_counts` reads."""
        return json.dumps({"names": self.names, "lightgbm": self.booster.model_to_string()})


@dataclass(frozen=True)
class LifetimeCounts:
    """BG/NBD: purchase days so far, the last and the first one are all it reads."""

    model: BgNbd
    kind: str = "bgnbd"

    def expected_purchases(self, frame: Frame) -> Floats:
        """Expected purchase days of each customer of a frame within the horizon."""
        return self.model.expected_purchases(*habits(frame), HORIZON_DAYS)

    def text(self) -> str:
        """What `load_counts` reads."""
        return json.dumps(asdict(self.model))


Counts = BoostedCounts | LifetimeCounts


def train_counts(con: duckdb.DuckDBPyConnection, frames: Sequence[Frame], seed: int) -> BoostedCounts | None:
    """LightGBM on frames whose horizon has closed; None when nothing was bought in any of them."""
    import lightgbm

    purchases = [count_purchases(con, frame) for frame in frames]
    if not frames or not np.concatenate(purchases).any():
        return None
    matrix = np.concatenate([frame.values for frame in frames])
    known = [at for at in range(matrix.shape[1]) if not np.isnan(matrix[:, at]).all()]
    parameters = {**PARAMETERS, "objective": "poisson", "seed": seed}
    data = lightgbm.Dataset(matrix[:, known], label=np.concatenate(purchases), params=parameters)
    booster = lightgbm.train(parameters, data, num_boost_round=TREES)
    return BoostedCounts(booster, tuple(frames[0].names[at] for at in known))


def fit_lifetimes(frame: Frame) -> LifetimeCounts:
    """BG/NBD on the habits of a frame. Raises NotReady when too few customers came back."""
    return LifetimeCounts(fit_bgnbd(*habits(frame)))


def load_counts(kind: str, text: str) -> Counts:
    """The stored model; the same frame gets the same counts."""
    values = json.loads(text)
    if kind == "bgnbd":
        return LifetimeCounts(BgNbd(**values))
    import lightgbm

    return BoostedCounts(lightgbm.Booster(model_str=values["lightgbm"]), tuple(values["names"]))


def expected_order_values(con: duckdb.DuckDBPyConnection, frame: Frame) -> Floats:
    """The expected net value of each customer's next purchase; 0 for one who kept nothing. Raises NotReady with too few."""
    purchases = read_net_purchases(con, frame.as_of)
    at = pa.compute.index_in(purchases.customer, value_set=frame.customers).to_numpy(zero_copy_only=False)
    count, mean = capped_means(at.astype(np.int64), purchases.amount, len(frame), OWN_MEDIANS)
    model = gamma_gamma.fit(count, mean, cap=None)
    kept = 1 - min(1.0, purchases.unmatched_returns / max(float(purchases.amount.sum()), 1e-9))
    return np.asarray(np.where(count > 0, model.expected_order_value(count, mean) * kept, 0.0), dtype=np.float64)


def forecast_streams(con: duckdb.DuckDBPyConnection, as_of: date, forecast: float, anonymous: float) -> Streams:
    """The forecast of the horizon split into known customers, new customers and anonymous sales."""
    query = read_sql("foresell.scores.expected_revenue", "known_share.sql")
    values = {"as_of": as_of, "days": HORIZON_DAYS, "windows": SHARE_PERIODS}
    [(known, new)] = con.execute(query, values).fetchall()
    total = max(known, 0.0) + max(new, 0.0)
    if total <= 0:
        raise NotReady("No sales with a customer in the last 90 days, so the forecast cannot be split by customer.")
    return split_forecast(forecast, anonymous, max(known, 0.0) / total)


def count_purchases(con: duckdb.DuckDBPyConnection, frame: Frame) -> Floats:
    """On how many days each customer of a frame bought within the horizon: the label of the counts."""
    return _by_customer(con, frame, "count(distinct day) filter (where is_counted)")


def net_revenue(con: duckdb.DuckDBPyConnection, frame: Frame) -> Floats:
    """What each customer of a frame spent within the horizon, returns subtracted."""
    return _by_customer(con, frame, "sum(net_amount)")


def _by_customer(con: duckdb.DuckDBPyConnection, frame: Frame, aggregate: str) -> Floats:
    rows = con.sql(
        f"""select customer_id, ({aggregate})::double as value from orders
        where customer_id is not null and day >= $first and day < $after group by customer_id""",
        params={"first": frame.as_of, "after": frame.as_of + timedelta(days=HORIZON_DAYS)},
    ).to_arrow_table()
    at = pa.compute.index_in(frame.customers, value_set=rows["customer_id"].combine_chunks())
    found = pa.compute.fill_null(pa.compute.take(rows["value"], at), 0.0)
    return np.asarray(found.to_numpy(), dtype=np.float64)
