"""The value model: expected net revenue of the next twelve months, as value, rank, band and likely range.

Expected purchases (BG/NBD) times the expected net value of a purchase (Gamma-Gamma), mixed with what the customer spent in the last
365 days and capped by the customer's best year (blend.py). Returns are deducted from the purchase they undo. Read rank and band
first: for one customer the range is wide, because much of a single year is chance.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foresell.errors import NotReady
from foresell.scores.lifetime_value.blend import DEFAULT_WEIGHT, best_year_factor, blend_values
from foresell.scores.lifetime_value.ranges import DecileRanges
from foresell.scores.lifetime_value.season import YEAR, Season, season_of
from foresell.scores.training import bgnbd, gamma_gamma
from foresell.scores.training.net_purchases import capped_means, read_net_purchases
from foresell.sql import read_sql

Floats = NDArray[np.float64]

YEAR_DAYS = 365

#: Customers first seen this soon after the shop's first day are mostly old ones with a past we do not have. They are
#: scored, but the model is learned from the others once a year of those is known: measured on Online Retail II, 365
#: days ahead, it brings the total from 16 % too high to 1 % too low, and the ranks closer too.
SETTLING_DAYS, _ENOUGH_SETTLED = 60, 300

#: The cap of a single amount, in multiples of a regular customer's own median; wholesalers swing more over a year than in a month.
OWN_MEDIANS = 5.0

#: Silent for longer than this, the shop itself is gone or the data are old.
MOST_SILENT_DAYS = 180

#: Upper ends of the bands, as shares of the customers by rank.
BANDS = (("top 1 %", 0.01), ("top 10 %", 0.10), ("upper", 0.30), ("middle", 0.60), ("low", 1.00))

SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("value", pa.float64()),  # expected net revenue in the horizon
        (
            "low",
            pa.float64(),
        ),  # about 8 of 10 customers of this decile end between low and high; null where that is not known
        ("high", pa.float64()),
        ("rank", pa.int64()),  # 1 = most valuable; ties by customer_id
        ("band", pa.string()),  # see BANDS
        ("expected_purchases", pa.float64()),
        ("order_value", pa.float64()),  # expected net value of a purchase
        ("alive", pa.float64()),  # probability that the customer still buys here
    ]
)


@dataclass(frozen=True, slots=True)
class Purchases:
    """What is known of customers with a purchase that was kept: arrays with one value per customer; times in days.

    x: purchase days after the first one. t_x: days from the first to the last (0 where x = 0). T: days from the first to
    as_of. value: mean net amount of a purchase, single amounts capped. last_year, best_year: net revenue of the last 365 days, and of
    the 365 days in which it was highest. `unmatched_returns`: of all customers, returns without a known purchase.
    """

    customer_id: NDArray[np.object_]
    x: Floats
    t_x: Floats
    T: Floats
    value: Floats
    last_year: Floats
    best_year: Floats
    unmatched_returns: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimates:
    """One value per customer, for a horizon: expected purchases and the net value of one, revenue of the last and of the best year
    scaled to the horizon, and the probability that the customer still buys here."""

    purchases: Floats
    order_value: Floats
    last_year: Floats
    best_year: Floats
    alive: Floats

    def blend(self, weight: float) -> Floats:
        """The values, with this weight of the model against last year (blend.py)."""
        return blend_values(self.purchases * self.order_value, self.last_year, self.best_year, weight)


@dataclass(frozen=True, slots=True)
class ValueModel:
    """All that is needed to value a customer; fitted by `fit`. `purchases` counts in season days."""

    as_of: date
    purchases: bgnbd.BgNbd
    spend: gamma_gamma.GammaGamma
    season: Season
    return_share: float

    def to_json(self) -> str:
        """The model as JSON."""
        return json.dumps(asdict(self) | {"as_of": self.as_of.isoformat()})

    @classmethod
    def from_json(cls, text: str) -> ValueModel:
        """The model that `to_json` wrote."""
        parts = json.loads(text)
        return cls(
            as_of=date.fromisoformat(parts["as_of"]),
            purchases=bgnbd.BgNbd(**parts["purchases"]),
            spend=gamma_gamma.GammaGamma(**parts["spend"]),
            season=Season(tuple(parts["season"]["weeks"])),
            return_share=parts["return_share"],
        )


def read_purchases(con: duckdb.DuckDBPyConnection, as_of: date) -> Purchases:
    """One row per customer who bought and kept something before `as_of`, by customer_id."""
    bought = read_net_purchases(con, as_of)
    customers = np.unique(bought.customer.to_numpy(zero_copy_only=False).astype(str))
    group = np.searchsorted(customers, bought.customer.to_numpy(zero_copy_only=False).astype(str))
    count, mean = capped_means(group, bought.amount, len(customers), OWN_MEDIANS)
    first, last = np.zeros(len(customers)), np.full(len(customers), np.inf)
    np.maximum.at(first, group, bought.day)
    np.minimum.at(last, group, bought.day)
    recent = bought.day <= YEAR_DAYS
    return Purchases(
        customer_id=customers.astype(object),
        x=count - 1,
        t_x=first - last,
        T=first,
        value=mean,
        last_year=np.asarray(
            np.bincount(group[recent], weights=bought.amount[recent], minlength=len(customers)), dtype=np.float64
        ),
        best_year=_best_year(group, bought.day, bought.amount, len(customers)),
        unmatched_returns=bought.unmatched_returns,
    )


def _best_year(group: NDArray[np.int64], age: NDArray[np.int64], amount: Floats, groups: int) -> Floats:
    """The highest sum of a customer's amounts within 365 days. Rows by customer, oldest first."""
    if not len(amount):
        return np.zeros(groups)
    when = group * 1_000_000 - age  # grows along the rows, and no window reaches the next customer
    until = np.searchsorted(when, when + YEAR_DAYS, side="left")
    sums = np.concatenate([[0.0], np.cumsum(amount)])
    best = np.zeros(groups)
    np.maximum.at(best, group, sums[until] - sums[np.arange(len(amount))])
    return best


