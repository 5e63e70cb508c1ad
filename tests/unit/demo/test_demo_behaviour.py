"""Does the shop behave like one? Days, returns, heavy and light buyers, seasons."""

from __future__ import annotations

import numpy as np
import pytest

PRODUCTS = "status = 'completed' and kind = 'product'"


def test_no_sale_on_closed_days_or_at_night(written) -> None:
    assert written.read_value("select count(*) from orders where isodow(ordered_at) = 7") == 0
    assert (
        written.read_value(
            "select count(*) from orders where strftime(ordered_at, '%m-%d') in ('12-25', '12-26', '01-01')"
        )
        == 0
    )
    assert written.read_value("select count(*) from orders where hour(ordered_at) not between 9 and 19") == 0
    assert (
        written.read_value("select count(*) from orders where isodow(ordered_at) = 6 and hour(ordered_at) >= 18") == 0
    )
    span = written.rows("select min(day), max(day) from lines")
    assert written.shop.first_day <= span[0][0] and span[0][1] <= written.shop.last_day


def test_no_order_before_sign_up(written) -> None:
    assert (
        written.read_value("select count(*) from lines join customers using (customer_no) where day < signup_date") == 0
    )


def test_returns_come_after_the_purchase_and_never_exceed_it(written) -> None:
    bought, returned = (
        f"(select customer_no, sku, sum(quantity) q, sum(amount) a, min(ordered_at) t from lines"
        f" where status = '{status}' and kind = 'product' and customer_no is not null group by all)"
        for status in ("completed", "returned")
    )
    found = written.rows(
        f"select count(*), count(b.q), count(*) filter (-r.q <= b.q and -r.a <= b.a and r.t >= b.t + interval 1 day)"
        f" from {returned} r left join {bought} b using (customer_no, sku)"
    )
    assert found[0][0] == found[0][1] == found[0][2] > 50


def test_signs_follow_the_status(written) -> None:
    assert written.read_value("select count(*) from lines where unit_price <= 0 or quantity = 0") == 0
    assert (
        written.read_value(
            "select count(*) from lines where (status = 'returned') <> (quantity < 0) and kind = 'product'"
        )
        == 0
    )
    assert (
        written.read_value("select count(*) from lines where quantity < 0 and sku in ('POST', 'GIFTWRAP', 'PALLET')")
        == 0
    )
    assert written.read_value("select count(*) from orders where customer_no is null and country <> 'GB'") == 0


def test_shares_are_as_described(written) -> None:
    facts = written.facts
    assert facts["orders_cancelled"] / facts["orders"] == pytest.approx(0.015, abs=0.004)
    assert facts["orders_returned"] / facts["orders"] == pytest.approx(0.03, abs=0.006)
    assert facts["orders_anonymous"] / facts["orders"] == pytest.approx(0.08, abs=0.012)
    assert written.read_value("select avg((kind = 'company')::int) from customers") == pytest.approx(0.07, abs=0.02)
    assert written.read_value("select avg((country = 'GB')::int) from customers") == pytest.approx(0.755, abs=0.04)
    assert written.read_value("select count(distinct country) from customers") == 7


def test_heavy_and_light_buyers(written) -> None:
    """Uniform noise would give a Poisson count, whose variance is its mean; ours is far more spread out."""
    counts = np.array(
        [
            n
            for (n,) in written.rows(
                f"select count(distinct order_no) from lines where {PRODUCTS} and customer_no is not null group by customer_no"
            )
        ]
    )
    assert 0.17 < np.mean(counts == 1) < 0.30
    assert 0.10 < np.mean(counts >= 10) < 0.25
    assert counts.var() > 5 * counts.mean()
    spend = np.sort(
        [
            float(v)
            for (v,) in written.rows(
                f"select sum(amount) from lines where {PRODUCTS} and customer_no is not null group by customer_no"
            )
        ]
    )
    assert 0.4 < spend[-len(spend) // 10 :].sum() / spend.sum() < 0.7


def test_buyers_lapse(written) -> None:
    """Among regulars of the first months, far more have been silent for a year than their own pace would allow."""
    silent, expected = written.rows(
        f"""with regular as (
                select customer_no, count(distinct day) n, max(day) last_seen from lines
                where {PRODUCTS} and customer_no is not null and day < date '2025-11-01' group by 1 having count(distinct day) >= 4
            ), later as (
                select distinct customer_no from lines where {PRODUCTS} and day >= date '2025-11-01'
            )
            select avg((l.customer_no is null)::int), avg(exp(-n)) from regular r left join later l using (customer_no)"""
    )[0]
    assert silent > 0.12 > 5 * expected


def test_seasons_show(written) -> None:
    def share(category: str, months: str) -> float:
        return float(
            written.read_value(
                f"select avg((category = '{category}')::int) from lines where {PRODUCTS} and month(day) in ({months})"
            )
        )

    assert share("Garden", "3, 4, 5") > 5 * share("Garden", "11, 12")
    assert share("Toys & Games", "11, 12") > 1.4 * share("Toys & Games", "3, 4, 5")
    assert share("Christmas", "10, 11, 12") > 0.06 > 0.005 > share("Christmas", "2, 3, 4, 5")
    by_month = dict(written.rows("select month(day), count(distinct order_no) from lines group by 1"))
    assert min(by_month[11], by_month[12]) > 1.5 * max(by_month[1], by_month[2])


def test_sales_grow(written) -> None:
    first, second = (
        n
        for (n,) in written.rows(
            "select sum(amount) from lines where status <> 'cancelled' group by day >= date '2025-11-01' order by min(day)"
        )
    )
    assert 1.0 < second / first < 1.4


def test_companies_buy_more_of_a_thing(written) -> None:
    person, company = (
        q
        for (q,) in written.rows(
            f"select avg(quantity) from lines join customers c using (customer_no) where {PRODUCTS.replace('kind', 'lines.kind')} group by c.kind order by c.kind desc"
        )
    )
    assert company > 3 * person


def test_prices_end_as_prices_do_and_the_range_changes(written) -> None:
    assert (
        written.read_value(
            "select count(*) from products where kind = 'product' and (list_price * 100)::int % 100 not in (49, 95, 99)"
        )
        == 0
    )
    months = "(select sku, min(day) first, max(day) last, count(*) n from lines where kind = 'product' group by 1 having count(*) > 40)"
    assert written.read_value(f"select count(*) from {months} where last < date '2026-06-01'") > 5
    assert written.read_value(f"select count(*) from {months} where first > date '2025-04-01'") > 5
