"""The call log and follow-ups: who sees and changes which call, when a follow-up puts a customer on the list, and what an
undo puts back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
import openpyxl
import pytest

from tests.support.served import Served

TODAY = datetime.now(UTC).date()
TOMORROW = (TODAY + timedelta(days=1)).isoformat()


@pytest.fixture(autouse=True)
def clean_calls(served: Served) -> Iterator[None]:
    """Each test starts without calls."""
    yield
    with served.database.connect("app") as con:
        for table in ("follow_ups", "snoozes", "calls", "call_lists"):
            con.execute(f"delete from engagement.{table}")


def log(client: httpx2.Client, customer: str, outcome: str = "reached", **more: Any) -> int:
    answer = client.post("/api/calls", json={"customer_id": customer, "outcome": outcome, **more})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["call_id"])


def calls(client: httpx2.Client, **which: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/calls", params=which)
    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] == len(answer.json()["data"])
    return list(answer.json()["data"])


def listed(client: httpx2.Client) -> dict[str, dict[str, Any]]:
    """Today's list by customer, in its order."""
    answer = client.get("/api/calls/today", params={"limit": 1000})
    assert answer.status_code == 200, answer.text
    return {row["customer_id"]: row for row in answer.json()["data"]}


def as_days_later(served: Served, days: int) -> None:
    """As if everything had been done that number of days ago: a day has no other effect on calls, snoozes and follow-ups."""
    with served.database.connect("app") as con:
        con.execute("update engagement.calls set called_at = called_at - make_interval(days => %s)", [days])
        con.execute(
            "update engagement.follow_ups set due_on = due_on - %s, created_at = created_at - make_interval(days => %s)",
            [days, days],
        )


def test_each_sees_their_calls_and_a_manager_the_teams(served: Served) -> None:
    rep, other, manager, admin = (served.client(who) for who in ("rep", "other_rep", "manager", "admin"))
    own = log(rep, served.customers["rep"][0], "will_order", note="two boxes")
    foreign = log(other, served.customers["other_rep"][0])
    [seen] = calls(rep)
    assert (seen["call_id"], seen["caller"]["name"], seen["note"], seen["mine"], seen["can_change"]) == (
        own, "Rep", "two boxes", True, True,
    )  # fmt: skip
    [seen] = calls(manager)
    assert (seen["caller"]["name"], seen["mine"], seen["can_change"]) == ("Rep", False, True)
    assert manager.get("/api/calls").json()["callers"] == [{"user_id": served.users["rep"], "name": "Rep"}]
    assert {each["call_id"] for each in calls(admin)} == {own, foreign}
    for client in (rep, manager):
        assert client.get(f"/api/calls/{foreign}").status_code == 404
        assert client.patch(f"/api/calls/{foreign}", json={"outcome": "reached"}).status_code == 404
        assert client.post(f"/api/calls/{foreign}/undo").status_code == 404
    assert [served.client(who).get("/api/calls").status_code for who in ("analyst", "marketer", "steward")] == [403] * 3


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ({}, {"today", "yesterday", "unanswered"}),
        ({"outcome": "no_answer"}, {"unanswered"}),
        ({"caller": "me"}, {"today", "yesterday", "unanswered"}),
        ({"caller": "999999"}, set()),
        ({"from": TODAY.isoformat()}, {"today", "unanswered"}),
        ({"to": (TODAY - timedelta(days=1)).isoformat()}, {"yesterday"}),
    ],
)
def test_the_log_is_filtered(served: Served, which: dict[str, str], expected: set[str]) -> None:
    rep = served.client("rep")
    first, second, third = served.customers["rep"][:3]
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    by_id = {
        log(rep, first): "today",
        log(rep, second, called_at=yesterday): "yesterday",
        log(rep, third, "no_answer"): "unanswered",
    }
    assert {by_id[each["call_id"]] for each in calls(rep, **which)} == expected


def test_called_today_counts_the_team_for_its_manager_and_the_own_calls_for_a_rep(served: Served) -> None:
    def called_today(who: str) -> int:
        answer = served.client(who).get("/api/calls/today")
        return int(answer.json()["summary"]["already_called"])

    log(served.client("rep"), served.customers["rep"][0])
    log(served.client("rep"), served.customers["rep"][1], "no_answer")
    log(served.client("other_rep"), served.customers["other_rep"][0])
    log(served.client("manager"), served.customers["rep"][2])
    assert {who: called_today(who) for who in ("rep", "other_rep", "manager", "admin")} == {
        "rep": 2, "other_rep": 1, "manager": 3, "admin": 4,
    }  # fmt: skip


