"""The audit over HTTP: every action that must be accounted for leaves an event that names its customers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.api.people import invite, with_totp
from tests.support.served import Served, superuser

TOMORROW = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()


def check(response: httpx2.Response) -> Any:
    """The body of a response that succeeded."""
    assert response.is_success, response.text
    return response.json() if "json" in response.headers.get("content-type", "") else response.content


def newest_event(served: Served, action: str) -> dict[str, Any]:
    return check(served.client("admin").get("/api/audit", params={"action": action, "limit": 1}))["data"][0]


def scored_customers(served: Served, who: str) -> list[str]:
    """Customers of a person that are in the published list: only those can be exported."""
    return [row["customer_id"] for row in check(served.client(who).get("/api/customers"))["data"]]


def named_customers(served: Served, event_id: int) -> list[str]:
    with superuser(served.settings) as con:
        rows = con.execute("select customer_id from audit.event_customers where event_id = %s", [event_id]).fetchall()
    return sorted(row[0] for row in rows)


def call_and_undo(client: httpx2.Client, customers: list[str]) -> None:
    call = check(client.post("/api/calls", json={"customer_id": customers[0], "outcome": "reached"}))
    check(client.post(f"/api/calls/{call['call_id']}/undo"))


def snooze_and_lift(client: httpx2.Client, customers: list[str]) -> None:
    snooze = check(client.post("/api/snoozes", json={"customer_ids": customers[:1], "until": TOMORROW}))["data"][0]
    check(client.delete(f"/api/snoozes/{snooze['snooze_id']}"))


def save_and_delete_view(client: httpx2.Client, _: list[str]) -> None:
    view = check(client.post("/api/views", json={"name": "Audited", "filters": {"country": "France"}}))
    check(client.delete(f"/api/views/{view['view_id']}"))


def save_rules(client: httpx2.Client, _: list[str]) -> None:
    rules = check(client.get("/api/segments/rules"))["data"]
    kept = [{key: value for key, value in rule.items() if key not in ("customers", "position")} for rule in rules]
    check(client.put("/api/segments/rules", json={"rules": kept}))


def export(**options: Any) -> Callable[[httpx2.Client, list[str]], None]:
    def act(client: httpx2.Client, customers: list[str]) -> None:
        check(client.post("/api/export/customers", json={"customer_ids": customers, **options}))

    return act


def assign(client: httpx2.Client, customers: list[str]) -> None:
    owner = check(client.get(f"/api/customers/{customers[0]}"))["owner"]["user_id"]
    other = next(user for user in check(client.get("/api/assignees"))["data"] if user["user_id"] != owner)
    given = check(client.post("/api/assignments", json={"customer_ids": customers, "user_id": other["user_id"]}))
    check(client.post(f"/api/assignments/{given['assignment_id']}/undo"))


#: Who acts, what they do, and the events of it: by action, how many of the three customers each names.
ACTIONS: list[tuple[str, Callable[[httpx2.Client, list[str]], None], dict[str, int]]] = [
    ("rep", call_and_undo, {"call.logged": 1, "call.undone": 1}),
    ("rep", snooze_and_lift, {"snooze.added": 1, "snooze.lifted": 1}),
    ("rep", lambda client, ids: check(client.post(f"/api/customers/{ids[0]}/contact/reveal")), {"contact.reveal": 1}),
    ("rep", export(), {"export": 3}),
    ("manager", export(contacts=True, columns=["customer_id", "email"]), {"export": 3, "contact.export": 3}),
    ("admin", assign, {"customers.assigned": 3, "assignment.undone": 3}),
    ("analyst", save_and_delete_view, {"view.saved": 0, "view.deleted": 0}),
    ("analyst", save_rules, {"segments.rules": 0}),
]  # fmt: skip


@pytest.mark.parametrize(("who", "act", "expected"), ACTIONS, ids=lambda part: getattr(part, "__name__", None))
def test_an_action_leaves_an_event_that_names_its_customers(
    served: Served, who: str, act: Callable[[httpx2.Client, list[str]], None], expected: dict[str, int]
) -> None:
    customers = sorted(scored_customers(served, "rep")[3:6])
    act(served.client(who), customers)
    for action, count in expected.items():
        event = newest_event(served, action)
        assert (event["actor_id"], event["via"]) == (served.users[who], "web"), action
        assert event["customer_count"] == count and event["request_id"], action
        named = named_customers(served, event["event_id"])
        assert named == (customers if count == 3 else customers[:count]), action


def test_a_contact_lookup_names_who_was_found_and_not_what_was_searched(served: Served) -> None:
    client = served.client("manager")
    rows = check(client.post("/api/export/customers", json={"columns": ["customer_id", "email"], "contacts": True}))
    customer, email = next(
        line.split(",") for line in rows.decode("utf-8-sig").splitlines()[1:] if "@" in line.split(",")[1]
    )
    assert customer in check(client.post("/api/customers/by-contact", json={"contact": email}))["data"]
    event = newest_event(served, "contact.lookup")
    assert customer in named_customers(served, event["event_id"])
    assert email not in str(event)


def test_one_filter_answers_who_saw_a_customer(served: Served) -> None:
    mine, other = scored_customers(served, "rep")[7], scored_customers(served, "other_rep")[7]
    check(served.client("rep").post(f"/api/customers/{mine}/contact/reveal"))
    check(served.client("admin").post("/api/export/customers", json={"customer_ids": [mine, other]}))
    answer = check(served.client("admin").get("/api/audit", params={"customer": mine.lower()}))
    newest, before = answer["data"][:2]
    assert (newest["action"], newest["actor_id"], newest["customer_count"]) == ("export", served.users["admin"], 2)
    assert (before["action"], before["actor_id"], before["customer_count"]) == (
        "contact.reveal", served.users["rep"], 1,
    )  # fmt: skip
    others = check(served.client("admin").get("/api/audit", params={"customer": other}))["data"]
    assert newest["event_id"] in [event["event_id"] for event in others]
    assert before["event_id"] not in [event["event_id"] for event in others]
    bad = served.client("admin").get("/api/audit", params={"customer": "'; drop"})
    assert (bad.status_code, bad.json()["parameter"]) == (400, "customer")
    assert served.client("manager").get("/api/audit", params={"customer": mine}).status_code == 403


def test_of_an_erased_customer_the_audit_keeps_the_number_and_no_name(served: Served) -> None:
    customer = served.customers["other_rep"][9]
    contact = check(served.client("steward").post(f"/api/customers/{customer}/contact/reveal"))["contact"]
    personal = [contact[field] for field in ("name", "email", "phone", "address") if contact[field]]
    assert personal
    check(served.client("steward").post(f"/api/customers/{customer}/erase"))
    events = check(served.client("admin").get("/api/audit", params={"customer": customer}))["data"]
    assert [event["action"] for event in events][:2] == ["erase", "contact.reveal"]
    with superuser(served.settings) as con:
        stored = str(con.execute("select e::text from audit.events as e").fetchall())
        stored += str(con.execute("select b::text from audit.event_customer_blocks as b").fetchall())
    assert customer in stored
    assert [value for value in personal if value in stored] == []


def test_account_changes_are_recorded(served: Served) -> None:
    person = invite(served, "rep")
    with_totp(person)
    admin = served.client("admin")
    check(admin.patch(f"/api/users/{person.user_id}", json={"disabled": True}))
    with superuser(served.settings) as con:
        rows = con.execute(
            "select action from audit.events where subject = %s or actor_id = %s",
            [f"user:{person.user_id}", person.user_id],
        ).fetchall()
    assert {"user.added", "password.set", "user.changed"} <= {row[0] for row in rows}
