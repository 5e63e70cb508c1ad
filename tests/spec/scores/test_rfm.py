"""RFM, exactly: small tables in, scores out. As of 2026-03-01 unless stated otherwise."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from foresell.errors import NotReady
from foresell.scores import registry
from foresell.scores.rfm import score as rfm
from foresell.snapshot import queries
from foresell.snapshot.build import Draft
from tests.support.small_snapshot import parse, snapshot

AS_OF = "2026-03-01"


def scored(text: str, as_of: str = AS_OF) -> duckdb.DuckDBPyConnection:
    con = snapshot(parse(text), as_of)
    rfm.compute_rfm(con, date.fromisoformat(as_of))
    Draft(con, Path("unused")).prepare_segments(registry.list_columns())
    rfm.assign_segments(con)
    return con


def scores(text: str, as_of: str = AS_OF) -> dict[str, tuple[int, int, Decimal, int, str]]:
    rows = (
        scored(text, as_of)
        .execute("select customer_id, recency_days, frequency, monetary, rfm_score, segment from rfm_scores")
        .fetchall()
    )
    return {row[0]: row[1:] for row in rows}


def values(text: str, as_of: str = AS_OF) -> dict[str, tuple[int, int, Decimal]]:
    return {customer: row[:3] for customer, row in scores(text, as_of).items()}


def test_recency_frequency_monetary() -> None:
    table = """
        # order customer day        status    sku  quantity price
        1       anna     2026-01-01 ok        mug  2        3.50
        1       anna     2026-01-01 ok        bowl 1        9.00
        2       anna     2026-02-27 ok        mug  1        3.50
        3       bob      2026-02-28 ok        mug  1        3.50
    """
    assert values(table) == {"anna": (2, 2, Decimal("19.5")), "bob": (1, 1, Decimal("3.5"))}


def test_returns_are_subtracted_and_are_no_orders() -> None:
    table = """
        1  anna  2026-01-01  ok        mug  10  3.50
        2  anna  2026-02-20  returned  mug  -4  3.50
    """
    assert values(table) == {"anna": (59, 1, Decimal("21"))}, "the return is money, not a purchase"


def test_an_order_wholly_returned_leaves_no_money() -> None:
    table = """
        1  anna  2026-01-01  ok        mug  10  3.50
        2  anna  2026-01-01  returned  mug -10  3.50
    """
    assert values(table) == {"anna": (59, 1, Decimal("0"))}


def test_cancelled_orders_postage_and_anonymous_sales_are_left_out() -> None:
    table = """
        1  anna  2026-01-01  ok         mug      1  3.50
        1  anna  2026-01-01  ok         postage  1  4.95
        2  anna  2026-02-01  cancelled  mug      9  3.50
        3  anna  2026-02-02  ok         fee      1  9.99
        4  -     2026-02-03  ok         mug      1  3.50
    """
    assert values(table) == {"anna": (59, 1, Decimal("3.5"))}


def test_every_line_is_in_exactly_one_class_and_they_add_up() -> None:
    con = snapshot(
        parse("""
        1  anna  2026-01-01  ok         mug      1   3.50
        1  anna  2026-01-01  ok         postage  1   4.95
        2  anna  2026-02-01  cancelled  mug      9   3.50
        3  anna  2026-02-02  returned   mug     -1   3.50
        4  -     2026-02-03  ok         mug      2   3.50
        5  -     2026-02-03  cancelled  postage  1   4.95
        6  anna  2026-03-01  ok         mug      3   3.50
        """),
        AS_OF,
    )
    found = {row[0]: row[1:] for row in con.execute("from line_classes").fetchall()}
    assert found == {
        "counted": (1, Decimal("3.5")),
        "non_product": (1, Decimal("4.95")),
        "cancelled": (2, Decimal("36.45")),
        "returns": (1, Decimal("-3.5")),
        "anonymous": (1, Decimal("7")),
        "later": (1, Decimal("10.5")),
    }


def test_the_day_itself_and_later_do_not_exist_yet() -> None:
    table = """
        1  anna  2026-02-28  ok  mug  1  3.50
        2  anna  2026-03-01  ok  mug  1  3.50
        3  bob   2026-03-02  ok  mug  1  3.50
    """
    assert values(table) == {"anna": (1, 1, Decimal("3.5"))}


def test_five_customers_take_the_five_scores() -> None:
    table = "\n".join(
        f"{customer}{n} {customer} 2026-02-{day:02} ok mug 1 {price}"
        for customer, day, orders, price in [
            ("a", 1, 1, 1),
            ("b", 2, 2, 2),
            ("c", 3, 3, 3),
            ("d", 4, 4, 4),
            ("e", 5, 5, 5),
        ]
        for n in range(orders)
    )
    assert {customer: row[3] for customer, row in scores(table).items()} == {
        "a": 111,
        "b": 222,
        "c": 333,
        "d": 444,
        "e": 555,
    }


def test_equal_values_share_a_score() -> None:
    table = "\n".join(f"{n} c{n} 2026-02-01 ok mug 1 3.50" for n in range(9)) + "\n9 c9 2026-02-02 ok mug 2 3.50"
    found = scores(table)
    assert {found[f"c{n}"][3] for n in range(9)} == {111}
    assert found["c9"][3] == 515, "one order like everyone, but the latest and the dearest"


@pytest.mark.parametrize(
    ("segment", "score"),
    [("Champions", 555), ("Lost", 111)],
)
def test_the_corners_have_their_names(segment: str, score: int) -> None:
    table = "\n".join(
        f"{c}{n} {c} 2026-02-{day:02} ok mug 1 {day}"
        for c, day in zip("abcde", range(1, 6), strict=True)
        for n in range(day)
    )
    assert {row[3]: row[4] for row in scores(table).values()}[score] == segment


@pytest.mark.parametrize(
    "table",
    [
        "",
        "1 - 2026-01-01 ok mug 1 1",
        "1 anna 2026-01-01 cancelled mug 1 1",
        "1 anna 2026-01-01 returned mug -1 1",
        "1 anna 2026-01-01 ok mug 1 0",
    ],
    ids=["nothing", "unknown", "all cancelled", "all returned", "all free"],
)
def test_nothing_to_score_is_an_error(table: str) -> None:
    with pytest.raises(NotReady, match="No customer has a counted order before 2026-03-01"):
        scores(table)


def test_a_segment_without_customers_is_listed_with_nothing() -> None:
    listed = queries.list_segments(scored("1 anna 2026-02-01 ok mug 2 5.00"))
    assert len(listed) > 8
    assert sorted((row["customers"], row["revenue"]) for row in listed)[-2:] == [(0, 0), (1, 10)]
