"""Expected revenue is one number everywhere: list, export, KPI, forecast and customer page agree to the penny."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.support.served import Served


def all_rows(client: httpx2.Client) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = client.get("/api/customers", params={"limit": 1000} | ({"cursor": cursor} if cursor else {})).json()
        rows += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            return rows


def pennies(value: float | str | None) -> int:
    return int((Decimal(str(value or 0)) * 100).to_integral_value())


def total(rows: list[dict[str, Any]]) -> int:
    return sum(pennies(row["expected_revenue"]) for row in rows)


def ahead(client: httpx2.Client) -> dict[str, Any]:
    return dict(client.get("/api/forecast").json()["next_30_days"])


def test_the_forecast_is_the_sum_of_known_new_and_anonymous_customers(served: Served) -> None:
    client = served.client("admin")
    streams = ahead(client)
    parts = [pennies(streams[name]) for name in ("known", "new", "anonymous")]
    assert pennies(streams["forecast"]) == sum(parts) > 0
    assert total(all_rows(client)) == pennies(streams["customers"]) == pennies(streams["known"])


@pytest.mark.parametrize("who", ["admin", "rep", "manager"])
def test_list_export_kpi_and_forecast_agree(served: Served, who: str) -> None:
    client = served.client(who)
    rows = all_rows(client)
    assert rows
    [kpi] = client.get("/api/kpis", params={"name": "expected_revenue"}).json()["data"]
    answer = client.post("/api/export/customers", json={"columns": ["customer_id", "expected_revenue"]})
    exported = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert total(exported) == pennies(kpi["value"]) == pennies(ahead(client)["customers"]) == total(rows)
    one = client.get(f"/api/customers/{rows[0]['customer_id']}").json()["scores"]
    assert pennies(one["expected_revenue"]) == pennies(rows[0]["expected_revenue"])


@pytest.mark.parametrize("who", ["rep", "manager"])
def test_company_figures_are_not_mixed_with_a_users_own(served: Served, who: str) -> None:
    client = served.client(who)
    answer = client.get("/api/forecast").json()
    assert answer["data"] == []
    streams = answer["next_30_days"]
    assert [streams[name] for name in ("forecast", "known", "new", "anonymous", "low", "high")] == [None] * 6
    assert streams["customers"] < ahead(served.client("admin"))["customers"]


def test_a_year_brings_no_less_than_its_first_month(served: Served) -> None:
    for row in all_rows(served.client("admin")):
        assert row["value_12m"] >= row["expected_revenue"] >= 0
        assert row["value_low"] <= row["value_12m"] <= row["value_high"]
