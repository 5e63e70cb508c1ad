"""Directories: loaded with their terms, matched with customers, proposed, accepted, undone, and gone when their time ends."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from foresell.database import Database
from foresell.enrichment import entries, proposals
from foresell.errors import BadInput, EmptySource, UsageError
from foresell.privacy.contacts import read_contacts
from foresell.privacy.erasure import restore_keys, rotate_keys
from foresell.privacy.vault import vault_of
from foresell.workflows.directories import load_directory
from foresell.workflows.enrich import (
    decide_proposals,
    delete_expired,
    enrich_customers,
    follow_decisions,
    object_for_customer,
)
from foresell.workflows.erase import erase_customer
from foresell.workflows.load import load_file
from foresell.workflows.undo import undo_load
from tests.support.loading import load_texts

TODAY = datetime.now(UTC).date()
CUSTOMERS = """customer_id,name,email,phone,address,city,postcode,country
K1,Alder Bakery Ltd,orders@alder-bakery.example,,,York,YO1 7HH,GB
K2,Birch Garage Ltd,,+44 1904 555123,12 Mill Lane,York,YO10 3DA,GB
K3,Nowhere Trading Ltd,,,,Hull,HU1 1AA,GB
K4,Emma Cooper,,+44 1904 555777,,Leeds,LS1 4AP,GB
"""
ORDERS = """order_id,customer_id,order_date,sku,product_name,quantity,unit_price
O1,K1,2026-01-05,MUG,Blue mug,1,3.50
"""


def feature(key: str, title: str, **tags: str) -> dict[str, Any]:
    return {
        "id": f"node/{key}", "type": "Feature", "properties": {"shop": "bakery", **tags, "name": title},
        "geometry": {"type": "Point", "coordinates": [-1.08, 53.96]},
    }  # fmt: skip


ALDER = feature(
    "1", "Alder Bakery", **{"contact:phone": "01904 555900", "website": "https://www.alder-bakery.example/york",
    "opening_hours": "Mo-Sa 07:00-18:00", "addr:street": "High Petergate", "addr:housenumber": "8", "addr:city": "York",
    "addr:postcode": "YO1 7HH", "addr:country": "GB"},
)  # fmt: skip
BIRCH = feature(
    "2", "Birch Garage", **{"phone": "+44 1904 555123", "addr:street": "Mill Lane", "addr:housenumber": "12", "addr:city": "York",
    "addr:postcode": "YO10 3DA", "opening_hours": "whenever we like"},
)  # fmt: skip
EMMA = feature("3", "Emma Cooper", **{"phone": "+44 1904 555777", "website": "https://emma.example"})


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Database:
    load_texts(database, tmp_path, customers=CUSTOMERS, orders=ORDERS)
    return database


def load(database: Database, *features: dict[str, Any], whole: bool = False) -> Any:
    file = database.settings.home / "york.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return load_directory(database.settings, database, file, "osm", whole=whole)


def enrich(database: Database, **options: Any) -> Any:
    return enrich_customers(database.settings, database, today=TODAY, **options)


def listed(database: Database, **filters: Any) -> list[dict[str, Any]]:
    with database.connect() as con:
        return proposals.list_proposals(con, vault_of(database.settings), **filters)


def by_field(database: Database, **filters: Any) -> dict[str, Any]:
    return {row["field"]: row["value"] for row in listed(database, **filters)}


def of(database: Database, key: str) -> str:
    with database.connect() as con:
        row = con.execute("select customer_id from core.customer_records where source_key = %s", (key,)).fetchone()
    assert row
    return str(row["customer_id"])


def golden(database: Database, key: str) -> dict[str, Any]:
    customer = of(database, key)
    return read_contacts(database, vault_of(database.settings), [customer])[customer]


def test_a_match_proposes_what_is_not_known(shop: Database) -> None:
    load(shop, ALDER, BIRCH, EMMA)
    done = enrich(shop)
    assert (done.customers, done.persons, done.matched) == (3, 1, 2), "people are not looked up"
    assert by_field(shop, customer_id=of(shop, "K1")) == {
        "phone": "+441904555900",
        "website": "https://www.alder-bakery.example/york",
        "opening_hours": "Mo-Sa 07:00-18:00",
        "category": "shop=bakery",
        "coordinates": [53.96, -1.08],
        "address": {"street": "High Petergate 8", "city": "York", "region": None, "postcode": "YO1 7HH"},
    }
    assert set(by_field(shop, customer_id=of(shop, "K2"))) == {"category", "coordinates"}, "phone and address are known"
    assert listed(shop, customer_id=of(shop, "K3")) == [] == listed(shop, customer_id=of(shop, "K4"))


def test_every_proposal_says_where_it_is_from(shop: Database) -> None:
    load(shop, ALDER, BIRCH)
    enrich(shop)
    for row in listed(shop):
        assert (row["source"], row["licence"], row["attribution"]) == (
            "osm",
            "ODbL-1.0",
            "© OpenStreetMap contributors",
        )
        assert row["origin"].startswith("file york.geojson, entry node/") and row["purpose"] and row["legal_basis"]
        assert row["retention_until"] == row["fetched_at"].date() + timedelta(days=365)
        assert row["notice_due"] == TODAY + timedelta(days=30)
        assert 0.98 < row["confidence"] < 1
    with shop.connect() as con:
        assert proposals.find_without_provenance(con) == []


@pytest.mark.parametrize(
    "column", ["origin", "fetched_at", "licence", "attribution", "legal_basis", "purpose", "retention_until", "notice_due",
               "confidence", "transform_version", "source"],
)  # fmt: skip
def test_the_database_refuses_a_value_without_provenance(shop: Database, column: str) -> None:
    load(shop, ALDER)
    enrich(shop)
    with shop.connect() as con, pytest.raises(psycopg.errors.NotNullViolation):
        con.execute(f"update enrichment.proposals set {column} = null".encode())
    if column in ("origin", "licence", "attribution", "purpose", "transform_version"):
        with shop.connect() as con, pytest.raises(psycopg.errors.CheckViolation):
            con.execute(f"update enrichment.proposals set {column} = ''".encode())


def test_the_scan_finds_a_value_without_a_licence(shop: Database) -> None:
    load(shop, ALDER)
    enrich(shop)
    with psycopg.connect(shop.conninfo("owner")) as con:  # control: the constraint is taken away
        con.execute("alter table enrichment.proposals drop constraint proposals_licence_check")
        con.execute("update enrichment.proposals set licence = '' where field = 'phone'")
    with shop.connect() as con:
        assert len(proposals.find_without_provenance(con)) == 1


def test_values_are_sealed(shop: Database) -> None:
    load(shop, ALDER)
    enrich(shop)
    with shop.connect() as con:
        for row in con.execute("select value from enrichment.proposals").fetchall():
            assert b"904555900" not in bytes(row["value"]) and b"Petergate" not in bytes(row["value"])


def test_an_accepted_value_is_shown_until_it_is_undone(shop: Database) -> None:
    load(shop, ALDER)
    enrich(shop)
    ids = [row["proposal_id"] for row in listed(shop) if row["field"] in ("phone", "address")]
    assert decide_proposals(shop.settings, shop, ids, "accepted") == ids
    shown = golden(shop, "K1")
    assert (shown["phone"], shown["address"], shown["email"]) == (
        "+441904555900", "High Petergate 8", "orders@alder-bakery.example",
    )  # fmt: skip
    with shop.connect() as con:
        row = con.execute(
            "select known from identity.golden_records where customer_id = %s", (of(shop, "K1"),)
        ).fetchone()
    assert row and row["known"] == 1 + 2 + 4 + 8 + 16
    assert decide_proposals(shop.settings, shop, ids, "accepted") == [], "accepted already"
    assert decide_proposals(shop.settings, shop, ids[:1], "open") == ids[:1]
    assert decide_proposals(shop.settings, shop, ids[1:], "open") == ids[1:]
    assert (golden(shop, "K1")["phone"], golden(shop, "K1")["address"]) == (None, None)
    with shop.connect() as con:
        assert con.execute("select from core.customer_records where source = 'directories'").fetchall() == []
        assert con.execute("select from enrichment.accepted_records").fetchall() == []


def test_a_customers_own_value_wins(shop: Database, tmp_path: Path) -> None:
    load(shop, ALDER)
    enrich(shop)
    decide_proposals(shop.settings, shop, [row["proposal_id"] for row in listed(shop, field="phone")], "accepted")
    file = tmp_path / "again.csv"
    file.write_text(CUSTOMERS.replace("alder-bakery.example,,", "alder-bakery.example,+44 1904 555901,"))
    load_file(shop.settings, shop, file, source="shop")
    assert golden(shop, "K1")["phone"] == "+44 1904 555901", "though what was accepted is newer than the record"


def test_what_was_refused_is_not_proposed_again(shop: Database) -> None:
    load(shop, ALDER)
    enrich(shop)
    [phone] = listed(shop, field="phone")
    decide_proposals(shop.settings, shop, [phone["proposal_id"]], "refused")
    enrich(shop)
    assert [row["state"] for row in listed(shop, field="phone")] == ["refused"]
    load(shop, feature("1", "Alder Bakery", **{**ALDER["properties"], "contact:phone": "01904 555902"}))
    enrich(shop)
    assert [row["value"] for row in listed(shop, field="phone", state="open")] == ["+441904555902"], "another value"


def test_rules_accept_only_when_turned_on(shop: Database) -> None:
    load(shop, ALDER)
    assert enrich(shop).accepted == 0
    with shop.connect() as con:
        proposals.SQL.run(con, "proposals.change_rule", field="phone", accepts=True, least_confidence=0.9, sources=None)
    assert enrich(shop).accepted == 1
    assert golden(shop, "K1")["phone"] == "+441904555900"
    assert [row["decided_how"] for row in listed(shop, state="accepted")] == ["rule"]


def test_a_dry_run_writes_nothing(shop: Database) -> None:
    load(shop, ALDER)
    assert sum(enrich(shop, dry_run=True).proposed.values()) == 6
    assert listed(shop) == []


def test_expired_values_go(shop: Database) -> None:
    load(shop, ALDER)
    enrich(shop)
    decide_proposals(shop.settings, shop, [row["proposal_id"] for row in listed(shop)], "accepted")
    last = listed(shop)[0]["retention_until"]
    assert delete_expired(shop.settings, shop, last) == 0
    assert golden(shop, "K1")["phone"] == "+441904555900"
    assert delete_expired(shop.settings, shop, last + timedelta(days=1)) == 6
    assert golden(shop, "K1")["phone"] is None
    with shop.connect() as con:
        assert entries.count_entries(con) == 0


def test_only_part_of_what_was_accepted_expires(shop: Database) -> None:
    load(shop, ALDER)
    enrich(shop)
    decide_proposals(shop.settings, shop, [row["proposal_id"] for row in listed(shop)], "accepted")
    with shop.connect() as con:
        con.execute("update enrichment.proposals set retention_until = fetched_at::date + 2 where field = 'phone'")
    assert delete_expired(shop.settings, shop, TODAY + timedelta(days=10)) == 1
    assert (golden(shop, "K1")["phone"], golden(shop, "K1")["address"]) == (None, "High Petergate 8")


@pytest.mark.parametrize("objects", [True, False])
def test_who_objected_is_not_proposed_again(shop: Database, tmp_path: Path, objects: bool) -> None:
    load(shop, ALDER, BIRCH)
    enrich(shop)
    decide_proposals(shop.settings, shop, [row["proposal_id"] for row in listed(shop)], "accepted")
    if objects:  # without: the control
        assert object_for_customer(shop.settings, shop, of(shop, "K1")) == 1, (
            "its name with its postcode; orders@ is no person"
        )
    again = CUSTOMERS.replace("K1,", "N1,").replace("K2,", "N2,")  # the same people under other numbers
    (tmp_path / "again.csv").write_text(again)
    load_file(shop.settings, shop, tmp_path / "again.csv", source="crm")
    done = enrich(shop)
    found = [row for key in ("K1", "N1") for row in listed(shop, customer_id=of(shop, key))]
    assert (done.objected, bool(found)) == (2 if objects else 0, not objects)
    with shop.connect() as con:
        for row in con.execute("select identity_hash from enrichment.objections").fetchall():
            assert b"alder" not in bytes(row["identity_hash"])


def test_an_erasure_takes_proposals_along(shop: Database) -> None:
    load(shop, ALDER)
    enrich(shop)
    decide_proposals(shop.settings, shop, [row["proposal_id"] for row in listed(shop, field="phone")], "accepted")
    customer = of(shop, "K1")
    done = erase_customer(shop.settings, shop, customer)
    assert done.rows.proposals == 6
    assert listed(shop) == []
    assert set(read_contacts(shop, vault_of(shop.settings), [customer])[customer].values()) == {None}
    enrich(shop)
    assert listed(shop) == []


def test_values_open_after_keys_are_rotated_and_restored(shop: Database) -> None:
    load(shop, ALDER)
    enrich(shop)
    rotate_keys(shop, vault_of(shop.settings))
    restore_keys(shop, vault_of(shop.settings))
    assert by_field(shop, field="phone") == {"phone": "+441904555900"}


def test_undoing_the_customers_takes_what_was_accepted_along(shop: Database) -> None:
    load(shop, ALDER)
    enrich(shop)
    decide_proposals(shop.settings, shop, [row["proposal_id"] for row in listed(shop)], "accepted")
    undo_load(shop.settings, shop, 1, with_later=True)
    with shop.connect() as con:
        assert con.execute("select from core.customer_records").fetchall() == []
        assert con.execute("select from enrichment.proposals").fetchall() == []
        assert con.execute("select from privacy.data_keys").fetchall() == []


def test_undoing_the_batch_of_accepted_values_opens_their_proposals(shop: Database) -> None:
    load(shop, ALDER)
    enrich(shop)
    decide_proposals(shop.settings, shop, [row["proposal_id"] for row in listed(shop, field="phone")], "accepted")
    with shop.connect() as con:
        batch = con.execute("select max(batch_id) as id from core.load_batches where source = 'directories'").fetchone()
    assert batch
    undo_load(shop.settings, shop, batch["id"])
    assert golden(shop, "K1")["phone"] is None
    assert [row["state"] for row in listed(shop, field="phone")] == ["open"]


def test_what_was_accepted_follows_a_merge_and_its_undo(shop: Database) -> None:
    load(shop, ALDER)
    enrich(shop)
    one, other = of(shop, "K1"), of(shop, "K3")
    with shop.connect() as con:
        con.execute(
            "select identity.add_merges(array[%s], %s::jsonb, 'user', null, null, 'test')", (other, json.dumps([[one]]))
        )
    decide_proposals(shop.settings, shop, [row["proposal_id"] for row in listed(shop, field="phone")], "accepted")
    assert golden(shop, "K3")["phone"] == "+441904555900" and of(shop, "K1") == other
    with shop.connect() as con:
        con.execute("select identity.undo_move(max(move_id), null) from identity.moves")
    follow_decisions(shop.settings, shop)
    assert (of(shop, "K1"), golden(shop, "K1")["phone"], golden(shop, "K3")["phone"]) == (one, "+441904555900", None)


def test_a_registry_without_addresses_is_matched_by_the_whole_name(shop: Database, tmp_path: Path) -> None:
    file = tmp_path / "lei.csv"
    file.write_text(
        "lei,legal_name,country\n213800D1EI4B9WTWWD28,ALDER BAKERY LIMITED,GB\n5493001KJTIIGC8Y1R12,ALDER BAKERY GMBH,DE\n"
        "213800D1EI4B9WTWWD28x,BIRCH GARAGE LIMITED,GB\n"
    )
    load_directory(shop.settings, shop, file, "gleif")
    enrich(shop)
    found = {(row["customer_id"], row["field"]): row["value"] for row in listed(shop)}
    assert found == {(of(shop, "K1"), "lei"): "213800D1EI4B9WTWWD28"}, "Birch has a wrong LEI, which is no value"
    assert {row["licence"] for row in listed(shop)} == {"CC0-1.0"}


def test_companies_house_has_headers_with_spaces(shop: Database, tmp_path: Path) -> None:
    file = tmp_path / "BasicCompanyData.csv"
    file.write_text(
        "CompanyName, CompanyNumber,RegAddress.AddressLine1, RegAddress.AddressLine2,RegAddress.PostTown,RegAddress.PostCode,CompanyStatus\n"
        '"ALDER BAKERY LIMITED","01234567","8 HIGH PETERGATE","","YORK","YO1 7HH","Active"\n'
        '"BIRCH GARAGE LIMITED","07654321","12 MILL LANE","","YORK","YO10 3DA","Liquidation"\n'
    )
    done = load_directory(shop.settings, shop, file, "companies-house")
    assert (done.entries, done.rejected) == (1, {"closed": 1})
    enrich(shop)
    found = by_field(shop, customer_id=of(shop, "K1"))
    assert found["company_number"] == "01234567" and found["address"]["street"] == "8 HIGH PETERGATE"


def test_the_first_source_that_knows_a_field_is_taken(shop: Database, tmp_path: Path) -> None:
    test_companies_house_has_headers_with_spaces(shop, tmp_path)
    load(shop, ALDER)
    enrich(shop)
    sources = {row["field"]: row["source"] for row in listed(shop, customer_id=of(shop, "K1"))}
    assert sources["company_number"] == "companies-house" and sources["phone"] == "osm"
    assert [row["source"] for row in listed(shop, field="address")] == ["companies-house"]


def test_a_wrong_address_is_not_plausible(shop: Database) -> None:
    moved = feature("1", "Alder Bakery", **{**ALDER["properties"], "addr:postcode": "YO31 0XX"})
    load(shop, moved)
    enrich(shop)
    assert "address" not in by_field(shop), "its postcode is not the one we know"
    assert "phone" in by_field(shop)


def test_a_number_of_another_country_is_not_proposed(shop: Database) -> None:
    load(shop, feature("1", "Alder Bakery", **{**ALDER["properties"], "contact:phone": "+49 30 1234567"}))
    enrich(shop)
    assert "phone" not in by_field(shop)


def test_entries_that_a_whole_file_lacks_are_removed(shop: Database) -> None:
    load(shop, ALDER, BIRCH, EMMA)
    assert load(shop, ALDER, BIRCH, whole=True).removed == 1
    with pytest.raises(UsageError, match="lacks"):
        load(shop, feature("9", "Another"), whole=True)
    with shop.connect() as con:
        assert entries.count_entries(con) == 2


@pytest.mark.parametrize(
    ("name", "content", "kind", "error"),
    [
        ("x.geojson", b"{", "osm", BadInput),
        ("x.geojson", b'{"features": []}', "osm", EmptySource),
        ("x.pbf", b"\0\0\0\x0dOSMHeader", "osm", BadInput),
        ("x.parquet", b"PAR1", "overture", BadInput),
        ("x.csv", b"a,b\n1,2\n", "gleif", BadInput),
        ("x.csv", b"lei,legal_name\n,\n", "gleif", EmptySource),
    ],
)
def test_a_broken_file_changes_nothing(
    shop: Database, tmp_path: Path, name: str, content: bytes, kind: Any, error: type[Exception]
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error):
        load_directory(shop.settings, shop, tmp_path / name, kind)
    with shop.connect() as con:
        assert entries.list_loads(con) == []


def test_expiry_is_at_most_a_day_late() -> None:
    from foresell.worker.run import DELETE_SECONDS

    assert DELETE_SECONDS <= 86_400 / 24
