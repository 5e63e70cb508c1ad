"""Assignment by rule over the API: previewed, applied and undone; a manager only within the own team."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from foresell.workflows.assign_new_customers import assign_new_customers
from tests.api.people import sql
from tests.support.served import Served

RULES = "/api/assignment-rules"


@pytest.fixture(autouse=True)
def start_without_owners(served: Served) -> Iterator[None]:
    """Other files share this home: their assignments go before each test, those of the test after it."""
    take_owners_away(served)
    yield
    sql(served, "delete from engagement.assignment_rules")
    take_owners_away(served)


def take_owners_away(served: Served) -> None:
    sql(
        served,
        "delete from access.customer_owners where customer_id = any(%s)",
        served.customers["unassigned"],
    )


def rule(*users: int, **conditions: Any) -> dict[str, Any]:
    return {"user_ids": list(users), **conditions}


def unassigned(served: Served) -> int:
    return len(served.customers["unassigned"])


def owners(served: Served) -> dict[str, int]:
    return dict(
        sql(
            served,
            "select customer_id, user_id from access.customer_owners where customer_id = any(%s)",
            served.customers["unassigned"],
        )
    )


def save(client: httpx2.Client, *rules: dict[str, Any], automatic: bool = False) -> httpx2.Response:
    return client.put(RULES, json={"rules": list(rules), "automatic": automatic})


def test_a_manager_previews_applies_and_undoes_rules_of_the_team(served: Served) -> None:
    manager, rep = served.client("manager"), served.users["rep"]
    options = manager.get(RULES).json()["options"]
    country = options["countries"][0]
    wanted = [rule(rep, countries=[country]), rule(rep, served.users["manager"])]
    preview = manager.post(f"{RULES}/preview", json={"rules": wanted}).json()
    assert preview["unassigned"] == preview["assigned"] == unassigned(served)
    assert sum(each["matching"] for each in preview["rules"]) == unassigned(served)
    assert owners(served) == {}, "a preview changes nothing"

    assert manager.post(f"{RULES}/apply").json()["code"] == "not_ready", "nothing is saved yet"
    assert save(manager, *wanted).status_code == 200
    applied = manager.post(f"{RULES}/apply")
    assert applied.status_code == 201, applied.text
    assert applied.json()["customers"] == unassigned(served)
    assert set(owners(served).values()) == {rep, served.users["manager"]}
    [event] = sql(
        served, "select detail from audit.events where action = 'customers.assigned' order by event_id desc limit 1"
    )
    assert (event[0]["customers"], event[0]["by"]) == (unassigned(served), "rules")

    moved = next(iter(owners(served)))
    sql(served, "update access.customer_owners set user_id = %s where customer_id = %s", served.users["admin"], moved)
    undone = manager.post(f"/api/assignments/{applied.json()['assignment_id']}/undo").json()
    assert undone["customers"] == unassigned(served) - 1
    assert owners(served) == {moved: served.users["admin"]}, "who was assigned again since stays"


def test_a_manager_cannot_name_other_teams_and_others_cannot_read_the_rules(served: Served) -> None:
    manager, other = served.client("manager"), served.users["other_rep"]
    assert save(manager, rule(other)).json()["code"] == "user_not_found"
    assert manager.post(f"{RULES}/preview", json={"rules": [rule(other)]}).status_code == 404
    admin = served.client("admin")
    assert save(admin, rule(other)).status_code == 200
    assert manager.get(RULES).json()["rules"] == [], "the company's rules are not the team's"
    assert served.client("rep").get(RULES).status_code == 403


def test_kept_rules_are_applied_after_a_run_with_the_rights_of_who_saved_them(served: Served) -> None:
    manager, rep = served.client("manager"), served.users["rep"]
    save(manager, rule(rep, capacity=10_000), automatic=False)
    assign_new_customers(served.database)
    assert owners(served) == {}
    save(manager, rule(rep, capacity=10_000), automatic=True)
    sql(served, "delete from access.role_permissions where role = 'manager' and permission = 'customers.assign'")
    try:
        assign_new_customers(served.database)
        assert owners(served) == {}, "the manager may no longer assign"
    finally:
        sql(served, "insert into access.role_permissions values ('manager', 'customers.assign')")
    assign_new_customers(served.database)
    assert set(owners(served).values()) == {rep}
    assert len(owners(served)) == unassigned(served)
    assign_new_customers(served.database)


@pytest.mark.parametrize("wrong", [{"user_ids": []}, {"capacity": 0}, {"postcodes": ["%"]}, {"other": 1}])
def test_impossible_rules_are_refused(served: Served, wrong: dict[str, Any]) -> None:
    refused = save(served.client("admin"), {**rule(served.users["rep"]), **wrong})
    assert refused.status_code in (400, 422)
