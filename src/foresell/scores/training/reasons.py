"""Reasons for a customer's probability: three sentences in the customer's own numbers, and one on the season.

Features with one meaning form one theme (recency, three overdue ratios and six gaps are all "rhythm"), so that three
reasons say three different things. LightGBM is explained by exact TreeSHAP (Lundberg et al. 2020), statistical models by
the change when a theme's numbers are set to the median customer's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import scipy  # loads its parts when they are used
from numpy.typing import NDArray

from foresell.scores.training.features import SEASON, Floats, Frame
from foresell.scores.training.models import Blend, Boosted, Model, log_odds
from foresell.scores.training.tasks import Task

REASONS = 3
MOST_EXPLAINED = 20_000  # by value; exact TreeSHAP costs 0.3 ms per customer
LEAST_POINTS = 0.5
NEW_DAYS = 30
CHUNK = 10_000

Row = Mapping[str, float]


@dataclass(frozen=True)
class Theme:
    """One kind of reason: the features it covers and the sentence made of them."""

    name: str
    features: tuple[str, ...]
    sentence: Callable[[Row], str]


def _days(days: float) -> str:
    return f"{days:,.0f} day" + ("" if round(days) == 1 else "s")


def _times(count: float, what: str = "order") -> str:
    return f"{count:,.0f} {what}" + ("" if round(count) == 1 else "s")


def _rhythm(row: Row) -> str:
    last = f"{_days(row['recency_days'])} ago"
    if not row["gap_median"] > 0:
        return f"Ordered on one day only, {last}"
    every = "day" if round(row["gap_median"]) == 1 else _days(row["gap_median"])
    return f"Usually orders every {every}; last order {last}"


def _loyalty(row: Row) -> str:
    if row["tenure_days"] <= NEW_DAYS:
        return f"New customer: first order {_days(row['tenure_days'])} ago"
    return f"Customer for {_days(row['tenure_days'])}, with orders in {_times(row['months_active'], 'month')}"


def _returns(row: Row) -> str:
    if row["return_share"] <= 0:
        return "No returns so far"
    share = f"{100 * row['return_share']:.0f} %" if row["return_share"] > 0.005 else "less than 1 %"
    return f"Returned {share} of purchases by value"


THEMES = (
    Theme(
        "rhythm",
        (
            "recency_days", "gap_mean", "gap_median", "gap_sd", "gap_min", "gap_max", "gap_last",
            "overdue_median", "overdue_mean", "overdue_max",
        ),
        _rhythm,
    ),
    Theme(
        "frequency",
        (
            "purchase_days", "orders_total", "orders_30", "orders_60", "orders_90", "orders_180", "orders_365",
            "orders_per_month",
        ),
        lambda row: f"{_times(row['orders_180'])} in the last 180 days, {row['orders_total']:,.0f} in total",
    ),
    Theme(
        "spend",
        ("spend_total", "spend_30", "spend_60", "spend_90", "spend_180", "spend_365"),
        lambda row: f"Spent {row['spend_180']:,.0f} in the last 180 days, {row['spend_total']:,.0f} in total",
    ),
    Theme(
        "order value",
        ("order_value_mean", "order_value_sd", "order_value_max", "last_amount", "last_to_mean"),
        lambda row: f"Last purchase {row['last_amount']:,.0f}, average order {row['order_value_mean']:,.0f}",
    ),
    Theme(
        "loyalty",
        ("tenure_days", "months_active"),
        _loyalty,
    ),
    Theme(
        "last year",
        (
            "orders_same_month_last_year", "orders_month_before_last_year", "orders_month_after_last_year",
            "nov_dec_share",
        ),
        lambda row: (
            f"{_times(row['orders_same_month_last_year'])} in the same weeks last year; "
            f"{100 * row['nov_dec_share']:.0f} % of all orders in November and December"
        ),
    ),
    Theme(
        "range",
        ("skus_total", "skus_180", "lines_per_order", "price_mean"),
        lambda row: (
            f"{_times(row['skus_total'], 'different product')} so far, {row['skus_180']:,.0f} of them in the last 180 days"
        ),
    ),
    Theme("returns", ("returned_180", "return_share", "return_recency"), _returns),
    Theme(
        "habits",
        ("home_share", "order_hour"),
        lambda row: f"Usually orders around {row['order_hour']:.0f}:00",
    ),
)  # fmt: skip

SEASON_THEME = Theme("season", SEASON, lambda row: "Time of year, the same for every customer")


def reasons(model: Model, frame: Frame, task: Task, themes: Sequence[Theme] = THEMES) -> pa.Table:
    """Grain: one row per customer and reason. Columns: customer_id, rank, theme, direction, points, sentence.

    Ranks 1 to 3 are the customer's own strongest themes, rank 4 is the season where it matters. `points` are percentage
    points by which the theme moves the task's probability, `direction` is raises or lowers. Give at most MOST_EXPLAINED
    customers (`frame_of_best`).
    """
    chunks = [_explain_part(model, part, frame, task, themes) for part in _parts(frame)]
    return pa.concat_tables(chunks) if chunks else _explain_part(model, frame, frame, task, themes)


def frame_of_best(frame: Frame, value: Floats, most: int = MOST_EXPLAINED) -> Frame:
    """The customers with the highest value (probability or expected value), best first."""
    return _select_rows(frame, np.argsort(-value, kind="stable")[:most])


def _select_rows(frame: Frame, rows: NDArray[np.intp]) -> Frame:
    return Frame(frame.as_of, frame.customers.take(pa.array(rows)), frame.names, frame.values[rows])


def _parts(frame: Frame) -> Iterator[Frame]:
    for start in range(0, len(frame), CHUNK):
        yield _select_rows(frame, np.arange(start, min(start + CHUNK, len(frame))))


def contributions(model: Model, part: Frame, whole: Frame, themes: Sequence[Theme]) -> Floats:
    """Log-odds of ordering each theme adds, (customers, themes). For LightGBM they and the mean add up to the total."""
    if isinstance(model, Blend):
        first = contributions(model.boosted, part, whole, themes)
        return (first + contributions(model.lifetimes, part, whole, themes)) / 2
    if isinstance(model, Boosted):
        shap = np.asarray(model.booster.predict(model.matrix(part), pred_contrib=True, num_threads=model.threads))[
            :, :-1
        ]
        return shap @ np.array([[name in theme.features for theme in themes] for name in model.names], dtype=np.float64)
    own = log_odds(model.probability(part))
    return np.column_stack([own - log_odds(model.probability(_at_median(part, whole, theme))) for theme in themes])


def _at_median(part: Frame, whole: Frame, theme: Theme) -> Frame:
    """The customers with one theme's numbers set to the median customer's; the last order stays after the first."""
    values = part.values.copy()
    for name in theme.features:
        known = whole.column(name)[~np.isnan(whole.column(name))]
        if len(known):
            values[:, part.names.index(name)] = np.float32(np.median(known))
    recency, tenure = part.names.index("recency_days"), part.names.index("tenure_days")
    single = values[:, part.names.index("purchase_days")] == 1
    values[:, recency] = np.where(single, values[:, tenure], np.minimum(values[:, recency], values[:, tenure]))
    return replace(part, values=values)


def _explain_part(model: Model, part: Frame, whole: Frame, task: Task, themes: Sequence[Theme]) -> pa.Table:
    every = (*themes, SEASON_THEME)
    pull = contributions(model, part, whole, every)
    odds = log_odds(model.probability(part))
    sign = 1 if task.event == "buys" else -1
    points = sign * 100 * (scipy.special.expit(odds)[:, None] - scipy.special.expit(odds[:, None] - pull))
    order = np.argsort(-np.abs(pull[:, :-1]), axis=1, kind="stable")[:, :REASONS]
    columns = {name: part.column(name).tolist() for name in part.names}
    rows = []
    for place, customer in enumerate(part.customers.to_pylist()):
        numbers = {name: column[place] for name, column in columns.items()}
        for rank, chosen in enumerate((*order[place].tolist(), len(themes)), start=1):
            effect = float(points[place, chosen])
            if pull[place, chosen] and (rank <= REASONS or abs(effect) >= LEAST_POINTS):
                rows.append(_reason(customer, rank, every[chosen], effect, numbers))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()), ("rank", pa.int16()), ("theme", pa.string()), ("direction", pa.string()),
        ("points", pa.float64()), ("sentence", pa.string()),
    ]
)  # fmt: skip


def _reason(customer: str, rank: int, theme: Theme, points: float, numbers: Row) -> dict[str, object]:
    return {
        "customer_id": customer,
        "rank": rank,
        "theme": theme.name,
        "direction": "raises" if points > 0 else "lowers",
        "points": points,
        "sentence": theme.sentence(numbers),
    }
