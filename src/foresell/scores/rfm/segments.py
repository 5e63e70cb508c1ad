"""Segment rules: score ranges and conditions, first match wins, checked so that every scored customer has a segment."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomli_w

from foresell.errors import BadInput
from foresell.scores.rfm.conditions import FIELDS, Condition, bind, condition_sql, parse_conditions

AXES = ("r", "f", "m")
MOST_RULES = 50
CELLS = [(r, f, m) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]
HEAD = f"""# Segments: a customer belongs to the first one below whose ranges hold their R, F and M (1 lowest, 5 best) and whose
# conditions are all met. Ranges are [lowest, highest]. A condition: {{field = "frequency", operator = "is", value = 1}}.
# Fields: {", ".join(FIELDS)}.
# Operators: at_least, at_most, above, below, is; for rfm_score, country and category any_of and none_of a list.
# Save with: foresell segments set THIS_FILE
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One segment: inclusive ranges on each axis, conditions that must all be met, and one sentence of advice."""

    name: str
    r: tuple[int, int]
    f: tuple[int, int]
    m: tuple[int, int]
    advice: str
    conditions: tuple[Condition, ...] = ()

    def holds(self, cell: tuple[int, int, int]) -> bool:
        """Whether an (R, F, M) cell lies in all three ranges."""
        return all(low <= score <= high for score, (low, high) in zip(cell, (self.r, self.f, self.m), strict=True))


def from_rows(rows: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """Rules from rows of segment_rules, in their order; conditions as a list or as JSON text. Raises BadInput."""
    return [
        Rule(
            row["name"],
            **{axis: (row[f"{axis}_min"], row[f"{axis}_max"]) for axis in AXES},
            advice=row["advice"],
            conditions=read_conditions(row["conditions"]),
        )
        for row in rows
    ]


def read_conditions(stored: str | Sequence[Any]) -> tuple[Condition, ...]:
    """The conditions of a stored rule: a list, or JSON text of one. Raises BadInput."""
    return parse_conditions(json.loads(stored) if isinstance(stored, str) else stored)


def to_rows(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Rules in the columns of segment_rules, with their positions."""
    return [
        {"position": position, "name": rule.name, "advice": rule.advice}
        | {f"{axis}_{end}": value for axis in AXES for end, value in zip(("min", "max"), getattr(rule, axis), strict=True)}
        | {"conditions": [each.as_dict() for each in rule.conditions]}
        for position, rule in enumerate(rules, 1)
    ]  # fmt: skip


def position_sql(rules: Sequence[Rule]) -> tuple[str, dict[str, Any]]:
    """The position of a customer's rule, from 1, as an expression over the columns of the customer list; null when no rule
    matches. Returns it with the values it binds: rules contain no SQL."""
    values: dict[str, Any] = {}
    branches = [f"when {_rule_sql(rule, values)} then {position}" for position, rule in enumerate(rules, 1)]
    return "case " + "\n    ".join(branches) + " end", values


def _rule_sql(rule: Rule, values: dict[str, Any]) -> str:
    spans = [
        f"{axis} between {bind(values, low)} and {bind(values, high)}"
        for axis in AXES
        for low, high in [getattr(rule, axis)]
        if (low, high) != (1, 5)
    ]
    return " and ".join([*spans, *(condition_sql(each, values) for each in rule.conditions)]) or "true"


def to_toml(rules: Sequence[Rule]) -> str:
    """The rules as a file to edit."""
    tables = [
        {"name": rule.name, "r": list(rule.r), "f": list(rule.f), "m": list(rule.m), "advice": rule.advice}
        | ({"conditions": [each.as_dict() for each in rule.conditions]} if rule.conditions else {})
        for rule in rules
    ]
    return HEAD + "\n" + tomli_w.dumps({"segment": tables})


