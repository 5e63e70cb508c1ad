"""Contact data over HTTP: revealed and recorded, found by its value, erased permanently."""

from __future__ import annotations

import pytest

from foresell.privacy.contacts import read_contacts
from foresell.privacy.erasure import REMAINS
from foresell.privacy.vault import vault_of
from tests.support.served import Served


@pytest.fixture(scope="module")
def contacts_on_file(served: Served) -> dict[str, dict[str, str]]:
    """What is on file of the customers of the first rep and of the other."""
    ids = served.customers["rep"] + served.customers["other_rep"]
    return read_contacts(served.database, vault_of(served.settings), ids)


def events(served: Served, action: str) -> list[dict[str, object]]:
    return served.client("admin").get("/api/audit", params={"action": action, "limit": 1000}).json()["data"]


def test_a_rep_reveals_the_own_customer_and_it_is_recorded(
    served: Served, contacts_on_file: dict[str, dict[str, str]]
) -> None:
    customer = served.customers["rep"][0]
    before = len(events(served, "contact.reveal"))
    answer = served.client("rep").post(f"/api/customers/{customer}/contact/reveal")
    assert answer.status_code == 200
    shown = answer.json()["contact"]
    assert {field: shown[field] for field in contacts_on_file[customer]} == contacts_on_file[customer]
    assert shown["email"] or shown["phone"], "the shop has contact data"
    newest = events(served, "contact.reveal")
    assert len(newest) == before + 1
    assert newest[0]["actor_id"] == served.users["rep"] and newest[0]["subject"] == f"customer:{customer}"
    assert newest[0]["request_id"]
    assert str(contacts_on_file[customer]["email"]) not in str(newest)


def test_only_the_requested_fields_are_shown(served: Served) -> None:
    customer = served.customers["rep"][0]
    answer = served.client("rep").post(f"/api/customers/{customer}/contact/reveal", json={"fields": ["phone"]})
    assert set(answer.json()["contact"]) == {"phone"}


@pytest.mark.parametrize(
    ("who", "whose", "status"),
    [("rep", "other_rep", 404), ("rep", "unassigned", 404), ("manager", "other_rep", 404), ("manager", "rep", 200),
     ("analyst", "rep", 403), ("marketer", "rep", 403), ("steward", "other_rep", 200), (None, "rep", 401)],
)  # fmt: skip
def test_who_may_reveal_whom(served: Served, who: str | None, whose: str, status: int) -> None:
    customer = served.customers[whose][1]
    answer = served.client(who).post(f"/api/customers/{customer}/contact/reveal")
    assert answer.status_code == status
    if status != 200:
        assert "@" not in answer.text


def test_everywhere_else_contact_data_is_masked(served: Served, contacts_on_file: dict[str, dict[str, str]]) -> None:
    customer = next(each for each in served.customers["rep"] if contacts_on_file[each]["email"])
    for path in (f"/api/customers/{customer}", f"/api/customers/{customer}/details"):
        answer = served.client("rep").get(path)
        assert answer.status_code == 200 and "•••@•••" in answer.text
        for field in ("email", "phone", "address"):
            assert not contacts_on_file[customer][field] or contacts_on_file[customer][field] not in answer.text


def test_customers_are_found_by_exact_e_mail_within_reach(
    served: Served, contacts_on_file: dict[str, dict[str, str]]
) -> None:
    customer = next(each for each in served.customers["rep"] if contacts_on_file[each]["email"])
    requested = {"contact": f" {contacts_on_file[customer]['email'].upper()} "}
    assert customer in served.client("rep").post("/api/customers/by-contact", json=requested).json()["data"]
    assert served.client("other_rep").post("/api/customers/by-contact", json=requested).json()["data"] == []
    assert served.client("analyst").post("/api/customers/by-contact", json=requested).status_code == 403


def test_customers_are_found_by_the_start_of_a_name_within_reach(
    served: Served, contacts_on_file: dict[str, dict[str, str]]
) -> None:
    customer = next(each for each in served.customers["rep"] if contacts_on_file[each]["name"])
    start = contacts_on_file[customer]["name"].split()[-1][:5]
    found = served.client("rep").get("/api/customers", params={"q": start, "limit": 1000}).json()["data"]
    assert customer in {row["customer_id"] for row in found}
    assert {row["customer_id"] for row in found} <= set(served.customers["rep"])


def test_erasing_needs_the_right_and_a_recent_second_factor(served: Served) -> None:
    customer = served.customers["unassigned"][0]
    path = f"/api/customers/{customer}/erase"
    assert served.client("rep").post(path).status_code == 403
    assert served.client("steward", second_factor=False).post(path).status_code == 403
    assert served.client("steward").post("/api/customers/C999999/erase").status_code == 404
    name = served.client("admin").get(f"/api/customers/{customer}").json()["name"]
    noted = {"customer_id": customer, "outcome": "reached", "note": f"{name} has moved"}
    assert served.client("admin").post("/api/calls", json=noted).status_code == 201
    view = {"name": f"Orders of {name}", "filters": {"q": name}, "sort": "probability"}
    saved = served.client("rep").post("/api/views", json=view, headers={"idempotency-key": "of-one"})
    assert saved.status_code == 201, saved.text
    answer = served.client("steward").post(path)
    assert answer.status_code == 200 and answer.json()["records"] >= 1
    removed = answer.json()["removed"]
    assert (removed["notes"], removed["saved_views"], removed["answers"]) == (1, 1, 1)
    assert len(answer.json()["remains"]) == len(REMAINS)
    views = served.client("rep").get("/api/views").json()["data"]
    [shown] = [each for each in views if each["view_id"] == saved.json()["view_id"]]
    assert (shown["name"], shown["filters"]["q"]) == ("Orders of [erased]", "[erased]")
    again = served.client("rep").post("/api/views", json=view, headers={"idempotency-key": "of-one"})
    assert again.json() == saved.json() | {"name": shown["name"], "filters": shown["filters"]}
    [call] = served.client("admin").get("/api/calls", params={"customer_id": customer}).json()["data"]
    assert (call["note"], call["outcome"]) == (None, "reached")
    shown = served.client("steward").post(f"/api/customers/{customer}/contact/reveal").json()["contact"]
    assert {field: value for field, value in shown.items() if field != "country"} == dict.fromkeys(
        set(shown) - {"country"}
    )
    assert served.client("steward").get(f"/api/customers/{customer}").status_code == 200
    erased = events(served, "erase")[0]
    assert (erased["actor_id"], erased["via"], erased["subject"]) == (
        served.users["steward"],
        "web",
        f"customer:{customer}",
    )
    other = served.customers["rep"][0]
    assert served.client("rep").post(f"/api/customers/{other}/contact/reveal").json()["contact"]["name"]


def test_the_audit_is_for_auditors_and_pages(served: Served) -> None:
    assert served.client("analyst").get("/api/audit").status_code == 403
    admin = served.client("admin")
    seen: list[int] = []
    cursor: str | None = None
    while True:
        page = admin.get("/api/audit", params={"limit": 7} | ({"cursor": cursor} if cursor else {})).json()
        seen += [row["event_id"] for row in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(set(seen), reverse=True) and len(seen) == page["total"]
    assert admin.get("/api/audit", params={"cursor": "nonsense"}).json()["parameter"] == "cursor"


def test_the_audit_verifies(served: Served) -> None:
    answer = served.client("admin").get("/api/audit/verify").json()
    assert answer["ok"] and answer["findings"] == []
    assert answer["events"] > 5 and answer["events"] >= answer["unsealed"]
