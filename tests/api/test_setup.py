"""The first day: the setup checklist ticks itself, and sample data comes and goes without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.people import sql
from tests.support.first_day import serve_first_day
from tests.support.served import Served
from tests.support.worker import wait_until

TABLES = ("customers", "customer_records", "orders", "products", "rfm_scores", "predictions", "publication")


@pytest.fixture(scope="module")
def first_day(prepared_home: Path) -> Iterator[Served]:
    with serve_first_day(prepared_home) as one:
        yield one


def steps(client: httpx2.Client) -> dict[str, bool]:
    return dict(client.get("/api/setup").json())


def finished(client: httpx2.Client) -> dict[str, Any]:
    """The job about the sample data, once it has ended."""

    def ended() -> dict[str, Any] | None:
        job = client.get("/api/sample-data").json()["job"]
        return job if job["state"] in ("done", "failed", "cancelled") else None

    return dict(wait_until(ended, 120))


def count_rows(served: Served) -> dict[str, int]:
    return {table: sql(served, f"select count(*) from core.{table}")[0][0] for table in TABLES}


def test_sample_data_is_loaded_scored_and_removed(first_day: Served) -> None:
    admin = first_day.client("admin")
    assert steps(admin) == {
        "company": False, "people": True, "data": False, "assignment": False, "dismissed": False
    }  # fmt: skip
    requested = admin.post("/api/sample-data", json={"customers": 100})
    assert requested.status_code == 202, requested.text
    assert admin.post("/api/sample-data", json={"customers": 100}).json()["code"] == "already_running"
    assert finished(admin)["state"] == "done"
    wait_until(lambda: steps(admin)["data"], 120)
    wait_until(lambda: admin.get("/api/customers?limit=1").status_code == 200)
    assert admin.get("/api/customers?limit=1").json()["total"] > 50
    listed = admin.get("/api/customers?limit=1").json()["data"][0]["customer_id"]
    admin.put(f"/api/customers/{listed}/owner", json={"user_id": first_day.users["rep"]})
    assert steps(admin)["assignment"]

    assert admin.delete("/api/sample-data").status_code == 202
    assert finished(admin)["state"] == "done"
    assert count_rows(first_day) == dict.fromkeys(TABLES, 0)
    assert admin.get("/api/sample-data").json()["loaded"] is False
    wait_until(lambda: admin.get("/api/customers?limit=1").json().get("code") == "nothing_published")
    assert steps(admin)["data"] is steps(admin)["assignment"] is False
    actions = [row[0] for row in sql(first_day, "select action from audit.events order by event_id")]
    assert [action for action in actions if action.startswith("sample_data")] == [
        "sample_data.load", "sample_data.remove"
    ]  # fmt: skip
    assert admin.delete("/api/sample-data").status_code == 409


def test_a_cancelled_load_leaves_nothing(first_day: Served) -> None:
    admin = first_day.client("admin")
    assert admin.post("/api/sample-data", json={"customers": 5000}).status_code == 202
    wait_until(lambda: admin.get("/api/sample-data").json()["job"]["state"] == "running")
    assert admin.post("/api/sample-data/cancel").status_code == 202
    assert finished(admin)["state"] == "cancelled"
    assert count_rows(first_day) == dict.fromkeys(TABLES, 0)


def test_sample_data_is_not_mixed_with_other_data(first_day: Served) -> None:
    sql(
        first_day,
        "insert into core.load_batches (source, format, record_type, file_name, file_bytes, file_sha256, mapping)"
        " values ('till', 'documents', 'orders', 'till.csv', 1, repeat('0', 64), '{}')",
    )
    refused = first_day.client("admin").post("/api/sample-data", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_ready")


def test_the_checklist_is_hidden_and_shown_again(first_day: Served) -> None:
    admin = first_day.client("admin")
    assert admin.get("/api/me").json()["setup_open"] is True
    assert admin.put("/api/setup", json={"dismissed": True}).json()["dismissed"] is True
    assert admin.get("/api/me").json()["setup_open"] is False
    admin.put("/api/setup", json={"dismissed": False})
    assert first_day.client("manager").get("/api/me").json()["setup_open"] is False
    assert first_day.client("manager").get("/api/setup").status_code == 403
