"""Writes docs/security/asvs.md from docs/security/asvs.toml; with --check it only says whether the file is what this writes."""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
REGISTER = ROOT / "docs" / "security" / "asvs.toml"
FILE = ROOT / "docs" / "security" / "asvs.md"
#: How a requirement can be decided, as a key of the register and in words.
DECISIONS = {
    "tests": "met, tested",
    "reading": "met, by reading",
    "not_met": "not met",
    "not_applicable": "not applicable",
}
HEAD = """# OWASP ASVS 5.0.0, levels 1 and 2

Written by `make docs` from [asvs.toml](asvs.toml), where each requirement is decided by hand; the short descriptions are ours, the
text is [OWASP's](https://github.com/OWASP/ASVS). `tests/unit/test_security_docs.py` holds that none is missing and that each test
named exists. Decided by reading the code and running its tests; no independent party has verified it.

"""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement, and what was decided about it: `decision` is a key of DECISIONS, `proof` its value."""

    number: str
    chapter: str
    level: int
    what: str
    decision: str
    proof: list[str]
    note: str


def read_register() -> list[Requirement]:
    """All requirements in the order of the file. Raises ValueError for one that is not decided in exactly one way."""
    found = []
    for chapter, rows in tomllib.loads(REGISTER.read_text(encoding="utf-8")).items():
        for number, row in rows.items():
            if number != "title":
                found.append(_requirement(number, f"{chapter} {rows['title']}", row))
    return found


def _requirement(number: str, chapter: str, row: dict[str, Any]) -> Requirement:
    decided = [name for name in DECISIONS if row.get(name)]
    if len(decided) != 1 or set(row) - {"level", "what", "note", *decided}:
        raise ValueError(f"{number} must be decided in exactly one way: {', '.join(DECISIONS)}.")
    value = row[decided[0]]
    proof = value if isinstance(value, list) else [value]
    return Requirement(number, chapter, row["level"], row["what"], decided[0], proof, row.get("note", ""))


def share_tested(register: list[Requirement]) -> float:
    """The share of the applicable requirements that a test proves."""
    counts = Counter(each.decision for each in register)
    return counts["tests"] / (len(register) - counts["not_applicable"])


def page() -> str:
    """The whole page."""
    register = read_register()
    lines = _summary(register)
    lines += ["", "## Not met", "", "| | requirement | why, and what is needed |", "|---|---|---|"]
    lines += [f"| {each.number} | {each.what} | {each.proof[0]} |" for each in register if each.decision == "not_met"]
    for chapter in dict.fromkeys(each.chapter for each in register):
        lines += ["", f"## {chapter}", "", "| | level | requirement | decided | proof |", "|---|---|---|---|---|"]
        lines += [_row(each) for each in register if each.chapter == chapter]
    return HEAD + "\n".join(lines) + "\n"


def _summary(register: list[Requirement]) -> list[str]:
    lines = [f"| | {' | '.join(DECISIONS.values())} | all |", f"|---|{'---|' * len(DECISIONS)}---|"]
    for chapter in (*dict.fromkeys(each.chapter for each in register), "all"):
        counts = Counter(each.decision for each in register if chapter in (each.chapter, "all"))
        numbers = " | ".join(str(counts[name] or "") for name in DECISIONS)
        lines.append(f"| {chapter} | {numbers} | {counts.total()} |")
    return [
        *lines,
        "",
        f"Of those that apply, {share_tested(register):.0%} are proven by a test that runs with every change.",
    ]


def _row(each: Requirement) -> str:
    proof = "; ".join(f"`{one}`" if each.decision in ("tests", "reading") else one for one in each.proof)
    note = f". {each.note[0].upper()}{each.note[1:]}" if each.note else ""
    return f"| {each.number} | {each.level} | {each.what} | {DECISIONS[each.decision]} | {proof}{note} |"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        FILE.write_text(page(), encoding="utf-8")
    elif not FILE.is_file() or FILE.read_text(encoding="utf-8") != page():
        sys.exit("docs/security/asvs.md is out of date. Run: make docs")
