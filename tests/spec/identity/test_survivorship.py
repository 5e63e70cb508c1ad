"""Which record a group of fields is taken from. Each table: the records of one customer, and the record that is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.identity.golden import (
    FIELDS,
    GROUPS,
    Choice,
    FieldGroup,
    Method,
    Pin,
    SourceRecord,
    SurvivorshipRule,
    choose_records,
    describe_methods,
    describe_rule,
)
from tests.support.survivorship import DEFAULTS

TODAY = date(2026, 11, 27)
START = datetime(2026, 1, 1, tzinfo=UTC)

#: source, day of the last change, value
Row = tuple[str, int, str | None]


def choose(
    group: FieldGroup,
    rows: Sequence[Row],
    methods: Sequence[Method],
    sources: Sequence[str] = (),
    pins: Sequence[Pin] = (),
) -> Choice | None:
    """The choice for records numbered 1, 2, 3 ... An address is written `street|town|postcode`."""
    records = [
        SourceRecord(number, source, START + timedelta(days=day), values(group, value))
        for number, (source, day, value) in enumerate(rows, 1)
    ]
    choices = choose_records(records, [SurvivorshipRule(group, methods, sources)], pins, today=TODAY)
    return choices[0] if choices else None


def values(group: FieldGroup, text: str | None) -> dict[str, object]:
    if group == "address":
        parts = [part or None for part in (text or "||").split("|")]
        return dict(zip(("address", "city", "postcode"), parts, strict=True)) | {"country": "GB"}
    return {FIELDS[group][0]: text} | ({"country": "GB"} if group == "phone" and text and "+" in text else {})


@pytest.mark.parametrize(
    ("group", "rows", "chosen", "rule", "agree", "differ"),
    [
        # what most records say, however it is written
        ("name", [("shop", 1, "Bill Smith"), ("crm", 2, "SMITH, Ann"), ("qb", 3, "Ann Smith")], 2, "agreement", 2, 1),
        ("name", [("shop", 1, "Ann Smith"), ("crm", 2, None)], 1, "only one", 1, 0),
        ("name", [("shop", 1, "Ann Smith"), ("crm", 2, "ann  smith")], 1, "all agree", 2, 0),
        # a placeholder is never better than a name
        ("name", [("shop", 1, "n/a"), ("crm", 2, "Ann Smith")], 2, "usable", 1, 1),
        ("name", [("shop", 1, "n/a"), ("crm", 2, None)], 1, "only one", 1, 0),
        # no one agrees, and no order of sources is set
        ("name", [("shop", 1, "A Smith"), ("crm", 2, "Annabel Smith")], 1, "oldest", 1, 1),
        # contact data: what changed last
        ("email", [("shop", 5, "new@post.example.com"), ("crm", 2, "old@post.example.com")], 1, "most recent", 1, 1),
        ("email", [("shop", 1, "Ann@Post.example.com"), ("crm", 2, "ann@post.example.com")], 2, "all agree", 2, 0),
        ("phone", [("shop", 1, "020 7946 0018"), ("crm", 2, "+44 20 7946 0018")], 2, "all agree", 2, 0),
        # an address without a street comes after one with it, also when that changed last
        ("address", [("shop", 9, "|Leeds|LS1 4AP"), ("crm", 2, "5 High Street|Leeds|LS1 4AP")], 2, "usable", 2, 0),
        ("address", [("shop", 9, "5 High Street|Leeds|LS1 4AP"), ("crm", 2, "7 Low Road|Leeds|LS1 4AP")], 1, "most recent", 1, 1),
        ("signup_date", [("shop", 9, "2024-05-01"), ("crm", 2, "2023-01-31")], 2, "earliest", 1, 1),
        ("country", [("shop", 9, "Germany"), ("crm", 2, "DE"), ("qb", 3, "France")], 1, "agreement", 2, 1),
    ],
)  # fmt: skip
def test_the_rules_foresell_comes_with(
    group: FieldGroup, rows: list[Row], chosen: int, rule: str, agree: int, differ: int
) -> None:
    choice = choose(group, rows, DEFAULTS[group])
    assert choice is not None
    assert (choice.record_id, choice.rule, len(choice.agreeing), len(choice.differing)) == (chosen, rule, agree, differ)


def test_a_source_order_decides_where_nothing_before_it_does() -> None:
    rows: list[Row] = [("sheet", 3, "Ann Smith"), ("qb", 1, "Anna Smyth"), ("other", 2, "Annabel Smithson")]
    choice = choose("name", rows, ("agreement", "source", "longest"), ("qb", "sheet"))
    assert choice and (choice.record_id, choice.rule) == (2, "source")


def test_the_longest_value_decides_where_a_rule_says_so() -> None:
    rows: list[Row] = [("shop", 1, "A Smith"), ("crm", 2, "Annabel Smith")]
    choice = choose("name", rows, ("agreement", "source", "longest"))
    assert choice and (choice.record_id, choice.rule) == (2, "longest")


def test_where_no_rule_decides_it_is_the_record_known_longest() -> None:
    choice = choose("name", [("shop", 1, "Ann Smith"), ("crm", 1, "Bob Jones")], ("agreement",))
    assert choice and (choice.record_id, choice.rule) == (1, "oldest")


@pytest.mark.parametrize(
    ("until", "record", "chosen", "rule"),
    [
        (None, 1, 1, "pin"),
        (TODAY, 1, 1, "pin"),  # the last day it holds
        (TODAY - timedelta(days=1), 1, 2, "most recent"),
        (None, 3, 2, "most recent"),  # a record without a value
        (None, 99, 2, "most recent"),  # a record of another customer
    ],
)
def test_a_pin_wins_until_its_last_day(until: date | None, record: int, chosen: int, rule: str) -> None:
    rows: list[Row] = [("shop", 1, "old@post.example.com"), ("crm", 2, "new@post.example.com"), ("qb", 3, None)]
    choice = choose("email", rows, ("most recent",), pins=[Pin("email", record, until)])
    assert choice and (choice.record_id, choice.rule) == (chosen, rule)


TEXTS = st.one_of(
    st.none(), st.text(max_size=30), st.sampled_from(["Ann Smith", "n/a", "ann@post.example.com", "5 High St"])
)
RECORDS = st.lists(
    st.builds(
        lambda source, day, texts: (source, day, dict(zip(ALL_FIELDS, texts, strict=True))),
        st.sampled_from(["shop", "crm", "qb"]),
        st.integers(0, 5),
        st.lists(TEXTS, min_size=9, max_size=9),
    ),
    min_size=1,
    max_size=6,
)
ALL_FIELDS = [name for group in GROUPS for name in FIELDS[group]]
RULES = [SurvivorshipRule(group, DEFAULTS[group], ("crm",)) for group in GROUPS]


@settings(max_examples=150, deadline=None)
@given(RECORDS, st.randoms())
def test_properties_of_any_choice(rows: list[tuple[str, int, dict[str, str | None]]], random: object) -> None:
    """With any values, a group is there exactly when a record has it, is from one record that has it, everyone who has
    it agrees or differs, and the sequence of the records does not matter."""
    records = [
        SourceRecord(number, source, START + timedelta(days=day), texts)
        for number, (source, day, texts) in enumerate(rows, 1)
    ]
    choices = {each.field_group: each for each in choose_records(records, RULES, today=TODAY)}
    for group in GROUPS:
        have = {
            each.record_id
            for each in records
            if any(str(each.values.get(name) or "").split() for name in FIELDS[group])
        }
        assert (group in choices) == bool(have)
        if have:
            choice = choices[group]
            assert choice.record_id in choice.agreeing
            assert sorted([*choice.agreeing, *choice.differing]) == sorted(have)
    shuffled = list(records)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert {each.field_group: each for each in choose_records(shuffled, RULES, today=TODAY)} == choices


def test_rules_are_described_in_words() -> None:
    assert describe_rule("agreement", agree=2, records=3, source="crm") == "2 of 3 records agree on it."
    assert (
        describe_rule("pin", agree=1, records=2, source="crm", reason="Told us")
        == "Fixed to this record by hand: Told us."
    )
    assert describe_methods(("most recent", "source"), ("qb", "shop")) == (
        "The value that changed last; if that does not decide, the source that comes first (qb, shop)."
    )
