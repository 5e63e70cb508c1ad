"""Standard forms: what a person reads, what is wrong with a value, and what holds for every text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.identity.standard_forms import FIELDS, RULES, StandardField, standardise, suggest_domain

VALUES: list[tuple[StandardField, str, str | None, str | None, str | None]] = [
    # field, raw, country, standard form, what is wrong
    ("phone", "020 7946 0018", "UK", "+44 20 7946 0018", None),
    ("phone", "+44 (0)20 7946-0018", None, "+44 20 7946 0018", None),
    ("phone", "020 7946 0018 ext 12", "GB", "+44 20 7946 0018 ext. 12", None),
    ("phone", "06 6982 0000", "IT", "+39 06 6982 0000", None),
    ("phone", "30123", "GB", None, "not a phone number of GB: 5 digits"),
    ("phone", "020 7946 00181234567", "GB", None, "not a phone number of GB: too long, 18 digits"),
    ("phone", "0151 23456789", None, None, "a national number, and the country is not known"),
    ("phone", "ask her", "GB", None, "not a phone number: no digits"),
    ("phone", "n/a", "GB", None, "stands for no value"),
    ("phone", "1111111111", "GB", None, "stands for no value"),
    ("phone", "+1 212 555 0123", None, None, "a number that reaches no one: filled in, or for films"),
    ("email", " <Ann.Smith@POST.Example.com> ", None, "Ann.Smith@post.example.com", None),
    ("email", "mailto:ann@post.example.com", None, "ann@post.example.com", None),
    ("email", "info@gmail.com", None, "info@gmail.com", None),
    ("email", "ann@gmail.con", None, "ann@gmail.con", "did you mean gmail.com?"),
    ("email", "ann.post.example.com", None, None, "not an e-mail address: no @"),
    ("email", "a@post.example.com, b@post.example.com", None, None, "more than one @: an address or two"),
    ("email", "unknown", None, None, "stands for no value"),
    ("email", "test@test.com", None, None, "an address that reaches no one: filled in"),
    ("name", "CHURCH, EMMA", None, "Emma Church", None),
    ("name", "mary o'neill-mcdonald", "IE", "Mary O'Neill-McDonald", None),
    ("name", "LUDWIG VAN BEETHOVEN", None, "Ludwig van Beethoven", None),
    ("name", "Jean de La Fontaine", "FR", "Jean de La Fontaine", None),
    ("name", "ACME  HOLDINGS LTD", None, "ACME HOLDINGS LTD", None),
    ("name", "Guest 12", None, None, "stands for no value"),
    ("postcode", "ls14ap", "GB", "LS1 4AP", None),
    ("postcode", "1012ab", "NL", "1012 AB", None),
    ("postcode", "021391234", "US", "02139-1234", None),
    ("postcode", "2139", "US", "02139", None),
    ("postcode", "00123", "PL", "00-123", None),
    ("postcode", "LS1 4AP", "DE", None, "not a postcode of DE"),
    ("postcode", "-", "GB", None, "stands for no value"),
    ("country", "EIRE", None, "Ireland", None),
    ("country", "Deutschland", None, "Germany", None),
    ("country", "NA", None, "Namibia", None),
    ("country", "no", None, "Norway", None),
    ("country", "India", None, "India", None),
    ("country", "n/a", None, None, "stands for no value"),
    ("country", "Atlantis", None, None, "not a known country"),
]
SENTINELS = ("n/a", "N/A", "none", "-", "--", "unknown", "null", "xxx", "?")


@pytest.mark.parametrize(("field", "raw", "country", "standard", "problem"), VALUES)
def test_a_value_has_its_standard_form_or_says_what_is_wrong(
    field: StandardField, raw: str, country: str | None, standard: str | None, problem: str | None
) -> None:
    found = standardise(field, raw, country)
    assert (found.raw, found.standard, found.problem) == (raw, standard, problem)
    assert found.version == RULES[found.rule].version


@pytest.mark.parametrize(
    ("domain", "suggested"),
    [
        ("gmail.con", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("hotmial.co.uk", "hotmail.co.uk"),
        ("gmail.co", "gmail.com"),
        ("acme.con", "acme.com"),
        ("acme.co", None),
        ("mail.com", None),
        ("ymail.com", None),
        ("outlook.it", None),
        ("yahoo.co.in", None),
        ("post.example.com", None),
    ],
)
def test_a_domain_is_suggested_only_for_a_typing_error(domain: str, suggested: str | None) -> None:
    assert suggest_domain(domain) == suggested
    form = standardise("email", f"Ann@{domain}")
    assert form.standard == f"Ann@{domain}", "what the source says is never mended"
    assert form.suggestion == (suggested and f"Ann@{suggested}")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("sentinel", SENTINELS)
def test_what_stands_for_no_value_is_no_value(field: StandardField, sentinel: str) -> None:
    found = standardise(field, sentinel, "GB")
    assert (found.standard, found.problem) == (None, "stands for no value")


BAD = st.sampled_from(["\x00", "\ud800", "\udfff", "\u202e", "\ufeff", "\u200b", "\x1b", *SENTINELS])
PIECES = st.sampled_from(
    ["020", "7946 0018", "+44", "(0)", "ext 12", "ann", "@", "gmail.com", ".con", "LS1", "4AP", "ltd", "o'", "Mc", ","]
)
TEXT = st.lists(st.text(max_size=12) | BAD | PIECES, max_size=8).map(" ".join) | st.text(max_size=500)
COUNTRIES = st.sampled_from([None, "GB", "DE", "US", "IT", "NL", "CZ", "AR", "Atlantis"])


@given(st.sampled_from(FIELDS), TEXT, COUNTRIES)
@settings(max_examples=600, deadline=None)
def test_every_text_is_kept_and_its_standard_form_is_final(field: StandardField, raw: str, country: str | None) -> None:
    once = standardise(field, raw, country)
    assert once.raw == raw
    assert (once.standard is None) <= (once.problem is not None), "what has no standard form says why"
    if once.standard is not None:
        again = standardise(field, once.standard, country)
        assert again.standard == once.standard
        assert not set(once.standard) & {"\x00", "\ud800", "\u202e"}
        assert once.standard.encode()


def test_a_character_that_no_database_keeps_does_not_hide_a_number() -> None:
    assert standardise("phone", "\x00\ud800 020\u00a07946\u20110018", "GB").standard == "+44 20 7946 0018"
