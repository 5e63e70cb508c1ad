"""The same people in another system: a contact list (CRM) with its own spellings, gaps and strangers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from foresell.demo.hard_cases import SAME, draw_hard_cases
from foresell.demo.people import Party, address, branch, email, international, new_person, phone, relative
from foresell.demo.places import to_ascii
from foresell.demo.rng import RandomChoices
from foresell.demo.shop import CHUNK, Shop, stream

#: Shares of a chunk's customers that are in the list, are in it twice, lend it a relative or branch the shop does not
#: know, share their name with a stranger; and of strangers.
LISTED, TWICE, RELATED, NAMESAKES, STRANGERS = 0.30, 0.02, 0.03, 0.01, 0.06

#: Keys lying next to each other, for the typing errors people make.
NEIGHBOURS = {
    "a": "s",
    "e": "r",
    "i": "o",
    "o": "p",
    "n": "m",
    "m": "n",
    "s": "d",
    "t": "r",
    "r": "t",
    "l": "k",
    "c": "v",
    "g": "h",
}


@dataclass(frozen=True, slots=True)
class Contact:
    """One row of the contact list; `customer` is the index of the matching customer, or None. `case`: what makes it hard to
    match, one of hard_cases.SHARES, or "" for an ordinary contact; it is never written to a file."""

    number: int
    name: str
    email: str
    phone: str
    street: str
    city: str
    postcode: str
    country: str
    customer: int | None
    case: str = ""


def draw_contacts(shop: Shop, parties: list[Party], taken: set[str], chunk: int) -> list[Contact]:
    """The contacts that one chunk of customers (and those around them) gives rise to, in the list's own sequence."""
    rng = stream(shop, "contacts", chunk)
    choices = RandomChoices(rng)
    found = list(_draw_parties(choices, parties, taken))
    numbers = rng.permutation(2 * CHUNK)
    contacts = [
        _make_contact(choices, 2 * CHUNK * chunk + number, party, None if slot is None else CHUNK * chunk + slot)
        for number, (party, slot, owner) in zip(numbers.tolist(), found, strict=False)
        if CHUNK * chunk + owner < shop.customers
    ]
    contacts += _draw_hard_contacts(shop, parties, chunk, numbers[len(found) :].tolist())
    return sorted(contacts, key=lambda contact: contact.number)


def _draw_hard_contacts(shop: Shop, parties: list[Party], chunk: int, numbers: list[int]) -> Iterator[Contact]:
    """From a stream of their own: the other contacts and the customers stay the same without them."""
    choices, first = RandomChoices(stream(shop, "hard contacts", chunk)), CHUNK * chunk
    for number, (case, party, slot) in zip(numbers, draw_hard_cases(choices, parties, first), strict=False):
        customer = first + slot
        if customer < shop.customers:
            same = customer if case in SAME else None
            yield replace(_make_contact(choices, 2 * CHUNK * chunk + number, party, same), case=case)


def _draw_parties(
    choices: RandomChoices, parties: list[Party], taken: set[str]
) -> Iterator[tuple[Party, int | None, int]]:
    """(party as the list spells it, slot of the matching customer or None, slot at which it begins to exist)."""
    for slot, party in enumerate(parties):
        if choices.chance(LISTED):
            for _ in range(2 if choices.chance(TWICE / LISTED) else 1):
                yield misspell(choices, party, taken), slot, slot
        if choices.chance(RELATED if not party.company else 5 * RELATED):
            yield (branch if party.company else relative)(choices, party, taken), None, slot
        if choices.chance(NAMESAKES) and not party.company:
            stranger = new_person(choices, party.country, taken)
            other = replace(stranger, first=party.first, last=party.last)
            yield replace(other, email=email(choices, other, taken)), None, slot
        if choices.chance(STRANGERS):
            yield new_person(choices, party.country, taken), None, slot


def _make_contact(choices: RandomChoices, number: int, party: Party, customer: int | None) -> Contact:
    name = f"{party.last}, {party.first}" if not party.company and choices.chance(0.07) else party.name
    return Contact(
        number=number,
        name=name.upper() if choices.chance(0.03) else name,
        email=party.email,
        phone=party.phone,
        street=party.street,
        city=party.city,
        postcode=party.postcode,
        country=party.country.code,
        customer=customer,
    )


