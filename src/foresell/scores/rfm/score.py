"""RFM: when a customer bought last, how often, for how much; a score of 1 to 5 on each axis, and the customer's segment.

Scores: rfm.sql, no model: the same orders always give the same scores. Segments: segments.sql, by the rules of segments.py,
after the predictions.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import duckdb

from foresell.errors import NotReady
from foresell.scores.protocol import Score
from foresell.scores.rfm import segments
from foresell.sql import read_sql
from foresell.types import ScoreColumn


def compute_rfm(con: duckdb.DuckDBPyConnection, as_of: date) -> int:
    """Make the table `rfm_scores` (one row per customer with a counted order before as_of) in the snapshot.

    Reads `orders`. The segments follow with `assign_segments`. Returns how many customers were scored; raises NotReady when it is none.
    """
    con.execute(f"create table rfm_scores as {read_sql('foresell.scores.rfm', 'rfm.sql')}", {"as_of": as_of})
    [(scored,)] = con.execute("select count(*) from rfm_scores").fetchall()
    if not scored:
        raise NotReady(
            f"No customer has a counted order before {as_of}.",
            remedy="Counted are orders of a known customer that were not cancelled and come to more than zero.",
        )
    return int(scored)


def assign_segments(con: duckdb.DuckDBPyConnection) -> None:
    """Add the column `segment` to `rfm_scores`: the first of `segment_rules` that a customer matches.

    Reads `customers`, `predictions`, `baskets` and `categories`, too: a condition on a prediction that does not exist is
    not met.
    """
    cursor = con.execute("from segment_rules order by position")
    names = [column[0] for column in cursor.description or ()]
    rules = segments.from_rows(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
    position, values = segments.position_sql(rules)
    query = read_sql("foresell.scores.rfm", "segments.sql").replace("{position}", position)
    con.execute(f"create table segmented as {query}", values or None)
    con.execute("drop table rfm_scores")
    con.execute("alter table segmented rename to rfm_scores")


_column = partial(ScoreColumn, nullable=False, table="rfm_scores")


COLUMNS = (
    _column(
        "segment", "text", "Segment", "The first segment whose rule the customer matches.", "name", "Champions",
        sort="segment", order="segment asc, rank",
    ),
    _column(
        "rfm_score", "integer", "RFM score", "The three scores as one number of three digits.", "score", 455,
        sort="score", order="rfm_score desc, monetary desc, rank",
    ),
    _column("r", "integer", "Recency", "Recency score: 5 for the fifth of customers who bought last.", "score", 4),
    _column("f", "integer", "Frequency", "Frequency score: 5 for the fifth with the most orders.", "score", 5),
    _column("m", "integer", "Monetary", "Monetary score: 5 for the fifth with the most net revenue.", "score", 5),
    _column(
        "recency_days", "integer", "Days since last order", "Days from the last counted order to as_of.", "days", 12,
        sort="recency", best="lowest",
    ),
    _column(
        "frequency", "integer", "Orders", "Counted orders: orders with a positive net amount.", "orders", 13,
        sort="frequency",
    ),
    _column(
        "monetary", "number", "Net revenue", "Net revenue of all orders before as_of, returns subtracted.", "money", 17465.5,
        sort="monetary",
    ),
    _column(
        "revenue_365d", "number", "Last year's revenue", "Net revenue of the 365 days before as_of, returns subtracted.",
        "money", 5210.0, sort="last_year", saved=False,
    ),
    _column("last_purchase_day", "date", "Last order", "Day of the last counted order.", "date", "2011-11-28"),
)  # fmt: skip

RFM_SCORE = Score("rfm", COLUMNS, table="rfm_scores")
