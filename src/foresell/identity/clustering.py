"""Which records are one customer, from pairs: best pairs first, and never across a decision that two are different.

Pairs decided to be the same come first. The others follow from the strongest to the weakest; a pair is refused when it would
join two records decided to be different, also through others, or make a cluster of more than MOST_MEMBERS records. In a
cluster of more than two, all pairs are then weighed, and parts that on average speak against each other are separated: one
strong pair by accident does not join two families. The result does not depend on the sequence of the input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

#: A cluster never grows beyond this; pairs that would make it larger are reported for review.
MOST_MEMBERS = 60

Pair = tuple[int, int]
#: A pair and its weight in bits.
Edge = tuple[int, int, float]
#: Weights of all given pairs; a pair that is left out counts as MISSING_BITS.
WeighAll = Callable[[Sequence[Pair]], Mapping[Pair, float]]

#: The weight of a pair that was not weighed.
MISSING_BITS = -5.0


@dataclass(frozen=True, slots=True)
class Clusters:
    """Clusters of two or more records, each sorted, in the sequence of their smallest record; and pairs that did not join.

    forbidden: because two records are decided to be different. oversize: because the cluster would be too large.
    contradictions: pairs decided to be the same that other decisions exclude. cut: how many clusters were cut into parts.
    """

    members: tuple[tuple[int, ...], ...]
    forbidden: tuple[Pair, ...] = ()
    oversize: tuple[Pair, ...] = ()
    contradictions: tuple[Pair, ...] = ()
    cut: int = 0


@dataclass(slots=True)
class _Groups:
    """Disjoint groups of records, and for each group the groups it must never join. A group is named by one of its records."""

    parent: dict[int, int] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=dict)
    apart: dict[int, set[int]] = field(default_factory=dict)

    def root(self, record: int) -> int:
        """The group of a record."""
        parent = self.parent
        if record not in parent:
            parent[record] = record
            self.members[record] = [record]
            return record
        while parent[record] != record:
            parent[record] = record = parent[parent[record]]
        return record

    def forbid(self, a: int, b: int) -> None:
        """Two groups never join. `a` and `b` are names of groups."""
        self.apart.setdefault(a, set()).add(b)
        self.apart.setdefault(b, set()).add(a)

    def are_apart(self, a: int, b: int) -> bool:
        """Whether two groups must never join."""
        return b in self.apart.get(a, ())

    def join(self, a: int, b: int) -> None:
        """Make two groups one."""
        if len(self.members[a]) < len(self.members[b]):
            a, b = b, a
        self.parent[b] = a
        self.members[a] += self.members.pop(b)
        for other in self.apart.pop(b, ()):
            self.apart[other].discard(b)
            self.forbid(a, other)


def cluster(
    edges: Iterable[Edge],
    *,
    same: Iterable[Pair] = (),
    different: Iterable[Pair] = (),
    weigh: WeighAll | None = None,
    cut: float = 0.0,
    most_members: int = MOST_MEMBERS,
) -> Clusters:
    """Clusters from pairs to merge (`edges`: a, b, bits) and from decisions.

    weigh: gives the bits of all pairs inside the clusters of more than two records; without it no cluster is cut.
    cut: parts whose mean bits are below this are separated.
    """
    groups, contradictions = _join_decided(same, different)
    decided = [tuple(members) for members in groups.members.values() if len(members) > 1]
    forbidden, oversize = [], []
    for _, a, b in sorted({(-weight, *_sorted(a, b)) for a, b, weight in edges}):
        left, right = groups.root(a), groups.root(b)
        if left == right:
            continue
        if groups.are_apart(left, right):
            forbidden.append((a, b))
        elif len(groups.members[left]) + len(groups.members[right]) > most_members:
            oversize.append((a, b))
        else:
            groups.join(left, right)
    found = sorted(tuple(sorted(members)) for members in groups.members.values() if len(members) > 1)
    parts = found if weigh is None else _cut_all(found, decided, weigh, cut)
    return Clusters(
        members=tuple(sorted(part for part in parts if len(part) > 1)),
        forbidden=tuple(forbidden),
        oversize=tuple(oversize),
        contradictions=tuple(contradictions),
        cut=len(set(found).difference(parts)),
    )


def _sorted(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def _join_decided(same: Iterable[Pair], different: Iterable[Pair]) -> tuple[_Groups, list[Pair]]:
    """The groups that decisions make, and the pairs decided to be the same that a decision `different` excludes."""
    groups, contradictions = _Groups(), []
    for a, b in different:
        groups.forbid(groups.root(a), groups.root(b))
    for a, b in sorted({_sorted(*pair) for pair in same}):
        left, right = groups.root(a), groups.root(b)
        if groups.are_apart(left, right):
            contradictions.append((a, b))
        elif left != right:
            groups.join(left, right)
    return groups, contradictions


def _cut_all(
    found: Sequence[tuple[int, ...]], decided: Iterable[Sequence[int]], weigh: WeighAll, cut: float
) -> list[tuple[int, ...]]:
    """The clusters, those of more than two records cut where their parts speak against each other."""
    large = [members for members in found if len(members) > 2]
    weights = weigh([pair for members in large for pair in combinations(members, 2)])
    group_of = {record: min(group) for group in decided for record in group}
    parts: list[tuple[int, ...]] = [members for members in found if len(members) == 2]
    for members in large:
        parts += _link_by_average(members, weights, group_of, cut)
    return parts


def _link_by_average(
    members: Sequence[int], weights: Mapping[Pair, float], group_of: Mapping[int, int], cut: float
) -> list[tuple[int, ...]]:
    """Average linkage: join the two parts with the highest mean weight until it is below `cut`. Decided groups start whole.

    The sums of weights between parts are kept up to date, so that a cluster of n records takes n cubed steps at most.
    """
    groups: dict[int, list[int]] = {}
    for record in members:
        groups.setdefault(group_of.get(record, record), []).append(record)
    sums = {
        (a, b): sum(weights.get(_sorted(x, y), MISSING_BITS) for x in groups[a] for y in groups[b])
        for a, b in combinations(sorted(groups), 2)
    }

    def mean(pair: Pair) -> tuple[float, Pair]:
        return sums[pair] / (len(groups[pair[0]]) * len(groups[pair[1]])), pair

    while sums:
        bits, (a, b) = max(map(mean, sums))
        if bits < cut:
            break
        groups[a] += groups.pop(b)
        del sums[a, b]
        for other in groups.keys() - {a}:
            sums[_sorted(a, other)] += sums.pop(_sorted(b, other))
    return [tuple(sorted(group)) for group in groups.values()]