def fit(con: duckdb.DuckDBPyConnection, as_of: date, customers: Purchases | None = None) -> ValueModel:
    """The value model of what was known before `as_of`. Raises NotReady saying what is missing."""
    customers = read_purchases(con, as_of) if customers is None else customers
    if not len(customers.x):
        raise NotReady(
            f"No customer has a counted order before {as_of}, so there is no customer to value.",
            remedy="Load sales with customers, or ask about a later date.",
        )
    silent = int((customers.T - customers.t_x).min())
    if silent > MOST_SILENT_DAYS:
        raise NotReady(
            f"The last counted order is {silent} days before {as_of}; older behaviour says little about the next twelve months.",
            remedy="Load newer sales, or ask about an earlier date.",
        )
    daily = con.sql(read_sql("foresell.scores.training", "daily_sales.sql"), params={"as_of": as_of}).to_arrow_table()
    season = season_of(daily["counted"].to_numpy())
    x, t_x, T = _by_season(season, customers)
    learn = _settled_customers(customers)
    spent = float(customers.value @ (customers.x + 1))
    return ValueModel(
        as_of=as_of,
        purchases=bgnbd.fit(x[learn], t_x[learn], T[learn], unit="season day"),
        spend=gamma_gamma.fit(customers.x + 1, customers.value, cap=None),
        season=season,
        return_share=min(1.0, customers.unmatched_returns / spent),
    )


def _settled_customers(customers: Purchases) -> NDArray[np.bool_]:
    """Which customers the repeat-purchase model is learned from; see SETTLING_DAYS."""
    known = customers.T.max()
    settled = np.asarray(known - customers.T >= SETTLING_DAYS, dtype=np.bool_)
    enough = known >= YEAR and (customers.x[settled] > 0).sum() >= _ENOUGH_SETTLED
    return settled if enough else np.ones(len(settled), dtype=np.bool_)


def estimate(model: ValueModel, customers: Purchases, horizon_days: int = YEAR_DAYS) -> Estimates:
    """What is known of each customer's revenue in the horizon, before it is mixed."""
    x, t_x, T = _by_season(model.season, customers)
    purchases = model.purchases.expected_purchases(x, t_x, T, float(model.season.ahead(horizon_days)))
    order_value = model.spend.expected_order_value(x + 1, customers.value) * (1 - model.return_share)
    share = horizon_days / YEAR_DAYS
    best_year = customers.best_year * best_year_factor(customers.x + 1, customers.T)
    alive = model.purchases.p_alive(x, t_x, T)
    return Estimates(purchases, order_value, customers.last_year * share, best_year * share, alive)


def value(
    model: ValueModel,
    customers: Purchases,
    horizon_days: int = YEAR_DAYS,
    weight: float = DEFAULT_WEIGHT,
    ranges: DecileRanges | None = None,
) -> pa.Table:
    """One row per customer, best first: see SCHEMA. Not discounted.

    `weight` is that of the model against last year's revenue; without `ranges`, low and high are null.
    """
    parts = estimate(model, customers, horizon_days)
    expected = parts.blend(weight)
    low, high = ranges.around(expected) if ranges else (np.full(len(expected), np.nan),) * 2
    best_first = np.lexsort((customers.customer_id.astype(str), -expected))
    rank = np.arange(1, len(expected) + 1)
    return pa.table(
        [
            customers.customer_id[best_first],
            expected[best_first],
            pa.array(low[best_first], from_pandas=True),
            pa.array(high[best_first], from_pandas=True),
            rank,
            band_of(rank),
            parts.purchases[best_first],
            parts.order_value[best_first],
            parts.alive[best_first],
        ],
        schema=SCHEMA,
    )


def lifetime_value(
    con: duckdb.DuckDBPyConnection, as_of: date, weight: float = DEFAULT_WEIGHT, ranges: DecileRanges | None = None
) -> tuple[pa.Table, ValueModel]:
    """The value of every customer over the next twelve months, and the model behind it. Raises NotReady."""
    customers = read_purchases(con, as_of)
    fitted = fit(con, as_of, customers)
    return value(fitted, customers, YEAR_DAYS, weight, ranges), fitted


def band_of(rank: NDArray[np.int64]) -> list[str]:
    """The band of each rank in 1 ... n; shares are rounded up, so that even five customers have a best one."""
    ends = np.ceil(np.array([share for _, share in BANDS]) * len(rank) - 1e-9)
    return [BANDS[index][0] for index in np.searchsorted(ends, rank)]


def _by_season(season: Season, customers: Purchases) -> tuple[Floats, Floats, Floats]:
    """(x, t_x, T) with times in season days."""
    age = season.back(customers.T)
    return customers.x, age - season.back(customers.T - customers.t_x), age
