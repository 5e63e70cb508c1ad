"""The customers: people and companies with names, addresses and contact data that reach no real person.

E-mail domains end in `.example` (RFC 2606). Phone numbers lie in ranges that regulators reserve for fiction or, where there are
none, in unused ranges; those are small, so in a large shop unrelated customers share numbers. Streets are invented.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from foresell.demo.places import Country, countries, to_ascii
from foresell.demo.rng import RandomChoices
from foresell.demo.shop import CHUNK, Shop, stream

COMPANIES = 0.07
HOUSEHOLDS = 0.045
BRANCHES = 0.15


@dataclass(frozen=True, slots=True)
class Traits:
    """What buying depends on, one element per customer of a chunk: `company`, `country` (index), and `joins`: lives in
    the household of the customer before.
    """

    company: np.ndarray
    country: np.ndarray
    joins: np.ndarray


@dataclass(frozen=True, slots=True)
class Party:
    """One person (`first`, `last`) or company (`first` its name, `last` its legal form); "" where unknown."""

    company: bool
    first: str
    last: str
    email: str
    phone: str
    street: str
    city: str
    postcode: str
    country: Country

    @property
    def name(self) -> str:
        """The name as the shop writes it."""
        return f"{self.first} {self.last}".strip()


def draw_traits(shop: Shop, chunk: int) -> Traits:
    """The traits of one chunk of customers."""
    rng = stream(shop, "traits", chunk)
    company = rng.random(CHUNK) < COMPANIES
    share = np.array([country.share for country in countries()])
    country = rng.choice(len(share), CHUNK, p=share / share.sum())
    joins = (rng.random(CHUNK) < HOUSEHOLDS) & ~company & ~np.append(True, company[:-1])
    joins &= ~np.append(False, joins[:-1])
    country[joins] = country[np.flatnonzero(joins) - 1]
    return Traits(company, country, joins)


def draw_parties(shop: Shop, traits: Traits, taken: set[str], chunk: int) -> list[Party]:
    """The customers of one chunk. `taken` holds every e-mail address given so far and grows: no two are alike."""
    choices = RandomChoices(stream(shop, "people", chunk))
    parties: list[Party] = []
    for index, company, joins in zip(
        traits.country.tolist(), traits.company.tolist(), traits.joins.tolist(), strict=True
    ):
        country = countries()[index]
        if joins:
            parties.append(relative(choices, parties[-1], taken))
        elif company:
            sisters = [party for party in parties[-200:] if party.company and party.country is country]
            branches = sisters and choices.chance(BRANCHES)
            parties.append(
                branch(choices, choices.pick(sisters), taken) if branches else new_company(choices, country, taken)
            )
        else:
            parties.append(new_person(choices, country, taken))
    return parties


def new_person(choices: RandomChoices, country: Country, taken: set[str]) -> Party:
    """A new person, unrelated to the others."""
    last = choices.pick_skewed(country.last)
    if choices.chance(country.double):
        last += (" " if country.code == "ES" else "-") + choices.pick_skewed(country.last)
    return _settle(choices, Party(False, choices.pick_skewed(country.first), last, "", "", "", "", "", country), taken)


def new_company(choices: RandomChoices, country: Country, taken: set[str]) -> Party:
    """A new company, unrelated to the others."""
    form, _ = choices.pick(country.forms)
    family = form.startswith(("& ", "e "))
    name = choices.pick_skewed(country.last)
    name = name[0].upper() + name[1:]
    name = name if family else f"{name} {choices.pick(country.trades)}"
    return _settle(choices, Party(True, name, form, "", "", "", "", "", country), taken)


def relative(choices: RandomChoices, person: Party, taken: set[str]) -> Party:
    """Another member of a person's household: same surname, same address, perhaps the same telephone."""
    first = choices.pick([name for name in person.country.first if name != person.first])
    other = replace(person, first=first, phone=person.phone if choices.chance(0.4) else phone(choices, person.country))
    return replace(other, email=email(choices, other, taken))


def branch(choices: RandomChoices, company: Party, taken: set[str]) -> Party:
    """Another branch of a company: same name, another place."""
    return _settle(choices, company, taken)


def _settle(choices: RandomChoices, party: Party, taken: set[str]) -> Party:
    street, city, postcode = address(choices, party.country)
    return replace(
        party,
        email=email(choices, party, taken) if choices.chance(0.97) else "",
        phone=phone(choices, party.country) if choices.chance(0.88) else "",
        street=street,
        city=city,
        postcode=postcode,
    )


def address(choices: RandomChoices, country: Country) -> tuple[str, str, str]:
    """(street with number, city, postcode)."""
    stem, end = choices.pick(country.streets), choices.pick(country.street_ends)
    street = f"{stem} {end}".strip() if end[:1].isupper() or not end else stem + end
    city, areas = choices.pick_skewed(country.cities)
    postcode = choices.fill(country.postcode_form.format(area=choices.pick(areas)))
    return country.street_form.format(number=1 + choices.number(148), street=street), city, postcode


def phone(choices: RandomChoices, country: Country) -> str:
    """A fictitious number in national or, less often, international format."""
    national = choices.fill(choices.pick(country.phones))
    return national if choices.chance(0.7) else international(national, country)


def international(national: str, country: Country) -> str:
    """The number with its country's dialling code; Spain has no leading 0 to drop."""
    if national.startswith("+"):
        return national
    return f"{country.dialling} {national.removeprefix('0')}"


def email(choices: RandomChoices, party: Party, taken: set[str]) -> str:
    """A unique address; a number is added where it is already taken."""
    first, last = (to_ascii(word).lower().replace(" ", "").replace("'", "") for word in (party.first, party.last))
    if party.company:
        slug = "".join(letter for letter in first if letter.isalnum() or letter == "-")
        local, domain = (
            choices.pick(("info", "office", "orders", "hello", "accounts")),
            f"{slug}.{party.country.suffix}.example",
        )
    else:
        forms = (
            f"{first}.{last}",
            f"{first}.{last}",
            f"{first[0]}.{last}",
            f"{first}{last}",
            f"{last}.{first}",
            f"{first}_{last}",
        )
        local, domain = choices.pick(forms), f"{choices.pick(party.country.mail)}.example"
        local += str(50 + choices.number(57))[-2:] if choices.chance(0.3) else ""
    mailbox, number = f"{local}@{domain}", choices.number(9999)
    while mailbox in taken:
        number += 1
        mailbox = f"{local}{number}@{domain}"
    taken.add(mailbox)
    return mailbox
