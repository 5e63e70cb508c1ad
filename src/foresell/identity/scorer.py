"""The weight of one pair of records, in Python: for arrival and for explanations. The same number as in the batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from foresell.identity import guards
from foresell.identity.comparisons import COMPARISONS, MISSING, TERMS, Comparison, Condition
from foresell.identity.guards import Decision, Judgement
from foresell.identity.model import Model
from foresell.identity.record import Record

#: Shares of values that a scorer remembers.
REMEMBERED = 65536

#: The letters of the levels of a pair in compact form: "-" is MISSING.
LETTERS = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored pair: its weight in bits (with the prior), the level of each comparison as a number, and its bits."""

    model: Model
    weight: float
    codes: tuple[int, ...]
    bits: tuple[float, ...]

    @property
    def levels(self) -> dict[str, tuple[str, float]]:
        """{comparison: (level name, bits)}; comparisons in which a value is missing have the level "not compared" and 0 bits."""
        return {
            comparison.name: (comparison.level_name(code), bits)
            for comparison, code, bits in zip(COMPARISONS[self.model.kind], self.codes, self.bits, strict=True)
        }

    @property
    def evidence(self) -> dict[str, tuple[str, float]]:
        """The levels as they are stored: bits with two decimals."""
        return {name: (level, round(bits, 2)) for name, (level, bits) in self.levels.items()}

    def judge(self, decision: Decision | None = None) -> Judgement:
        """What is done with the pair."""
        return guards.judge(self.model.kind, self.model.thresholds, self.weight, self.codes, decision)

    def is_conflict(self) -> bool:
        """Whether it would be merged if no field contradicted."""
        return guards.is_conflict(self.model.kind, self.model.thresholds, self.weight, self.codes)

    def compact(self) -> str:
        """The levels in compact form, as the batch writes them."""
        return compact(self.codes)


class Scorer:
    """Scores pairs with one model. It remembers how common the last values were, so keep it for many pairs."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._prior = model.prior_bits
        self._plan = [_plan(model, comparison) for comparison in COMPARISONS[model.kind]]

    def score(self, a: Record, b: Record) -> Scored:
        """The weight of a pair, and what each comparison adds to it. The sequence of the two does not matter."""
        codes, found = [], []
        for missing, tests, bits, terms in self._plan:
            if missing(a, b):
                codes.append(MISSING)
                found.append(0.0)
                continue
            code = len(tests)
            for test in tests:
                if test(a, b):
                    break
                code -= 1
            codes.append(code)
            adjust = terms[code]
            found.append(bits[code] + adjust(a, b) if adjust else bits[code])
        return Scored(self.model, self._prior + sum(found), tuple(codes), tuple(found))


_Adjust = Callable[[Record, Record], float]
_Plan = tuple[Condition, tuple[Condition, ...], list[float], list[_Adjust | None]]


def _plan(model: Model, comparison: Comparison) -> _Plan:
    tests = tuple(level.holds for level in comparison.levels)
    adjusts = [_adjust(model, comparison, code) for code in range(len(tests) + 1)]
    return comparison.missing, tests, model.bits(comparison), adjusts


def _adjust(model: Model, comparison: Comparison, code: int) -> _Adjust | None:
    """The bits that a rare value adds to a level, or a common one takes from it; None where the level has no term."""
    level = comparison.level(code)
    if level is None or level.term is None or level.term not in model.terms:
        return None
    term, base, factor = level.term, model.base(comparison, level), model.factor(comparison.name)
    value = TERMS[term][1]

    @lru_cache(maxsize=REMEMBERED)
    def share(text: str) -> float:
        return model.share(term, text)

    def adjust(a: Record, b: Record) -> float:
        x, y = value(a), value(b)
        if x is None or y is None:
            return 0.0
        commoner = share(x) if x == y else max(share(x), share(y))
        return factor * (math.log2(base) - math.log2(commoner))

    return adjust


def score(model: Model, a: Record, b: Record) -> Scored:
    """The weight of one pair. For many pairs keep a Scorer."""
    return Scorer(model).score(a, b)


def compact(codes: tuple[int, ...]) -> str:
    """One letter per comparison: "-" for MISSING, else the number of the level."""
    return "".join("-" if code == MISSING else LETTERS[code] for code in codes)


def expand(text: str) -> tuple[int, ...]:
    """The levels of compact form."""
    return tuple(MISSING if letter == "-" else LETTERS.index(letter) for letter in text)
