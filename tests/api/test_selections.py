"""Bulk actions on all customers that match: counted before, done on the server, undone as a whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx2

from tests.support.served import Served

NEXT_WEEK = (datetime.now(UTC).date() + timedelta(days=7)).isoformat()


def summary(client: httpx2.Client, **question: object) -> dict[str, object]:
    found = client.post("/api/selections", json=question)
    assert found.status_code == 200, found.text
    return found.json()


def total(client: httpx2.Client, **filters: object) -> int:
    return client.get("/api/customers", params={"limit": 1, **filters}).json()["total"]


def test_a_selection_is_counted_summed_and_compared_with_the_list(served: Served) -> None:
    admin = served.client("admin")
    found = admin.get("/api/customers", params={"limit": 1000, "owner": "unassigned"}).json()
    rows = found["data"]
    all_matching = summary(admin, matching={"owner": "unassigned"}, ids=True)
    assert all_matching["customers"] == all_matching["shown"] == found["total"]
    assert all_matching["customer_ids"] == sorted(row["customer_id"] for row in rows)
    assert round(float(str(all_matching["expected_revenue"])), 2) == round(
        sum(r["expected_revenue"] or 0 for r in rows), 2
    )
    segment = rows[0]["segment"]
    partly = summary(
        admin, matching={"owner": "unassigned"}, within={"segment": segment}, except_ids=[rows[0]["customer_id"]]
    )
    assert partly["customers"] == found["total"] - 1
    assert partly["shown"] == sum(row["segment"] == segment for row in rows) - 1
    assert partly["customer_ids"] is None
    assert summary(admin, customer_ids=[rows[0]["customer_id"]], within={"segment": segment})["shown"] == 1
    assert admin.post("/api/selections", json={}).status_code == 400
    both = {"customer_ids": [rows[0]["customer_id"]], "matching": {}}
    assert admin.post("/api/selections", json=both).status_code == 400


def test_all_that_match_are_assigned_once_and_given_back(served: Served) -> None:
    """Sent again with its key, the request has no second effect, though no one matches any more."""
    admin = served.client("admin")
    free = total(admin, owner="unassigned")
    before = total(admin, owner=served.users["rep"])
    kept = admin.get("/api/customers", params={"owner": "unassigned"}).json()["data"][0]["customer_id"]
    body = {
        "matching": {"owner": "unassigned"}, "except_ids": [kept], "expected": free - 1, "user_id": served.users["rep"],
    }  # fmt: skip
    changed = admin.post("/api/assignments", json={**body, "expected": free})
    assert (changed.status_code, changed.json()["code"]) == (409, "selection_changed")
    answers = [
        admin.post("/api/assignments", json=body, headers={"Idempotency-Key": "all-unassigned"}) for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [201, 201] and answers[0].content == answers[1].content
    assert (total(admin, owner="unassigned"), total(admin, owner=served.users["rep"])) == (1, before + free - 1)
    assert admin.post(f"/api/assignments/{answers[0].json()['assignment_id']}/undo").status_code == 200
    assert (total(admin, owner="unassigned"), total(admin, owner=served.users["rep"])) == (free, before)


def test_all_that_match_are_snoozed_and_lifted_together(served: Served) -> None:
    rep = served.client("rep")
    mine = total(rep)
    snoozed = rep.post("/api/snoozes", json={"matching": {}, "expected": mine, "until": NEXT_WEEK})
    assert snoozed.status_code == 201, snoozed.text
    ids = [row["snooze_id"] for row in snoozed.json()["data"]]
    assert len(ids) == mine == rep.get("/api/snoozes").json()["total"]
    assert served.client("other_rep").post("/api/snoozes/lift", json={"snooze_ids": ids}).json()["customers"] == 0
    assert rep.post("/api/snoozes/lift", json={"snooze_ids": ids}).json()["customers"] == mine
    assert rep.get("/api/snoozes").json()["total"] == 0


def test_the_export_leaves_out_what_was_taken_from_the_selection(served: Served) -> None:
    admin = served.client("admin")
    rows = admin.get("/api/customers", params={"limit": 1000}).json()["data"]
    left_out = [row["customer_id"] for row in rows[:2]]
    file = admin.post("/api/export/customers", json={"except_ids": left_out, "columns": ["customer_id"]})
    assert file.text.split() == ["customer_id", *(row["customer_id"] for row in rows[2:])]
