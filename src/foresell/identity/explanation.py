"""What the evidence of a pair of records says in plain words. It holds names of levels and bits, never a value.

Bits are logarithms to the base 2 of odds: one bit more makes it twice as likely that both records are one customer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Says = Literal["same", "different", "nothing"]

#: By comparison, its name in words, in the sequence in which evidence is shown.
LABELS = {
    "name": "Name",
    "middle": "Middle name",
    "generation": "Generation",
    "birth_date": "Birth date",
    "legal_form": "Legal form",
    "company_number": "Company number",
    "email": "E-mail",
    "phone": "Phone",
    "address": "Address",
}
#: The level of a comparison in which a record has no value.
MISSING = "not compared"
#: Bits that say next to nothing either way.
LITTLE = 0.5

#: By reason of a review, why a person should look.
WHY = {
    "pair": "The evidence is not strong enough to decide without a person.",
    "two customers fit": "One record fits two customers.",
    "conflict": "The evidence is strong, but something contradicts it.",
    "too many": "More records than usual would become one customer: a person should look first.",
    "values changed": "Values have changed since this pair was decided.",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one comparison says: its level as a sentence, its bits, and for which answer it speaks."""

    comparison: str
    label: str
    sentence: str
    bits: float
    says: Says


@dataclass(frozen=True, slots=True)
class Explanation:
    """All evidence of a pair. evidence: what speaks against first, then the strongest first. start: bits before any
    comparison, since two records taken at random are rarely one customer. weight: start and all bits together."""

    evidence: tuple[Evidence, ...]
    not_compared: tuple[str, ...]
    start: float
    weight: float
    summary: str

    @property
    def sentences(self) -> list[str]:
        """The same as sentences, for a terminal."""
        found = [f"Two records taken at random: rarely one customer ({self.start:+.1f} bits)."]
        found += [f"{each.label}: {each.sentence.lower()} ({each.bits:+.1f} bits)." for each in self.evidence]
        if self.not_compared:
            labels = ", ".join(self.not_compared).lower()
            found.append(f"Not compared, because a value is missing or says nothing new: {labels}.")
        return [*found, f"Together {self.weight:+.1f} bits. {self.summary}"]

    def as_dict(self) -> dict[str, Any]:
        """The same as the API answers it."""
        return {
            "evidence": [
                {"comparison": e.comparison, "label": e.label, "sentence": e.sentence, "bits": e.bits, "says": e.says}
                for e in self.evidence
            ],
            "not_compared": list(self.not_compared),
            "start": self.start,
            "weight": self.weight,
            "summary": self.summary,
        }


def explain(levels: Mapping[str, Sequence[Any]], weight: float) -> Explanation:
    """The evidence of a pair. `levels`: by comparison, the level in words and its bits; `weight`: in bits, all together."""
    found, left_out = [], []
    for comparison in sorted(levels, key=_place):
        level, bits = str(levels[comparison][0]), float(levels[comparison][1])
        label = LABELS.get(comparison, comparison.replace("_", " ").capitalize())
        if level == MISSING:
            left_out.append(label)
            continue
        says: Says = "nothing" if abs(bits) < LITTLE else "same" if bits > 0 else "different"
        found.append(Evidence(comparison, label, level[:1].upper() + level[1:], round(bits, 2), says))
    start = round(weight - sum(each.bits for each in found), 2)
    found.sort(key=lambda each: (each.says != "different", -abs(each.bits)))
    return Explanation(tuple(found), tuple(left_out), start, round(weight, 2), summarize(weight))


def summarize(weight: float) -> str:
    """What a weight in bits means as odds: 'About 500 to 1 that they are the same.'"""
    odds = 2.0 ** min(abs(weight), 40.0)
    if odds < 1.5:
        return "As likely the same as different."
    shown = "more than 1,000,000" if odds > 1e6 else f"about {_round(odds):,}"
    answer = "the same" if weight > 0 else "different"
    return f"{shown[:1].upper()}{shown[1:]} to 1 that they are {answer}."


#: By reason why no evidence of two records is stored, a sentence.
NO_PAIR = {
    "not compared yet": "They have not been compared yet; the next comparison of all records will compare them.",
    "a person and a company": "One is a person and the other a company; these are never compared.",
    "no key in common": "They were never compared, because they have no e-mail, phone or address in common and no similar name.",
    "too little evidence": "They were compared, but there was too little evidence that they are the same.",
}


def answer_in_short(is_one: bool, pairs: Sequence[Mapping[str, Any]], why_none: str | None) -> str:
    """Why two are one customer or not: by the strongest pair and its decision, else by why there is no evidence."""
    state = "They are one customer." if is_one else "They are two customers."
    if not pairs:
        return f"{state} {NO_PAIR[why_none]}" if why_none else state
    decided = next((d for pair in pairs for d in pair["decisions"] if d["revoked_at"] is None), None)
    if decided:
        by = "Someone" if decided["user"] is None else decided["user"]["name"] or "A colleague"
        words = {"same": "the same", "different": "different"}.get(decided["verdict"])
        return f"{state} {by} decided that they are {words}." if words else f"{state} {by} looked and was not sure."
    return f"{state} {pairs[0]['evidence']['summary']}"


def describe_pattern(levels: Mapping[str, Sequence[Any]]) -> str:
    """The levels of a pair in one line, for pairs with equal evidence: 'Same e-mail, name differs by a typo'."""
    names = [str(levels[each][0]) for each in sorted(levels, key=_place) if levels[each][0] != MISSING]
    text = ", ".join(names) or "nothing to compare"
    return text[:1].upper() + text[1:]


def _place(comparison: str) -> tuple[int, str]:
    names = list(LABELS)
    return (names.index(comparison) if comparison in LABELS else len(names), comparison)


def _round(odds: float) -> int:
    """Two digits are enough."""
    digits = max(len(str(int(odds))) - 2, 0)
    return int(round(odds, -digits))
