"""The golden record: from which record of a customer each group of fields is taken, by which rule, and who differs.

Computed from the records as their sources wrote them. A group is taken from one record as a whole, so an address never mixes
two sources. Consent is not a group yet, because no source states it: where records differ it will be the most restrictive
statement of all of them, never the chosen record's (docs/decisions/0022-golden-record.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from foresell.identity.normalization import normalize
from foresell.identity.normalization.countries import normalize_country
from foresell.identity.record import RawRecord, Record

FieldGroup = Literal["name", "email", "phone", "address", "country", "signup_date"]
#: agreement: what most records say; most recent: of the record that a load changed last; source: by a list of sources;
#: longest: the longest text; earliest: the smallest value.
Method = Literal["agreement", "most recent", "source", "longest", "earliest"]
#: Why a record was chosen: a pin, a method, or that there was nothing to decide. usable: the others have less of it, or
#: nothing usable; oldest: the methods left several values.
Rule = Literal[
    "pin", "only one", "all agree", "usable", "agreement", "most recent", "source", "longest", "earliest", "oldest"
]
GROUPS: tuple[FieldGroup, ...] = get_args(FieldGroup)
#: The source of values that were accepted from directories: chosen where no other record has something usable.
DIRECTORIES = "directories"
#: The fields of each group, taken from one record together. street: the sealed address.
FIELDS: Mapping[FieldGroup, tuple[str, ...]] = {
    "name": ("name",),
    "email": ("email",),
    "phone": ("phone",),
    "address": ("address", "city", "region", "postcode"),
    "country": ("country",),
    "signup_date": ("signup_date",),
}


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record of a customer, opened inside this process. changed_at: when a load last brought or changed its values.

    values: by field of FIELDS; fields without a value may be left out.
    """

    record_id: int
    source: str
    changed_at: datetime
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SurvivorshipRule:
    """How the record of a group is chosen: the first method that decides. sources: best first, others after them."""

    field_group: FieldGroup
    methods: Sequence[Method]
    sources: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """A group that a person fixed to one record; until: the last day it holds, None for ever."""

    field_group: FieldGroup
    record_id: int
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The record that a group is taken from. agreeing: records with the same values, this one included; differing: others
    that have values. Ids only."""

    field_group: FieldGroup
    record_id: int
    rule: Rule
    agreeing: list[int]
    differing: list[int]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A record that has values in a group. form: what is compared. weakness: 0 usable, 1 accepted from a directory, 2 an address
    without a street or town, 3 a placeholder, or refused by normalization."""

    record: SourceRecord
    form: tuple[str | None, ...]
    weakness: int
    texts: tuple[str, ...]


def choose_records(
    records: Sequence[SourceRecord], rules: Iterable[SurvivorshipRule], pins: Iterable[Pin] = (), *, today: date
) -> list[Choice]:
    """One choice per group that any record has values in, for the records of one customer, in any order.

    A pin wins until its last day, unless its record has no values in the group or is another customer's now. Values that
    normalization refuses (placeholders, role mailboxes, numbers that cannot be) are chosen only where there is nothing else.
    """
    pinned = {pin.field_group: pin.record_id for pin in pins if pin.until is None or pin.until >= today}
    ordered = sorted(records, key=lambda each: each.record_id)
    normalized: list[Record] = []  # only where records differ: it takes most of the time
    choices = []
    for rule in rules:
        texts = [_read_texts(rule.field_group, record) for record in ordered]
        forms: Sequence[tuple[str | None, ...] | None] = texts
        known = [each for each in texts if each]
        if len(known) > 1 and known.count(known[0]) < len(known):
            normalized = normalized or _normalize(ordered)
            forms = [
                each and _comparable_form(rule.field_group, normal)
                for each, normal in zip(texts, normalized, strict=True)
            ]
        candidates = [
            _make_candidate(rule.field_group, record, text, form)
            for record, text, form in zip(ordered, texts, forms, strict=True)
            if text
        ]
        if candidates:
            choices.append(_choose(rule, candidates, pinned.get(rule.field_group)))
    return choices


def describe_rule(choice_rule: str, *, agree: int, records: int, source: str, reason: str | None = None) -> str:
    """Why a record was chosen, as a sentence. agree: how many records have the same values; records: that have any."""
    others = f"{agree} of {records} records agree on it"
    sentences = {
        "pin": "Fixed to this record by hand" + (f": {reason.rstrip('.')}." if reason else "."),
        "only one": "Only this record has it.",
        "all agree": f"All {records} records that have it agree.",
        "usable": "The other records have less of it, or nothing usable.",
        "agreement": f"{others}.",
        "most recent": "It changed last.",
        "source": f"{source} comes first in the order of sources.",
        "longest": "It is the longest.",
        "earliest": "It is the earliest.",
        "oldest": "No rule decides; it is from the record known longest.",
    }
    return sentences[choice_rule]


def describe_methods(methods: Sequence[Method], sources: Sequence[str]) -> str:
    """A survivorship rule as a sentence."""
    words = {
        "agreement": "what most records agree on",
        "most recent": "the value that changed last",
        "source": f"the source that comes first ({', '.join(sources)})"
        if sources
        else "the source that comes first (no order set)",
        "longest": "the longest value",
        "earliest": "the earliest value",
    }
    first, *others = [words[method] for method in methods]
    return f"{first[0].upper()}{first[1:]}{''.join(f'; if that does not decide, {each}' for each in others)}."


