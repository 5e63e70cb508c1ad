"""Which records become one customer, from pairs and decisions."""

from __future__ import annotations

from foresell.identity.clustering import cluster


def test_pairs_join_through_each_other() -> None:
    assert cluster([(1, 2, 9.0), (2, 3, 8.0), (5, 4, 7.0)]).members == ((1, 2, 3), (4, 5))


def test_a_decision_that_two_are_different_is_never_crossed_also_not_through_others() -> None:
    found = cluster([(1, 2, 9.0), (2, 3, 8.0), (3, 4, 7.0)], different=[(4, 1)])
    assert found.members == ((1, 2, 3),)
    assert found.forbidden == ((3, 4),)


def test_a_decision_that_two_are_the_same_needs_no_evidence_and_comes_first() -> None:
    found = cluster([(1, 2, 30.0)], same=[(2, 3)], different=[(1, 3)])
    assert found.members == ((2, 3),)
    assert found.forbidden == ((1, 2),)


def test_decisions_that_contradict_each_other_are_reported() -> None:
    found = cluster([], same=[(1, 2), (2, 3)], different=[(1, 3)])
    assert found.members == ((1, 2),)
    assert found.contradictions == ((2, 3),)


def test_the_strongest_pairs_come_first_where_a_cluster_is_full() -> None:
    found = cluster([(1, 2, 5.0), (3, 4, 9.0), (2, 3, 7.0)], most_members=3)
    assert found.members == ((2, 3, 4),)
    assert found.oversize == ((1, 2),)


def test_one_pair_by_accident_does_not_join_two_families() -> None:
    alike = {(1, 2): 20.0, (3, 4): 20.0, (2, 3): 8.0}
    found = cluster(
        [(*pair, bits) for pair, bits in alike.items()],
        weigh=lambda pairs: {pair: alike.get(pair, -15.0) for pair in pairs},
    )
    assert found.members == ((1, 2), (3, 4))
    assert found.cut == 1


def test_what_was_decided_is_not_cut() -> None:
    found = cluster([(1, 2, 20.0)], same=[(2, 3)], weigh=lambda pairs: dict.fromkeys(pairs, -15.0))
    assert found.members == ((2, 3),)


def test_no_pairs_make_no_clusters() -> None:
    assert cluster([]).members == ()
