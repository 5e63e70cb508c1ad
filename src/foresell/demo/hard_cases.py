"""Contacts that are hard to match: the same person with little in common, and other people with nearly everything in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from foresell.demo.people import Party, address, new_person, phone
from foresell.demo.places import to_ascii
from foresell.demo.rng import RandomChoices

#: Share of persons (of companies for `colleague` and `same_domain_branch`) that give rise to each case.
SHARES = {
    "moved": 0.008,
    "second_email": 0.008,
    "sparse": 0.006,
    "junior": 0.008,
    "same_initial": 0.006,
    "colleague": 0.08,
    "same_domain_branch": 0.08,
}
#: Cases in which the contact is the customer.
SAME = frozenset(("moved", "second_email", "sparse"))
OF_COMPANIES = frozenset(("colleague", "same_domain_branch"))


class HardCase(NamedTuple):
    """A contact of one customer, the one at `slot` of a chunk; `case` is one of SHARES."""

    case: str
    party: Party
    slot: int


def draw_hard_cases(choices: RandomChoices, parties: list[Party], first: int) -> Iterator[HardCase]:
    """The hard cases of one chunk of customers, the first of which is the shop's customer with index `first`.

    moved: same name and e-mail address, everything else new. second_email: same person with another mailbox.
    sparse: name and one detail only. junior: father and son of one name in one household. same_initial: a relative with
    the same first letter, telephone and address. colleague: a person behind the role mailbox and telephone of a
    company. same_domain_branch: same company name and mail domain, another place.
    """
    for slot, party in enumerate(parties):
        for case, share in SHARES.items():
            if party.company is (case in OF_COMPANIES) and choices.chance(share):
                yield HardCase(case, _MAKERS[case](choices, party, first + slot), slot)


def _moved(choices: RandomChoices, person: Party, number: int) -> Party:
    if not person.email:
        return person
    street, city, postcode = address(choices, person.country)
    return replace(person, phone=phone(choices, person.country), street=street, city=city, postcode=postcode)


def _second_email(choices: RandomChoices, person: Party, number: int) -> Party:
    first = person.country.nicknames.get(person.first, person.first)
    return replace(person, first=first, email=_new_mailbox(choices, person, number))


def _sparse(choices: RandomChoices, person: Party, number: int) -> Party:
    if choices.chance(0.5) and person.phone:
        return replace(person, email="", street="", postcode="")
    return replace(person, email="", phone="")


def _junior(choices: RandomChoices, person: Party, number: int) -> Party:
    ending = choices.pick(("Jr", "Jr.", "Junior", "II"))
    return replace(person, last=f"{person.last} {ending}", email=_new_mailbox(choices, person, number))


def _same_initial(choices: RandomChoices, person: Party, number: int) -> Party:
    others = [first for first in person.country.first if first[0] == person.first[0] and first != person.first]
    relative = replace(person, first=choices.pick(others or person.country.first))
    return replace(relative, email=_new_mailbox(choices, relative, number))


def _colleague(choices: RandomChoices, company: Party, number: int) -> Party:
    person = new_person(choices, company.country, set())
    return replace(person, email=company.email, phone=company.phone or person.phone)


def _same_domain_branch(choices: RandomChoices, company: Party, number: int) -> Party:
    street, city, postcode = address(choices, company.country)
    user = to_ascii(city).lower().replace(" ", "-")
    mailbox = f"{user}@{company.email.partition('@')[2]}" if company.email else ""
    return replace(
        company, email=mailbox, phone=phone(choices, company.country), street=street, city=city, postcode=postcode
    )


def _new_mailbox(choices: RandomChoices, person: Party, number: int) -> str:
    """At a provider that no other mailbox is at, and with the customer's index in it: unique without a list of all."""
    first, last = (
        "".join(letter for letter in to_ascii(word).lower() if letter.isalnum()) for word in (person.first, person.last)
    )
    provider = f"{choices.pick(person.country.mail)}.{person.country.suffix}.example"
    return f"{first}.{last}{number}@{provider}"


_MAKERS = {
    "moved": _moved,
    "second_email": _second_email,
    "sparse": _sparse,
    "junior": _junior,
    "same_initial": _same_initial,
    "colleague": _colleague,
    "same_domain_branch": _same_domain_branch,
}
