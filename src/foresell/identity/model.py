"""A model of how alike two records of one customer are: a table of probabilities as JSON, read without Splink.

For each level of each comparison, m is how often pairs of one customer are at this level, u how often any two customers are.
Evidence is in bits: log2(m / u). Frequencies of values (how common a last name is) are kept under a keyed hash, and only for
values that several records share, so that a model holds nothing about a person.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib import resources
from typing import Any, get_args

from foresell.errors import BadInput
from foresell.identity.comparisons import COMPARISONS, TERMS, Comparison, Level
from foresell.identity.record import Kind

FORMAT = 1

#: A value's frequency is in the model when at least this number of records share it.
FEWEST_SHARING = 5

#: No level is impossible: it would outweigh all other evidence.
LEAST_PROBABILITY = 1e-9

_REMEDY = "Train the model again."


@dataclass(frozen=True, slots=True)
class LevelWeight:
    """m and u of one level, both between 0 and 1."""

    m: float
    u: float

    @property
    def bits(self) -> float:
        """What a pair at this level says for (above 0) or against (below 0) one customer."""
        return math.log2(self.m / self.u)


@dataclass(frozen=True, slots=True)
class Terms:
    """How often each value of a term occurs: {hash: share of the records that have the term}; `rare`: of all other values."""

    rare: float
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Bits from which a pair is merged or reviewed, and the mean bits at which a cluster is cut.

    guarded: a merge needs more than bits (guards.py). Without it only the bits decide: for lists of persons with birth
    dates in which whole names are wrong, not for customers.
    """

    merge: float = 6.63
    review: float = 0.0
    cut: float = 0.0
    guarded: bool = True


@dataclass(frozen=True, slots=True)
class Calibration:
    """What decisions taught: the weight is `bias` bits more, and each comparison's bits count `factors` times."""

    bias: float = 0.0
    factors: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """How records of one kind are matched. weights: {comparison: {level name: LevelWeight}}.

    duplicates: pairs of one customer per record, from which the prior of a table of any size follows.
    origin: starting, trained or recalibrated. trained_at: ISO 8601, or None. card: what it is, in words and figures.
    secret keys the hashes of values and is never written.
    """

    kind: Kind
    origin: str
    duplicates: float
    records: int
    weights: Mapping[str, Mapping[str, LevelWeight]]
    terms: Mapping[str, Terms]
    thresholds: Thresholds = Thresholds()
    calibration: Calibration = Calibration()
    trained_at: str | None = None
    seed: int | None = None
    card: Mapping[str, Any] = field(default_factory=dict)
    secret: bytes = field(default=b"", repr=False, compare=False)

    @property
    def prior(self) -> float:
        """The probability that two records taken at random are one customer."""
        return min(0.5, 2 * self.duplicates / max(self.records, 2))

    @property
    def prior_bits(self) -> float:
        """The prior in bits, with the bias that decisions taught."""
        return math.log2(self.prior / (1 - self.prior)) + self.calibration.bias

    def for_records(self, records: int) -> Model:
        """The same model for a table of another size: the more records, the rarer is a chance match."""
        return replace(self, records=records)

    def factor(self, comparison: str) -> float:
        """How much the bits of a comparison count."""
        return self.calibration.factors.get(comparison, 1.0)

    def bits(self, comparison: Comparison) -> list[float]:
        """The bits of each level of a comparison by its number; the last is that of MISSING (-1)."""
        weights, factor = self.weights[comparison.name], self.factor(comparison.name)
        names = [comparison.level_name(code) for code in range(len(comparison.levels) + 1)]
        return [*(factor * weights[name].bits for name in names), 0.0]

    def base(self, comparison: Comparison, level: Level) -> float:
        """The share that an average value of a level's term has."""
        return self.weights[comparison.name][level.base or level.name].u

    def salt(self, term: str) -> str:
        """What is put before a value of a term when it is hashed."""
        return f"{self.secret.hex()}:{term}:"

    def share(self, term: str, value: str) -> float:
        """How often a value of a term occurs."""
        terms = self.terms[term]
        return terms.shares.get(hashlib.sha256((self.salt(term) + value).encode()).hexdigest()[:16], terms.rare)

    def dump(self) -> str:
        """The model as JSON, without its secret."""
        content = asdict(self)
        del content["secret"]
        return json.dumps({"format": FORMAT, **content}, indent=1)


def load(text: str, secret: bytes = b"") -> Model:
    """A model from its JSON. Raises BadInput when it is not one, or one of other comparisons than these."""
    try:
        content = json.loads(text)
        if content.pop("format") != FORMAT:
            raise BadInput("This matching model was written by another version of Foresell.", remedy=_REMEDY)
        model = Model(
            **content
            | {
                "weights": {
                    comparison: {level: LevelWeight(**weight) for level, weight in levels.items()}
                    for comparison, levels in content["weights"].items()
                },
                "terms": {name: Terms(**terms) for name, terms in content["terms"].items()},
                "thresholds": Thresholds(**content["thresholds"]),
                "calibration": Calibration(**content["calibration"]),
            },
            secret=secret,
        )
        check(model)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput("This is not a matching model.", remedy=_REMEDY) from error
    return model


def check(model: Model) -> None:
    """Raise BadInput when a model does not fit the comparisons, or a number in it is impossible."""
    if model.kind not in get_args(Kind):
        raise BadInput(f"A matching model cannot be of kind {model.kind!r}.", remedy=_REMEDY)
    expected = {
        comparison.name: {comparison.otherwise, *(level.name for level in comparison.levels)}
        for comparison in COMPARISONS[model.kind]
    }
    if expected != {name: set(levels) for name, levels in model.weights.items()}:
        raise BadInput("This matching model is for other comparisons than this version makes.", remedy=_REMEDY)
    probabilities = [p for levels in model.weights.values() for weight in levels.values() for p in (weight.m, weight.u)]
    shares = [share for terms in model.terms.values() for share in (terms.rare, *terms.shares.values())]
    if not all(_is_number(p) and LEAST_PROBABILITY <= p <= 1 for p in [*probabilities, *shares]):
        raise BadInput("A probability of this matching model is not between 0 and 1.", remedy=_REMEDY)
    if not model.terms.keys() <= TERMS.keys() or not model.calibration.factors.keys() <= expected.keys():
        raise BadInput("This matching model is for other comparisons than this version makes.", remedy=_REMEDY)
    numbers = [*asdict(model.thresholds).values(), model.calibration.bias, *model.calibration.factors.values()]
    if not all(_is_number(number) for number in numbers) or model.thresholds.review > model.thresholds.merge:
        raise BadInput("A threshold of this matching model is impossible.", remedy=_REMEDY)
    if not (_is_number(model.duplicates) and model.duplicates > 0 and model.records >= 0):
        raise BadInput("The counts of this matching model are impossible.", remedy=_REMEDY)


def starting_model(kind: Kind, records: int, secret: bytes = b"") -> Model:
    """The model that a new installation matches with before it has trained, for a table of this size."""
    text = resources.files("foresell.identity").joinpath(f"starting_{kind}.json").read_text(encoding="utf-8")
    return load(text, secret).for_records(records)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
