"""What must hold for any sales at all."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.scores.rfm import score as rfm
from tests.support.small_snapshot import Line, snapshot

AS_OF = date(2026, 3, 1)
FIRST = ("first", "anna", "2026-01-15", "ok", "mug", 1.0, 5.0)  # so that there is a customer to score


@st.composite
def sales(draw: st.DrawFn) -> list[Line]:
    """Up to forty lines of a few customers, every kind of line among them."""
    lines: list[Line] = [FIRST]
    for number in range(draw(st.integers(0, 12))):
        customer = draw(st.sampled_from(["anna", "bob", "cleo", "dora", None]))
        day = (AS_OF - timedelta(days=draw(st.integers(1, 400)))).isoformat()
        status = draw(st.sampled_from(["ok", "ok", "ok", "cancelled", "returned"]))
        sign = -1.0 if status == "returned" else 1.0
        for _ in range(draw(st.integers(1, 3))):
            sku = draw(st.sampled_from(["mug", "bowl", "vase", "postage"]))
            quantity = draw(st.integers(1, 50))
            price = draw(st.integers(0, 5000)) / 100
            lines.append((f"o{number}", customer, day, status, sku, sign * quantity, price))
    return lines


def score_lines(lines: list[Line]) -> list[tuple[object, ...]]:
    con = snapshot(lines, AS_OF.isoformat())
    rfm.compute_rfm(con, AS_OF)
    return con.execute("select * from rfm_scores order by customer_id").fetchall()


@given(sales(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_rows_does_not_matter(lines: list[Line], chance: random.Random) -> None:
    mixed = list(lines)
    chance.shuffle(mixed)
    assert score_lines(mixed) == score_lines(lines)


@given(sales(), st.integers(0, 500), st.integers(1, 5000))
@settings(max_examples=25, deadline=None)
def test_what_happens_on_or_after_the_day_changes_nothing(lines: list[Line], days: int, pence: int) -> None:
    later: Line = ("later", "bob", (AS_OF + timedelta(days=days)).isoformat(), "ok", "mug", 1.0, pence / 100)
    assert score_lines([*lines, later]) == score_lines(lines)


@given(sales())
@settings(max_examples=25, deadline=None)
def test_scores_are_monotone_and_ties_share(lines: list[Line]) -> None:
    con = snapshot(lines, AS_OF.isoformat())
    rfm.compute_rfm(con, AS_OF)
    for value, score, best in (("recency_days", "r", "asc"), ("frequency", "f", "desc"), ("monetary", "m", "desc")):
        rows = con.execute(f"select {value}, {score} from rfm_scores order by {value} {best}").fetchall()
        for (one, high), (two, low) in pairwise(rows):
            assert high == low if one == two else high >= low
            assert 1 <= low <= 5


@given(sales())
@settings(max_examples=25, deadline=None)
def test_money_and_lines_are_conserved(lines: list[Line]) -> None:
    con = snapshot(lines, AS_OF.isoformat())
    rfm.compute_rfm(con, AS_OF)
    [(every, money)] = con.execute("select count(*), sum(amount) from core.order_items").fetchall()
    assert con.execute("select sum(lines), sum(amount) from line_classes").fetchall() == [(every, money)]
    [(kept,)] = con.execute("select sum(amount) from lines where class in ('counted', 'returns')").fetchall()
    [(monetary, other)] = con.execute(
        "select (select sum(monetary) from rfm_scores),"
        " (select coalesce(sum(net_amount), 0) from orders where customer_id is not null"
        " and customer_id not in (select customer_id from rfm_scores))"
    ).fetchall()
    assert monetary + other == kept, "those without a counted order are the only difference"
