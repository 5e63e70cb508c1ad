"""The contract of events: files, models and types are the same, and no released version is broken."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scripts import event_contracts
from scripts.event_contracts import RELEASED, check_released, find_breaks, make_files, make_schemas

from foresell.database import Database
from foresell.events.types import FROM_BROWSERS, TYPES, personal_fields

ITEM = {"sku": "MUG", "quantity": 2, "price": 3.5}
EXAMPLES: dict[str, dict[str, Any]] = {
    "page.viewed": {"path": "/mugs", "title": "Mugs", "referrer_host": "search.example", "campaign": "spring"},
    "product.viewed": {"sku": "MUG", "name": "Blue mug", "price": 3.5, "currency": "GBP"},
    "cart.changed": {"items": [ITEM], "value": 7, "currency": "GBP"},
    "checkout.started": {"value": 7.0, "currency": "GBP", "items": [ITEM]},
    "order.placed": {"order_key": "O1", "amount": 7, "currency": "GBP", "items": [ITEM]},
    "order.returned": {"order_key": "O1", "amount": 3.5, "currency": "GBP", "reason": "broken"},
    "email.opened": {"campaign": "spring", "message": "M1"},
    "email.clicked": {"campaign": "spring", "message": "M1", "link": "mugs"},
    "form.submitted": {"form": "news", "fields": {"wish": "tea"}},
    "lead.created": {"origin": "fair", "name": "Ada", "company": "Mugs Ltd", "note": "likes blue"},
    "call.logged": {"outcome": "reached", "seconds": 60, "note": "again in May"},
    "note.added": {"note": "likes blue"},
    "case.changed": {"case_key": "S1", "state": "opened", "priority": "high", "subject": "broken mug"},
    "review.posted": {"product": "MUG", "rating": 4.5, "best_rating": 5, "text": "good"},
    "consent.changed": {"channel": "email", "given": True, "wording": "2026-01"},
    "campaign.touched": {"campaign": "spring", "channel": "search", "medium": "cpc"},
}
VALUES = st.sampled_from(
    [None, "", "x", "O" * 201, 0, 3, -1, 1.5, 1e13, True, [], {}, [{}], {"a": "b"}, "gbp", "/a?b", "/a"]
)


def test_the_files_are_what_the_models_say() -> None:
    for file, text in make_files().items():
        assert file.read_text(encoding="utf-8") == text, f"{file}: run make docs"


def test_every_released_version_is_kept() -> None:
    released = json.loads(RELEASED.read_text(encoding="utf-8"))
    assert check_released(make_schemas(), released) == []
    assert set(released) == set(make_schemas()), (
        "a version is released with: python -m scripts.event_contracts --release"
    )


def test_the_database_knows_the_same_types(database: Database) -> None:
    with database.connect() as con:
        known = {row["type"] for row in con.execute("select type from events.types").fetchall()}
    assert known == set(TYPES) == set(EXAMPLES) and known >= FROM_BROWSERS
    with database.connect() as con, pytest.raises(psycopg.errors.InsufficientPrivilege):
        con.execute("delete from events.types")


@pytest.mark.parametrize("name", TYPES)
def test_examples_are_taken_and_name_what_is_personal(name: str) -> None:
    model = TYPES[name][-1]
    assert set(EXAMPLES[name]) == set(model.model_fields)
    assert jsonschema_rs.is_valid(make_schemas()[f"{name}/1.json"], EXAMPLES[name])
    model.model_validate_json(json.dumps(EXAMPLES[name]), strict=True)


def test_what_people_write_is_personal() -> None:
    assert {name: sorted(found) for name, [model] in TYPES.items() if (found := personal_fields(model))} == {
        "order.returned": ["reason"], "form.submitted": ["fields"], "lead.created": ["company", "name", "note"],
        "call.logged": ["note"], "note.added": ["note"], "case.changed": ["subject"], "review.posted": ["text"],
    }  # fmt: skip


@given(name=st.sampled_from(sorted(TYPES)), data=st.data())
@settings(max_examples=400, deadline=None)
def test_models_and_schemas_take_the_same(name: str, data: st.DataObject) -> None:
    changed = copy.deepcopy(EXAMPLES[name])
    for field in data.draw(st.lists(st.sampled_from([*changed, "colour"]), max_size=2)):
        if data.draw(st.booleans()):
            changed.pop(field, None)
        else:
            changed[field] = data.draw(VALUES)
    try:
        TYPES[name][-1].model_validate_json(json.dumps(changed), strict=True)
        taken = True
    except ValidationError:
        taken = False
    assert jsonschema_rs.is_valid(SCHEMAS[f"{name}/1.json"], changed) == taken, changed


SCHEMAS = make_schemas()


def drop_field(schema: dict[str, Any]) -> None:
    del schema["properties"]["currency"]


def require_field(schema: dict[str, Any]) -> None:
    schema["required"].append("currency")


def change_type(schema: dict[str, Any]) -> None:
    schema["properties"]["amount"] = {"type": "string"}


def narrow(schema: dict[str, Any]) -> None:
    schema["properties"]["amount"]["minimum"] = 1


def shorten(schema: dict[str, Any]) -> None:
    schema["properties"]["order_key"]["maxLength"] = 20


def narrow_inside(schema: dict[str, Any]) -> None:
    schema["$defs"]["Item"]["required"].append("price")


def refuse_null(schema: dict[str, Any]) -> None:
    schema["properties"]["currency"] = {"type": "string", "pattern": "^[A-Z]{3}$"}


def make_personal(schema: dict[str, Any]) -> None:
    schema["properties"]["order_key"]["x-personal"] = True


@pytest.mark.parametrize(
    "change",
    [drop_field, require_field, change_type, narrow, shorten, narrow_inside, refuse_null, make_personal],
)
def test_a_change_that_breaks_is_refused(change: Callable[[dict[str, Any]], None]) -> None:
    new = copy.deepcopy(SCHEMAS["order.placed/1.json"])
    change(new)
    assert len(find_breaks(SCHEMAS["order.placed/1.json"], new)) == 1


def test_fewer_choices_break_and_more_do_not() -> None:
    old = SCHEMAS["case.changed/1.json"]
    fewer, more = copy.deepcopy(old), copy.deepcopy(old)
    fewer["properties"]["state"]["enum"].remove("solved")
    more["properties"]["state"]["enum"].append("waiting")
    more["properties"]["team"] = {"type": "string"}
    more["properties"]["case_key"]["maxLength"] = 400
    assert len(find_breaks(old, fewer)) == 1 and find_breaks(old, more) == []


def test_a_version_that_is_gone_is_named_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(event_contracts, "TYPES", {name: TYPES[name] for name in TYPES if name != "note.added"})
    assert event_contracts.main() == 1
    assert "note.added/1.json: the released version is gone" in capsys.readouterr().out
