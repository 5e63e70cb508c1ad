"""Contact details reach no real person, and the contact list holds the same people with other spellings."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.demo.contacts import add_typo, draw_contacts, misspell
from foresell.demo.hard_cases import SAME, SHARES
from foresell.demo.people import draw_parties, draw_traits, new_company, new_person
from foresell.demo.places import countries, to_ascii
from foresell.demo.rng import RandomChoices
from foresell.demo.shop import Shop, stream

#: Digits after the country's leading 0: ranges kept for fiction (GB Ofcom, DE Bundesnetzagentur, FR ARCEP, IE ComReg,
#: SE PTS) or not in use (NL 06 0, ES 4).
FICTION = {
    "GB": r"1632960\d{3}|7700900\d{3}|2079460\d{3}|(121|161|113|117|131|141)4960\d{3}|1914980\d{3}",
    "DE": r"3023125\d{3}|6990009\d{3}|4066969\d{3}|2214710\d{3}|8999998\d{3}|17139200\d\d|176040690\d\d",
    "FR": r"(19900|26191|35301|46571|53649|63998)\d{4}",
    "IE": r"2091\d{5}",
    "NL": r"600\d{6}",
    "ES": r"4[01]0\d{6}",
    "SE": r"7017406[1-9]\d",
}
DIALLING = {country.code: country.dialling for country in countries()}


def significant(number: str, country: str) -> str:
    digits = re.sub(r"[^+\d]", "", number)
    return re.sub(rf"^(\{DIALLING[country]}|00{DIALLING[country][1:]}|0)", "", digits)


def test_every_telephone_number_is_nobodys(written) -> None:
    found = written.rows("select phone, country from customers union all select phone, country from contacts")
    numbers = [(phone, country) for phone, country in found if phone]
    assert len(numbers) > 3000
    assert [each for each in numbers if not re.fullmatch(FICTION[each[1]], significant(*each))] == []


def test_every_mailbox_is_below_example_and_one_customers_own(written) -> None:
    for table in ("customers", "contacts"):
        assert (
            written.read_value(
                f"select count(*) from {table} where not regexp_full_match(lower(email), '[a-z0-9._-]+@[a-z0-9.-]+\\.example')"
            )
            == 0
        )
    assert written.read_value("select count(email) - count(distinct email) from customers") == 0
    assert written.read_value("select count(*) from customers where email is null") > 0


def test_the_list_spells_people_differently_but_recognisably(written) -> None:
    pairs = "true_pairs join contacts c using (crm_id) join customers s using (customer_no)"
    differing = written.read_value(f"select avg((c.name <> s.name)::int) from {pairs}")
    assert 0.4 < differing < 0.85
    assert (
        written.read_value(
            f"select avg((jaro_winkler_similarity(lower(c.name), lower(s.name)) > 0.75)::int) from {pairs}"
        )
        > 0.75
    )
    reachable = f"""select count(*) from {pairs} where lower(c.email) = s.email or c.street[:4] = s.street[:4] or c.street is null
        or right(regexp_replace(c.phone, '\\D', '', 'g'), 7) = right(regexp_replace(s.phone, '\\D', '', 'g'), 7)"""
    assert written.read_value(reachable) / written.read_value("select count(*) from true_pairs") > 0.99


def test_hard_negatives_share_an_address_or_a_name_and_are_not_customers(written) -> None:
    strangers = "(from contacts anti join true_pairs using (crm_id))"
    assert written.read_value(f"select count(*) from {strangers}") > 0.08 * written.shop.customers
    assert (
        written.read_value(
            f"select count(distinct crm_id) from {strangers} s join customers c using (street, postcode) where s.name <> c.name"
        )
        > 20
    )
    assert (
        written.read_value(
            f"select count(distinct crm_id) from {strangers} s join customers c using (name) where s.street <> c.street"
        )
        > 20
    )


def test_households_live_together(written) -> None:
    households = "(select street, postcode from customers where kind = 'person' group by all having count(*) > 1 and count(distinct name) > 1)"
    assert written.read_value(f"select count(*) from {households}") > 50


def test_names_carry_their_letters_into_mailboxes() -> None:
    spelled = {
        "Müller": "Mueller",
        "Zoë": "Zoe",
        "Größe": "Groesse",
        "Öztürk": "Oeztuerk",
        "Małgorzata": "Malgorzata",
        "Ayşe": "Ayse",
    }
    assert {name: to_ascii(name) for name in spelled} == spelled


@given(st.integers(0, 10_000))
def test_any_party_stays_within_its_country_however_it_is_spelt(seed: int) -> None:
    choices, taken = RandomChoices(stream(Shop(seed=seed), "test")), set[str]()
    country = choices.pick(countries())
    for party in (new_person(choices, country, taken), new_company(choices, country, taken)):
        seen = misspell(choices, party, taken)
        assert seen.country is country and seen.name.strip()
        for phone in filter(None, (party.phone, seen.phone)):
            assert re.fullmatch(FICTION[country.code], significant(phone, country.code))


@given(st.text(alphabet="aeinostrlcgmkx", min_size=4, max_size=12), st.integers(0, 1000))
def test_a_typo_is_one_slip(word: str, seed: int) -> None:
    slipped = add_typo(RandomChoices(stream(Shop(seed=seed), "test")), word)
    assert abs(len(slipped) - len(word)) <= 1
    assert slipped[0] == word[0]
    assert sum(a != b for a, b in zip(slipped, word, strict=False)) <= 2 or len(slipped) != len(word)


def test_hard_cases_are_in_the_list_and_the_right_answers_are_kept_aside() -> None:
    shop, taken = Shop(seed=7, customers=4000), set[str]()
    contacts, customers = [], []
    for chunk in range(4):
        parties = draw_parties(shop, draw_traits(shop, chunk), taken, chunk)
        customers += parties
        contacts += draw_contacts(shop, parties, set(taken), chunk)
    hard = [contact for contact in contacts if contact.case]
    assert {contact.case for contact in hard} == set(SHARES)
    assert all((contact.customer is not None) == (contact.case in SAME) for contact in hard)
    assert 0.02 < len(hard) / len(customers) < 0.08
    for contact in hard:
        if contact.case == "moved" and contact.email:
            assert contact.email == customers[contact.customer].email
            assert contact.street != customers[contact.customer].street
        if contact.case == "second_email":
            assert contact.email != customers[contact.customer].email
            assert contact.street == customers[contact.customer].street
    mailboxes = [contact.email for contact in hard if contact.case in ("second_email", "junior", "same_initial")]
    assert len(set(mailboxes)) == len(mailboxes)
    assert not set(mailboxes) & {party.email for party in customers}


def test_hard_cases_leave_the_other_contacts_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    shop, taken = Shop(seed=7, customers=1000), set[str]()
    parties = draw_parties(shop, draw_traits(shop, 0), taken, 0)
    ordinary = [contact for contact in draw_contacts(shop, parties, set(taken), 0) if not contact.case]
    monkeypatch.setattr("foresell.demo.hard_cases.SHARES", {})
    assert draw_contacts(shop, parties, set(taken), 0) == ordinary
