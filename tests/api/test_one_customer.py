"""The golden record, completeness, relations and timeline of a customer over HTTP, for every role."""

from __future__ import annotations

import csv
import io
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foresell.demo import Shop, write_shop
from foresell.privacy.contacts import read_contacts
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.snapshot.open import open_snapshot
from foresell.store import embedded, runs
from foresell.store.database import open_database
from foresell.workflows.golden import choose_golden_records
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh
from tests.api.people import sql
from tests.support.served import STAFF, Served, acting_for, running, staff_and_customers
from tests.support.two_sources import customer_of, load_contacts, merge_records

STREET = "17 Zebra Crossing Lane"


@pytest.fixture(scope="module")
def pair(prepared_home: Path) -> Iterator[Served]:
    """A shop of 40 customers, and a CRM that knows the first customer of the rep under another name and place."""
    with tempfile.TemporaryDirectory(prefix="foresell-api-") as folder:
        settings = Settings(home=Path(folder) / "home", memory_gib=1.0, threads=2, user_rate=9000, address_rate=9000)
        subprocess.run(["/bin/cp", "-a", str(prepared_home), str(settings.home)], check=True)
        database = open_database(settings)
        try:
            shop = write_shop(Shop(customers=40, seed=3), Path(folder) / "shop")
            for file in (shop.customers, shop.products, shop.orders):
                load_file(settings, database, file, source="shop")
            users, customers = staff_and_customers(database)
            with database.connect() as con:
                row = con.execute(
                    "select customer_id, source_key from customer_records join orders using (record_id)"
                    " where customer_id = any(%s) and status = 'completed' group by 1, 2 order by count(*) desc, 1",
                    [customers["rep"]],
                ).fetchone()
            assert row
            customers["rep"].remove(row["customer_id"])
            customers["rep"].insert(0, row["customer_id"])
            load_contacts(
                database,
                "crm",
                [
                    {"customer_key": "c1", "name": "Zebedee Quagga", "email": "zebedee@quagga.example.com",
                     "phone": "+44 20 7946 0018", "address": STREET, "city": "Zebrahead", "postcode": "ZE1 1AA",
                     "country": "Ireland", "signup_date": "2001-02-03"},
                    {"customer_key": "c2", "name": "Zebedee Quagga", "country": "Ireland"},
                ],
            )  # fmt: skip
            merge_records(database, ("shop", row["source_key"]), ("crm", "c1"), ("crm", "c2"))
            choose_golden_records(settings, database)
            run_refresh(settings, database, predict=False)
            with running(settings) as url:
                yield Served(settings, database, url, users, customers)
        finally:
            embedded.stop(settings.home)


@pytest.fixture
def customer(pair: Served) -> str:
    return pair.customers["rep"][0]


def groups(pair: Served, who: str, customer: str) -> dict[str, dict[str, Any]]:
    answer = pair.client(who).get(f"/api/customers/{customer}/golden-record")
    assert answer.status_code == 200, answer.text
    return {each["field_group"]: each for each in answer.json()["groups"]}


