"""What holds for every text: nothing raises, everything is bounded, and spelling does not matter."""

from __future__ import annotations

import re
import time
import unicodedata
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.identity.normalization import normalize
from foresell.identity.record import RawRecord, Record

COUNTRIES = ("GB", "DE", "FR", "NL", "ES", "IE", "SE", "US", "IT", "AU", None)
TEXT = st.none() | st.text(max_size=60)
#: Text as people write it: words of many lists, with the marks that stand between them.
PIECES = st.sampled_from(
    [
        "John",
        "Smith",
        "Müller",
        "Jürgen",
        "van",
        "der",
        "Berg",
        "O'Neill",
        "María",
        "José",
        "García",
        "Lasse",
        "Björk",
        "Bill",
        "Dr.",
        "Mr",
        "&",
        "and",
        "und",
        "Sons",
        "Ltd",
        "GmbH",
        "S.L.",
        "AB",
        ",",
        ".",
        "-",
        "/",
        "(",
        ")",
        "12",
        "12a",
        "bis",
        "Church",
        "Road",
        "Rd",
        "St",
        "Str.",
        "Lindenstr.",
        "straße",
        "Calle",
        "C/",
        "Flat",
        "3",
        "PO",
        "Box",
        "rue",
        "de",
        "la",
        "N1",
        "5AB",
        "10115",
        "info",
        "john",
        "@",
        "acme.com",
        "gmail.com",
        "+",
        "44",
        "020",
        "7946",
        "0123",
        "n/a",
        "test",
        "Jr",
        "III",
        "王伟",
        "محمد",
        "Ł",
        "ß",
        "İ",
        "ﬁ",
        "😀",
        "\u200f",
        "\t",
        "\n",
        "Unknown",
        "e",
        "y",
    ]
)
WRITTEN = st.none() | st.lists(PIECES, max_size=9).map(" ".join) | st.lists(PIECES, max_size=6).map("".join)
NAMES = st.tuples(
    st.sampled_from(("John", "Jürgen", "María", "Zoë", "Lasse", "Bill", "Seán", "Wanda")),
    st.sampled_from(("Smith", "Müller", "García", "Björk", "van der Berg", "O'Neill", "de la Cruz", "Ångström", "Lefèvre")),
).map(" ".join)  # fmt: skip
TEXT_FIELDS = [field.name for field in fields(RawRecord) if field.name not in ("record_id", "source", "country")]


def raw_records(text: st.SearchStrategy[str | None]) -> st.SearchStrategy[RawRecord]:
    given_country = st.sampled_from(COUNTRIES) | text
    return st.builds(RawRecord, st.just(1), st.just("crm"), country=given_country, **dict.fromkeys(TEXT_FIELDS, text))


def values(record: Record) -> dict[str, str]:
    return {
        field.name: value for field in fields(record) if isinstance(value := getattr(record, field.name), str) and value
    }


def write_again(record: Record) -> RawRecord:
    """The record as a source that keeps our spelling would write it."""
    if record.kind == "company":
        name = " ".join(filter(None, (record.name, record.legal_form or "group")))
    else:
        given_names = " ".join(filter(None, (record.first, record.middle, record.generation)))
        name = f"{record.last}, {given_names}" if given_names else record.last
    address = " ".join(filter(None, (record.street, record.house)))
    return RawRecord(
        1, "crm", name, record.email, record.phone and f"+{record.phone}", address or None, record.city, None,
        record.postcode, record.country, record.birth_date,
    )  # fmt: skip


@given(raw_records(TEXT | WRITTEN))
@settings(max_examples=500)
def test_any_text_gives_short_lower_case_ascii(raw: RawRecord) -> None:
    record = normalize(raw)
    for name, value in values(record).items():
        if name == "source":
            continue
        assert value.isascii() and len(value) <= 200 and value == value.strip(), name
        assert value.isprintable(), name
        assert value == (value.upper() if name == "country" else value.lower()), name


@given(
    st.builds(lambda name, country: RawRecord(1, "crm", name=name, country=country), NAMES, st.sampled_from(COUNTRIES))
)
def test_a_name_normalized_twice_is_the_same(raw: RawRecord) -> None:
    once = normalize(raw)
    assert normalize(write_again(once)) == once


@given(raw_records(WRITTEN))
@settings(max_examples=500)
def test_contact_values_normalized_twice_are_the_same(raw: RawRecord) -> None:
    once = normalize(replace(raw, name=None))
    again = normalize(write_again(once))
    assert (again.phone, again.country, again.birth_date) == (once.phone, once.country, once.birth_date)
    assert (again.postcode, again.city) == (once.postcode, once.city)
    assert again.email == once.email


@given(NAMES, st.sampled_from(COUNTRIES), st.sampled_from(("", " ", "  \t", ". ", "\u200f")))
def test_case_accents_spaces_and_marks_do_not_matter(name: str, country: str | None, around: str) -> None:
    expected = normalize(RawRecord(1, "crm", name=name, country=country))
    spellings = (
        name.upper(),
        name.lower(),
        around + name + around,
        name.replace(" ", "  "),
        unicodedata.normalize("NFD", name),
        re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", name)),
        name.replace("'", "’"),
        name.encode().decode("cp1252", errors="replace") if name.isascii() else name,
    )
    for spelling in spellings:
        assert normalize(RawRecord(1, "crm", name=spelling, country=country)) == expected, spelling


@given(
    st.sampled_from(("12 Church Road", "Lindenstraße 12", "C/ Mayor, 4", "4 rue de la Paix", "Molenstraat 5a")), st.sampled_from(COUNTRIES)
)  # fmt: skip
def test_case_and_accents_of_an_address_do_not_matter(address: str, country: str | None) -> None:
    expected = normalize(RawRecord(1, "crm", address=address, country=country))
    for spelling in (address.upper(), address.lower(), f" {address} ", unicodedata.normalize("NFD", address)):
        assert normalize(RawRecord(1, "crm", address=spelling, country=country)) == expected


@pytest.mark.parametrize(
    "text",
    ["a" * 10_240, "ab " * 3_500, "1" * 10_240, "12 " * 3_500, "a.b." * 2_600, "& " * 5_000, ", " * 5_000, "王" * 10_240, "ü" * 10_240, "a@" * 5_000,
     "a" * 5_000 + "@" + "b." * 2_500, "flat 1 " * 1_500, "(" * 10_240, "+" * 10_240, "van " * 2_500, "-" * 10_240, "\u0301" * 10_240, "é" * 5_120,
     "ÃƒÂ¼" * 2_500, "😀" * 2_560, "a-" * 5_000, "12-" * 3_400, "12/" * 3_400],
)  # fmt: skip
@pytest.mark.parametrize("country", ["GB", "DE", "US", None])
def test_ten_kilobytes_take_no_longer_than_a_hundred_ordinary_records(text: str, country: str | None) -> None:
    """Compared with ordinary records, not with a clock: the machine may be busy."""
    ordinary = RawRecord(
        1, "crm", "John Smith", "john@acme.com", "020 7946 0727", "12 Church Road", "London", None, "N1 5AB", "GB"
    )
    long = RawRecord(1, "crm", **dict.fromkeys(TEXT_FIELDS, text), country=country)
    normalize(long), normalize(ordinary)
    tries = [(measure(ordinary, 100), measure(long, 1)) for _ in range(5)]
    assert min(one / hundred for hundred, one in tries) < 1


def measure(raw: RawRecord, times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        normalize(raw)
    return time.process_time() - started
