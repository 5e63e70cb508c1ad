"""A second factor where the role requires one: set up at the first sign-in, and nothing else until then."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from foresell.database import Database
from tests.api.operations import OPERATIONS, fill_path
from tests.api.people import PHRASE, Person, browser, carry, invite, sql, with_totp
from tests.support.served import Served, superuser

#: What a user whose second factor is due still reaches: signing in and out, and the own account.
OPEN = ("/api/auth/", "/api/me")


def is_due(person: Person) -> bool:
    return bool(person.browser.get("/api/me").json()["second_factor_due"])


def test_until_it_is_set_up_nothing_else_answers(served: Served) -> None:
    person = invite(served, "admin", enrolled=False)
    me = person.browser.get("/api/me").json()
    assert me["second_factor_due"] and me["permissions"] == [] and me["roles"] == ["admin"]
    answered = []
    for method, path, right in OPERATIONS:
        if right == "public" or path.startswith(OPEN):
            continue
        with person.browser.stream(method, fill_path(path, served)) as answer:
            if answer.status_code != 403 or b"second_factor_due" not in answer.read():
                answered.append(f"{method} {path}: {answer.status_code}")
    assert answered == []
    refused = person.browser.post("/api/me/api-keys", json={"name": "k", "scopes": ["customers.read"]})
    assert refused.status_code == 403, "nor by a key"


def test_it_is_set_up_at_the_first_sign_in_and_ends_sessions_that_never_proved_it(served: Served) -> None:
    person = invite(served, "rep", enrolled=False)
    elsewhere = browser(served)
    assert person.sign_in(browser=elsewhere).json()["user"]["second_factor_due"]
    _, recovery = with_totp(person)
    assert len(recovery) == 10 and not is_due(person)
    assert person.browser.get("/api/calls/today").status_code == 200
    assert elsewhere.get("/api/me").status_code == 401, "it went on without the factor"
    step = person.sign_in(browser=elsewhere).json()
    assert set(step["second_factor"]) == {"totp", "recovery_code"}
    answer = elsewhere.post("/api/auth/second-factor", json={"ticket": step["ticket"], "recovery_code": recovery[0]})
    assert carry(elsewhere, answer).status_code == 200
    assert person.browser.get("/api/me").status_code == 200


def test_the_last_one_is_not_removed_where_a_role_requires_it(served: Served) -> None:
    person = invite(served, "rep", enrolled=False)
    with_totp(person)
    refused = person.browser.delete("/api/me/totp")
    assert refused.status_code == 409 and "role requires" in refused.json()["detail"]
    assert not is_due(person)
    free = invite(served, "analyst")
    with_totp(free)
    assert free.browser.delete("/api/me/totp").status_code == 204


def test_an_administrator_changes_what_a_role_requires(served: Served) -> None:
    admin, person = served.client("admin"), invite(served, "marketer")
    roles = {role["name"]: role["requires_second_factor"] for role in admin.get("/api/roles").json()["data"]}
    required = {"rep": True, "manager": True, "steward": True, "admin": True, "analyst": False, "marketer": False}
    assert roles == required, "on for all who reach contact details"
    assert not is_due(person)
    change = {"requires_second_factor": True}
    assert served.client("admin", second_factor=False).patch("/api/roles/marketer", json=change).status_code == 403
    assert served.client("manager").patch("/api/roles/marketer", json=change).status_code == 403
    try:
        assert admin.patch("/api/roles/marketer", json=change).json()["requires_second_factor"] is True
        assert is_due(person), "also in a session under way"
        state = next(row for row in admin.get("/api/users").json()["data"] if row["user_id"] == person.user_id)
        assert (state["second_factor"], state["requires_second_factor"]) == (False, True)
    finally:
        assert admin.patch("/api/roles/marketer", json={"requires_second_factor": False}).status_code == 200
    assert not is_due(person)
    newest = admin.get("/api/audit", params={"action": "role.changed"}).json()["data"][0]
    assert (newest["subject"], newest["detail"]) == ("role:marketer", {"requires_second_factor": False})
    assert admin.patch("/api/roles/unknown", json=change).status_code == 404


def test_the_password_confirms_only_where_there_is_no_second_factor(served: Served) -> None:
    required, free = invite(served, "manager", enrolled=False), invite(served, "analyst")
    with_totp(required)
    for person, status in ((required, 400), (free, 200)):
        sql(served, "update access.sessions set second_factor_at = null where user_id = %s", person.user_id)
        assert person.browser.post("/api/auth/step-up", json={"password": PHRASE}).status_code == status


@pytest.mark.parametrize(
    ("single_user", "users", "due"), [(True, 1, False), (True, 2, True), (False, 1, True), (False, 2, True)]
)
def test_the_only_user_of_this_machine_needs_none(served: Served, single_user: bool, users: int, due: bool) -> None:
    """`foresell up` on an embedded database; a second user, or serving others, ends that."""
    person = invite(served, "admin", enrolled=False)
    kept = [person.user_id, served.users["rep"]][:users]
    settings = replace(served.settings, single_user=single_user)
    with psycopg.connect(Database(settings).conninfo("web")) as con:
        allowed = con.execute("select current_setting('foresell.single_user')").fetchone()
    with superuser(served.settings) as con, con.transaction(force_rollback=True):
        con.execute("update access.users set disabled_at = now() where user_id <> all (%s)", [kept])
        con.execute("select set_config('foresell.single_user', %s, true)", allowed)
        con.execute("select set_config('foresell.user_id', %s, true)", [str(person.user_id)])
        assert con.execute("select access.second_factor_due()").fetchone() == (due,)