def from_toml(text: str) -> list[Rule]:
    """Rules from a file, checked. Raises BadInput naming every segment and cell that is wrong, all at once."""
    try:
        tables = tomllib.loads(text).get("segment", [])
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"The segment file is not TOML: {error}.") from None
    wrong: list[str] = []
    rules = [rule for number, table in enumerate(tables, 1) if (rule := _rule(number, table, wrong))]
    if not wrong:
        wrong = check(rules)
    if wrong:
        raise BadInput(
            "The segment rules cannot be used:\n" + "\n".join(f"  - {each}" for each in wrong),
            remedy="Nothing was changed. Mend the file and set it again.",
        )
    return rules


def check(rules: Sequence[Rule]) -> list[str]:
    """What is wrong with the rules as a whole, in sentences; none when every scored customer has exactly one segment.

    Every one of the 125 cells needs a rule without conditions: who meets the conditions of no other rule belongs to it.
    """
    if not rules:
        return ["there are no [[segment]] tables"]
    if len(rules) > MOST_RULES:
        return [f"there are {len(rules)} segments; at most {MOST_RULES} are possible"]
    wrong = [f'"{name}" is used twice' for name in sorted({r.name for r in rules if _count(rules, r.name) > 1})]
    held: set[tuple[int, int, int]] = set()
    shadowed = []
    for rule in rules:
        cells = {cell for cell in CELLS if rule.holds(cell)}
        if cells <= held:
            shadowed.append(rule.name)
        if not rule.conditions:
            held |= cells
    if missing := [cell for cell in CELLS if cell not in held]:
        shown = ", ".join("".join(map(str, cell)) for cell in missing[:8])
        some = " without conditions" if any(rule.conditions for rule in rules) else ""
        wrong.append(
            f"{len(missing)} of the 125 cells have no segment{some}: {shown}{' ...' if len(missing) > 8 else ''}"
        )
    return wrong + [f'"{name}" can never apply: the segments above it hold all its cells' for name in shadowed]


def compare(before: Sequence[Rule], after: Sequence[Rule]) -> dict[str, Any]:
    """What changed from one version to the next: names added, removed and changed, and whether the order did."""
    old, new = {rule.name: rule for rule in before}, {rule.name: rule for rule in after}
    both = [name for name in old if name in new]
    return {
        "added": [name for name in new if name not in old],
        "removed": [name for name in old if name not in new],
        "changed": [name for name in both if old[name] != new[name]],
        "is_reordered": both != [name for name in new if name in old],
    }


def _count(rules: Sequence[Rule], name: str) -> int:
    return sum(rule.name == name for rule in rules)


def _rule(number: int, table: Any, wrong: list[str]) -> Rule | None:
    """One table as a rule, or a sentence in `wrong`."""
    place = f"segment {number}"
    if not isinstance(table, dict):
        wrong.append(f"{place} is not a table")
        return None
    name, advice = table.get("name"), table.get("advice")
    if isinstance(name, str) and name.strip():
        place = f'"{name}"'
    before = len(wrong)
    for key, value in (("name", name), ("advice", advice)):
        if not (isinstance(value, str) and value.strip()):
            wrong.append(f'{place} needs {key} = "..."')
    for axis in AXES:
        span = table.get(axis)
        if not (
            isinstance(span, list)
            and len(span) == 2
            and all(type(v) is int and 1 <= v <= 5 for v in span)
            and span[0] <= span[1]
        ):
            wrong.append(f"{place} needs {axis} = [lowest, highest] within 1 to 5, not {span!r}")
    if unknown := sorted(set(table) - {"name", "advice", "conditions", *AXES}):
        wrong.append(f"{place} has unknown keys: {', '.join(unknown)}")
    conditions: tuple[Condition, ...] = ()
    try:
        conditions = parse_conditions(table.get("conditions", []))
    except BadInput as error:
        wrong.append(f"{place}: {error}")
    if len(wrong) > before:
        return None
    spans = {axis: (table[axis][0], table[axis][1]) for axis in AXES}
    return Rule(str(name).strip(), **spans, advice=str(advice).strip(), conditions=conditions)
