"""What the texts of the default segments say of their members, and whether it is true of a snapshot."""

from __future__ import annotations

import duckdb

from tests.support.small_snapshot import rules

#: Segment -> what its text says of every member; m: the medians of all customers.
CLAIMS = {
    "Champions": "recency_days <= m.days and frequency >= greatest(2, m.orders) and monetary >= m.money",
    "Loyal": "frequency >= 2",
    "Cannot Lose": "recency_days >= m.days and frequency >= greatest(2, m.orders) and monetary >= m.money",
    "At-Risk": "recency_days >= m.days and frequency >= 2",
    "New": "recency_days <= 90 and frequency = 1",
    "Potential Loyalist": "recency_days <= m.days and frequency >= 2",
    "Needs Attention": "frequency >= 2 and recency_days > 14",
    "About to Sleep": "frequency <= m.orders and recency_days > 14",
    "Lapsed Big Spenders": "recency_days >= m.days and frequency <= m.orders and monetary >= m.money",
    "Hibernating": "recency_days >= m.days and frequency <= m.orders",
    "Lost": "recency_days >= m.days and frequency <= m.orders",
}


def check_texts(con: duckdb.DuckDBPyConnection) -> None:
    """Every text of the default rules is true of all its members, and nearly every segment has members."""
    assert set(CLAIMS) == {row[1] for row in rules()}
    medians = (
        "(select median(recency_days) as days, median(frequency) as orders, median(monetary) as money from rfm_scores)"
    )
    found = dict(con.execute("select segment, count(*) from rfm_scores group by 1").fetchall())
    assert len(found) >= 10, found
    for segment, claim in CLAIMS.items():
        untrue = con.execute(
            f"select count(*) from rfm_scores, {medians} as m where segment = $segment and not ({claim})",
            {"segment": segment},
        ).fetchall()
        assert untrue == [(0,)], f"{segment}: {claim} is untrue of {untrue} of {found.get(segment)}"
