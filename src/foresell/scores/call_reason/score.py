"""Call reason: why a customer should be called now, what is at risk, and who comes first among those with the same reason.

Query: rhythm.sql. Conditions and sentences: reasons.py. What is at risk: BG/NBD's expectation of 30 days right after the last order,
less the expected revenue now. None of it says what a call changes: that takes a holdout.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foresell.scores.call_reason.reasons import (
    DUE,
    OVERDUE,
    SECOND_ORDER,
    WIN_BACK,
    Floats,
    Rhythm,
    find_reasons,
    write_sentences,
)
from foresell.scores.expected_revenue.model import HORIZON_DAYS, fit_lifetimes
from foresell.scores.protocol import Score, ScoringContext
from foresell.scores.training.bgnbd import BgNbd
from foresell.scores.training.features import Frame
from foresell.scores.training.models import habits
from foresell.sql import read_sql
from foresell.types import ScoreColumn

#: Months of former revenue that winning a customer back can bring; the least chance that any such customer returns.
MONTHS_BACK, LEAST_ALIVE = 12, 0.05


@dataclass(frozen=True, slots=True)
class Outlook:
    """Equally long arrays, one value per customer. Money is net, of the next 30 days.

    before: expected right after the last order. now: expected now; order_value: of the next order; both NaN where expected revenue
    is not shown. probability: of an order in the 30 days. alive: still buys here.
    """

    before: Floats
    now: Floats
    order_value: Floats
    probability: Floats
    alive: Floats

    @property
    def at_risk(self) -> Floats:
        """What was expected after the last order and no longer is, in whole pence; NaN where expected revenue is not shown."""
        return np.asarray(np.round(np.maximum(self.before - self.now, 0.0), 2), dtype=np.float64)


def rank_customers(reasons: NDArray[np.object_], rhythm: Rhythm, outlook: Outlook) -> Floats:
    """What orders the customers of one reason, highest first; NaN without a reason. Not comparable between reasons.

    Where expected revenue is not shown, what was bought takes its place: 30 days of the year before the last order.
    """
    shown = ~np.isnan(outlook.now)
    bought = rhythm.year_before * HORIZON_DAYS / 365
    waiting = 1 - outlook.probability
    ranks = {
        OVERDUE: np.where(shown, outlook.at_risk, bought) * outlook.alive,
        WIN_BACK: np.where(shown, np.fmin(rhythm.year_before, MONTHS_BACK * outlook.before), rhythm.year_before)
        * np.maximum(outlook.alive, LEAST_ALIVE),
        SECOND_ORDER: np.where(shown, outlook.order_value, rhythm.first_amount) * waiting,
        DUE: np.where(shown, outlook.now, bought) * waiting,
    }
    return np.select([reasons == reason for reason in ranks], list(ranks.values()), np.nan)


def read_rhythm(con: duckdb.DuckDBPyConnection, frame: Frame) -> Rhythm:
    """The rhythm of each customer of a frame; none where the latest order was undone, because it was no silence."""
    orders = read_sql("foresell.scores.training", "net_orders.sql")
    query = read_sql("foresell.scores.call_reason", "rhythm.sql").replace("{net_orders}", orders)
    rows = con.sql(query, params={"as_of": frame.as_of}).to_arrow_table()
    at = pa.compute.index_in(frame.customers, value_set=rows["customer_id"].combine_chunks())
    columns = (
        pa.compute.take(rows[name], at).cast(pa.float64()).to_numpy()
        for name in rows.column_names
        if name != "customer_id"
    )
    rhythm = Rhythm(*(np.array(column, dtype=np.float64) for column in columns))
    rhythm.purchases[rhythm.silent_days != frame.column("recency_days")] = np.nan
    return rhythm


def look_ahead(context: ScoringContext, lifetimes: BgNbd) -> Outlook:
    """The outlook of each customer of the frame, from the scores of this run; chance and alive from BG/NBD where they are off."""
    frame, times = context.frame, habits(context.frame)
    x, t_x, _ = times
    unknown = np.full(len(frame), np.nan)
    revenue, purchase = (context.computed.get(score) for score in ("expected_revenue", "purchase"))
    order_value = revenue["expected_order_value"].to_numpy() if revenue else unknown
    factor = _scale_factor(context.con) if revenue else 1.0
    return Outlook(
        before=lifetimes.expected_purchases(x, t_x, t_x, HORIZON_DAYS) * order_value * factor,
        now=revenue["expected_revenue"].to_numpy() if revenue else unknown,
        order_value=order_value,
        probability=purchase["probability"].to_numpy() if purchase else lifetimes.probability_any(*times, HORIZON_DAYS),
        alive=lifetimes.p_alive(*times),
    )


def _scale_factor(con: duckdb.DuckDBPyConnection) -> float:
    """What expected revenue was multiplied by to meet the forecast: what was expected before is put on the same scale."""
    [(factor,)] = con.execute("select factor from revenue_streams").fetchall()
    return float(factor)


def score_reasons(frame: Frame, rhythm: Rhythm, outlook: Outlook, as_of: date, currency: str | None) -> pa.Table:
    """Grain: one row per customer of the frame, in its order. Columns: customer_id and COLUMNS."""
    reasons = find_reasons(rhythm, outlook.alive)
    columns: dict[str, pa.Array] = {
        "call_reason": pa.array(reasons, pa.string()),
        "why_call": pa.array(write_sentences(reasons, rhythm, as_of, currency), pa.string()),
        "value_at_risk": _numbers(outlook.at_risk),
        "call_priority": _numbers(np.round(rank_customers(reasons, rhythm, outlook), 2)),
        "median_gap_days": _numbers(rhythm.median_gap),
        "long_gap_days": _numbers(rhythm.long_gap),
    }
    return pa.table({"customer_id": frame.customers, **columns})


def _numbers(values: Floats) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)


def _predict(context: ScoringContext) -> pa.Table:
    """Raises NotReady when too few customers came back to know a rhythm."""
    lifetimes = fit_lifetimes(context.frame).model
    [(currency,)] = context.con.execute("select currency from meta").fetchall()
    return score_reasons(
        context.frame, read_rhythm(context.con, context.frame), look_ahead(context, lifetimes), context.as_of, currency
    )


COLUMNS = (
    ScoreColumn(
        "call_reason", "text", "Call reason",
        "overdue, win-back, second order or due; none: there is no reason to call now.", "name", "overdue", saved=False,
    ),
    ScoreColumn(
        "why_call", "text", "Why call", "The call reason in the customer's own numbers.", "name",
        "Usually orders every 18 days; last order 46 days ago.", saved=False,
    ),
    ScoreColumn(
        "value_at_risk", "number", "Revenue at risk (30 days)",
        "Net revenue of 30 days that was expected right after the last order, less what is expected now.", "money", 310.4,
        sort="value_at_risk", saved=False,
    ),
    ScoreColumn(
        "call_priority", "number", "Call priority",
        "Orders the customers of one call reason, highest first; not comparable between reasons.", "score", 181.2, saved=False,
    ),
    ScoreColumn(
        "median_gap_days", "number", "Usual days between orders", "Median of the days between two purchases.", "days", 18.0,
        best="lowest", saved=False,
    ),
    ScoreColumn(
        "long_gap_days", "number", "Long gap (days)",
        "Nine of ten gaps between two purchases of this customer are no longer.", "days", 18.7, best="lowest", saved=False,
    ),
)  # fmt: skip

CALL_REASON_SCORE = Score("call_reason", COLUMNS, horizon_days=HORIZON_DAYS, predict=_predict)
