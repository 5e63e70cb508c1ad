"""Managing users: what an administrator can do, and that no one else can."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.people import PHRASE, browser, forget_guesses, invite, sql
from tests.support.served import STAFF, Served


@pytest.fixture(autouse=True)
def _no_guesses(served: Served) -> None:
    forget_guesses(served)


def test_a_changed_role_counts_at_once(served: Served) -> None:
    person, admin = invite(served, "rep"), served.client("admin")
    assert person.browser.get("/api/users").status_code == 403
    changed = admin.patch(f"/api/users/{person.user_id}", json={"roles": ["admin", "rep"]})
    assert changed.json()["roles"] == ["admin", "rep"]
    assert person.browser.get("/api/users").status_code == 200
    assert admin.patch(f"/api/users/{person.user_id}", json={"roles": ["rep"]}).status_code == 200
    assert person.browser.get("/api/users").status_code == 403


def test_a_disabled_user_is_out_at_once_and_in_every_way(served: Served) -> None:
    person, admin = invite(served), served.client("admin")
    key = person.browser.post("/api/me/api-keys", json={"name": "k", "scopes": ["runs.read"]}).json()["key"]
    program = served.client(None)
    program.headers["authorization"] = f"Bearer {key}"
    assert program.get("/api/me").status_code == 200
    assert admin.patch(f"/api/users/{person.user_id}", json={"disabled": True}).json()["disabled"] is True
    assert person.browser.get("/api/me").status_code == program.get("/api/me").status_code == 401
    assert person.browser.post("/api/auth/refresh").status_code == 401
    assert person.sign_in().status_code == 401
    assert admin.patch(f"/api/users/{person.user_id}", json={"disabled": False}).status_code == 200
    assert person.sign_in().status_code == 200


def test_a_role_taken_by_another_process_is_gone_within_a_second(served: Served) -> None:
    person = invite(served, "admin")
    assert person.browser.get("/api/users").status_code == 200
    sql(served, "update access.user_roles set role = 'rep' where user_id = %s", person.user_id)
    time.sleep(1.1)
    assert person.browser.get("/api/users").status_code == 403


def test_no_one_changes_their_own_roles_or_locks_everyone_out(served: Served) -> None:
    admin, user_id = served.client("admin"), served.users["admin"]
    for change in ({"roles": ["rep"]}, {"disabled": True}, {"roles": []}):
        assert admin.patch(f"/api/users/{user_id}", json=change).status_code == 403
    assert admin.patch(f"/api/users/{user_id}", json={"name": "Admin"}).status_code == 200


def test_two_administrators_cannot_lock_each_other_out(served: Served) -> None:
    one, two = invite(served, "admin"), invite(served, "admin")
    pairs = [(one, two), (two, one)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda pair: pair[0].browser.patch(f"/api/users/{pair[1].user_id}", json={"disabled": True}), pairs
            )
        )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200 and statuses[1] in (401, 403), statuses
    left = sql(
        served,
        "select count(*) from access.users where disabled_at is null and user_id = any(%s)",
        [one.user_id, two.user_id],
    )
    assert left == [(1,)]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"name": "A", "email": "a@b.example", "roles": ["king"]}, "roles"),
        ({"name": "A", "email": "no e-mail", "roles": ["rep"]}, "email"),
        ({"name": "A", "email": "admin@foresell.example", "roles": ["rep"]}, "email"),
        ({"name": " ", "email": "a@b.example", "roles": ["rep"]}, "name"),
        ({"name": "A", "email": "a@b.example", "roles": ["rep"], "team_id": 999}, "team_id"),
        ({"name": "A", "email": "a@b.example", "roles": ["rep"], "user_id": 1}, "user_id"),
        ({"name": "A", "email": "a@b.example"}, "roles"),
    ],
)
def test_what_cannot_be_is_named(served: Served, body: dict[str, object], named: str) -> None:
    answer = served.client("admin").post("/api/users", json=body)
    assert answer.status_code == 400 and answer.json()["error"].startswith(f"{named} parameter"), answer.text


def test_the_list_and_the_roles(served: Served) -> None:
    admin = served.client("admin")
    listed = admin.get("/api/users").json()
    assert listed["total"] == len(listed["data"]) >= len(STAFF)
    rep = next(row for row in listed["data"] if row["user_id"] == served.users["rep"])
    assert (rep["roles"], rep["team"]["name"], rep["disabled"], rep["second_factor"]) == (
        ["rep"],
        "North",
        False,
        True,
    )
    roles = {row["name"]: row for row in admin.get("/api/roles").json()["data"]}
    assert set(roles) == {"rep", "manager", "analyst", "marketer", "steward", "admin"}
    assert roles["rep"]["scope"] == "own" and "users.manage" not in roles["steward"]["permissions"]
    made = admin.post("/api/teams", json={"name": "East"})
    assert made.status_code == 201 and admin.post("/api/teams", json={"name": "East"}).status_code == 400
    assert "East" in {row["name"] for row in admin.get("/api/teams").json()["data"]}
    assert admin.get("/api/users/999999").status_code == 404


@pytest.mark.parametrize("who", [who for who in STAFF if who != "admin"])
def test_only_administrators_manage(served: Served, who: str) -> None:
    client, target = served.client(who), served.users["other_rep"]
    for method, path, body in (
        ("GET", "/api/users", None),
        ("POST", "/api/users", {"name": "X", "email": "x@foresell.example", "roles": ["admin"]}),
        ("GET", f"/api/users/{target}", None),
        ("PATCH", f"/api/users/{served.users[who]}", {"roles": ["admin"]}),
        ("POST", f"/api/users/{target}/reset", None),
        ("GET", "/api/roles", None),
        ("POST", "/api/teams", {"name": "X"}),
    ):
        assert client.request(method, path, json=body).status_code == 403, (method, path)


def test_the_password_of_another_user_cannot_be_set(served: Served) -> None:
    person = invite(served)
    other = browser(served)
    sly = other.post("/api/auth/link", json={"token": person.link, "password": "a password of the thief"})
    assert sly.status_code == 401 and person.sign_in(PHRASE).status_code == 200


def test_the_first_link_counts_on_this_machine_only(served: Served) -> None:
    person = invite(served, password=None)
    sql(served, "update access.login_links set loopback_only = true where user_id = %s", person.user_id)
    far = browser(served)
    for headers in ({"host": "10.1.2.3"}, {"x-forwarded-for": "203.0.113.7"}, {"forwarded": "for=203.0.113.7"}):
        assert far.post("/api/auth/link", json={"token": person.link}, headers=headers).status_code == 401, headers
    assert far.post("/api/auth/link", json={"token": person.link}).status_code == 200


def test_a_link_is_over_after_its_time(served: Served) -> None:
    person = invite(served, password=None)
    sql(served, "update access.login_links set expires_at = now() where user_id = %s", person.user_id)
    assert person.browser.post("/api/auth/link", json={"token": person.link}).status_code == 401


def test_every_change_is_in_the_audit(served: Served) -> None:
    person = invite(served)
    person.sign_in("wrong")
    person.sign_in()
    person.browser.post("/api/auth/sign-out")
    rows = sql(
        served,
        "select action from audit.events where actor_id = %s or subject = %s order by event_id",
        person.user_id,
        f"user:{person.user_id}",
    )
    assert [row[0] for row in rows] == [
        "user.added",
        "password.set",
        "sign-in",
        "sign-in.refused",
        "sign-in",
        "sign-out",
    ]
    whole = str(sql(served, "select e::text from audit.events as e"))
    assert person.email not in whole and PHRASE not in whole and person.link not in whole


def test_everybodys_keys_are_listed_to_the_user_who_manages_them(served: Served) -> None:
    person, admin = invite(served), served.client("admin")
    made = person.browser.post("/api/me/api-keys", json={"name": "Warehouse", "scopes": ["customers.read"]}).json()
    listed = {key["key_id"]: key for key in admin.get("/api/api-keys").json()["data"]}[made["key_id"]]
    assert (listed["owner"], listed["user_id"], listed["name"]) == ("Robin Hill", person.user_id, "Warehouse")
    assert "key" not in listed
    assert person.browser.get("/api/api-keys").status_code == 403
    assert admin.delete(f"/api/me/api-keys/{made['key_id']}").status_code == 204
    assert made["key_id"] not in {key["key_id"] for key in admin.get("/api/api-keys").json()["data"]}
