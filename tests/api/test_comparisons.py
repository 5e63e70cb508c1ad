"""Sales compared with the period before and with last year: whole months with whole ones, others day by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx2
import pytest

from foresell.metrics.periods import PERIODS
from tests.support.served import Served


def read(client: httpx2.Client, path: str, **question: Any) -> Any:
    found = client.get(path, params=question)
    assert found.status_code == 200, found.text
    return found.json()


def revenue(client: httpx2.Client, first: str, last: str, **question: Any) -> float:
    [kpi] = read(client, "/api/kpis", name="revenue", **{"from": first, "to": last}, **question)["data"]
    return float(kpi["value"])


@pytest.mark.parametrize("compare", ["previous", "last_year"])
@pytest.mark.parametrize("period", PERIODS)
def test_a_kpi_and_its_comparison_are_sums_over_the_days_they_name(served: Served, period: str, compare: str) -> None:
    client = served.client("admin")
    [kpi] = read(client, "/api/kpis", name="revenue", period=period, compare=compare)["data"]
    as_of = date.fromisoformat(read(client, "/api/kpis")["meta"]["as_of"])
    if period != "last_year":
        assert kpi["last_day"] == (as_of - timedelta(days=1)).isoformat()
    assert kpi["value"] == pytest.approx(revenue(client, kpi["first_day"], kpi["last_day"]))
    assert kpi["previous"] == pytest.approx(revenue(client, kpi["previous_first_day"], kpi["previous_last_day"]))
    by_name = read(client, "/api/sales", by="country", period=period, compare=compare)["data"]
    assert sum(row["revenue"] for row in by_name) == pytest.approx(kpi["value"])
    bars = read(client, "/api/sales", by="month", period=period, compare=compare)["data"]
    assert sum(row["compared"] or 0 for row in bars) == pytest.approx(kpi["previous"])


def test_each_month_is_compared_with_the_same_days_a_year_before(served: Served) -> None:
    client = served.client("admin")
    months = read(client, "/api/sales", by="month", compare="last_year")["data"]
    known = {row["name"]: row for row in months}
    compared = [row for row in months if row["compared"] is not None]
    assert len(compared) > 6
    for row in compared:
        first, last = (date.fromisoformat(row[name]) for name in ("first_day", "last_day"))
        if row["complete"]:
            before = f"{first.year - 1}-{first:%m-%d}"
            assert row["compared"] == pytest.approx(known[before]["revenue"])
            assert row["compared_orders"] == known[before]["orders"]
        else:
            start = first.replace(year=first.year - 1)
            end = start + (last - first)
            assert row["compared"] == pytest.approx(revenue(client, start.isoformat(), end.isoformat()))
    assert [row["name"] for row in months if not row["complete"]] in ([], [months[-1]["name"]])
    day = date.fromisoformat(months[3]["first_day"]) + timedelta(days=9)
    cut = read(client, "/api/sales", by="month", **{"from": day.isoformat()})["data"]
    assert (cut[0]["complete"], cut[0]["first_day"]) == (False, day.isoformat())


def test_what_is_included_follows_the_days_and_the_category(served: Served) -> None:
    client = served.client("admin")

    def lines(**question: Any) -> int:
        return sum(row["lines"] for row in read(client, "/api/lines/classes", **question)["data"])

    later = sum(row["lines"] for row in read(client, "/api/lines/classes")["data"] if row["class"] == "later")
    everything = lines() - later
    day = date.fromisoformat(read(client, "/api/kpis")["meta"]["as_of"]) - timedelta(days=200)
    before, after = (day - timedelta(days=1)).isoformat(), day.isoformat()
    assert 0 < lines(to=before) < everything
    assert lines(to=before) + lines(**{"from": after}) == everything
    categories = [row["name"] for row in read(client, "/api/sales", by="category")["data"]]
    assert 0 < lines(category=categories[0]) < everything
    twice = client.get("/api/kpis", params={"period": "30d", "from": after})
    assert (twice.status_code, twice.json()["parameter"]) == (400, "period")
