"""Which customer goes to which user by rules: the first that matches and has capacity left, its users in turn."""

from __future__ import annotations

from typing import Any

from foresell.engagement.assignment_rules import Plan, Rule, plan_assignment

ANA, BEN, EVA = 1, 2, 3


def customer(number: int, country: str, segment: str = "Loyal", postcode: str | None = None) -> dict[str, Any]:
    return {
        "customer_id": f"C{number}", "country": country, "segment": segment, "postcode": postcode,
        "expected_revenue": 10.0 * number,
    }  # fmt: skip


SHOP = [
    customer(1, "GB", "Champions", "SW1A 1AA"),
    customer(2, "GB", "Champions", "EC2A 4NE"),
    customer(3, "FR", "Champions", "75001"),
    customer(4, "FR", "Lost"),
    customer(5, "DE", "Lost", "10115"),
]


def owners(rules: list[Rule], loads: dict[int, int] | None = None) -> dict[str, int]:
    return plan(rules, loads).owners


def plan(rules: list[Rule], loads: dict[int, int] | None = None) -> Plan:
    return plan_assignment(rules, SHOP, loads or {})


def test_all_conditions_of_a_rule_must_hold_and_the_first_matching_rule_decides() -> None:
    rules = [
        Rule((ANA,), countries=frozenset({"FR"}), segments=frozenset({"Champions"})),
        Rule((BEN,), countries=frozenset({"FR", "DE"})),
    ]
    assert owners(rules) == {"C3": ANA, "C4": BEN, "C5": BEN}
    assert owners(rules[::-1]) == {"C3": BEN, "C4": BEN, "C5": BEN}
    assert plan(rules).unmatched == 2


def test_a_postcode_matches_by_its_beginning_and_a_missing_one_never() -> None:
    assert owners([Rule((ANA,), postcodes=("SW1", "75"))]) == {"C1": ANA, "C3": ANA}


def test_users_get_customers_in_turn() -> None:
    assert owners([Rule((ANA, BEN))]) == {"C1": ANA, "C2": BEN, "C3": ANA, "C4": BEN, "C5": ANA}


def test_a_user_at_capacity_is_left_out_and_counts_the_customers_they_have() -> None:
    rule = Rule((ANA, BEN), capacity=3)
    assert owners([rule], {ANA: 2}) == {"C1": ANA, "C2": BEN, "C3": BEN, "C4": BEN}
    assert plan([rule], {ANA: 2}).results[0].full == 1


def test_customers_whom_a_rule_has_no_capacity_for_go_on_to_the_next() -> None:
    both = plan([Rule((ANA,), capacity=1), Rule((EVA,))])
    assert both.owners == {"C1": ANA, "C2": EVA, "C3": EVA, "C4": EVA, "C5": EVA}
    assert [(result.matching, result.full) for result in both.results] == [(5, 4), (0, 0)]
    assert both.results[1].expected_revenue == {EVA: 140.0}


def test_no_rules_assign_no_one() -> None:
    assert (owners([]), plan([]).unmatched) == ({}, 5)