def test_a_call_is_edited_and_undone_at_any_time_by_its_caller_or_the_manager(served: Served) -> None:
    rep, manager = served.client("rep"), served.client("manager")
    customer = next(iter(listed(rep)))
    call = log(rep, customer, "no_answer", note="engaged", snooze_until=TOMORROW)
    as_days_later(served, 20)
    assert manager.patch(f"/api/calls/{call}", json={"outcome": "reached", "note": None}).status_code == 200
    [seen] = calls(rep)
    assert (seen["outcome"], seen["note"], seen["edited_at"] is not None) == ("reached", None, True)
    assert rep.patch(f"/api/calls/{call}", json={"outcome": "maybe"}).json()["parameter"] == "outcome"
    assert customer not in listed(rep)
    assert manager.post(f"/api/calls/{call}/undo").status_code == 200
    assert customer in listed(rep), "its snooze ended with it"
    assert calls(rep) == []
    assert rep.patch(f"/api/calls/{call}", json={"outcome": "reached"}).status_code == 409
    with served.database.connect("app") as con:
        events = con.execute(
            "select e.action, e.actor_id, array(select customer_id from audit.event_customers as c"
            " where c.event_id = e.event_id) as customers from audit.events as e order by event_id desc limit 3"
        ).fetchall()
    by = served.users
    assert [(each["action"], each["actor_id"], each["customers"]) for each in reversed(events)] == [
        ("call.logged", by["rep"], [customer]),
        ("call.edited", by["manager"], [customer]),
        ("call.undone", by["manager"], [customer]),
    ]


@pytest.mark.parametrize(
    ("days", "then", "is_listed"),
    [
        (0, None, False),  # set for tomorrow
        (1, None, True),  # its day
        (30, None, True),  # overdue: it stays
        (1, "no_answer", False),  # tried today: again tomorrow
        (1, "reached", False),  # done
    ],
)
def test_a_follow_up_lists_the_customer_from_its_day_until_it_is_done(
    served: Served, days: int, then: str | None, is_listed: bool
) -> None:
    rep = served.client("rep")
    customer = list(listed(rep))[-1]
    log(rep, customer, "reached", follow_up={"due_on": TOMORROW, "task": "send the quote"})
    as_days_later(served, days)
    if then:
        log(rep, customer, then)
    today = listed(rep)
    assert (customer in today) is is_listed
    details = rep.get(f"/api/customers/{customer}").json()
    assert details["why_call"] == (today if is_listed else {customer: details["scores"]})[customer]["why_call"]
    if is_listed:
        assert next(iter(today)) == customer, "follow-ups come first"
        assert today[customer]["why_call"] == "Follow-up: send the quote"
        assert today[customer]["follow_up"]["set_by"]["name"] == "Rep"
    as_days_later(served, 1)
    assert (customer in listed(rep)) is (then != "reached"), "an unanswered call leaves it open"


def test_a_page_after_the_last_call_has_the_total(served: Served) -> None:
    rep = served.client("rep")
    for customer in served.customers["rep"][:3]:
        log(rep, customer)
    pages = [rep.get("/api/calls", params={"limit": 2, "page": page}).json() for page in (1, 2, 3)]
    assert [(page["total"], len(page["data"])) for page in pages] == [(3, 2), (3, 1), (3, 0)]


def test_undoing_a_call_opens_the_follow_ups_it_had_done_and_cancels_its_own(served: Served) -> None:
    rep = served.client("rep")
    customer = list(listed(rep))[-1]
    log(rep, customer, follow_up={"due_on": TOMORROW})
    as_days_later(served, 1)
    second = log(rep, customer, "will_order", follow_up={"due_on": TOMORROW, "task": "ask again"})
    tasks = [each["task"] for each in rep.get("/api/follow-ups").json()["data"]]
    assert tasks == ["ask again"]
    assert rep.post(f"/api/calls/{second}/undo").status_code == 200
    [reopened] = rep.get("/api/follow-ups", params={"customer_id": customer}).json()["data"]
    assert (reopened["task"], reopened["due_on"]) == (None, TODAY.isoformat())
    assert listed(rep)[customer]["why_call"] == "Follow-up: call again"


def test_an_edited_outcome_opens_or_does_the_follow_up_and_an_edit_replaces_the_own_one(served: Served) -> None:
    rep = served.client("rep")
    customer = list(listed(rep))[-1]
    log(rep, customer, follow_up={"due_on": TOMORROW})
    as_days_later(served, 1)
    call = log(rep, customer, "reached")

    def open_follow_ups() -> list[date | str | None]:
        return [each["task"] or each["due_on"] for each in rep.get("/api/follow-ups").json()["data"]]

    assert open_follow_ups() == []
    rep.patch(f"/api/calls/{call}", json={"outcome": "no_answer"})
    assert open_follow_ups() == [TODAY.isoformat()]
    rep.patch(f"/api/calls/{call}", json={"outcome": "reached", "follow_up": {"due_on": TOMORROW, "task": "sample"}})
    assert open_follow_ups() == ["sample"]
    rep.patch(f"/api/calls/{call}", json={"follow_up": None})
    assert open_follow_ups() == []