def misspell(choices: RandomChoices, party: Party, taken: set[str]) -> Party:
    """The same party as written down in another system. At least one contact detail still matches the shop's."""
    seen = _renamed_company(choices, party) if party.company else _renamed_person(choices, party)
    seen = replace(seen, email=_other_email(choices, party, taken), phone=_other_phone(choices, party))
    seen = _change_address(choices, seen)
    moved = seen.street[:4] != party.street[:4]
    rung = bool(seen.phone) and _last_digits(seen.phone) == _last_digits(party.phone)
    mailed = bool(seen.email) and seen.email.lower() == party.email.lower()
    return seen if rung or mailed or not moved else replace(party, first=seen.first, last=seen.last)


def _renamed_person(choices: RandomChoices, party: Party) -> Party:
    first, last, habit = party.first, party.last, choices.number(100)
    if habit < 13:
        first = f"{first[0]}."
    elif habit < 27:
        first = party.country.nicknames.get(first, first)
    elif habit < 40:
        last = add_typo(choices, last)
    elif habit < 50:
        first = add_typo(choices, first)
    elif habit < 55:
        first, last = last, first
    elif habit < 60:
        first = f"{first} {choices.pick('ABCEHJLMPRST')}."
    elif habit < 63 and "-" in last:
        last = last.split("-")[0]
    if choices.chance(0.3):
        first, last = to_ascii(first), to_ascii(last)
    return replace(party, first=first, last=last)


def _renamed_company(choices: RandomChoices, party: Party) -> Party:
    spellings = [long for short, long in party.country.forms if short == party.last]
    name, form = party.first, party.last
    if choices.chance(0.5):
        form = choices.pick(spellings)
    elif choices.chance(0.3):
        form = ""
    if choices.chance(0.2):
        name = add_typo(choices, name)
    if choices.chance(0.3):
        name = to_ascii(name)
    return replace(party, first=name, last=form)


def _other_email(choices: RandomChoices, party: Party, taken: set[str]) -> str:
    if not party.email or choices.chance(0.2):
        return ""
    habit = choices.number(100)
    if habit < 22:
        return email(choices, party, taken)
    if habit < 28:
        local, _, domain = party.email.partition("@")
        return f"{add_typo(choices, local)}@{domain}"
    return party.email.title() if habit < 34 else party.email


def _other_phone(choices: RandomChoices, party: Party) -> str:
    if not party.phone or choices.chance(0.2):
        return ""
    if choices.chance(0.1):
        return phone(choices, party.country)
    written = international(party.phone, party.country) if choices.chance(0.5) else party.phone
    if written.startswith("+"):
        return choices.pick((written, written.replace(" ", ""), written.replace("+", "00", 1).replace(" ", "")))
    return written.replace(" ", choices.pick(("", "-", "/", " ")))


def _change_address(choices: RandomChoices, party: Party) -> Party:
    habit = choices.number(100)
    if habit < 12:
        street, city, postcode = address(choices, party.country)
        return replace(party, street=street, city=city, postcode=postcode)
    if habit < 22:
        return replace(party, street="", postcode="")
    street = party.street
    if habit < 60:
        for word, short in party.country.short.items():
            street = street.replace(word, short)
    postcode = party.postcode.replace(" ", "") if choices.chance(0.25) else party.postcode
    return replace(party, street=to_ascii(street) if choices.chance(0.2) else street, postcode=postcode)


def add_typo(choices: RandomChoices, word: str) -> str:
    """The word with one slip of the keyboard: a letter left out, doubled, swapped with the next, or its neighbour's."""
    if len(word) < 4:
        return word
    at, kind = 1 + choices.number(len(word) - 2), choices.number(4)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    if kind == 0:
        return before + after
    if kind == 1:
        return before + letter + letter + after
    if kind == 2:
        return before + after[0] + letter + after[1:]
    return before + NEIGHBOURS.get(letter, letter) + after


def _last_digits(number: str) -> str:
    """The last digits of a phone number, however it is written."""
    return "".join(mark for mark in number if mark.isdigit())[-7:]
