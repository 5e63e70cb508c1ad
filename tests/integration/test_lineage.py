"""Lineage proved by perturbation: change one value at the place that it names, and that value changes, no other does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foresell.database import Database
from foresell.db import Statements
from foresell.identity.golden_report import describe_golden_record
from foresell.identity.lineage import FIELDS, GROUP_OF, LineageField, trace_value, write_sentence
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.sources.files.mapping import parse_mapping
from foresell.workflows.golden import choose_golden_records
from foresell.workflows.load import load_file
from foresell.workflows.opened_records import open_rows
from foresell.workflows.undo import undo_load
from tests.support.two_sources import customer_of, merge_records

SQL = Statements("foresell.identity")
HEAD = ["ID", "Name", "Email", "Phone", "Street", "City", "Region", "Zip", "Country", "Since"]
FIELD_OF: dict[LineageField, str] = dict(zip(FIELDS, HEAD[1:], strict=True))
SHOP = [
    ["s1", "Ann Smith", "ann@post.example.com", "020 7946 0018", "5 High Street", "Leeds", "West Yorkshire", "LS1 4AP", "GB", "2024-05-01"],
    ["s2", "Ben Only", "ben@post.example.com", "020 7946 0019", "7 Low Street", "York", "", "YO1 7HH", "GB", "2024-06-01"],
]  # fmt: skip
CRM = [
    ["c9", "Cleo Far", "cleo@post.example.com", "", "", "", "", "", "GB", "2023-02-01"],
    ["c1", "Ann Smith", "", "", "", "", "", "", "", "2023-01-31"],
]  # fmt: skip
CHANGED: dict[LineageField, str] = {
    "name": "Zoe Changed", "email": "zoe@post.example.com", "phone": "020 7946 0099", "address": "99 New Road", "city": "Hull",
    "region": "Kent", "postcode": "HU1 1AA", "country": "IE", "signup_date": "2022-02-02",
}  # fmt: skip


def write(folder: Path, name: str, rows: list[list[str]]) -> Path:
    file = folder / name
    file.write_text("\n".join(",".join(row) for row in [HEAD, *rows]), encoding="utf-8")
    return file


def load(settings: Settings, database: Database, file: Path, source: str) -> int:
    columns = "\n".join(
        f'{field} = "{header}"'
        for field, header in {"customer_key": "ID", **{each: FIELD_OF[each] for each in FIELDS}}.items()
    )
    mapping = parse_mapping(f'source = "{source}"\nrows = "customers"\n[columns]\n{columns}\n', "map.toml")
    batch = load_file(settings, database, file, mapping=mapping, source=source, accept_guesses=True)
    assert batch.batch_id is not None
    return batch.batch_id


@pytest.fixture
def customer(settings: Settings, database: Database, tmp_path: Path) -> str:
    """Ann, of two sources."""
    load(settings, database, write(tmp_path, "shop.csv", SHOP), "shop")
    load(settings, database, write(tmp_path, "crm.csv", CRM), "crm")
    merge_records(database, ("shop", "s1"), ("crm", "c1"))
    choose_golden_records(settings, database)
    return customer_of(database, "shop", "s1")


def trace(database: Database, customer: str) -> dict[LineageField, dict[str, Any]]:
    with database.connect() as con:
        sources = SQL.rows(con, "lineage.sources", customer_id=customer)
        choices = SQL.rows(con, "golden.choices", customer_id=customer)
        origins = SQL.rows(con, "lineage.origins", customer_id=customer)
    groups = {each["field_group"]: each for each in describe_golden_record(sources, choices, [], names=True)}
    return {each: trace_value(each, groups[GROUP_OF[each]], origins) for each in FIELDS}


def shown(settings: Settings, database: Database, customer: str) -> dict[str, Any]:
    """Every value of the golden record, opened."""
    with database.connect() as con:
        rows = SQL.rows(con, "golden.records", ids=[customer])
    opened = {row["record_id"]: row for row in open_rows(rows, vault_of(settings))}
    return {
        field: opened[found["record"]["record_id"]][field] if found["record"] else None
        for field, found in trace(database, customer).items()
    }


@pytest.mark.parametrize("field", FIELDS)
def test_a_change_at_the_place_that_lineage_names_changes_that_value_and_no_other(
    settings: Settings, database: Database, customer: str, tmp_path: Path, field: LineageField
) -> None:
    found, before = trace(database, customer)[field], shown(settings, database, customer)
    assert found["state"] != "missing"
    origin, source = found["origin"], found["record"]["source"]
    rows = [list(row) for row in {"shop": SHOP, "crm": CRM}[source]]
    assert origin["file"] == f"{source}.csv"
    rows[origin["line"] - 2][HEAD.index(FIELD_OF[field])] = CHANGED[field]
    batch = load(settings, database, write(tmp_path, f"{source}-2.csv", rows), source)
    choose_golden_records(settings, database)

    after = shown(settings, database, customer)
    assert {name for name in FIELDS if str(after[name]) != str(before[name])} == {field}
    assert str(after[field]) == CHANGED[field]
    now = trace(database, customer)
    assert (now[field]["origin"]["batch_id"], now[field]["origin"]["line"]) == (batch, origin["line"])
    assert now[field]["earlier"][0]["batch_id"] == origin["batch_id"]
    assert [other for other in set(FIELDS) - {field} if now[other]["origin"]["batch_id"] == batch] == []

    undo_load(settings, database, batch)
    choose_golden_records(settings, database)
    assert trace(database, customer)[field]["origin"] == origin


def test_it_says_why_this_record_and_by_which_rule(database: Database, customer: str) -> None:
    phone = trace(database, customer)["phone"]
    assert phone["value"] == "•••", "a sealed value stays masked"
    assert phone["standard"] is None
    assert (phone["rule"]["rule"], phone["rule"]["version"]) == ("phone", 1)
    postcode = trace(database, customer)["postcode"]
    assert postcode["standard"].standard == "LS1 4AP"
    sentence = write_sentence(postcode)
    assert sentence.startswith("From shop.csv, line 2, record s1 of shop, in batch ")
    assert "Shown by rule postcode v1." in sentence


def test_values_on_different_lines_of_an_order_file_keep_their_lines(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    """What a file writes once per order counts for all rows of it: its line is that of the order's last row."""
    file = tmp_path / "orders.csv"
    file.write_text(
        "Order,Customer,Name,Email,Date,SKU,Quantity,Price\n"
        "1,k1,Ann Smith,ann@post.example.com,2025-01-02,A,1,2.00\n"
        "1,k1,,,2025-01-02,B,1,3.00\n"
        "2,k1,,new@post.example.com,2025-01-03,A,1,2.00\n",
        encoding="utf-8",
    )
    columns = 'order_key = "Order"\ncustomer_key = "Customer"\nname = "Name"\nemail = "Email"\nordered_at = "Date"'
    columns += '\nsku = "SKU"\nquantity = "Quantity"\nunit_price = "Price"'
    mapping = parse_mapping(f'source = "shop"\n[columns]\n{columns}\n', "map.toml")
    load_file(settings, database, file, mapping=mapping, source="shop", accept_guesses=True)
    found = trace(database, customer_of(database, "shop", "k1"))
    assert {name: found[name]["origin"]["line"] for name in ("name", "email")} == {"name": 3, "email": 4}
