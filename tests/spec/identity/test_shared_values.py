"""Switchboards, shared mailboxes and large premises are no evidence."""

from __future__ import annotations

import pyarrow as pa

from foresell.identity.normalization import shared_values
from foresell.identity.record import SCHEMA


def make_table(rows: list[dict[str, str | None]]) -> pa.Table:
    return pa.Table.from_pylist(
        [{"record_id": at, "source": "crm", "kind": "person"} | row for at, row in enumerate(rows)], SCHEMA
    )


def test_a_value_held_by_more_names_than_the_limit_is_blanked() -> None:
    rows = [
        {"name": f"name {at}", "phone": "441", "email": "a@b.com", "email_user": "a", "domain": "b.com"}
        for at in range(3)
    ]
    other = {"name": "other", "phone": "442", "email": "c@d.com", "email_user": "c", "domain": "d.com"}
    for limit, expected in ((3, "441"), (2, None)):
        found = shared_values(make_table([*rows, other]), limit).to_pylist()
        assert [row["phone"] for row in found] == [expected] * 3 + ["442"]
        assert [(row["email"] is None, row["email_user"] is None, row["domain"] is None) for row in found[:3]] == [
            (expected is None,) * 3
        ] * 3
        assert [row["record_id"] for row in found] == [0, 1, 2, 3]


def test_an_address_is_street_house_and_postcode_together() -> None:
    tower = [
        {"name": f"name {at}", "street": "church road", "house": "12", "postcode": "n15ab", "city": "london"}
        for at in range(3)
    ]
    same_street = [
        {"name": f"one {at}", "street": "church road", "house": str(at), "postcode": "n15ab"} for at in range(3)
    ]
    found = shared_values(make_table([*tower, *same_street]), 2).to_pylist()
    assert [(row["street"], row["house"], row["postcode"]) for row in found[:3]] == [(None, None, "n15ab")] * 3
    assert [row["house"] for row in found[3:]] == ["0", "1", "2"]
    assert found[0]["city"] == "london"


def test_one_customer_with_many_records_keeps_its_values() -> None:
    found = shared_values(make_table([{"name": "john smith", "phone": "441"}] * 5), 2)
    assert found["phone"].to_pylist() == ["441"] * 5


def test_records_without_a_name_are_names_of_their_own() -> None:
    found = shared_values(make_table([{"phone": "441"}] * 3), 2)
    assert found["phone"].to_pylist() == [None] * 3


def test_nothing_in_nothing_out() -> None:
    assert shared_values(SCHEMA.empty_table()).schema == SCHEMA
