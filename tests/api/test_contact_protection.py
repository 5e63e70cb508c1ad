"""Names only for roles that need them, limits a day, and contact details for API keys only by grant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import psycopg
import pytest

from tests.api.people import Person, invite, sql
from tests.support.served import Served, superuser


@pytest.fixture
def named(served: Served) -> tuple[str, str]:
    """A customer of the rep with a name, and the name."""
    [[customer, name]] = sql(
        served,
        "select customer_id, name from core.customer_records where name is not null and customer_id = any (%s) limit 1",
        served.customers["rep"],
    )
    return customer, name


def key_of(served: Served, person: Person, *scopes: str) -> tuple[int, httpx2.Client]:
    """An API key of a person: its number, and a program with it."""
    made = person.browser.post("/api/me/api-keys", json={"name": "Dialler", "scopes": list(scopes)}).json()
    program = served.client(None)
    program.headers["authorization"] = f"Bearer {made['key']}"
    return made["key_id"], program


@contextmanager
def role_changed(served: Served, role: str, **changes: Any) -> Iterator[None]:
    admin = served.client("admin")
    before = next(row for row in admin.get("/api/roles").json()["data"] if row["name"] == role)
    assert admin.patch(f"/api/roles/{role}", json=changes).status_code == 200
    try:
        yield
    finally:
        admin.patch(f"/api/roles/{role}", json={name: before[name] for name in changes})


@pytest.mark.parametrize("who", ["analyst", "marketer", "key"])
def test_names_are_hidden_where_the_role_does_not_need_them(served: Served, named: tuple[str, str], who: str) -> None:
    customer, name = named
    client = served.client(who) if who != "key" else key_of(
        served, invite(served, "admin"), "customers.read", "customers.export", "calls.read"
    )[1]  # fmt: skip
    for path in (f"/api/customers/{customer}", f"/api/customers/{customer}/details", "/api/customers?limit=1000"):
        answer = client.get(path)
        assert answer.status_code == 200 and customer in answer.text and name not in answer.text, path
    rows = client.get("/api/customers?limit=1000").json()["data"]
    assert rows and {row["name"] for row in rows} == {None}
    exported = client.post("/api/export/customers", json={"columns": ["customer_id", "name"]})
    assert exported.status_code == 200 and customer in exported.text and name not in exported.text
    assert client.get("/api/customers", params={"q": name.split()[0]}).json()["total"] == 0, "nor by guessing"
    assert client.get("/api/customers", params={"q": customer}).json()["total"] == 1
    for order in ("name", "name_reversed"):
        assert client.get("/api/customers", params={"sort": order}).status_code == 403, "nor by their order"


@pytest.mark.parametrize("who", ["rep", "manager", "steward", "admin", "key"])
def test_names_are_shown_where_it_does(served: Served, named: tuple[str, str], who: str) -> None:
    customer, name = named
    client = served.client(who) if who != "key" else key_of(
        served, invite(served, "admin"), "customers.read", "customers.names"
    )[1]  # fmt: skip
    assert client.get(f"/api/customers/{customer}").json()["name"] == name
    assert client.get("/api/customers", params={"q": name.split()[0]}).json()["total"] >= 1


def test_the_database_refuses_names_too(served: Served, named: tuple[str, str]) -> None:
    with psycopg.connect(served.database.conninfo("web"), autocommit=True) as con:
        for who, shown in (("analyst", []), ("rep", [named])):
            con.execute("select set_config('foresell.user_id', %s, false)", [str(served.users[who])])
            assert con.execute("select * from web.names_of(%s)", [[named[0]]]).fetchall() == shown
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            con.execute("select name from web.customer_records")


def test_a_key_shows_contact_details_only_by_an_administrators_grant(served: Served) -> None:
    person, admin, customer = invite(served, "steward"), served.client("admin"), served.customers["rep"][1]
    reveal = f"/api/customers/{customer}/contact/reveal"
    refused = person.browser.post("/api/me/api-keys", json={"name": "k", "scopes": ["contacts.reveal"]})
    assert refused.status_code == 400 and "administrator" in refused.json()["detail"]
    key_id, program = key_of(served, person, "customers.read")
    assert program.post(reveal).status_code == 403
    grant, body = f"/api/api-keys/{key_id}/contact-reveal", {"reason": "The dialler needs numbers"}
    assert admin.put(grant, json={"reason": " "}).status_code == 400
    assert person.browser.put(grant, json=body).status_code == 403
    assert served.client("admin", second_factor=False).put(grant, json=body).status_code == 403
    assert admin.put(grant, json=body).status_code == 204
    assert admin.put(grant, json=body).status_code == 409
    assert program.post(reveal).status_code == 200
    listed = {key["key_id"]: key for key in admin.get("/api/api-keys").json()["data"]}
    assert listed[key_id]["reveal_reason"] == body["reason"]
    assert person.browser.get("/api/me/api-keys").json()["data"][0]["reveal_reason"] == body["reason"]
    assert admin.delete(grant).status_code == 204
    assert program.post(reveal).status_code == 403
    assert admin.delete(grant).status_code == 404
    assert admin.put("/api/api-keys/999999/contact-reveal", json=body).status_code == 404
    actions = {row["action"] for row in admin.get("/api/audit", params={"subject": f"api-key:{key_id}"}).json()["data"]}
    assert actions == {"api-key.reveal-granted", "api-key.reveal-withdrawn"}


def test_a_grant_gives_no_more_than_the_owner_has(served: Served) -> None:
    person, customer = invite(served, "analyst"), served.customers["rep"][1]
    key_id, program = key_of(served, person, "customers.read")
    grant = f"/api/api-keys/{key_id}/contact-reveal"
    assert served.client("admin").put(grant, json={"reason": "A mistake"}).status_code == 204
    assert program.post(f"/api/customers/{customer}/contact/reveal").status_code == 403


def test_a_role_limits_the_customers_revealed_a_day(served: Served) -> None:
    person = invite(served, "steward")
    first, second, third = (f"/api/customers/{each}/contact/reveal" for each in served.customers["unassigned"][1:4])
    with role_changed(served, "steward", reveals_a_day=2):
        assert [person.browser.post(each).status_code for each in (first, second, first)] == [200, 200, 200]
        refused = person.browser.post(third)
        assert (refused.status_code, refused.json()["code"]) == (429, "daily_limit_reached")
        assert "2 customers" in refused.json()["detail"] and refused.headers["retry-after"] == "3600"
        assert person.browser.post(second).status_code == 200, "one of today's customers again"
        with superuser(served.settings) as con, con.transaction(force_rollback=True):
            con.execute("select set_config('foresell.user_id', %s, true)", [str(person.user_id)])
            unlock = "select count(*) from audit.unlock_contacts(%s, 'reveal', null)"
            with pytest.raises(psycopg.DatabaseError), con.transaction():
                con.execute(unlock, [served.customers["unassigned"][3:4]])
            con.execute("alter table audit.events disable trigger user")
            con.execute("update audit.events set at = at - interval '1 day' where actor_id = %s", [person.user_id])
            assert con.execute(unlock, [served.customers["unassigned"][3:4]]).fetchone(), "a day later"
    with role_changed(served, "steward", reveals_a_day=None):
        assert person.browser.post(first).status_code == 200, "no limit"


def test_a_role_limits_the_exports_with_contact_details_a_day(served: Served) -> None:
    person = invite(served, "admin")
    with role_changed(served, "admin", contact_exports_a_day=1):
        wanted = {"columns": ["customer_id", "email"], "contacts": True}
        assert person.browser.post("/api/export/customers", json=wanted).status_code == 200
        refused = person.browser.post("/api/export/customers", json=wanted)
        assert (refused.status_code, refused.json()["code"]) == (429, "daily_limit_reached")
        assert person.browser.post("/api/export/customers", json={**wanted, "contacts": False}).status_code == 200
