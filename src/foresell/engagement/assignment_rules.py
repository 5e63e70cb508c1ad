"""Rules that assign customers without an owner: by country, segment and postcode, in turn up to each user's capacity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.engagement import assignments
from foresell.errors import NotReady, UserNotFound

SQL = AsyncStatements("foresell.engagement")


@dataclass(frozen=True, slots=True)
class Rule:
    """Which customers go to which users. An empty condition matches every customer; `postcodes` are beginnings.

    Several users get customers in turn. `capacity`: the most customers a user has, those they have already included.
    """

    user_ids: tuple[int, ...]
    countries: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    postcodes: tuple[str, ...] = ()
    capacity: int | None = None

    def matches(self, customer: Mapping[str, Any]) -> bool:
        """Whether the rule is for this customer, a dict with country, segment and postcode."""
        if self.countries and customer["country"] not in self.countries:
            return False
        if self.segments and customer["segment"] not in self.segments:
            return False
        return not self.postcodes or _plain(customer["postcode"] or "").startswith(self.postcodes)


@dataclass(slots=True)
class RuleResult:
    """What a rule does: customers it matches first, those no user has capacity left for, and by user id who gets how many."""

    matching: int = 0
    full: int = 0
    customers: Counter[int] = field(default_factory=Counter)
    expected_revenue: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """By customer id the user who gets them; what each rule does; how many customers no rule matches."""

    owners: dict[str, int]
    results: list[RuleResult]
    unmatched: int


def read_rule(stored: Mapping[str, Any]) -> Rule:
    """A rule from its stored form."""
    return Rule(
        user_ids=tuple(stored["user_ids"]),
        countries=frozenset(stored["countries"]),
        segments=frozenset(stored["segments"]),
        postcodes=tuple(_plain(prefix) for prefix in stored["postcodes"]),
        capacity=stored["capacity"],
    )


def plan_assignment(rules: Sequence[Rule], candidates: Iterable[Mapping[str, Any]], loads: Mapping[int, int]) -> Plan:
    """Who gets which customer. The first rule that matches and has capacity left decides; its users take turns.

    `candidates`: dicts with customer_id, country, segment, postcode, expected_revenue, in the order they are dealt.
    `loads`: by user id, how many customers they have already.
    """
    results = [RuleResult() for _ in rules]
    held, turns, owners, unmatched = Counter(loads), [0] * len(rules), dict[str, int](), 0
    for customer in candidates:
        matching = [number for number, rule in enumerate(rules) if rule.matches(customer)]
        unmatched += not matching
        if matching:
            results[matching[0]].matching += 1
        for number in matching:
            user = _next_user(rules[number], turns[number], held)
            if user is None:
                results[number].full += 1
                continue
            turns[number] = rules[number].user_ids.index(user) + 1
            held[user] += 1
            owners[customer["customer_id"]] = user
            results[number].customers[user] += 1
            revenue = results[number].expected_revenue
            revenue[user] = revenue.get(user, 0.0) + float(customer["expected_revenue"])
            break
    return Plan(owners, results, unmatched)


def _next_user(rule: Rule, turn: int, held: Mapping[int, int]) -> int | None:
    """The next user in turn who has capacity left; None when no user has."""
    count = len(rule.user_ids)
    for step in range(count):
        user = rule.user_ids[(turn + step) % count]
        if rule.capacity is None or held.get(user, 0) < rule.capacity:
            return user
    return None


def _plain(postcode: str) -> str:
    """A postcode without spaces and in capitals, so that "sw1a" matches "SW1A 1AA"."""
    return "".join(postcode.split()).upper()


async def load_rules(con: AsyncConnection) -> Row:
    """The rules of the acting user's team, or of the company: rules, automatic, saved_at, saved_by. Empty when never saved."""
    return await SQL.row(con, "assignment_rules.load") or {
        "rules": [], "automatic": False, "saved_at": None, "saved_by": None
    }  # fmt: skip


async def load_options(con: AsyncConnection) -> Row:
    """What rules can ask for: countries, segments, and whether any postcode is known."""
    row = await SQL.row(con, "assignment_rules.options")
    assert row is not None
    return row


async def save_rules(
    con: AsyncConnection, rules: Sequence[Mapping[str, Any]], *, automatic: bool, user_id: int, request_id: str | None
) -> None:
    """Replace the rules. Raises UserNotFound when they name a user the acting user may not assign customers to."""
    await _check_users(con, rules)
    await SQL.run(con, "assignment_rules.save", rules=Jsonb(list(rules)), automatic=automatic, by=user_id)
    await record.record(
        con,
        "assignment_rules.saved",
        actor=user_id,
        detail={"rules": len(rules), "automatic": automatic},
        request_id=request_id,
    )


async def plan_rules(con: AsyncConnection, stored: Sequence[Mapping[str, Any]]) -> Plan:
    """What the rules would do now; nothing is changed. Raises UserNotFound like `save_rules`."""
    await _check_users(con, stored)
    rules = [read_rule(each) for each in stored]
    users = sorted({user for rule in rules for user in rule.user_ids})
    loads = {row["user_id"]: row["customers"] for row in await SQL.rows(con, "assignment_rules.loads", ids=users)}
    return plan_assignment(rules, await SQL.rows(con, "assignment_rules.candidates"), loads)


async def apply_rules(con: AsyncConnection, *, user_id: int, request_id: str | None = None) -> Row:
    """Assign customers by the saved rules, as one assignment; `assignments.assign_to_several` says what is returned.

    Raises NotReady when no rule is saved, or no customer matches.
    """
    saved = (await load_rules(con))["rules"]
    if not saved:
        raise NotReady("There are no assignment rules yet.", remedy="Add a rule first.")
    plan = await plan_rules(con, saved)
    if not plan.owners:
        raise NotReady(
            "No unassigned customer matches a rule with capacity left.", remedy="Change the rules or the capacity."
        )
    return await assignments.assign_to_several(con, plan.owners, user_id=user_id, request_id=request_id)


async def _check_users(con: AsyncConnection, rules: Sequence[Mapping[str, Any]]) -> None:
    known = {row["user_id"] for row in await assignments.list_assignees(con)}
    if any(user not in known for rule in rules for user in rule["user_ids"]):
        raise UserNotFound(remedy="Choose users of your team.")
