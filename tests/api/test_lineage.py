"""Lineage and batch profiles over HTTP: what each role sees, and what stays masked."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.api.people import sql
from tests.support.served import Served


def check(response: httpx2.Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()


def test_lineage_names_the_file_and_batch_and_keeps_contact_data_masked(served: Served) -> None:
    client = served.client("steward")
    customer = served.customers["rep"][0]
    answer = check(client.get(f"/api/customers/{customer}/lineage"))
    rows = {row["field"]: row for row in answer["data"]}
    assert len(rows) == 9
    brought = [row for row in rows.values() if row["origin"]]
    assert brought
    for row in brought:
        assert row["origin"]["batch_id"] > 0
        assert row["sentence"].startswith("From ")
    for field in ("email", "phone", "address"):
        assert rows[field]["standard"] is None
        assert rows[field]["value"] in (None, "•••", "•••@•••")
    [only] = check(client.get(f"/api/customers/{customer}/lineage?field=country"))["data"]
    assert only == rows["country"]
    assert client.get(f"/api/customers/{customer}/lineage?field=colour").status_code == 400


def test_lineage_is_of_customers_that_one_may_see(served: Served) -> None:
    other = served.customers["unassigned"][0]
    assert served.client("rep").get(f"/api/customers/{other}/lineage").status_code == 404
    assert served.client("rep").get(f"/api/customers/{served.customers['rep'][0]}/lineage").status_code == 200


def test_a_reveal_has_the_standard_forms(served: Served) -> None:
    [(customer,)] = sql(
        served, "select customer_id from core.customer_records where phone_index is not null order by record_id limit 1"
    )
    revealed = check(served.client("manager").post(f"/api/customers/{customer}/contact/reveal"))
    phone = revealed["standard"]["phone"]
    assert phone["raw"] == revealed["contact"]["phone"]
    assert (phone["rule"], phone["version"]) == ("phone", 1)
    assert phone["standard"] or phone["problem"]


def test_a_batch_has_its_profile_for_those_who_see_quality(served: Served) -> None:
    batches = check(served.client("steward").get("/api/batches"))["data"]
    batch = next(
        each for each in batches if each["orders_new"] and each["state"] == "loaded"
    )  # other tests undo theirs
    assert {"differing_columns", "compared_with"} <= batch.keys()
    profile = check(served.client("steward").get(f"/api/batches/{batch['batch_id']}/profile"))
    assert profile["streams"]
    assert served.client("rep").get(f"/api/batches/{batch['batch_id']}/profile").status_code == 403
    assert served.client("steward").get("/api/batches/999999/profile").status_code == 404
