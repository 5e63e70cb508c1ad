"""Segment rules: which (R, F, M) cells a segment holds, checked so that every cell has exactly one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomli_w

from foresell.errors import BadInput

AXES = ("r", "f", "m")
CELLS = [(r, f, m) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]
HEAD = """# Segments: a customer belongs to the first one below whose ranges hold their R, F and M (1 lowest, 5 best).
# Ranges are [lowest, highest]. Save with: foresell segments set THIS_FILE
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One segment: inclusive ranges on each axis, and one sentence on what to do about its customers."""

    name: str
    r: tuple[int, int]
    f: tuple[int, int]
    m: tuple[int, int]
    advice: str

    def holds(self, cell: tuple[int, int, int]) -> bool:
        """Whether an (R, F, M) cell lies in all three ranges."""
        return all(low <= score <= high for score, (low, high) in zip(cell, (self.r, self.f, self.m), strict=True))


def from_rows(rows: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Rules from rows of segment_rules, in their order."""
    return [
        Rule(row["name"], **{axis: (row[f"{axis}_min"], row[f"{axis}_max"]) for axis in AXES}, advice=row["advice"])
        for row in rows
    ]


def to_toml(rules: Sequence[Rule]) -> str:
    """The rules as a file to edit."""
    tables = [
        {"name": rule.name, "r": list(rule.r), "f": list(rule.f), "m": list(rule.m), "advice": rule.advice}
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
    """What is wrong with the rules as a whole, in sentences; none when every cell has exactly one segment."""
    if not rules:
        return ["there are no [[segment]] tables"]
    wrong = [f'"{name}" is used twice' for name in sorted({r.name for r in rules if _count(rules, r.name) > 1})]
    winners: dict[tuple[int, int, int], Rule] = {}
    for cell in CELLS:
        winner = next((rule for rule in rules if rule.holds(cell)), None)
        if winner:
            winners[cell] = winner
    missing = [cell for cell in CELLS if cell not in winners]
    if missing:
        shown = ", ".join("".join(map(str, cell)) for cell in missing[:8])
        wrong.append(f"{len(missing)} of the 125 cells have no segment: {shown}{' ...' if len(missing) > 8 else ''}")
    reached = {rule.name for rule in winners.values()}
    wrong += [
        f'"{rule.name}" can never apply: the segments above it hold all its cells'
        for rule in rules
        if rule.name not in reached
    ]
    return wrong


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
    if unknown := sorted(set(table) - {"name", "advice", *AXES}):
        wrong.append(f"{place} has unknown keys: {', '.join(unknown)}")
    if len(wrong) > before:
        return None
    spans = {axis: (table[axis][0], table[axis][1]) for axis in AXES}
    return Rule(str(name).strip(), **spans, advice=str(advice).strip())
