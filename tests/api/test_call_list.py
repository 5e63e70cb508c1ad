"""Today's call list: only customers with a reason, by the quotas of the team, the same for the whole day."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from foresell.engagement.call_quotas import REASONS, divide_places
from tests.support.served import Served

QUOTAS = {"overdue": 50, "win_back": 20, "second_order": 15, "due": 15}


@pytest.fixture(autouse=True)
def clean_lists(served: Served) -> Iterator[None]:
    """Each test starts without lists, and with the settings Foresell comes with."""

    def clean() -> None:
        with served.database.connect("app") as con:
            con.execute("delete from engagement.calls")
            con.execute("delete from engagement.call_lists")
            con.execute("delete from engagement.call_list_settings where changed_by is not null")

    clean()
    yield
    clean()


def today(client: httpx2.Client) -> dict[str, Any]:
    answer = client.get("/api/calls/today")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def change(client: httpx2.Client, capacity: int = 50, **more: Any) -> httpx2.Response:
    quotas = {name: more.pop(name) for name in QUOTAS if name in more}
    return client.put("/api/call-list/settings", json={"capacity": capacity, "quotas": QUOTAS | quotas, **more})


def test_everyone_on_the_list_has_the_reason_that_every_other_place_states(served: Served) -> None:
    admin = served.client("admin")
    listed = today(admin)
    rows = listed["data"]
    assert len(rows) > 10
    everyone = admin.get("/api/customers", params={"limit": 200}).json()["data"]
    lines = csv.DictReader(
        io.StringIO(
            admin.post(
                "/api/export/customers", json={"columns": ["customer_id", "call_reason", "why_call", "value_at_risk"]}
            ).text,
            newline="",
        )
    )
    exported = {line["customer_id"]: line for line in lines}
    for row in everyone:
        line = exported[row["customer_id"]]
        assert (line["call_reason"], line["why_call"]) == (row["call_reason"] or "", row["why_call"] or "")
        assert (row["call_reason"] is None) == (row["why_call"] is None)
    reasons = {row["customer_id"]: (row["call_reason"], row["why_call"], row["value_at_risk"]) for row in everyone}
    for row in rows:
        assert (row["call_reason"], row["why_call"], row["value_at_risk"]) == reasons[row["customer_id"]]
        assert row["call_reason"] in REASONS and row["why_call"].endswith(".")
    order = [REASONS.index(row["call_reason"]) for row in rows]
    assert order == sorted(order)
    assert len({row["customer_id"] for row in rows}) == len(rows)
    pence = sum(round(100 * float(exported[row["customer_id"]]["value_at_risk"] or 0)) for row in rows)
    assert round(100 * (listed["summary"]["value_at_risk"] or 0)) == pence, "to the penny"
    one = admin.get(f"/api/customers/{rows[0]['customer_id']}").json()["scores"]
    assert one["why_call"] == rows[0]["why_call"]


def test_the_list_holds_the_quotas_of_the_settings(served: Served) -> None:
    admin = served.client("admin")
    everyone = admin.get("/api/customers", params={"limit": 200}).json()["data"]
    available = Counter(row["call_reason"] for row in everyone)
    assert change(admin, 6, overdue=20, due=45).status_code == 200
    listed = Counter(row["call_reason"] for row in today(admin)["data"])
    places = divide_places(6, dict(zip(REASONS, (20, 20, 15, 45), strict=True)))
    assert sum(listed.values()) == 6
    for reason in REASONS:
        assert listed[reason] >= min(places[reason], available[reason])


def test_a_list_stays_for_the_day_and_names_what_it_was_made_by(served: Served) -> None:
    manager = served.client("manager")
    before = today(manager)
    assert before["call_list"]["policy"] == "reason quotas 1"
    assert before["call_list"]["run_id"] == before["meta"]["run_id"]
    assert change(manager, 2).json()["team"] == "North"
    assert today(manager) == before, "a change of the settings counts from the next list on"
    with served.database.connect("app") as con:
        con.execute("update engagement.call_lists set day = day - 1")
    tomorrow = today(manager)
    assert len(tomorrow["data"]) == 2
    assert tomorrow["call_list"]["settings_id"] > before["call_list"]["settings_id"]
    assert len(today(served.client("rep"))["data"]) == 2, "the whole team follows its settings"
    assert today(served.client("other_rep"))["call_list"]["settings_id"] == before["call_list"]["settings_id"]
    with served.database.connect("app") as con:
        kept = con.execute(
            "select count(*) as entries from engagement.call_list_entries as e join engagement.call_lists as l using (call_list_id)"
            " where l.user_id = %s and l.day < current_date",
            [served.users["manager"]],
        ).fetchone()
    assert kept and kept["entries"] == len(before["data"])


def test_a_list_leaves_out_a_customer_whom_another_rep_has_now(served: Served) -> None:
    rep, admin = served.client("rep"), served.client("admin")
    first = today(rep)["data"][0]["customer_id"]
    owner = f"/api/customers/{first}/owner"
    assert admin.put(owner, json={"user_id": served.users["other_rep"]}).status_code == 200
    try:
        assert first not in {row["customer_id"] for row in today(rep)["data"]}
    finally:
        assert admin.put(owner, json={"user_id": served.users["rep"]}).status_code == 200


def test_managers_change_the_settings_of_their_own_team(served: Served) -> None:
    rep, manager, admin = (served.client(who) for who in ("rep", "manager", "admin"))
    assert change(rep).status_code == 403
    south = next(team["team_id"] for team in admin.get("/api/teams").json()["data"] if team["name"] == "South")
    assert change(manager, team_id=south).status_code == 403
    assert change(admin, 40).json()["team_id"] is None
    assert manager.get("/api/call-list/settings").json()["capacity"] == 40, "the company's, until the team has its own"
    assert change(manager, 30).json()["changed_by"]["name"] == "Manager"
    assert change(admin, 20, team_id=south).json()["team"] == "South"
    capacities = {
        who: served.client(who).get("/api/call-list/settings").json()["capacity"]
        for who in ("rep", "other_rep", "admin")
    }
    assert capacities == {"rep": 30, "other_rep": 20, "admin": 40}
    with served.database.connect("app") as con:
        events = con.execute(
            "select subject, detail from audit.events where action = 'call_list.settings_changed' order by event_id desc limit 3"
        ).fetchall()
    assert [event["detail"]["after"]["capacity"] for event in events] == [20, 30, 40]
    assert events[1]["detail"]["before"]["capacity"] == 40


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"capacity": 50, "quotas": QUOTAS | {"due": 16}}, "quotas"),
        ({"capacity": 0, "quotas": QUOTAS}, "capacity"),
        ({"capacity": 50, "quotas": QUOTAS | {"due": -1}}, "quotas.due"),
        ({"capacity": 50, "quotas": QUOTAS, "team_id": 9_999}, "team_id"),
    ],
)
def test_what_is_wrong_with_settings_is_named(served: Served, body: dict[str, Any], parameter: str) -> None:
    answer = served.client("admin").put("/api/call-list/settings", json=body)
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)
