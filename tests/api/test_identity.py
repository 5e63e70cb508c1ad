"""Merges, splits and undo over HTTP: who may, what follows, and that an id that was merged leads to its customer everywhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.identity import MAY_DECIDE, clean_identity, get, merge, pair
from tests.api.people import sql
from tests.support.served import STAFF, Served, Web, acting_for

__all__ = ["clean_identity", "pair"]


@pytest.mark.parametrize("who", STAFF)
def test_stewards_and_administrators_merge_and_no_one_else(served: Served, who: str, pair: tuple[str, str]) -> None:
    client = served.client(who)
    allowed = who in MAY_DECIDE
    preview = client.post("/api/identity/merge-preview", json={"customer_ids": pair})
    made = client.post("/api/identity/merges", json={"customer_ids": pair})
    move = made.json()["move_id"] if allowed else merge(served.client("steward"), *pair)["move_id"]
    undone = client.post(f"/api/identity/moves/{move}/undo")
    assert (preview.status_code, made.status_code, undone.status_code) == ((200, 201, 200) if allowed else (403,) * 3)


def test_a_merged_id_answers_with_its_customer_everywhere(served: Served, pair: tuple[str, str]) -> None:
    kept, gone = pair
    steward, admin = served.client("steward"), served.client("admin")
    expected = {
        part: get(admin, f"/api/customers/{kept}{part}")
        for part in ("/calculation", "/orders", "/products", "/history", "/details")
    }
    merge(steward, kept, gone)
    answer = admin.get(f"/api/customers/{gone.lower()}")
    assert answer.headers["x-merged-from"] == gone
    assert (answer.json()["customer_id"], answer.json()["merged_from"]) == (kept, gone)
    assert len(answer.json()["records"]) == 2
    assert get(admin, f"/api/customers/{kept}")["merged_from"] is None
    for part, before in expected.items():
        got = admin.get(f"/api/customers/{gone}{part}")
        assert got.json() == before and got.headers["x-merged-from"] == gone, part
    identity = get(admin, f"/api/customers/{gone}/identity")
    assert (identity["customer_id"], identity["merged_ids"], identity["is_in_run"]) == (kept, [gone], False)
    revealed = steward.post(f"/api/customers/{gone}/contact/reveal")
    assert revealed.json()["customer_id"] == kept
    listed = {row["customer_id"]: row for row in get(admin, "/api/customers", limit=1000)["data"]}
    assert listed[gone]["name"] == listed[kept]["name"] is not None  # both are in the run until the next one


def test_what_is_written_about_a_merged_id_is_about_its_customer(served: Served, pair: tuple[str, str]) -> None:
    kept, gone = pair
    merge(served.client("steward"), kept, gone)
    rep, manager, admin = served.client("rep"), served.client("manager"), served.client("admin")
    call = rep.post("/api/calls", json={"customer_id": gone, "outcome": "reached", "note": "both ids"})
    assert call.json()["customer_id"] == kept
    assert [row["call_id"] for row in get(rep, "/api/calls", customer_id=gone)["data"]] == [call.json()["call_id"]]
    snoozed = rep.post("/api/snoozes", json={"customer_ids": [gone, kept], "until": "2027-06-01"})
    assert [row["customer_id"] for row in snoozed.json()["data"]] == [kept]
    assert get(rep, "/api/snoozes", customer_id=gone)["total"] == 1
    assert get(rep, "/api/follow-ups", customer_id=gone)["total"] == 0
    assigned = manager.put(f"/api/customers/{gone}/owner", json={"user_id": served.users["manager"]})
    assert assigned.status_code == 200, assigned.text
    assert get(admin, f"/api/customers/{kept}")["owner"]["user_id"] == served.users["manager"]
    every = admin.post("/api/assignments", json={"matching": {}, "user_id": served.users["rep"]})
    assert every.status_code == 201, every.text
    assert gone not in every.json()["previous"]


def test_who_owned_only_the_merged_customer_loses_it_and_gets_it_back(served: Served, pair: tuple[str, str]) -> None:
    kept, gone = pair
    other = served.client("other_rep")
    move = merge(served.client("steward"), kept, gone)["move_id"]
    assert other.get(f"/api/customers/{gone}").status_code == 404
    assert other.get(f"/api/customers/{kept}").status_code == 404
    assert served.client("rep").get(f"/api/customers/{gone}").json()["customer_id"] == kept
    undone = served.client("admin").post(f"/api/identity/moves/{move}/undo").json()
    assert (undone["customer_ids"], undone["records"]) == (sorted(pair), 1)
    assert get(other, f"/api/customers/{gone}")["merged_from"] is None
    again = served.client("admin").post(f"/api/identity/moves/{move}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")


def test_what_was_published_about_a_merged_id_is_for_those_who_see_its_customer(
    served: Served, pair: tuple[str, str]
) -> None:
    mine, theirs = pair
    sql(served, "select api.publish_event('customer_changed', '{}', 'customers.read', %s, null)", mine)
    with acting_for(served, served.users["manager"]) as con:
        assert seen_events(con, mine) == 1
    merge(served.client("steward"), theirs, mine)
    with acting_for(served, served.users["manager"]) as con:
        assert (seen_events(con, mine), seen_events(con, theirs)) == (0, 0)


def seen_events(con: Web, customer: str) -> int:
    row = con.execute("select count(*) as many from api.live_events where customer_id = %s", [customer]).fetchone()
    assert row is not None
    return int(row["many"])


def test_the_audit_of_a_customer_covers_the_ids_merged_into_it(served: Served, pair: tuple[str, str]) -> None:
    kept, gone = pair
    steward, admin = served.client("steward"), served.client("admin")
    steward.post(f"/api/customers/{gone}/contact/reveal")
    before = get(admin, "/api/audit", customer=gone)["data"][0]
    merge(steward, kept, gone)
    for wanted in pair:
        events = get(admin, "/api/audit", customer=wanted)["data"]
        assert before["event_id"] in {event["event_id"] for event in events}, wanted
        assert events[0]["action"] == "customers.merged" and events[0]["subject"] == f"customer:{kept}"


def test_the_preview_adds_money_and_orders_up_and_changes_nothing(served: Served, pair: tuple[str, str]) -> None:
    steward = served.client("steward")
    rows = {row["customer_id"]: row for row in get(served.client("admin"), "/api/customers", limit=1000)["data"]}
    kept, gone = (rows[each] for each in pair)
    preview = steward.post("/api/identity/merge-preview", json={"customer_ids": pair}).json()
    assert preview["moves"]["orders"] == gone["frequency"]
    assert preview["moves"]["revenue"] == pytest.approx(gone["monetary"])
    assert [row["segment"] for row in preview["customers"]] == [kept["segment"], gone["segment"]]
    assert preview["after"]["recency_days"] == min(kept["recency_days"], gone["recency_days"])
    assert preview["after"]["rfm_score"] // 10 % 10 >= max(kept["f"], gone["f"])
    assert preview["owners_differ"] and preview["owner_after"]["user_id"] == served.users["rep"]
    assert preview["refused"] == []
    assert get(steward, f"/api/customers/{pair[1]}/identity")["moves"] == []


def test_one_customer_alone_keeps_its_scores_in_the_preview(served: Served, pair: tuple[str, str]) -> None:
    """The cut points of the run give every customer the scores it has: merged with one without orders, nothing changes."""
    steward, admin = served.client("steward"), served.client("admin")
    [[no_records]] = sql(served, "insert into core.customers values ('C900001') returning customer_id")
    sql(served, "update core.customer_records set customer_id = 'C900001' where record_id = (select max(record_id) from core.customer_records where customer_id <> %s)", pair[0])  # fmt: skip
    compared = 0
    for row in get(admin, "/api/customers", limit=40)["data"]:
        previewed = steward.post("/api/identity/merge-preview", json={"customer_ids": [row["customer_id"], no_records]})
        after = previewed.json()["after"] if previewed.status_code == 200 else None
        if after:
            assert (after["rfm_score"], after["segment"]) == (row["rfm_score"], row["segment"])
            compared += 1
    assert compared >= 30


def test_an_earlier_decision_that_they_are_different_is_shown(served: Served, pair: tuple[str, str]) -> None:
    steward = served.client("steward")
    move = merge(steward, *pair)["move_id"]
    steward.post(f"/api/identity/moves/{move}/undo")
    [refused] = steward.post("/api/identity/merge-preview", json={"customer_ids": pair}).json()["refused"]
    assert {refused["customer_a"], refused["customer_b"]} == set(pair)
    assert refused["user"]["name"] == "Steward"


def test_records_are_split_off_and_come_back(served: Served, pair: tuple[str, str]) -> None:
    kept, gone = pair
    steward = served.client("steward")
    merge(steward, kept, gone, reason="Same e-mail")
    records = get(steward, f"/api/customers/{kept}/identity")["records"]
    assert all(record["name"] and record["batch_id"] for record in records)
    split = steward.post("/api/identity/splits", json={"customer_id": gone, "record_ids": [records[1]["record_id"]]})
    assert (split.status_code, split.json()["new_customer_id"]) == (201, gone)
    assert get(steward, f"/api/customers/{gone}")["merged_from"] is None
    history = get(steward, f"/api/customers/{kept}/identity")
    assert [move["kind"] for move in history["moves"]] == ["split", "merge"]
    assert history["moves"][1]["reason"] == "Same e-mail" and history["moves"][1]["user"]["name"] == "Steward"
    everything = steward.post(
        "/api/identity/splits", json={"customer_id": kept, "record_ids": [records[0]["record_id"]]}
    )
    assert (everything.status_code, everything.json()["code"]) == (409, "customers_changed")


def test_a_split_is_previewed_in_orders_and_money(served: Served, pair: tuple[str, str]) -> None:
    kept, gone = pair
    steward = served.client("steward")
    before = {
        row["customer_id"]: {name: row[name] for name in ("records", "orders", "revenue")}
        for row in steward.post("/api/identity/merge-preview", json={"customer_ids": pair}).json()["customers"]
    }
    assert before[gone]["orders"] > 0
    merge(steward, kept, gone)
    records = [row["record_id"] for row in get(steward, f"/api/customers/{kept}/identity")["records"]]
    leaving = sql(served, "select record_id from identity.moved_records where first_customer_id = %s", gone)[0][0]
    question = {"customer_id": gone.lower(), "record_ids": [leaving]}
    preview = steward.post("/api/identity/split-preview", json=question).json()
    assert preview["customer_id"] == kept
    assert preview["moves"] == pytest.approx(before[gone]) and preview["stays"] == pytest.approx(before[kept])
    assert len(get(steward, f"/api/customers/{kept}/identity")["records"]) == 2
    everything = steward.post("/api/identity/split-preview", json={"customer_id": kept, "record_ids": records})
    assert (everything.status_code, everything.json()["code"]) == (409, "customers_changed")
    assert served.client("manager").post("/api/identity/split-preview", json=question).status_code == 403


def test_a_new_customer_of_a_split_opens_before_the_next_run(served: Served, pair: tuple[str, str]) -> None:
    kept, gone = pair
    steward = served.client("steward")
    merge(steward, kept, gone)
    sql(served, "update identity.moved_records set first_customer_id = %s", kept)  # as if loaded as one customer
    last = get(steward, f"/api/customers/{kept}/identity")["records"][-1]["record_id"]
    new = steward.post("/api/identity/splits", json={"customer_id": kept, "record_ids": [last]}).json()[
        "new_customer_id"
    ]
    assert new not in pair
    page = get(steward, f"/api/customers/{new}")
    assert page["scores"] is None and page["name"]
    assert not get(steward, f"/api/customers/{new}/identity")["is_in_run"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"customer_ids": ["C000001"]}, 400, "invalid_parameter"),
        ({"customer_ids": ["C000001", "C000001"]}, 409, "customers_changed"),
        ({"customer_ids": ["C000001", "C999999"]}, 409, "customers_changed"),
        ({"customer_ids": ["C000001", "C000002"], "reason": "  "}, 400, "invalid_parameter"),
        ({"customer_ids": ["C000001", "C000002"], "more": 1}, 400, "invalid_parameter"),
        ({"customer_ids": [f"C{n:06}" for n in range(60)]}, 400, "invalid_parameter"),
    ],
)
def test_a_merge_that_cannot_be_is_refused(served: Served, body: dict[str, Any], status: int, code: str) -> None:
    answer = served.client("steward").post("/api/identity/merges", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_merge_with_a_key_happens_once(served: Served, pair: tuple[str, str]) -> None:
    steward = served.client("steward")
    sent = [
        steward.post("/api/identity/merges", json={"customer_ids": pair}, headers={"idempotency-key": "merge-1"})
        for _ in range(2)
    ]
    assert sent[0].json() == sent[1].json()
    assert len(get(steward, f"/api/customers/{pair[0]}/identity")["moves"]) == 1


def test_a_canary_that_was_merged_keeps_working(served: Served, pair: tuple[str, str]) -> None:
    kept, gone = pair
    admin = served.client("admin")
    marked = admin.put(f"/api/canary-customers/{gone}")
    assert [row["customer_id"] for row in marked.json()["data"]] == [gone]
    merge(served.client("steward"), kept, gone)
    assert admin.put(f"/api/canary-customers/{kept}").json() == marked.json()
    assert admin.delete(f"/api/canary-customers/{kept}").json()["data"] == []
