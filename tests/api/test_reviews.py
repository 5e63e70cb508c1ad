"""The review queue over HTTP: ordered and filtered, decided by a person, decided together, undone; and the evidence of any two."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from tests.api.identity import MAY_DECIDE, add_review, clean_identity, get, merge, pair, record_of
from tests.api.people import sql
from tests.support.served import STAFF, Served

__all__ = ["clean_identity", "pair"]


def decide(client: httpx2.Client, review: int, verdict: str) -> dict[str, Any]:
    answer = client.post(f"/api/identity/reviews/{review}/decision", json={"verdict": verdict})
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(client: httpx2.Client, **filters: Any) -> list[int]:
    return [row["review_id"] for row in get(client, "/api/identity/reviews", **filters)["data"]]


@pytest.mark.parametrize("who", STAFF)
def test_only_those_who_decide_see_the_queue(served: Served, who: str, pair: tuple[str, str]) -> None:
    review = add_review(served, *pair)
    client = served.client(who)
    expected = 200 if who in MAY_DECIDE else 403
    for path in (
        "reviews",
        f"reviews/{review}",
        "quality",
        "runs",
        "models",
        "decisions",
        f"explain?a={pair[0]}&b={pair[1]}",
    ):
        assert client.get(f"/api/identity/{path}").status_code == expected, path
    decided = client.post(f"/api/identity/reviews/{review}/decision", json={"verdict": "unsure"})
    assert decided.status_code == expected
    approved = client.post("/api/identity/models/999/decision", json={"approve": True})
    assert approved.status_code == (404 if who == "admin" else 403)


def test_the_queue_is_ordered_by_value_and_filtered(served: Served) -> None:
    ids = served.customers["rep"]
    small = add_review(served, ids[0], ids[1], value=5, days=9)
    large = add_review(served, ids[2], ids[3], value=900, why="conflict", pattern="person 0")
    middle = add_review(served, ids[4], ids[5], value=50)
    steward = served.client("steward")
    assert listed(steward) == [large, middle, small]
    assert listed(steward, limit=1, page=2) == [middle]
    assert listed(steward, why="conflict") == [large]
    assert listed(steward, min_value=50) == [large, middle]
    assert listed(steward, min_days=7) == [small]
    assert listed(steward, pattern="person 6-4-0") == [middle, small]
    assert listed(steward, customer_id=ids[5].lower()) == [middle]
    row = get(steward, "/api/identity/reviews", min_days=7)["data"][0]
    assert (row["same_pattern"], row["age_days"]) == (2, 9)
    assert row["evidence"] == "Last name differs by a typo, same e-mail, different address"


def test_a_pair_is_shown_side_by_side_without_contact_data(served: Served, pair: tuple[str, str]) -> None:
    answer = served.client("steward").get(f"/api/identity/reviews/{add_review(served, *pair)}")
    review = answer.json()
    assert {review["a"]["customer_id"], review["b"]["customer_id"]} == set(pair)
    assert review["a"]["name"] and "email" not in review["a"] and "@" not in answer.text
    parts = [(part["label"], part["sentence"], part["says"]) for part in review["evidence"]["evidence"]]
    assert parts == [
        ("Address", "Different address", "different"),
        ("E-mail", "Same e-mail", "same"),
        ("Name", "Last name differs by a typo", "same"),
    ]
    assert review["evidence"]["not_compared"] == ["Phone"]
    assert review["evidence"]["start"] == pytest.approx(-21.9)
    assert review["evidence"]["summary"] == "About 26 to 1 that they are the same."


def test_same_merges_and_undo_opens_the_review_again(served: Served, pair: tuple[str, str]) -> None:
    steward, admin = served.client("steward"), served.client("admin")
    review = add_review(served, *pair)
    done = decide(steward, review, "same")
    assert done["move_id"] and listed(steward) == []
    one = get(admin, f"/api/customers/{pair[1]}/identity")
    assert len(one["records"]) == 2
    [decision] = get(steward, "/api/identity/decisions")["data"]
    assert (decision["decision_id"], decision["verdict"], decision["user"]["name"]) == (
        done["decision_id"],
        "same",
        "Steward",
    )
    assert get(steward, "/api/identity/decisions", page=9)["total"] == 1
    undone = steward.post("/api/identity/decisions/undo", json={"decision_ids": [done["decision_id"]]})
    assert undone.json() == {"decision_ids": [done["decision_id"]]}
    assert listed(steward) == [review]
    assert len(get(admin, f"/api/customers/{pair[0]}/identity")["records"]) == 1
    assert sql(served, "select count(*) from identity.decisions where revoked_at is null") == [(0,)]
    again = steward.post("/api/identity/decisions/undo", json={"decision_ids": [done["decision_id"]]})
    assert (again.status_code, again.json()["code"]) == (409, "customers_changed")


def test_different_keeps_apart_and_takes_apart_what_is_one(served: Served, pair: tuple[str, str]) -> None:
    steward = served.client("steward")
    assert decide(steward, add_review(served, *pair), "different")["move_id"] is None
    [refused] = steward.post("/api/identity/merge-preview", json={"customer_ids": pair}).json()["refused"]
    assert {refused["customer_a"], refused["customer_b"]} == set(pair)
    third = served.customers["unassigned"][0]
    records = {each: record_of(served, each) for each in (pair[0], third)}
    merge(steward, pair[0], third)
    low, high = sorted(records.values())
    [[review]] = sql(served, "insert into identity.reviews (record_a, record_b, why, weight, pattern) values (%s, %s, 'conflict', 9, 'person 1') returning review_id", low, high)  # fmt: skip
    done = decide(steward, review, "different")
    assert done["move_id"]
    assert len(get(steward, f"/api/customers/{pair[0]}/identity")["records"]) == 1


def test_a_decided_review_is_not_decided_twice(served: Served, pair: tuple[str, str]) -> None:
    steward, admin = served.client("steward"), served.client("admin")
    review = add_review(served, *pair)
    decide(admin, review, "unsure")
    late = steward.post(f"/api/identity/reviews/{review}/decision", json={"verdict": "same"})
    assert (late.status_code, late.json()["code"]) == (409, "customers_changed")
    assert get(steward, f"/api/identity/reviews/{review}")["closed_because"] == "decided"


def test_pairs_of_equal_evidence_are_decided_and_undone_together(served: Served) -> None:
    ids = served.customers["unassigned"][:9]
    steward = served.client("steward")
    add_review(served, ids[0], ids[1])
    add_review(served, ids[2], ids[3])
    add_review(served, ids[3], ids[4])  # of a customer that the step before merged
    other = add_review(served, ids[5], ids[6], pattern="person 9")
    body = {"pattern": "person 6-4-0", "why": "pair", "verdict": "same", "expected": 2}
    wrong = steward.post("/api/identity/reviews/decisions", json=body)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "selection_changed")
    done = steward.post("/api/identity/reviews/decisions", json={**body, "expected": 3}).json()["data"]
    assert len(done) == 3 and listed(steward) == [other]
    assert len(get(steward, f"/api/customers/{ids[4]}/identity")["records"]) == 3
    steward.post("/api/identity/decisions/undo", json={"decision_ids": [row["decision_id"] for row in done]})
    assert len(listed(steward)) == 4
    assert all(len(get(steward, f"/api/customers/{each}/identity")["records"]) == 1 for each in ids)


def test_any_two_are_explained(served: Served, pair: tuple[str, str]) -> None:
    steward = served.client("steward")
    third = served.customers["unassigned"][0]
    add_review(served, *pair)
    stored = get(steward, "/api/identity/explain", a=pair[0], b=record_of(served, pair[1]))
    assert stored["sentence"] == "They are two customers. About 26 to 1 that they are the same."
    none = get(steward, "/api/identity/explain", a=pair[0], b=third)
    assert "have not been compared yet" in none["sentence"] and none["pairs"] == []
    a, b = record_of(served, pair[0]), record_of(served, third)
    for record in (a, b):
        sql(served, "insert into identity.compared_records values (%s, 'person', '\\x00')", record)
    assert "were never compared" in get(steward, "/api/identity/explain", a=a, b=b)["sentence"]
    sql(served, "insert into identity.match_keys values (7, %s), (7, %s)", a, b)
    assert "too little evidence" in get(steward, "/api/identity/explain", a=a, b=b)["sentence"]
    assert steward.get("/api/identity/explain", params={"a": "C999999", "b": pair[0]}).status_code == 404


def test_quality_measures_held_out_decisions_by_the_model_in_use(served: Served, pair: tuple[str, str]) -> None:
    steward = served.client("steward")
    add_review(served, *pair, value=40, days=3)
    [[model, body]] = sql(
        served, "select model_id, body from identity.match_models where kind = 'person' and state = 'served'"
    )
    for number, (verdict, weight, held_out, is_changed) in enumerate(
        [
            ("same", 9, True, False),
            ("same", 8, True, False),
            ("same", 7, True, False),
            ("different", 9, True, False),
            ("different", 5, True, False),  # the model would not merge it
            ("different", 9, False, False),  # the model was trained on it
            ("different", 9, True, True),  # of records that have other values now
            ("unsure", 9, True, False),
        ]
    ):
        a, b = 10**6 + 2 * number, 10**6 + 2 * number + 1
        for record in (a, b):
            sql(served, "insert into identity.compared_records values (%s, 'person', %s)", record, b"new" if is_changed else b"old")  # fmt: skip
        sql(served, "insert into identity.decisions (record_a, record_b, verdict, weight, held_out, fingerprint_a, fingerprint_b) values (%s, %s, %s, %s, %s, 'old', 'old')", a, b, verdict, weight, held_out)  # fmt: skip
    quality = get(steward, "/api/identity/quality")
    assert quality["precision"] == pytest.approx(
        {"decided": 4, "same": 3, "share": 0.75, "low": 0.3006, "high": 0.9544}, abs=1e-4
    )
    assert (quality["open_reviews"], quality["oldest_days"], quality["queue"][0]["value_at_stake"]) == (1, 3, 40)
    assert quality["last_run"]["state"] == "finished" and quality["changed_customers"] == 0
    other = json.loads(body)
    other["thresholds"]["merge"] = 7.5
    sql(served, "update identity.match_models set body = %s where model_id = %s", json.dumps(other), model)
    try:
        quality = get(steward, "/api/identity/quality")
    finally:
        sql(served, "update identity.match_models set body = %s where model_id = %s", body, model)
    assert (quality["precision"]["decided"], quality["precision"]["same"]) == (3, 2)


def test_an_administrator_approves_a_proposed_model(served: Served) -> None:
    admin = served.client("admin")
    before = {
        row["model_id"]: row["state"] for row in get(admin, "/api/identity/models")["data"] if row["kind"] == "person"
    }
    [[new]] = sql(
        served,
        "insert into identity.match_models (kind, state, body, card) values ('person', 'proposed', '{}', '{}')"
        " returning model_id",
    )
    try:
        listed = {row["model_id"]: row for row in get(admin, "/api/identity/models")["data"]}
        assert (listed[new]["merge_weight"], listed[new]["review_odds"]) == (None, None)
        [served_now] = [listed[each] for each, state in before.items() if state == "served"]
        assert (served_now["merge_weight"], served_now["review_weight"]) == (6.63, 0)
        assert served_now["merge_odds"] == "About 99 to 1 that they are the same."
        done = admin.post(f"/api/identity/models/{new}/decision", json={"approve": True})
        assert (done.status_code, done.json()["state"]) == (200, "served")
        states = {row["model_id"]: row["state"] for row in get(admin, "/api/identity/models")["data"]}
        assert states[new] == "served" and all(states[each] != "served" for each in before)
        assert get(admin, "/api/audit", action="identity.model_judged")["data"][0]["detail"]["state"] == "served"
        again = admin.post(f"/api/identity/models/{new}/decision", json={"approve": False})
        assert (again.status_code, again.json()["code"]) == (404, "model_not_found")
    finally:
        sql(served, "delete from identity.match_models where model_id = %s", new)
        for model, state in before.items():
            sql(served, "update identity.match_models set state = %s where model_id = %s", state, model)