def _choose(rule: SurvivorshipRule, candidates: list[_Candidate], pinned: int | None) -> Choice:
    best, why = _narrow(rule, candidates)
    agreeing: list[int] = []
    differing: list[int] = []
    for each in candidates:
        if each.record.record_id == pinned:
            best, why = each, "pin"
    for each in candidates:
        (agreeing if _agree(each.form, best.form) else differing).append(each.record.record_id)
    return Choice(rule.field_group, best.record.record_id, why, agreeing, differing)


def _narrow(rule: SurvivorshipRule, candidates: list[_Candidate]) -> tuple[_Candidate, Rule]:
    """The best candidate, and the rule that left only one form to choose from."""
    if len(candidates) == 1:
        return candidates[0], "only one"
    strongest = min([each.weakness for each in candidates])
    left = [each for each in candidates if each.weakness == strongest]
    why: Rule | None = None
    if _same_form(left):
        why = "usable" if len(left) < len(candidates) else "all agree"
    for method in rule.methods:
        if len(left) == 1:
            break
        left = _METHODS[method](left, rule)
        if why is None and _same_form(left):
            why = method
    return left[0], why or "oldest"


def _same_form(candidates: list[_Candidate]) -> bool:
    first = candidates[0].form
    return all(each.form == first for each in candidates)


def _agree(one: tuple[str | None, ...], other: tuple[str | None, ...]) -> bool:
    """Whether two records say the same: no part that both have differs, and one part is the same."""
    if one == other:
        return True
    if len(one) != len(other):
        return False
    both = [(a, b) for a, b in zip(one, other, strict=True) if a and b]
    return bool(both) and all(a == b for a, b in both)


def _most_agreed(candidates: list[_Candidate], _: SurvivorshipRule) -> list[_Candidate]:
    votes = Counter(each.form for each in candidates)
    most = max(votes.values())
    return [each for each in candidates if votes[each.form] == most]


def _most_recent(candidates: list[_Candidate], _: SurvivorshipRule) -> list[_Candidate]:
    last = max(each.record.changed_at for each in candidates)
    return [each for each in candidates if each.record.changed_at == last]


def _best_source(candidates: list[_Candidate], rule: SurvivorshipRule) -> list[_Candidate]:
    if not rule.sources:
        return candidates
    rank = {source: place for place, source in enumerate(rule.sources)}
    best = min(rank.get(each.record.source, len(rank)) for each in candidates)
    return [each for each in candidates if rank.get(each.record.source, len(rank)) == best]


def _longest(candidates: list[_Candidate], _: SurvivorshipRule) -> list[_Candidate]:
    longest = max(sum(map(len, each.texts)) for each in candidates)
    return [each for each in candidates if sum(map(len, each.texts)) == longest]


def _earliest(candidates: list[_Candidate], _: SurvivorshipRule) -> list[_Candidate]:
    first = min(each.texts for each in candidates)
    return [each for each in candidates if each.texts == first]


#: The fields that normalization reads.
_TEXTS = [name for group in GROUPS if group != "signup_date" for name in FIELDS[group]]
_METHODS: Mapping[Method, Callable[[list[_Candidate], SurvivorshipRule], list[_Candidate]]] = {
    "agreement": _most_agreed, "most recent": _most_recent, "source": _best_source, "longest": _longest,
    "earliest": _earliest,
}  # fmt: skip


def _normalize(records: Iterable[SourceRecord]) -> list[Record]:
    """Numbers and addresses are read as in the record's country or, where it names none, that of another record."""
    countries = (normalize_country(record.values.get("country")) for record in records)
    home = next(filter(None, countries), None)
    return [
        normalize(
            RawRecord(record.record_id, record.source, **{name: record.values.get(name) for name in _TEXTS}),
            home_country=home,
        )
        for record in records
    ]


def _read_texts(group: FieldGroup, record: SourceRecord) -> tuple[str, ...] | None:
    """The values of a record in a group as texts, without case and needless spaces; None where it has none."""
    values = [record.values.get(name) for name in FIELDS[group]]
    texts = tuple([" ".join(str(value).split()).casefold() if value is not None else "" for value in values])
    return texts if any(texts) else None


def _make_candidate(
    group: FieldGroup, record: SourceRecord, texts: tuple[str, ...], form: tuple[str | None, ...] | None
) -> _Candidate:
    if form is None:
        return _Candidate(record, ("", *texts), 3, texts)
    is_part = group == "address" and not (form[0] and (form[2] or form[3]))
    return _Candidate(record, form, 2 if is_part else int(record.source == DIRECTORIES), texts)


def _comparable_form(group: FieldGroup, normal: Record) -> tuple[str | None, ...] | None:
    """What records that say the same have in common; None where normalization finds nothing. Dates are compared as texts."""
    if group == "name":
        return (f"{normal.kind} {normal.name} {normal.generation}",) if normal.name else None
    if group == "address":
        place = (normal.street, normal.house, normal.postcode, normal.city)
        return place if any(place) else None
    value = None if group == "signup_date" else getattr(normal, group)
    return (value,) if value else None
