"""What holds for the clusters of any pairs and any decisions."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from foresell.identity.clustering import Clusters, cluster

RECORDS = st.integers(1, 14)
PAIR = st.tuples(RECORDS, RECORDS).filter(lambda pair: pair[0] != pair[1])
EDGES = st.lists(st.builds(lambda pair, bits: (*pair, float(bits)), PAIR, st.integers(-3, 20)), max_size=30)
DECISIONS = st.lists(PAIR, max_size=6)


def weigh_by_distance(pairs: list[tuple[int, int]]) -> dict[tuple[int, int], float]:
    return {(a, b): 6.0 - 2 * (b - a) for a, b in pairs}


def run(edges: list, same: list, different: list, most: int = 6, *, cut: bool = True) -> Clusters:
    return cluster(edges, same=same, different=different, weigh=weigh_by_distance if cut else None, most_members=most)


@given(EDGES, DECISIONS, DECISIONS, st.randoms(use_true_random=False), st.booleans())
def test_the_sequence_of_the_input_does_not_matter(
    edges: list, same: list, different: list, chance: random.Random, cut: bool
) -> None:
    shuffled = [
        [(b, a, *rest) if chance.random() < 0.5 else (a, b, *rest) for a, b, *rest in chance.sample(pairs, len(pairs))]
        for pairs in (edges, same, different)
    ]
    assert run(*shuffled, cut=cut) == run(edges, same, different, cut=cut)


@given(EDGES, DECISIONS, DECISIONS, st.booleans())
def test_decisions_are_kept(edges: list, same: list, different: list, cut: bool) -> None:
    clusters = run(edges, same, different, cut=cut)
    home = {record: members for members in clusters.members for record in members}
    for a, b in different:
        assert a not in home or b not in home[a]
    for a, b in same:
        assert tuple(sorted((a, b))) in clusters.contradictions or b in home[a]


@given(EDGES, DECISIONS)
def test_no_cluster_grows_beyond_the_limit_and_each_refused_pair_is_reported(edges: list, different: list) -> None:
    clusters = run(edges, [], different, 3, cut=False)
    home = {record: members for members in clusters.members for record in members}
    assert all(1 < len(members) <= 3 for members in clusters.members)
    assert sum(map(len, clusters.members)) == len(home)
    refused = {*clusters.forbidden, *clusters.oversize}
    for a, b, _ in edges:
        assert (a in home and b in home[a]) or tuple(sorted((a, b))) in refused
