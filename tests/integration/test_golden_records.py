"""Golden records in a real database: chosen, saved, kept up with moves and loads, the same value wherever it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from foresell.database import Database
from foresell.db import Statements
from foresell.identity import moves
from foresell.identity.golden import SurvivorshipRule
from foresell.privacy.contacts import read_contacts
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.workflows.golden import choose_golden_records, read_rules
from foresell.workflows.undo import undo_load
from tests.support.survivorship import DEFAULTS
from tests.support.two_sources import customer_of, load_contacts, merge_records

SQL = Statements("foresell.identity")
SHOP = [
    {"customer_key": "s1", "name": "A Smith", "email": "old@post.example.com", "city": "Leeds", "postcode": "LS1 4AP", "country": "United Kingdom", "signup_date": "2024-05-01"},
    {"customer_key": "s2", "name": "Ben Only", "email": "ben@post.example.com", "country": "United Kingdom"},
]  # fmt: skip
CRM = [
    {"customer_key": "c1", "name": "Annabel Smith", "email": "new@post.example.com", "phone": "+44 20 7946 0018", "address": "5 High Street", "city": "York", "postcode": "YO1 7HH", "country": "GB", "signup_date": "2023-01-31"},
    {"customer_key": "c2", "name": "Annabel Smith", "phone": "020 7946 0018", "country": "GB"},
]  # fmt: skip


@pytest.fixture
def merged(settings: Settings, database: Database) -> str:
    load_contacts(database, "shop", SHOP)
    load_contacts(database, "crm", CRM)
    customer = merge_records(database, ("shop", "s1"), ("crm", "c1"), ("crm", "c2"))
    choose_golden_records(settings, database)
    return customer


def shown(database: Database, customer: str) -> dict[str, Any]:
    with database.connect() as con:
        row = con.execute("select * from identity.golden_records where customer_id = %s", [customer]).fetchone()
    assert row is not None
    return row


def choices(database: Database) -> dict[tuple[str, str], tuple[str, int, int]]:
    with database.connect() as con:
        rows = con.execute("select * from identity.golden_choices").fetchall()
    return {(r["customer_id"], r["field_group"]): (r["rule"], len(r["agreeing"]), len(r["differing"])) for r in rows}


def test_each_group_is_of_one_record_and_says_why(database: Database, merged: str) -> None:
    assert choices(database) == {
        (merged, "name"): ("agreement", 2, 1),
        (merged, "email"): ("most recent", 1, 1),
        (merged, "phone"): ("all agree", 2, 0),
        (merged, "address"): ("usable", 1, 1),
        (merged, "country"): ("all agree", 3, 0),
        (merged, "signup_date"): ("earliest", 1, 1),
    }
    row = shown(database, merged)
    assert (row["name"], row["city"], row["postcode"]) == ("Annabel Smith", "York", "YO1 7HH")
    assert str(row["signup_date"]) == "2023-01-31" and row["known"] == 63
    contact = read_contacts(database, vault_of(database.settings), [merged])[merged]
    assert (contact["email"], contact["address"], contact["city"]) == ("new@post.example.com", "5 High Street", "York")


def test_the_rules_of_a_new_database_are_those_of_the_spec(database: Database) -> None:
    with database.connect() as con:
        rules = read_rules(con)
    assert {each.field_group: tuple(each.methods) for each in rules} == DEFAULTS
    assert all(not each.sources for each in rules)


def test_a_customer_with_one_record_needs_no_choice(database: Database, merged: str) -> None:
    only = customer_of(database, "shop", "s2")
    assert all(customer == merged for customer, _ in choices(database))
    assert shown(database, only)["name"] == "Ben Only" and shown(database, only)["known"] == 1 + 2 + 16


def test_an_address_never_mixes_two_sources(database: Database, merged: str) -> None:
    """Also not in the moment between a merge and the choice after it."""
    with database.connect() as con:
        con.execute("delete from identity.golden_choices")
    row = shown(database, merged)
    assert (row["city"], row["postcode"]) == ("Leeds", "LS1 4AP")
    contact = read_contacts(database, vault_of(database.settings), [merged])[merged]
    assert (contact["city"], contact["address"]) == ("Leeds", None)


def test_moves_take_the_choices_back_and_forth(settings: Settings, database: Database, merged: str) -> None:
    before = choices(database)
    with database.connect() as con:
        [move] = [row["move_id"] for row in moves.list_moves(con, merged)]
        moves.undo(con, move)
    assert choices(database) == {}
    assert shown(database, merged)["name"] == "A Smith"
    choose_golden_records(settings, database)
    assert choices(database) == {}
    with database.connect() as con:
        moves.merge(con, {merged: [customer_of(database, "crm", "c1"), customer_of(database, "crm", "c2")]})
    choose_golden_records(settings, database, [merged])
    assert choices(database) == before


def test_a_load_that_changes_a_record_and_its_undo(settings: Settings, database: Database, merged: str) -> None:
    newer = [{**SHOP[0], "email": "newest@post.example.com"}]
    batch = load_contacts(database, "shop", newer, "again.csv")
    choose_golden_records(settings, database, [merged])
    contact = read_contacts(database, vault_of(settings), [merged])[merged]
    assert contact["email"] == "newest@post.example.com"
    assert batch.batch_id is not None
    undo_load(settings, database, batch.batch_id)
    assert read_contacts(database, vault_of(settings), [merged])[merged]["email"] == "new@post.example.com"


def test_other_rules_are_tried_without_saving(settings: Settings, database: Database, merged: str) -> None:
    before = choices(database)
    rules = [SurvivorshipRule("name", ["source"], ["shop"]), SurvivorshipRule("email", ["most recent"])]
    tried = choose_golden_records(settings, database, rules=rules)
    assert (tried.compared, tried.changed, tried.by_group) == (1, 1, {"name": 1})
    assert choices(database) == before


def test_choosing_again_changes_nothing(settings: Settings, database: Database, merged: str) -> None:
    with database.connect() as con:
        before = con.execute("select xmin::text, ctid::text from identity.golden_choices order by 2").fetchall()
    assert choose_golden_records(settings, database).changed == 0
    with database.connect() as con:
        assert con.execute("select xmin::text, ctid::text from identity.golden_choices order by 2").fetchall() == before


def test_no_choice_holds_a_value(database: Database, merged: str) -> None:
    with database.connect() as con:
        text = str(con.execute("select * from identity.golden_choices").fetchall())
    for contact in (*SHOP, *CRM):
        for field in ("name", "email", "phone", "address", "city"):
            assert not contact.get(field) or contact[field] not in text
