"""What the KPIs mean, on orders that lie on each side of their limits."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest

from foresell.metrics import catalogue

AS_OF = date(2025, 7, 1)


def revenue_at_risk(orders: list[tuple[str, int, float]], states: dict[str, str | None]) -> float | None:
    """The KPI over orders given as (customer, days before as_of, net amount)."""
    con = duckdb.connect()
    con.execute("create table meta as select ?::date as as_of", [AS_OF])
    con.execute("create table orders (customer_id varchar, day date, net_amount decimal(18, 4))")
    con.executemany(
        "insert into orders values (?, ?, ?)",
        [(who, AS_OF - timedelta(days=days), amount) for who, days, amount in orders],
    )
    con.execute("create table customer_list (customer_id varchar, churn_state varchar)")
    con.executemany("insert into customer_list values (?, ?)", list(states.items()))
    [(value,)] = con.execute(catalogue.KPI_AT_RISK.result({})).fetchall()
    return None if value is None else float(value)


@pytest.mark.parametrize(
    ("orders", "at_risk"),
    [
        ([("ann", 1, 10.0)], 10.0),
        ([("ann", 365, 10.0)], 10.0),  # the first day that counts
        ([("ann", 366, 10.0)], 0.0),
        ([("ann", 301, 10.0)], 10.0),
        ([("ann", 5, 10.0), ("ann", 4, -3.0)], 7.0),  # returns are subtracted
        ([("bob", 5, 10.0)], 0.0),  # bob is likely to stay
        ([("ann", 5, 10.0), ("cid", 5, 2.5), ("bob", 5, 99.0)], 12.5),
    ],
)
def test_revenue_at_risk_is_last_years_revenue_of_customers_at_risk(
    orders: list[tuple[str, int, float]], at_risk: float
) -> None:
    assert (
        revenue_at_risk(orders, {"ann": "at risk", "bob": "likely to stay", "cid": "at risk", "dan": "unsure"})
        == at_risk
    )


def test_without_a_churn_model_there_is_no_figure() -> None:
    assert revenue_at_risk([("ann", 5, 10.0)], {"ann": None}) is None
