"""What a chart or tile says of customers is what the list behind it holds."""

from __future__ import annotations

import itertools
from typing import Any

import httpx2
import pytest

from tests.support.served import Served


def read(client: httpx2.Client, path: str, **question: Any) -> Any:
    found = client.get(path, params=question)
    assert found.status_code == 200, found.text
    return found.json()


def count(client: httpx2.Client, **filters: Any) -> int:
    return int(read(client, "/api/customers", limit=1, **filters)["total"])


@pytest.mark.parametrize("who", ["admin", "rep"])
def test_each_cell_of_the_grid(served: Served, who: str) -> None:
    client = served.client(who)
    cells = [cell for cell in read(client, "/api/segments/grid")["data"] if cell["customers"]]
    assert len(cells) > 5
    assert [count(client, r=cell["r"], f=cell["f"]) for cell in cells] == [cell["customers"] for cell in cells]


@pytest.mark.parametrize(
    ("axis", "low", "high"),
    [
        ("recency", "min_recency", "below_recency"),
        ("frequency", "min_orders", "below_orders"),
        ("monetary", "min_revenue", "below_revenue"),
        ("probability", "min_probability", "below_probability"),
    ],
)
def test_each_bar_of_a_histogram(served: Served, axis: str, low: str, high: str) -> None:
    client = served.client("admin")
    bins = read(client, f"/api/distributions/{axis}", bins=12)["bins"]
    found = [count(client, **{low: one["low"], **({high: one["high"]} if one is not bins[-1] else {})}) for one in bins]
    assert found == [one["customers"] for one in bins] and sum(found) > 100


@pytest.mark.parametrize("with_category", [False, True])
def test_each_month_and_the_active_customers(served: Served, with_category: bool) -> None:
    client = served.client("admin")
    names = read(client, "/api/sales", by="category")["data"]
    products = {"category": names[-1]["name"]} if with_category else {}
    months = [row for row in read(client, "/api/sales", by="month", **products)["data"] if row["customers"]]
    for row in months[-6:]:
        assert count(client, ordered_from=row["first_day"], ordered_to=row["last_day"], **products) == row["customers"]
    for period in ("30d", "year_to_date"):
        [kpi] = read(client, "/api/kpis", name="customers", period=period, **products)["data"]
        assert count(client, ordered_from=kpi["first_day"], ordered_to=kpi["last_day"], **products) == kpi["value"]


def test_each_movement_between_segments(served: Served) -> None:
    client = served.client("admin")
    movement = read(client, "/api/segments/movement")
    since = movement["since"]["run_id"]
    moved = [row for row in movement["data"] if row["to"] != "no longer"]
    found = [count(client, moved_from=row["from"], moved_to=row["to"], since=since) for row in moved]
    assert found == [row["customers"] for row in moved] and len(found) > 3
    gone = {row["from"]: row["customers"] for row in movement["data"] if row["to"] == "no longer"}
    for segment, rows in itertools.groupby(sorted(moved, key=lambda row: row["from"]), lambda row: row["from"]):
        assert count(client, moved_from=segment, since=since) == sum(row["customers"] for row in rows), gone
    assert client.get("/api/customers", params={"moved_to": "Champions"}).json()["parameter"] == "since"


def test_the_revenue_at_risk_is_last_years_revenue_of_the_list_behind_it(served: Served) -> None:
    client = served.client("admin")
    [kpi] = read(client, "/api/kpis", name="at_risk_revenue")["data"]
    rows = read(client, "/api/customers", limit=1000, state="at risk", sort="last_year")["data"]
    assert kpi["value"] == pytest.approx(sum(row["revenue_365d"] for row in rows)) and rows
    amounts = [row["revenue_365d"] for row in rows]
    assert amounts == sorted(amounts, reverse=True)