def test_the_same_values_everywhere(pair: Served, customer: str) -> None:
    """List, page, golden record, export, snapshot, revealed contact, command line."""
    steward = pair.client("steward")
    page = steward.get(f"/api/customers/{customer}").json()
    listed = {row["customer_id"]: row for row in steward.get("/api/customers?limit=1000").json()["data"]}[customer]
    exported = pair.client("rep").post(
        "/api/export/customers",
        json={"format": "csv", "columns": ["customer_id", "name", "city", "country"], "customer_ids": [customer]},
    )
    assert exported.status_code == 200, exported.text
    [row] = csv.DictReader(io.StringIO(exported.content.decode("utf-8-sig")))
    run = runs.get_published_run(pair.database)
    with open_snapshot(pair.settings.snapshots / run["snapshot_file"]) as con:
        kept = con.execute("select country, signup_date, completeness from customers where customer_id = ?", [customer])
        [(country, signup, completeness)] = kept.fetchall()
    revealed = steward.post(f"/api/customers/{customer}/contact/reveal").json()
    printed = read_contacts(pair.database, vault_of(pair.settings), [customer])[customer]
    shown = groups(pair, "steward", customer)
    names = {
        page["name"],
        listed["name"],
        row["name"],
        revealed["contact"]["name"],
        printed["name"],
        shown["name"]["values"]["name"],
    }
    assert names == {"Zebedee Quagga"}
    assert {page["country"], listed["country"], row["country"], country, shown["country"]["values"]["country"]} == {
        "Ireland"
    }
    assert {page["contact"]["city"], row["city"], revealed["contact"]["city"], printed["city"]} == {"Zebrahead"}
    assert {page["signup_date"], str(signup), shown["signup_date"]["values"]["signup_date"]} == {"2001-02-03"}
    assert page["completeness"] == listed["completeness"] == completeness == 1.0
    assert revealed["contact"]["address"] == printed["address"] == STREET
    assert revealed["contact"]["email"] == printed["email"] == "zebedee@quagga.example.com"
    assert [other["source"] for other in revealed["others"]] == ["shop"]


def test_each_value_says_where_it_is_from(pair: Served, customer: str) -> None:
    name = groups(pair, "rep", customer)["name"]
    assert (name["source"], name["source_key"], name["agree"], name["differ"]) == ("crm", "c1", 2, 1)
    assert name["rule"] == "2 of 3 records agree on it." and name["differing_sources"] == ["shop"]
    assert [each["relation"] for each in name["sources"]] == ["chosen", "differs", "agrees"]


@pytest.mark.parametrize("who", STAFF)
def test_what_each_role_sees(pair: Served, customer: str, who: str) -> None:
    """Names only with customers.names; contact details never without revealing them; customers of others not at all."""
    answer = pair.client(who).get(f"/api/customers/{customer}/golden-record")
    sees = who != "other_rep"
    assert answer.status_code == (200 if sees else 404)
    named = who in ("rep", "manager", "steward", "admin")
    assert ("Quagga" in answer.text) == (sees and named)
    for secret in (STREET, "quagga.example", "7946"):
        assert secret not in answer.text
    for path in ("relations", "timeline", "completeness"):
        other = pair.client(who).get(f"/api/customers/{customer}/{path}")
        assert other.status_code == (200 if sees else 404), (path, other.text)
        assert "Quagga" not in other.text or named


@pytest.mark.parametrize("who", STAFF)
def test_who_may_pin_and_relate_and_change_rules(pair: Served, customer: str, who: str) -> None:
    client = pair.client(who)
    may_review, may_manage = who in ("steward", "admin"), who == "admin"
    pin = f"/api/customers/{customer}/golden-record/email/pin"
    record = groups(pair, "steward", customer)["email"]["record_id"]
    put = client.put(pin, json={"record_id": record})
    assert put.status_code == (200 if may_review else 403), put.text
    assert client.delete(pin).status_code == (200 if may_review else 403)
    related = client.post(
        f"/api/customers/{customer}/relations",
        json={"customer_id": pair.customers["rep"][1], "kind": "works for", "evidence": "Told us."},
    )
    assert related.status_code == (201 if may_review else 403), related.text
    if may_review:
        assert client.delete(f"/api/relations/{related.json()['relation_id']}").status_code == 200
    rules = {"rules": [{"field_group": "name", "methods": ["source"], "sources": ["shop"]}]}
    tried = client.put("/api/identity/survivorship-rules?dry_run=true", json=rules)
    assert tried.status_code == (200 if may_manage else 403), tried.text
    assert client.get("/api/identity/survivorship-rules").status_code == 200


