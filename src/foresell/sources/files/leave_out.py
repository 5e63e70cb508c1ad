"""Rules that leave out rows which are no sales, by the cell of one column or of two: `[[leave_out]]` in a mapping."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import tomli_w

from foresell.sql import quote_text

#: Makes the error about a key from what is wrong with it.
Refuse = Callable[[str, str], Exception]


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds where the cell in `column` is one of `values`, matches a regular expression, or is none of `others`.

    Comparisons ignore case and blanks around the cell; `""` among the values is an empty cell.
    """

    column: str
    values: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    matches: str | None = None

    def build_sql(self, cell: str) -> str:
        """SQL for `this cell meets the condition`."""
        cell = f"lower(coalesce(trim({cell}::varchar), ''))"
        if self.matches:
            return f"regexp_matches({cell}, '(?i)' || {quote_text(self.matches)})"
        listed = ", ".join(quote_text(value.strip().lower()) for value in self.values or self.others)
        return f"{cell} {'in' if self.values else 'not in'} ({listed})"


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """The rows whose cell in `column` meets a condition, and that of another column `also` its own; why they are no sales."""

    column: str
    reason: str
    values: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    matches: str | None = None
    also: Condition | None = None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What a row must meet, each of them."""
        first = Condition(self.column, self.values, self.others, self.matches)
        return (first, self.also) if self.also else (first,)


def parse_rules(entries: Iterable[Any], refuse: Refuse) -> tuple[LeaveOut, ...]:
    """The rules in parsed TOML: {column, values | others | matches, reason}, and `also` with a second {column, ...}."""
    rules = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise refuse("leave_out", "each must be a table, written [[leave_out]]")
        also = entry.pop("also", None)
        reason = entry.pop("reason", None)
        if not isinstance(reason, str):
            raise refuse("leave_out", "each needs a reason")
        first = _parse_condition("leave_out", entry, refuse)
        second = None if also is None else _parse_condition("leave_out.also", also, refuse)
        rules.append(LeaveOut(first.column, reason, first.values, first.others, first.matches, second))
    return tuple(rules)


def _parse_condition(key: str, entry: Any, refuse: Refuse) -> Condition:
    if not isinstance(entry, dict) or set(entry) - {"column", "values", "others", "matches"}:
        raise refuse(key, "each needs column, and values, others or matches")
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    texts = [text for value in values.values() for text in (value if isinstance(value, tuple) else (value,))]
    lists = [name for name in ("values", "others") if isinstance(values.get(name), tuple)]
    is_text = all(isinstance(text, str) for text in texts)
    if not is_text or not isinstance(values.get("column"), str) or set(values) - {"column", "matches"} != set(lists):
        raise refuse(key, "each needs column, and values, others or matches")
    if len(values) != 2:
        raise refuse(key, "each needs exactly one of values, others and matches")
    condition = Condition(**values)
    try:
        re.compile(condition.matches or "")
    except re.error as error:
        raise refuse(f"{key}.matches", f"{condition.matches!r} is not a regular expression ({error})") from None
    return condition


def render_rule(rule: LeaveOut) -> str:
    """The TOML of a rule."""
    first, *others = [{key: value for key, value in asdict(each).items() if value} for each in rule.conditions]
    text = "\n[[leave_out]]\n" + tomli_w.dumps({**first, "reason": rule.reason})
    return (text + "".join(f"[leave_out.also]\n{tomli_w.dumps(other)}" for other in others)).rstrip()
