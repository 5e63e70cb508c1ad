"""Calls, snoozes, saved views and assignments: each is undone exactly, takes effect once however often it is sent, and is
recorded in the audit with the customers concerned."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from foresell.access import tokens
from foresell.access.keyring import Keyring
from foresell.api.resources import stream
from tests.support.served import Served

TOMORROW = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()


@pytest.fixture(autouse=True)
def clean_engagement(served: Served) -> Iterator[None]:
    """Each test starts without calls, snoozes, views and assignments, and restores the owners."""
    with served.database.connect("app") as con:
        owners = con.execute("select customer_id, user_id from access.customer_owners").fetchall()
    yield
    with served.database.connect("app") as con:
        for table in ("follow_ups", "snoozes", "calls", "saved_views", "assignments", "call_lists"):
            con.execute(f"delete from engagement.{table}")
        for table in ("idempotency_keys", "live_events"):
            con.execute(f"delete from api.{table}")
        con.execute("delete from access.customer_owners")
        for row in owners:
            con.execute(
                "insert into access.customer_owners (customer_id, user_id) values (%(customer_id)s, %(user_id)s)", row
            )


def today(client: httpx2.Client, limit: int = 1000) -> dict[str, Any]:
    answer = client.get("/api/calls/today", params={"limit": limit})
    assert answer.status_code == 200, answer.text
    return answer.json()


def log(client: httpx2.Client, customer: str, outcome: str = "reached", **more: Any) -> dict[str, Any]:
    answer = client.post("/api/calls", json={"customer_id": customer, "outcome": outcome, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_called_customer_leaves_todays_list_until_the_call_is_undone(served: Served) -> None:
    rep = served.client("rep")
    before = today(rep)
    best = before["data"][0]["customer_id"]
    assert {row["customer_id"] for row in before["data"]} <= set(served.customers["rep"])
    call = log(rep, best, "will_order", note="wants the blue one")
    after = today(rep)
    assert (after["total"], after["resting"]) == (before["total"] - 1, 1)
    assert after["summary"]["already_called"] == 1
    assert best not in {row["customer_id"] for row in after["data"]}
    assert rep.post(f"/api/calls/{call['call_id']}/undo").status_code == 200
    assert today(rep) == before


def test_no_answer_is_tried_again_the_next_day(served: Served) -> None:
    rep = served.client("rep")
    best, second = (row["customer_id"] for row in today(rep, 2)["data"])
    log(rep, best, "no_answer")
    log(rep, second, "reached")
    with served.database.connect("app") as con:
        con.execute("update engagement.calls set called_at = called_at - interval '25 hours'")
    listed = {row["customer_id"] for row in today(rep)["data"]}
    assert best in listed and second not in listed


@pytest.mark.parametrize(
    ("outcome", "hours", "is_listed"),
    [
        ("reached", 14 * 24 - 1, False),
        ("reached", 14 * 24 + 1, True),
        ("not_interested", 4 * 24, False),
        ("no_answer", 23, False),
        ("no_answer", 25, True),
    ],
)
def test_a_customer_rests_for_two_weeks_after_a_call(served: Served, outcome: str, hours: int, is_listed: bool) -> None:
    rep = served.client("rep")
    best = today(rep, 1)["data"][0]["customer_id"]
    log(rep, best, outcome)
    with served.database.connect("app") as con:
        con.execute("update engagement.calls set called_at = now() - make_interval(hours => %s)", [hours])
    assert (best in {row["customer_id"] for row in today(rep)["data"]}) is is_listed


def test_undoing_a_call_lifts_its_snooze_and_no_other(served: Served) -> None:
    rep = served.client("rep")
    customer = served.customers["rep"][0]
    own = rep.post("/api/snoozes", json={"customer_ids": [customer], "until": TOMORROW}).json()["data"][0]
    call = log(rep, customer, snooze_until=TOMORROW)
    assert rep.get("/api/snoozes").json()["total"] == 2
    rep.post(f"/api/calls/{call['call_id']}/undo")
    assert [row["snooze_id"] for row in rep.get("/api/snoozes").json()["data"]] == [own["snooze_id"]]
    assert rep.delete(f"/api/snoozes/{own['snooze_id']}").status_code == 200
    assert rep.delete(f"/api/snoozes/{own['snooze_id']}").status_code == 404
    assert rep.post(f"/api/calls/{call['call_id']}/undo").status_code == 409


def test_a_rep_cannot_reach_another_reps_customers(served: Served) -> None:
    rep, other, manager = (served.client(who) for who in ("rep", "other_rep", "manager"))
    theirs = served.customers["other_rep"][0]
    call = log(other, theirs, note="a secret")
    refused = rep.post("/api/calls", json={"customer_id": theirs, "outcome": "reached"})
    assert (refused.status_code, refused.json()["error"]) == (404, "Customer not found")
    assert rep.post("/api/snoozes", json={"customer_ids": [theirs], "until": TOMORROW}).status_code == 404
    assert rep.post(f"/api/calls/{call['call_id']}/undo").status_code == 404
    assert "a secret" not in rep.get("/api/calls").text + manager.get("/api/calls").text
    assert "a secret" in other.get("/api/calls").text
    assert served.client("analyst").get("/api/calls").status_code == 403


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"outcome": "reached"}, "customer_id"),
        ({"customer_id": "C1", "outcome": "reached"}, "customer_id"),
        ({"customer_id": "C000001", "outcome": "maybe"}, "outcome"),
        ({"customer_id": "C000001", "outcome": "reached", "note": "x" * 2001}, "note"),
        ({"customer_id": "C000001", "outcome": "reached", "snooze_until": "2020-01-01"}, "snooze_until"),
        ({"customer_id": "C000001", "outcome": "reached", "colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_call_is_named(served: Served, body: dict[str, Any], parameter: str) -> None:
    answer = served.client("rep").post("/api/calls", json=body)
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_a_key_has_its_effect_once_and_its_answer_always(served: Served) -> None:
    """25 at once with each of 8 keys: one call each, the same bytes for all who are answered."""
    rep = served.client("rep")
    rep_headers = dict(rep.headers)
    customer = served.customers["rep"][0]
    keys = [str(uuid.uuid4()) for _ in range(8)]

    def send(key: str) -> tuple[str, int, bytes]:
        with httpx2.Client(base_url=served.url, headers=rep_headers, timeout=60) as client:
            answer = client.post(
                "/api/calls", json={"customer_id": customer, "outcome": "reached"}, headers={"Idempotency-Key": key}
            )
        return key, answer.status_code, answer.content

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, keys * 25))
    assert {status for _, status, _ in answers} <= {201, 409, 429}
    for key in keys:
        assert len({body for each, status, body in answers if each == key and status == 201}) == 1
    assert rep.get("/api/calls").json()["total"] == len(keys)
    again = send(keys[0])
    assert again[2] == next(body for key, status, body in answers if (key, status) == (keys[0], 201))


def test_a_key_belongs_to_one_request_of_one_user(served: Served) -> None:
    rep, other = served.client("rep"), served.client("other_rep")
    key = {"Idempotency-Key": "monday-1"}
    first = rep.post("/api/calls", json={"customer_id": served.customers["rep"][0], "outcome": "reached"}, headers=key)
    changed = rep.post(
        "/api/calls", json={"customer_id": served.customers["rep"][1], "outcome": "reached"}, headers=key
    )
    assert (first.status_code, changed.status_code) == (201, 422)
    theirs = other.post(
        "/api/calls", json={"customer_id": served.customers["other_rep"][0], "outcome": "reached"}, headers=key
    )
    assert theirs.status_code == 201 and theirs.json()["call_id"] != first.json()["call_id"]


def test_a_failed_request_keeps_no_answer(served: Served) -> None:
    rep = served.client("rep")
    key = {"Idempotency-Key": "monday-2"}
    body = {"customer_id": served.customers["other_rep"][0], "outcome": "reached"}
    assert rep.post("/api/calls", json=body, headers=key).status_code == 404
    with served.database.connect("app") as con:
        con.execute(
            "update access.customer_owners set user_id = %s where customer_id = %s",
            [served.users["rep"], body["customer_id"]],
        )
    assert rep.post("/api/calls", json=body, headers=key).status_code == 201


def test_a_view_is_ones_own_until_it_is_shared_as_the_role_permits(served: Served) -> None:
    """A manager shares with the team, an administrator with everyone, a rep with no one; only the owner changes a view."""
    clients = {who: served.client(who) for who in ("rep", "other_rep", "manager", "analyst", "admin")}
    filters = {"country": "France", "from": "2024-01-01"}
    body = {"name": "France", "description": "Before the fair", "filters": filters, "sort": "name_reversed"}
    sharing = {
        "rep": {"private": {"rep"}, "team": None, "everyone": None},
        "analyst": {"private": {"analyst"}, "team": None, "everyone": None},
        "manager": {"private": {"manager"}, "team": {"manager", "rep"}, "everyone": None},
        "admin": {"private": {"admin"}, "team": None, "everyone": set(clients)},
    }
    for owner_of_view, expected in sharing.items():
        mine = clients[owner_of_view]
        view = mine.post("/api/views", json=body).json()
        assert (view["filters"], view["description"], view["sort"]) == (filters, "Before the fair", "name_reversed")
        address = f"/api/views/{view['view_id']}"
        assert mine.post("/api/views", json=body).status_code == 409
        for shared_with, users in expected.items():
            changed = mine.put(address, json={**body, "shared_with": shared_with})
            assert changed.status_code == (403 if users is None else 200), (owner_of_view, shared_with)
            if users is not None:
                seen = {who for who, client in clients.items() if client.get("/api/views").json()["data"]}
                assert seen == users, (owner_of_view, shared_with)
        for other in (client for client in clients.values() if client is not mine):
            assert other.put(address, json=body).status_code == 404
            assert other.delete(address).status_code == 404
        assert mine.put(address, json={**body, "name": "Paris", "description": " "}).json()["description"] is None
        assert mine.delete(address).json()["name"] == "Paris"
    rep = clients["rep"]
    bad = rep.post("/api/views", json={"name": "x", "filters": {"colour": "red"}})
    assert (bad.status_code, bad.json()["parameter"]) == (400, "filters.colour")


def owner(client: httpx2.Client, customer: str) -> int | None:
    found = client.get(f"/api/customers/{customer}").json()["owner"]
    return found and found["user_id"]


def test_an_admin_hands_over_and_takes_back(served: Served) -> None:
    admin, rep = served.client("admin"), served.client("rep")
    mine, theirs, nobodys = (served.customers[who][0] for who in ("rep", "other_rep", "unassigned"))
    wanted = {"customer_ids": [mine, theirs, nobodys], "user_id": served.users["rep"]}
    handed = admin.post("/api/assignments", json=wanted).json()
    assert handed["previous"] == {theirs: served.users["other_rep"], nobodys: None}
    assert all(owner(rep, each) == served.users["rep"] for each in wanted["customer_ids"])
    undone = admin.post(f"/api/assignments/{handed['assignment_id']}/undo")
    assert undone.json()["customers"] == 2
    assert [owner(admin, each) for each in (mine, theirs, nobodys)] == [
        served.users["rep"], served.users["other_rep"], None,
    ]  # fmt: skip
    assert rep.get(f"/api/customers/{theirs}").status_code == 404
    assert admin.post(f"/api/assignments/{handed['assignment_id']}/undo").status_code == 409


def test_those_who_can_be_handed_customers_are_named(served: Served) -> None:
    everyone = {each["user_id"] for each in served.client("admin").get("/api/assignees").json()["data"]}
    team = {each["user_id"] for each in served.client("manager").get("/api/assignees").json()["data"]}
    assert served.users["other_rep"] in everyone - team and served.users["rep"] in team
    assert served.client("rep").get("/api/assignees").status_code == 403


def test_a_manager_assigns_within_the_team_only(served: Served) -> None:
    manager, rep = served.client("manager"), served.client("rep")
    mine, theirs = (served.customers[who][0] for who in ("rep", "other_rep"))
    to = {"user_id": served.users["manager"]}
    assert manager.put(f"/api/customers/{mine}/owner", json=to).json()["previous"] == {mine: served.users["rep"]}
    assert rep.get(f"/api/customers/{mine}").status_code == 404
    assert manager.put(f"/api/customers/{theirs}/owner", json=to).status_code == 404
    assert manager.put(f"/api/customers/{theirs}/owner", json={"user_id": None}).status_code == 404
    assert manager.put(f"/api/customers/{mine}/owner", json={"user_id": served.users["other_rep"]}).status_code == 404
    assert rep.put(f"/api/customers/{mine}/owner", json=to).status_code == 403


def ids(client: httpx2.Client, **filters: Any) -> set[str]:
    """The customers of a list."""
    answer = client.get("/api/customers", params={"limit": 200, **filters})
    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] == len(answer.json()["data"])
    return {row["customer_id"] for row in answer.json()["data"]}


def test_the_owner_filter_finds_the_unassigned_and_those_of_one_user(served: Served) -> None:
    everyone = ids(served.client("admin"))
    for who, expected in {
        "admin": "unassigned",
        "analyst": "unassigned",
        "manager": "unassigned",
        "rep": None,
        "steward": "unassigned",
    }.items():
        found = ids(served.client(who), owner="unassigned")
        assert found == (everyone & set(served.customers[expected]) if expected else set()), who
    rep, other = served.users["rep"], served.users["other_rep"]
    assert ids(served.client("admin"), owner=other) == everyone & set(served.customers["other_rep"])
    assert ids(served.client("manager"), owner=rep) == everyone & set(served.customers["rep"])
    assert ids(served.client("manager"), owner=other) == set()
    refused = served.client("manager").get("/api/customers", params={"owner": "a user"})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "owner")


def test_unassigned_customers_are_in_no_figure_of_the_team(served: Served) -> None:
    manager, unassigned = served.client("manager"), set(served.customers["unassigned"])
    assert ids(manager) & unassigned == set()
    assert {row["customer_id"] for row in today(manager)["data"]} & unassigned == set()
    segments = manager.get("/api/segments").json()["data"]
    assert sum(row["customers"] for row in segments) == len(ids(manager))
    movement = manager.get("/api/segments/movement").json()["data"]
    assert sum(row["customers"] for row in movement) <= len(served.customers["rep"])
    assert manager.get("/api/customers", params={"q": next(iter(unassigned))}).json()["total"] == 0


def test_a_manager_opens_and_assigns_unassigned_customers_and_undoes_it(served: Served) -> None:
    manager, rep = served.client("manager"), served.client("rep")
    wanted = sorted(ids(manager, owner="unassigned"))[:3]
    for path in ("", "/calculation", "/orders", "/products", "/history", "/details"):
        assert manager.get(f"/api/customers/{wanted[0]}{path}").status_code == 200, path
        assert rep.get(f"/api/customers/{wanted[0]}{path}").status_code == 404, path
    done = manager.post("/api/assignments", json={"customer_ids": wanted, "user_id": served.users["rep"]}).json()
    assert (done["customers"], done["previous"]) == (3, dict.fromkeys(wanted))
    assert set(wanted) <= ids(rep) and set(wanted) <= ids(manager)
    assert not set(wanted) & ids(manager, owner="unassigned")
    assert manager.post(f"/api/assignments/{done['assignment_id']}/undo").json()["customers"] == 3
    assert set(wanted) <= ids(manager, owner="unassigned") and not set(wanted) & ids(rep)


def test_a_manager_unassigns_in_bulk_and_undoes_it(served: Served) -> None:
    manager, rep = served.client("manager"), served.client("rep")
    wanted = sorted(ids(rep))[:2]
    done = manager.post("/api/assignments", json={"customer_ids": wanted, "user_id": None}).json()
    assert done["previous"] == dict.fromkeys(wanted, served.users["rep"])
    assert set(wanted) <= ids(manager, owner="unassigned") and not set(wanted) & ids(rep)
    with served.database.connect("app") as con:
        event = con.execute(
            "select e.action, array(select customer_id from audit.event_customers as c where c.event_id = e.event_id"
            " order by 1) as customers from audit.events as e order by event_id desc limit 1"
        ).fetchone()
    assert event == {"action": "customers.assigned", "customers": wanted}
    assert manager.post(f"/api/assignments/{done['assignment_id']}/undo").json()["customers"] == 2
    assert set(wanted) <= ids(rep)


def test_of_two_assignments_of_an_unassigned_customer_the_first_counts(served: Served) -> None:
    admin, manager = served.client("admin"), served.client("manager")
    customer = sorted(ids(manager, owner="unassigned"))[0]
    left = manager.post("/api/assignments", json={"customer_ids": [served.customers["rep"][0]], "user_id": None}).json()
    body = {"customer_ids": [customer, served.customers["rep"][0]], "user_id": served.users["other_rep"]}
    assert admin.post("/api/assignments", json=body).json()["customers"] == 2
    late = manager.put(f"/api/customers/{customer}/owner", json={"user_id": served.users["rep"]})
    assert late.status_code == 404, "another team has the customer now"
    assert manager.post(f"/api/assignments/{left['assignment_id']}/undo").json()["customers"] == 0


def test_a_manager_without_a_team_sees_no_unassigned_customers(served: Served) -> None:
    manager = served.client("manager")
    with served.database.connect("app") as con:
        team = con.execute(
            "update access.users as u set team_id = null from access.users as old"
            " where u.user_id = %s and old.user_id = u.user_id returning old.team_id",
            [served.users["manager"]],
        ).fetchone()
    assert team
    try:
        assert ids(manager, owner="unassigned") == set()
        assert today(manager)["customers"] == 0
    finally:
        with served.database.connect("app") as con:
            con.execute("update access.users set team_id = %(team_id)s where name = 'Manager'", team)


def test_an_export_holds_the_customers_of_the_owner_filter(served: Served) -> None:
    manager = served.client("manager")
    lines = manager.post("/api/export/customers", json={"owner": "unassigned"}).text.splitlines()
    assert {line.split(",")[0] for line in lines[1:]} == ids(manager, owner="unassigned")


@contextmanager
def listen_in_background(client: httpx2.Client, last: str | None = None) -> Iterator[list[dict[str, str]]]:
    """Listen in the background; the list fills with events."""
    heard: list[dict[str, str]] = []
    ready, headers = threading.Event(), {"last-event-id": last} if last else {}
    done = threading.Event()

    def listen() -> None:
        with (
            suppress(httpx2.TransportError),
            client.stream("GET", "/api/stream", headers=headers, timeout=30) as answer,
        ):
            event: dict[str, str] = {}
            for line in answer.iter_lines():
                if done.is_set():
                    return
                if line == "" and event:
                    heard.append(event)
                    event = {}
                    ready.set()
                elif ": " in line and not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    event[name] = value

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert ready.wait(60)
    yield heard
    done.set()


def wait_for(heard: list[dict[str, str]], kind: str, many: int = 1) -> list[dict[str, str]]:
    deadline = datetime.now(UTC) + timedelta(seconds=60)
    while len(found := [each for each in heard if each.get("event") == kind]) < many and datetime.now(UTC) < deadline:
        threading.Event().wait(0.02)
    return found


def test_the_stream_tells_those_who_may_know(served: Served) -> None:
    customer = served.customers["rep"][0]
    with (
        listen_in_background(served.client("manager")) as manager,
        listen_in_background(served.client("other_rep")) as other,
        listen_in_background(served.client("admin")) as admin,
    ):
        call = log(served.client("rep"), customer, note="not for the stream")
        [events] = wait_for(manager, "call_logged")
        assert json.loads(events["data"])["call_id"] == call["call_id"]
        assert "not for the stream" not in events["data"]
        assert wait_for(admin, "call_logged")
        log(served.client("other_rep"), served.customers["other_rep"][0])
        assert len(wait_for(other, "call_logged")) == 1  # the own one; the first never came
        assert json.loads(wait_for(other, "call_logged")[0]["data"])["customer_id"] == served.customers["other_rep"][0]


def test_the_stream_resumes_where_it_was_left(served: Served) -> None:
    rep = served.client("rep")
    with listen_in_background(rep) as heard:
        log(rep, served.customers["rep"][0])
        [first] = wait_for(heard, "call_logged")
    missed = [log(rep, customer)["call_id"] for customer in served.customers["rep"][1:4]]
    with listen_in_background(rep, last=first["id"]) as heard:
        events = wait_for(heard, "call_logged", many=3)
    assert [json.loads(each["data"])["call_id"] for each in events] == missed


@pytest.mark.parametrize("how", ["signed out", "user disabled", "session expired", "token expired", "key revoked"])
def test_the_stream_ends_with_its_session(served: Served, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(stream, "LOOK_SECONDS", 600.0)
    monkeypatch.setattr(tokens, "ACCESS_SECONDS", 2 if how == "token expired" else 600)
    user, session = served.users["marketer"], served.session("marketer")
    bearer = tokens.sign(Keyring(served.settings.home / "keys"), user, session)

    def change(query: str, value: object) -> None:
        with served.database.connect("app") as con:
            con.execute(query.encode(), [value])

    if how == "session expired":
        change("update access.sessions set expires_at = now() + interval '2 seconds' where session_id = %s", session)
    if how == "key revoked":
        key = served.client("marketer").post("/api/me/api-keys", json={"name": "Stream", "scopes": ["customers.read"]})
        bearer = key.json()["key"]
    client = served.client(None)
    with client.stream("GET", "/api/stream", headers={"authorization": f"Bearer {bearer}"}, timeout=60) as answer:
        lines = answer.iter_lines()
        assert "event: ready" in lines
        if how == "signed out":
            change(
                "update access.sessions set revoked_at = now(), revoked_because = 'signed out' where session_id = %s",
                session,
            )
        if how == "key revoked":
            change("update access.api_keys set revoked_at = now() where user_id = %s", user)
        if how == "user disabled":
            change("update access.users set disabled_at = now() where user_id = %s", user)
        try:
            for line in lines:
                assert not line.startswith((":", "event:")), (
                    "it ends before the next sign of life, and tells nothing more"
                )
        finally:
            change("update access.users set disabled_at = null where user_id = %s", user)


def test_every_change_is_recorded_with_its_customers(served: Served) -> None:
    rep, manager = served.client("rep"), served.client("manager")
    first, second = served.customers["rep"][:2]
    call = log(rep, first, "will_order", note="a note that the audit does not hold", snooze_until=TOMORROW)
    rep.post(f"/api/calls/{call['call_id']}/undo")
    snoozed = rep.post("/api/snoozes", json={"customer_ids": [first, second], "until": TOMORROW}).json()["data"]
    rep.delete(f"/api/snoozes/{snoozed[0]['snooze_id']}")
    view = rep.post("/api/views", json={"name": "Mine", "filters": {}, "sort": "probability"}).json()
    rep.put(f"/api/views/{view['view_id']}", json={"name": "Ours", "filters": {}, "sort": "probability"})
    rep.delete(f"/api/views/{view['view_id']}")
    colleague = next(each for each in manager.get("/api/assignees").json()["data"] if each["name"] != "Rep")
    body = {"customer_ids": [first, second], "user_id": colleague["user_id"]}
    moved = manager.post("/api/assignments", json=body).json()
    assert manager.post(f"/api/assignments/{moved['assignment_id']}/undo").status_code == 200
    with served.database.connect("app") as con:
        events = con.execute(
            "select action, array(select customer_id from audit.event_customers as c where c.event_id = e.event_id"
            " order by customer_id) as customers, detail::text as detail, request_id"
            " from audit.events as e order by event_id desc limit 9"
        ).fetchall()
    both = sorted([first, second])
    assert [(event["action"], event["customers"]) for event in reversed(events)] == [
        ("call.logged", [first]),
        ("call.undone", [first]),
        ("snooze.added", both),
        ("snooze.lifted", [snoozed[0]["customer_id"]]),
        ("view.saved", []),
        ("view.changed", []),
        ("view.deleted", []),
        ("customers.assigned", both),
        ("assignment.undone", both),
    ]
    assert all(event["request_id"] and "a note" not in event["detail"] for event in events)


def test_a_change_that_fails_is_not_recorded(served: Served) -> None:
    with served.database.connect("app") as con:
        before = con.execute("select count(*) as events from audit.events where action like 'call.%'").fetchone()
    refused = served.client("rep").post(
        "/api/calls", json={"customer_id": served.customers["other_rep"][0], "outcome": "reached"}
    )
    assert (refused.status_code, refused.json()["code"]) == (404, "customer_not_found")
    with served.database.connect("app") as con:
        after = con.execute("select count(*) as events from audit.events where action like 'call.%'").fetchone()
    assert after == before