def test_a_pin_wins_is_recorded_and_is_removed(pair: Served, customer: str) -> None:
    steward = pair.client("steward")
    before = groups(pair, "steward", customer)["name"]
    other = next(each for each in before["sources"] if each["relation"] == "differs")
    pin = f"/api/customers/{customer}/golden-record/name/pin"
    assert steward.put(pin, json={"record_id": other["record_id"], "reason": "On the invoice"}).status_code == 200
    pinned = groups(pair, "steward", customer)["name"]
    assert (
        pinned["values"]["name"] == other["values"]["name"] == steward.get(f"/api/customers/{customer}").json()["name"]
    )
    assert pinned["rule"] == "Fixed to this record by hand: On the invoice."
    assert pinned["pin"]["pinned_by"]["name"] == "Steward" and pinned["pin"]["expired"] is False
    assert steward.delete(pin).status_code == 200
    assert steward.delete(pin).json()["code"] == "pin_not_found"
    assert groups(pair, "steward", customer)["name"] == before
    events = pair.client("admin").get(f"/api/audit?customer={customer}").json()["data"]
    assert [each["action"] for each in events][:2] == ["golden.unpinned", "golden.pinned"]
    assert "invoice" not in str(events)


def test_only_a_record_of_the_customer_with_a_value_is_pinned(pair: Served, customer: str) -> None:
    sources = {each["source_key"]: each["record_id"] for each in groups(pair, "steward", customer)["email"]["sources"]}
    for record in (sources["c2"], 999_999):
        answer = pair.client("steward").put(
            f"/api/customers/{customer}/golden-record/email/pin", json={"record_id": record}
        )
        assert answer.status_code == 400 and answer.json()["parameter"] == "record_id", answer.text


def test_rules_are_tried_and_then_changed(pair: Served, customer: str) -> None:
    admin = pair.client("admin")
    rules = {"rules": [{"field_group": "name", "methods": ["source"], "sources": ["shop"]}]}
    tried = admin.put("/api/identity/survivorship-rules?dry_run=true", json=rules).json()
    assert (tried["dry_run"], tried["customers"], tried["by_group"], tried["compared"]) == (True, 1, {"name": 1}, 1)
    [example] = tried["examples"]
    assert (example["customer_id"], example["field_group"]) == (customer, "name")
    assert (example["source_before"], example["source_after"]) == ("crm", "shop")
    assert example["value_before"] != example["value_after"] and example["value_before"] and example["value_after"]
    assert groups(pair, "steward", customer)["name"]["source"] == "crm"
    done = admin.put("/api/identity/survivorship-rules", json=rules).json()
    assert (
        done["customers"] == 1
        and done["examples"] == []
        and groups(pair, "steward", customer)["name"]["source"] == "shop"
    )
    back = {"rules": [{"field_group": "name", "methods": ["agreement", "source"]}]}
    assert admin.put("/api/identity/survivorship-rules", json=back).json()["customers"] == 1
    listed = admin.get("/api/identity/survivorship-rules").json()
    assert listed["known_sources"] == ["crm", "shop"] and listed["data"][0]["changed_by"]["name"] == "Admin"
    twice = {"rules": back["rules"] * 2}
    assert admin.put("/api/identity/survivorship-rules", json=twice).status_code == 400


def test_completeness_adds_up(pair: Served, customer: str) -> None:
    rep, everyone = (pair.client(who).get("/api/completeness").json() for who in ("rep", "analyst"))
    assert 0 < rep["active"] < everyone["active"] <= everyone["all_customers"]
    weights = {each["field_group"]: each["weight"] for each in everyone["fields"]}
    by_field = sum(each["weight"] * each["share"] for each in everyone["fields"]) / sum(weights.values())
    assert everyone["completeness"] == pytest.approx(by_field)
    missing = [each["missing"] for each in everyone["fields"]]
    assert missing == sorted(missing, reverse=True)
    assert all(each["filled"] + each["missing"] == everyone["active"] for each in everyone["fields"])
    assert next(each["sources"] for each in everyone["fields"] if each["field_group"] == "name") == ["crm", "shop"]
    crm = next(each for each in everyone["sources"] if each["source"] == "crm")
    assert crm["records"] == 2 and crm["fields"]["email"] == 0.5 and crm["fields"]["name"] == 1.0
    one = pair.client("rep").get(f"/api/customers/{pair.customers['rep'][2]}/completeness").json()
    missing = sum(each["weight"] for each in one["missing"])
    assert one["completeness"] == pytest.approx(1 - missing / sum(weights.values()))


