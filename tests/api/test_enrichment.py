"""Proposals over HTTP: who sees them, who decides, and what the golden record shows after the worker followed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foresell.store.database import open_database
from foresell.workflows.enrich import follow_decisions
from tests.api.people import sql
from tests.integration.test_directories import TODAY
from tests.support.enrichment import propose
from tests.support.served import Served


@pytest.fixture(scope="module")
def customers(served: Served) -> tuple[str, str]:
    """A customer of the rep and one of another rep, each with a proposed phone, website and coordinates."""
    found = (served.customers["rep"][0], served.customers["other_rep"][0])
    propose(served, found, TODAY)
    return found


def get(served: Served, role: str, path: str, status: int = 200) -> Any:
    answered = served.client(role).get(f"/api/{path}")
    assert answered.status_code == status, answered.text
    return answered.json()


def test_what_is_proposed_of_a_customer_depends_on_the_rights(served: Served, customers: tuple[str, str]) -> None:
    mine, other = customers
    values = {
        role: {row["field"]: row["value"] for row in get(served, role, f"customers/{mine}/enrichment")["data"]}
        for role in ("admin", "rep", "analyst")
    }
    assert values["admin"] == {
        "phone": "+441904555900",
        "website": "https://canary.example",
        "coordinates": [53.9, -1.1],
    }
    assert values["rep"] == {**values["admin"], "phone": None}, "a phone is shown by a reveal, which is logged"
    assert set(values["analyst"].values()) == {None}
    get(served, "rep", f"customers/{other}/enrichment", 404)
    row = get(served, "rep", f"customers/{mine}/enrichment")["data"][0]
    assert {"licence", "attribution", "origin", "legal_basis", "purpose", "retention_until"} <= {
        k for k, v in row.items() if v
    }
    assert not {"record_id", "wrapped_key", "kek_id"} & set(row)


def test_stewards_list_filter_and_page(served: Served, customers: tuple[str, str]) -> None:
    get(served, "rep", "enrichment/proposals", 403)
    first = get(served, "admin", "enrichment/proposals?limit=4")
    rest = get(served, "admin", f"enrichment/proposals?limit=4&after={first['next_after']}")
    assert (first["total"], len(first["data"]), len(rest["data"]), rest["next_after"]) == (6, 4, 2, None)
    websites = get(served, "admin", f"enrichment/proposals?field=website&customer_id={customers[0]}")["data"]
    assert [(row["customer_id"], row["value"]) for row in websites] == [(customers[0], "https://canary.example")]


def test_decisions_are_followed_and_undone(served: Served, customers: tuple[str, str]) -> None:
    mine = customers[0]
    [phone] = get(served, "admin", f"enrichment/proposals?field=phone&customer_id={mine}")["data"]
    ids = [phone["proposal_id"]]
    database = open_database(served.settings)

    def decide(role: str, decision: str) -> Any:
        return served.client(role).post("/api/enrichment/decisions", json={"proposal_ids": ids, "decision": decision})

    assert decide("rep", "accepted").status_code == 403
    assert decide("admin", "accepted").json()["decided"] == ids
    assert decide("admin", "accepted").json()["decided"] == [], "accepted already"
    assert follow_decisions(served.settings, database) == 1
    assert sql(served, "select count(*) from core.customer_records where source = 'directories'") == [(1,)]
    accepted = get(served, "admin", "enrichment/proposals?state=accepted")["data"]
    assert [(row["proposal_id"], row["decided_how"]) for row in accepted] == [(ids[0], "steward")]
    assert decide("admin", "open").json()["decided"] == ids
    assert follow_decisions(served.settings, database) == 1
    assert sql(served, "select count(*) from core.customer_records where source = 'directories'") == [(0,)]


def test_rules_are_off_and_changed_by_administrators(served: Served) -> None:
    rules = get(served, "admin", "enrichment/rules")["data"]
    assert len(rules) == 10 and not any(rule["accepts"] for rule in rules)
    body = {"accepts": True, "least_confidence": 0.95}
    assert served.client("rep").put("/api/enrichment/rules/website", json=body).status_code == 403
    changed = served.client("admin").put("/api/enrichment/rules/website", json=body).json()["data"]
    assert {rule["field"]: rule["least_confidence"] for rule in changed if rule["accepts"]} == {"website": 0.95}
    served.client("admin").put("/api/enrichment/rules/website", json={"accepts": False})
    assert served.client("admin").put("/api/enrichment/rules/nothing", json=body).status_code == 400


def test_a_host_that_refused_is_a_task(served: Served) -> None:
    database = open_database(served.settings)
    with database.connect() as con:
        con.execute(
            "insert into enrichment.hosts (host, terms_reviewed_on, terms_note, contact, purpose, legal_basis, stops)"
            " values ('shut.example', current_date, 'no objection', 'a@b.example', 'contact details', 'legitimate interest', 1)"
        )
        con.execute(
            "insert into enrichment.host_tasks (host, url, reason, closed_until)"
            " values ('shut.example', 'https://shut.example/', 'answered 403', now() + interval '1 day')"
        )
    [task] = get(served, "admin", "enrichment/tasks")["data"]
    assert (task["host"], task["reason"]) == ("shut.example", "answered 403")
    get(served, "rep", "enrichment/tasks", 403)
    assert served.client("admin").delete(f"/api/enrichment/tasks/{task['task_id']}").json() == {
        "task_id": task["task_id"]
    }
    assert served.client("admin").delete(f"/api/enrichment/tasks/{task['task_id']}").status_code == 404
    assert get(served, "admin", "enrichment/tasks")["data"] == []


def test_decisions_are_in_the_audit_log_without_values(served: Served) -> None:
    found = sql(served, "select detail::text from audit.events where action = 'enrichment.decided'")
    assert found and all("1904555" not in detail for (detail,) in found)
    assert all(set(json.loads(detail)) == {"decision", "proposals"} for (detail,) in found)