def test_a_follow_up_is_done_without_a_call_and_opened_again(served: Served) -> None:
    rep, other = served.client("rep"), served.client("other_rep")
    customer = list(listed(rep))[-1]
    log(rep, customer, follow_up={"due_on": TOMORROW})
    as_days_later(served, 1)
    follow_up = listed(rep)[customer]["follow_up"]["follow_up_id"]
    assert other.post(f"/api/follow-ups/{follow_up}/done").status_code == 404
    assert rep.post(f"/api/follow-ups/{follow_up}/done").json() == {
        "follow_up_id": follow_up, "customer_id": customer,
    }  # fmt: skip
    assert customer not in listed(rep), "called yesterday"
    assert rep.post(f"/api/follow-ups/{follow_up}/done").status_code == 404
    assert rep.post(f"/api/follow-ups/{follow_up}/reopen").status_code == 200
    assert rep.post(f"/api/follow-ups/{follow_up}/reopen").status_code == 409
    assert customer in listed(rep)


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"follow_up": {"due_on": (TODAY - timedelta(days=1)).isoformat()}}, "follow_up.due_on"),
        ({"follow_up": {"due_on": "2099-01-01"}}, "follow_up.due_on"),
        ({"called_at": "2020-01-01T10:00:00Z"}, "called_at"),
        ({"called_at": (datetime.now(UTC) + timedelta(days=2)).isoformat()}, "called_at"),
    ],
)
def test_days_and_times_out_of_range_are_named(served: Served, body: dict[str, Any], parameter: str) -> None:
    refused = served.client("rep").post(
        "/api/calls", json={"customer_id": served.customers["rep"][0], "outcome": "reached", **body}
    )
    assert (refused.status_code, refused.json()["parameter"]) == (400, parameter)


def test_orders_within_30_days_of_a_call_are_counted_as_far_as_the_data_goes(served: Served) -> None:
    """The data ends in the past: calls are put back in time, as the form takes only those of the last month."""
    admin = served.client("admin")
    as_of = datetime.fromisoformat(admin.get("/api/freshness").json()["run"]["as_of"]).replace(tzinfo=UTC)
    customer = served.customers["rep"][0]
    orders = admin.get(f"/api/customers/{customer}/orders", params={"limit": 1000}).json()["data"]
    late, early = log(admin, customer), log(admin, customer)
    start = as_of - timedelta(days=400)
    with served.database.connect("app") as con:
        con.execute("update engagement.calls set called_at = %s where call_id = %s", [start, early])
        con.execute("update engagement.calls set called_at = %s where call_id = %s", [as_of, late])
    window = [
        each for each in orders
        if each["is_counted"] and start.date() <= date.fromisoformat(each["day"]) < start.date() + timedelta(days=30)
    ]  # fmt: skip
    by_id = {each["call_id"]: each["orders"] for each in calls(admin)}
    assert by_id[late] is None
    assert by_id[early] == {
        "orders": len(window),
        "net_amount": pytest.approx(sum(float(each["net_amount"]) for each in window)),
        "is_complete": True,
    }


def test_the_log_is_exported_as_it_is_filtered_and_the_audit_names_its_customers(served: Served) -> None:
    rep, manager = served.client("rep"), served.client("manager")
    first, second = served.customers["rep"][:2]
    log(rep, first, "will_order", note="=two boxes", follow_up={"due_on": TOMORROW, "task": "send the quote"})
    log(manager, second, "no_answer")
    log(served.client("other_rep"), served.customers["other_rep"][0])

    answer = manager.post("/api/export/calls", json={"caller": str(served.users["rep"]), "headers": "labels"})
    [row] = csv.DictReader(io.StringIO(answer.text, newline=""))
    [shown] = calls(manager, caller=served.users["rep"])
    assert (row["Customer ID"], row["Name"], row["Outcome"], row["Caller"], row["Note"]) == (
        first, shown["name"] or "", "will order", "Rep", "'=two boxes",
    )  # fmt: skip
    assert (row["Called at (UTC)"], row["Task"]) == (shown["called_at"][:19].replace("T", " "), "send the quote")
    assert row["Follow-up on"] == TOMORROW

    answer = manager.post("/api/export/calls", json={"format": "xlsx"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    _, *rows = book["Calls"].iter_rows(values_only=True)
    assert [row[2] for row in rows] == [second, first], "the team's, newest first"
    assert isinstance(rows[0][1], datetime) and rows[0][1].date() == TODAY
    export = answer.headers["x-export-id"]
    manifest = manager.get(f"/api/exports/{export}/manifest").json()
    assert (manifest["rows"], manifest["filters"], manifest["bytes"]) == (2, {}, len(answer.content))
    with served.database.connect("app") as con:
        [event] = con.execute(
            "select actor_id, detail->>'list' as list, array(select customer_id from audit.event_customers as c"
            " where c.event_id = e.event_id order by 1) as customers from audit.events as e"
            " where action = 'export' and subject = %s",
            [f"export:{export}"],
        ).fetchall()
    assert (event["actor_id"], event["list"], event["customers"]) == (
        served.users["manager"], "calls", sorted([first, second]),
    )  # fmt: skip
    assert len(rep.post("/api/export/calls", json={"caller": "me"}).text.splitlines()) == 2
    assert served.client("marketer").post("/api/export/calls").status_code == 403
    assert rep.post("/api/export/calls", json={"from": TOMORROW, "to": "2020-01-01"}).json()["parameter"] == "to"