def test_relations_as_a_list_and_a_graph(pair: Served, customer: str) -> None:
    sql(pair, "update identity.relations set removed_at = now() where made_by in ('run', 'arrival')")
    admin = pair.client("admin")
    second, third, foreign = pair.customers["rep"][1], pair.customers["rep"][3], pair.customers["other_rep"][1]
    for a, b, kind in (
        (customer, second, "works for"),
        (third, second, "referred by"),
        (customer, foreign, "referred by"),
    ):
        added = admin.post(
            f"/api/customers/{a}/relations", json={"customer_id": b, "kind": kind, "evidence": "Told us."}
        )
        assert added.status_code == 201, added.text
    again = admin.post(
        f"/api/customers/{customer}/relations", json={"customer_id": second, "kind": "works for", "evidence": "Twice."}
    )
    assert again.status_code == 400
    seen = admin.get(f"/api/customers/{customer}/relations").json()
    assert [each["sentence"] for each in seen["data"]] == [f"Works for {second}.", f"Was referred by {foreign}."]
    assert {each["customer_id"]: each["depth"] for each in seen["graph"]["nodes"]} == {
        customer: 0,
        second: 1,
        foreign: 1,
        third: 2,
    }
    assert len(seen["graph"]["edges"]) == 3 and all(edge["directed"] for edge in seen["graph"]["edges"])
    by_rep = pair.client("rep").get(f"/api/customers/{customer}/relations")
    assert foreign not in by_rep.text, "a customer of another rep"
    assert {each["customer_id"] for each in by_rep.json()["graph"]["nodes"]} == {customer, second, third}
    backwards = pair.client("rep").get(f"/api/customers/{second}/relations").json()["data"]
    assert [each["direction"] for each in backwards] == ["from", "from"]
    relation = seen["data"][0]["relation_id"]
    assert admin.delete(f"/api/relations/{relation}").json() == {
        "relation_id": relation,
        "kind": "works for",
        "removed": True,
    }
    assert len(admin.get(f"/api/customers/{customer}/relations").json()["data"]) == 1
    assert admin.delete(f"/api/relations/{relation}").status_code == 404
    assert admin.post(f"/api/relations/{relation}/restore").json()["removed"] is False
    assert len(admin.get(f"/api/customers/{customer}/relations").json()["data"]) == 2


def test_the_timeline_is_newest_first_and_paged(pair: Served, customer: str) -> None:
    logged = pair.client("rep").post(
        "/api/calls", json={"customer_id": customer, "outcome": "reached", "note": "Likes tea"}
    )
    assert logged.status_code == 201, logged.text
    rep = pair.client("rep")
    whole = rep.get(f"/api/customers/{customer}/timeline?limit=200").json()
    assert whole["next_before"] is None
    found = whole["data"]
    assert [each["at"] for each in found] == sorted((each["at"] for each in found), reverse=True)
    assert {"order", "call", "merge", "record"} <= {each["kind"] for each in found}
    call = next(each for each in found if each["kind"] == "call")
    assert (call["sentence"], call["note"], call["user"]["name"]) == ("Call: reached.", "Likes tea", "Rep")
    paged: list[Any] = []
    before = ""
    while True:
        part = rep.get(f"/api/customers/{customer}/timeline?limit=2{before}").json()
        paged += part["data"]
        if part["next_before"] is None:
            break
        before = f"&before={part['next_before']}"
    assert paged == found
    orders = rep.get(f"/api/customers/{customer}/timeline?kinds=order&limit=200").json()["data"]
    assert [each for each in found if each["kind"] == "order"] == orders
    counted = rep.get(f"/api/customers/{customer}/orders?limit=1000").json()["data"]
    assert {each["detail"]["order_key"]: each["amount"] for each in orders} == {
        each["order_key"]: pytest.approx(each["net_amount"]) for each in counted if each["net_amount"] >= 0
    }


