"""What is done with a pair: merged, reviewed, related or nothing. The score alone never merges.

Families share addresses and last names, branches share names and web domains: a merge also needs compatible names and one
identifier that two customers rarely share. What speaks for two members of a household, two branches or two companies on the
same premises is a relation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from foresell.identity.comparisons import COMPARISONS, MISSING
from foresell.identity.model import Thresholds
from foresell.identity.record import Kind

Verdict = Literal["merge", "review", "related", "none"]
Relation = Literal["household", "branch", "premises"]
Decision = Literal["same", "different"]

#: Levels that contradict: with one of these a steward looks first.
CONTRADICTIONS = {
    "person": {"generation": 0, "birth_date": 0},
    "company": {"company_number": 0, "legal_form": 0},
}


@dataclass(frozen=True, slots=True)
class Findings:
    """What the levels of a pair say besides their bits. contradiction: the comparison whose values exclude each other.

    confirmed: names that do not fit, but the same birth date and another identifier (a name changed by marriage).
    """

    compatible: bool
    strong: bool
    confirmed: bool
    contradiction: str | None
    relation: Relation | None

    def is_mergeable(self, thresholds: Thresholds) -> bool:
        """Whether the pair may be merged when its weight is high enough."""
        if not thresholds.guarded:
            return True
        return (self.compatible or self.confirmed) and self.strong and self.contradiction is None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a pair, its relation if any, and the reason as a sentence."""

    verdict: Verdict
    relation: Relation | None
    reason: str


@lru_cache(maxsize=65536)
def find(kind: Kind, codes: tuple[int, ...]) -> Findings:
    """What the levels of a pair (one number per comparison) say besides their bits."""
    levels = {
        comparison.name: comparison.level(code) for comparison, code in zip(COMPARISONS[kind], codes, strict=True)
    }
    numbers = dict(zip(levels, codes, strict=True))
    name = levels["name"]
    compatible = name is not None and name.compatible
    shared = {each for each, level in levels.items() if level is not None and level.strong}
    contradiction = next((each for each, code in CONTRADICTIONS[kind].items() if numbers[each] == code), None)
    generation = levels.get("generation")
    half_known = generation is not None and generation.name == "only one has a generation"
    if half_known and not shared & {"email", "birth_date"}:
        contradiction = contradiction or "generation"
    relation: Relation | None
    if kind == "person":
        family = bool(name and name.name == "same last name, other first name")
        father_and_son = (
            compatible and contradiction == "generation" and not (half_known and numbers["email"] == MISSING)
        )
        shares_home = shared & {"phone", "address"} and "email" not in shared
        relation = "household" if (family or father_and_son) and shares_home else None
    elif compatible:
        elsewhere = numbers["address"] != MISSING and "address" not in shared
        relation = "branch" if elsewhere and not shared & {"phone", "email", "company_number"} else None
    else:
        relation = "premises" if "address" in shared and not shared & {"company_number"} else None
    twins = name is not None and name.name == "same last name, other first name"
    confirmed = "birth_date" in shared and len(shared) > 1 and not twins
    return Findings(compatible, bool(shared), confirmed, contradiction, relation)


def judge(
    kind: Kind, thresholds: Thresholds, weight: float, codes: Sequence[int], decision: Decision | None = None
) -> Judgement:
    """The verdict on a pair of this weight (bits) and these levels; a steward's decision goes before everything."""
    findings = find(kind, tuple(codes))
    if decision == "same":
        return Judgement("merge", None, "A steward decided that they are the same.")
    if decision == "different":
        verdict: Verdict = "related" if findings.relation else "none"
        return Judgement(verdict, findings.relation, "A steward decided that they are different.")
    if findings.relation and not findings.is_mergeable(thresholds):
        return Judgement("related", findings.relation, _RELATED[findings.relation])
    if weight < thresholds.review:
        return Judgement("none", None, "The evidence speaks against one customer.")
    if weight < thresholds.merge:
        return Judgement("review", None, "The evidence is not strong enough to merge.")
    if findings.is_mergeable(thresholds):
        return Judgement("merge", None, "The evidence is strong, nothing contradicts, and an identifier is shared.")
    if findings.contradiction:
        label = next(each.label for each in COMPARISONS[kind] if each.name == findings.contradiction)
        return Judgement("review", None, f"The evidence is strong, but one field contradicts: {label.lower()}.")
    if not findings.strong:
        return Judgement("review", None, "The evidence is strong, but no contact detail or address is shared.")
    return Judgement("review", None, "The evidence is strong, but the names do not fit.")


def is_conflict(kind: Kind, thresholds: Thresholds, weight: float, codes: Sequence[int]) -> bool:
    """Whether a pair would be merged if no field contradicted."""
    return weight >= thresholds.merge and find(kind, tuple(codes)).contradiction is not None


_RELATED: dict[Relation, str] = {
    "household": "Same last name and the same phone or address, but another person: a household.",
    "branch": "Same name at another place, with no phone or e-mail in common: a branch.",
    "premises": "Another name at the same address: on the same premises.",
}
