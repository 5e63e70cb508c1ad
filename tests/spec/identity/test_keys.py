"""Which records are compared: pairs of records and the rules by which they share a key."""

from __future__ import annotations

import inspect
import multiprocessing
import re

import pytest

from foresell.errors import UsageError
from foresell.identity import keys as keys_module
from foresell.identity.keys import key_parts, keys
from foresell.identity.normalization import normalize
from foresell.identity.phonetic import sound_code
from foresell.identity.record import SCHEMA, RawRecord
from foresell.identity.record_tables import KEYS, key_table, normalize_table

SECRET = bytes(range(32))
JOHN = {
    "name": "John Smith",
    "email": "john.smith@acme.com",
    "phone": "020 7946 0727",
    "address": "12 Church Road",
    "city": "London",
    "postcode": "N1 5AB",
    "country": "GB",
    "birth_date": "1980-02-01",
}
NO_DETAILS = dict.fromkeys(("email", "phone", "address", "birth_date"))
MOVED = {"address": "9 Mill Lane", "city": "Leeds", "postcode": "LS2 9AA"}
FORGE = JOHN | {"name": "Old Forge Bakery Ltd", "email": "info@oldforge.com", "birth_date": None}

# what the other record says instead -> rules that still find it
PERSONS = [
    ({}, {"email", "email_user", "phone", "address", "address_city", "names_city", "initial_postcode", "name_house", "name_street",
          "birth_initials", "birth_surname", "birth_postcode", "birth_city", "birth_house"}),
    (NO_DETAILS, {"names_city", "initial_postcode"}),
    (NO_DETAILS | {"name": "Smith, Jack"}, {"names_city", "initial_postcode"}),
    (NO_DETAILS | {"name": "Smith John"}, {"names_city"}),
    (NO_DETAILS | {"name": "J. Smyth"}, {"initial_postcode"}),
    (NO_DETAILS | {"name": "Johhn Smyth", "postcode": "N1 5BA", "city": "Lon don"}, {"names_city", "initial_postcode"}),
    (NO_DETAILS | {"name": "Miller, John", "address": "12 Birch Road"}, {"name_house"}),
    (NO_DETAILS | {"name": "Smith, Jill", "address": "Church Road"}, {"name_street", "initial_postcode"}),
    (NO_DETAILS | {"name": "Mary Jones", "address": "12 Churche Rd."}, {"address", "address_city"}),
    (NO_DETAILS | {"name": "Mary Jones"}, set()),
    ({"email": "john.smith@gmx.net", "name": None, "phone": None, "address": None}, {"email_user"}),
    ({"name": "Mary Jones", "email": None, "birth_date": None}, {"phone", "address", "address_city"}),
    (MOVED | {"phone": None, "birth_date": None}, {"email", "email_user"}),
    (MOVED | {"phone": None, "email": None}, {"birth_initials", "birth_surname"}),
    (MOVED | {"phone": None, "email": None, "name": "Smithers, J."}, {"birth_initials"}),
]  # fmt: skip
COMPANIES = [
    ({}, {"domain", "phone", "address", "address_city", "company_area", "word_postcode", "words_city"}),
    ({"address": "9 Mill Lane", "city": "Leeds", "postcode": "LS2 9AA", "phone": None}, {"domain"}),
    ({"email": None, "phone": None, "address": None, "postcode": None}, {"words_city"}),
    ({"name": "Bakery Old Forge", "email": None, "phone": None, "address": None}, {"word_postcode", "words_city"}),
    ({"name": "Mill Garage Ltd", "email": None, "phone": None}, {"address", "address_city"}),
]
SOUND_ALIKE = ["schmidt schmitt smith smyth schmid", "meyer maier mayer meier", "philips phillips filips", "clark clarke klerk", "stephens stevens",
               "wright right", "knight nite", "janssen jansen jansson johnson", "fischer fisher visser", "dijk dyck", "bjork bjoerk", "garcia garzia"]  # fmt: skip


def rules_shared(one: dict[str, str | None], other: dict[str, str | None]) -> set[str]:
    first, second = (
        set(keys(normalize(RawRecord(at, "crm", **fields)), SECRET)) for at, fields in enumerate((one, other))
    )
    return {rule for rule, _ in first & second}


@pytest.mark.parametrize("changes, rules", PERSONS)
def test_persons_share_keys(changes: dict[str, str | None], rules: set[str]) -> None:
    assert rules_shared(JOHN, JOHN | changes) == rules


@pytest.mark.parametrize("changes, rules", COMPANIES)
def test_companies_share_keys(changes: dict[str, str | None], rules: set[str]) -> None:
    assert rules_shared(FORGE, FORGE | changes) == rules


@pytest.mark.parametrize("words", SOUND_ALIKE)
def test_words_sound_alike(words: str) -> None:
    assert len({sound_code(word) for word in words.split()}) == 1


def test_words_sound_different() -> None:
    words = ["smith", "jones", "taylor", "brown", "evans", "walker", "hall", "green", "lewis", "baker"]
    assert len({sound_code(word) for word in words}) == len(words)


def test_a_key_depends_on_the_secret_and_the_rule() -> None:
    record = normalize(RawRecord(1, "crm", **JOHN))
    here, there = ([key for _, key in keys(record, secret)] for secret in (SECRET, bytes(32)))
    assert not set(here) & set(there)
    assert len(set(here)) == len(here)
    assert all(-(2**63) <= key < 2**63 for key in here)
    assert [key for _, key in keys(record, SECRET)] == here


def test_a_known_key_stays_the_same_for_ever() -> None:
    """Stored keys of earlier releases are compared with new ones: a change needs a migration that renews them."""
    record = normalize(RawRecord(1, "crm", email="john@acme.com", phone="+44 20 7946 0727"))
    assert keys(record, SECRET) == [("email", -1800352200002999373), ("phone", 7528952919500610869)]


@pytest.mark.parametrize("secret", [b"", b"short", bytes(33)])
def test_a_secret_of_another_size_is_refused(secret: bytes) -> None:
    with pytest.raises(UsageError) as error:
        keys(normalize(RawRecord(1, "crm")), secret)
    assert error.value.remedy


@pytest.mark.parametrize("processes", [1, 2])
def test_whole_tables_are_the_records_one_by_one(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foresell.identity.record_tables.BATCH", 2)
    raws = [RawRecord(at, "crm", **fields) for at, fields in enumerate([JOHN, FORGE, JOHN | {"name": "n/a"}, {}, JOHN])]
    records = normalize_table(iter(raws), processes=processes)
    assert records.schema == SCHEMA
    alone = [normalize(raw) for raw in raws]
    assert records.to_pylist() == [{name: getattr(record, name) for name in SCHEMA.names} for record in alone]
    found = key_table(records, SECRET, processes=processes)
    assert found.schema == KEYS
    expected = [(record.record_id, *key) for record in alone for key in keys(record, SECRET)]
    assert [tuple(row.values()) for row in found.to_pylist()] == expected
    assert not multiprocessing.active_children()


def test_no_records_no_rows() -> None:
    records = normalize_table([])
    assert (records.num_rows, records.schema) == (0, SCHEMA)
    assert (key_table(records, SECRET).num_rows, key_table(records, SECRET).schema) == (0, KEYS)


def test_a_record_of_nothing_has_no_keys() -> None:
    assert key_parts(normalize(RawRecord(1, "crm"))) == []


def test_every_rule_has_words() -> None:
    source = inspect.getsource(keys_module)
    assert set(re.findall(r'f"([a-z_]+)\\x1f', source)) == set(keys_module.RULES)