def test_the_timeline_leaves_calls_to_those_who_may_read_them(pair: Served, customer: str) -> None:
    pair.client("rep").post("/api/calls", json={"customer_id": customer, "outcome": "reached", "note": "Likes tea"})
    for who, sees in (("rep", True), ("manager", True), ("analyst", False), ("steward", False)):
        answer = pair.client(who).get(f"/api/customers/{customer}/timeline?limit=200")
        assert ("call" in {each["kind"] for each in answer.json()["data"]}) == sees, who
        assert ("Likes tea" in answer.text) == sees, who
        assert ("call" in answer.json()["kinds"]) == sees


@pytest.mark.parametrize("query", ["kinds=orders", "before=x", "before=WzEsMiwzXQ", "limit=0", "limit=201", "more=1"])
def test_a_wrong_question_about_the_timeline_is_refused(pair: Served, customer: str, query: str) -> None:
    assert pair.client("rep").get(f"/api/customers/{customer}/timeline?{query}").status_code == 400


def test_the_database_alone_keeps_other_customers_from_a_rep(pair: Served, customer: str) -> None:
    """The second wall, with every check of the application left out."""
    kinds = ["order", "merge", "record", "call", "relation"]
    questions = {
        "select * from web.people_of(array[%(customer)s])",
        "select * from web.golden_sources(%(customer)s)",
        "select * from web.relations_around(%(customer)s)",
        "select * from identity.golden_choices where customer_id = %(customer)s",
        "select * from web.timeline_of(%(customer)s, %(kinds)s, 'infinity', 'z', 1, 10)",
    }
    for question in questions:
        for who, sees in (("rep", True), ("other_rep", False)):
            with acting_for(pair, pair.users[who]) as con:
                rows = con.execute(question, {"customer": customer, "kinds": kinds}).fetchall()
            assert bool(rows) == sees, (question, who)
    with acting_for(pair, pair.users["analyst"]) as con:
        [row] = con.execute("select name from web.people_of(array[%s])", [customer]).fetchall()
        assert row["name"] is None
        assert {each["name"] for each in con.execute("select name from web.golden_sources(%s)", [customer])} == {None}


def test_a_referral_is_offered_with_its_path(pair: Served) -> None:
    """From a prospect without orders to a good customer, over one or two relations, never over someone who objects."""
    admin = pair.client("admin")
    load_contacts(pair.database, "leads", [{"customer_key": "l1", "name": "Prospect One"}])
    prospect = customer_of(pair.database, "leads", "l1")
    listed = admin.get("/api/customers?limit=1000").json()["data"]
    good = next(
        row["customer_id"] for row in listed if row["rfm_score"] >= 444 and min(row["r"], row["f"], row["m"]) >= 4
    )
    middle = next(row["customer_id"] for row in listed if row["r"] < 4 and row["recency_days"] < 365)
    for a, b, kind in ((prospect, middle, "works for"), (middle, good, "referred by")):
        added = admin.post(
            f"/api/customers/{a}/relations", json={"customer_id": b, "kind": kind, "evidence": "Told us."}
        )
        assert added.status_code == 201, added.text
    answer = admin.get("/api/referral-opportunities").json()
    found = {each["customer_id"]: each for each in answer["data"]}[prospect]
    assert (found["why"], found["good_customer_id"], found["strength"]) == ("prospect", good, pytest.approx(0.72))
    assert [step["sentence"] for step in found["path"]] == [
        f"{prospect} works for {middle}.",
        f"{middle} was referred by {good}.",
    ]
    assert found["reason"].startswith(
        f"{prospect} has no counted order, and works for {middle}, who was referred by {good} ("
    )
    query = "select customer_id from identity.referral_opportunities(true, '{works for,referred by}', '{0.8,0.9}', 365, %s, 100)"
    with pair.database.connect() as con:
        for excluded, offered in (([], True), ([middle], False), ([good], False), ([prospect], False)):
            rows = con.execute(query, [excluded]).fetchall()
            assert (prospect in {row["customer_id"] for row in rows}) == offered, excluded
    assert prospect not in pair.client("other_rep").get("/api/referral-opportunities").text
