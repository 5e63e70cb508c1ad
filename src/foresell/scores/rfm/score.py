"""RFM: who bought when, how often, for how much; five classes an axis; the segment of each cell."""

from __future__ import annotations

from datetime import date

import duckdb

from foresell.errors import NotReady
from foresell.sql import read_sql


def score(con: duckdb.DuckDBPyConnection, as_of: date) -> int:
    """Make the table `rfm_scores` (one row per customer with a counted order before as_of) in the snapshot.

    Reads `orders` and `segment_rules`. Returns how many customers were scored; raises NotReady when it is none.
    """
    con.execute(f"create table rfm_scores as {read_sql('foresell.scores.rfm', 'rfm.sql')}", {"as_of": as_of})
    [(scored,)] = con.execute("select count(*) from rfm_scores").fetchall()
    if not scored:
        raise NotReady(
            f"No customer has a counted order before {as_of}.",
            remedy="Counted are orders of a known customer that were not cancelled and come to more than zero.",
        )
    return int(scored)
