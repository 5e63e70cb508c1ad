"""Conditions of segment rules: a closed list of fields and operators, checked, and written as SQL with bound values.

A condition on a value that a customer does not have (an unknown country, a prediction whose model is off) is not
met, with any operator.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from foresell.errors import BadInput

Kind = Literal["days", "count", "money", "probability", "cells", "country", "category"]
Value = float | tuple[str, ...] | tuple[int, ...]

MOST_CONDITIONS = 12
MOST_VALUES = 200
LONGEST_VALUE = 200
LARGEST_NUMBER = 1e12

_COMPARISONS = {"at_least": ">=", "at_most": "<=", "above": ">", "below": "<", "is": "="}
NUMBER_OPERATORS = tuple(_COMPARISONS)
LIST_OPERATORS = ("any_of", "none_of")
OPERATOR_WORDS = {
    "at_least": "at least", "at_most": "at most", "above": "more than", "below": "less than", "is": "exactly",
    "any_of": "any of", "none_of": "none of",
}  # fmt: skip

_LARGEST: Mapping[Kind, float] = {"days": 36_500, "count": 1e9, "money": LARGEST_NUMBER, "probability": 1}


@dataclass(frozen=True, slots=True)
class Field:
    """What a condition may ask about. `name`: a column of the customer list, or category. `is_predicted`: by a model."""

    name: str
    label: str
    kind: Kind
    is_predicted: bool = False

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it takes."""
        return NUMBER_OPERATORS if self.kind in _LARGEST else LIST_OPERATORS


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field("rfm_score", "RFM score", "cells"),
        Field("recency_days", "Days since last order", "days"),
        Field("frequency", "Orders", "count"),
        Field("monetary", "Net revenue", "money"),
        Field("country", "Country", "country"),
        Field("category", "Category bought", "category"),
        Field("expected_revenue", "Expected revenue (30 days)", "money", True),
        Field("probability", "Chance to order (30 days)", "probability", True),
        Field("churn_90", "Churn (90 days)", "probability", True),
        Field("value_12m", "Lifetime value (12 months)", "money", True),
    )
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One checked condition: `value` is a number, or for any_of and none_of a tuple of names or RFM scores."""

    field: str
    operator: str
    value: Value

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON and TOML hold it."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"field": self.field, "operator": self.operator, "value": value}

    def describe(self) -> str:
        """The condition in words: 'Orders: exactly 1'."""
        shown = ", ".join(map(str, self.value)) if isinstance(self.value, tuple) else _show_number(self)
        return f"{FIELDS[self.field].label}: {OPERATOR_WORDS[self.operator]} {shown}"


def parse_condition(given: Any) -> Condition:
    """A condition from JSON or TOML. Raises BadInput that says what is wrong with it."""
    if not isinstance(given, Mapping) or set(given) != {"field", "operator", "value"}:
        raise BadInput("a condition has exactly field, operator and value")
    field, operator, value = FIELDS.get(str(given["field"])), given["operator"], given["value"]
    if field is None:
        raise BadInput(f"there is no field {str(given['field'])[:40]!r}; the fields are {', '.join(FIELDS)}")
    if operator not in field.operators:
        raise BadInput(f"{field.name} takes {', '.join(field.operators)}, not {str(operator)[:40]!r}")
    checked = _check_number(field, value) if field.kind in _LARGEST else _check_list(field, value)
    return Condition(field.name, operator, checked)


def parse_conditions(given: Any) -> tuple[Condition, ...]:
    """The conditions of a rule. Raises BadInput."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise BadInput("conditions must be a list")
    if len(given) > MOST_CONDITIONS:
        raise BadInput(f"a rule has at most {MOST_CONDITIONS} conditions, not {len(given)}")
    return tuple(parse_condition(each) for each in given)


def condition_sql(condition: Condition, values: dict[str, Any]) -> str:
    """The condition as an expression over the columns of the customer list; its values are added to `values` by name."""
    if not isinstance(condition.value, tuple):
        return f"{condition.field} {_COMPARISONS[condition.operator]} {bind(values, condition.value)}"
    if condition.field == "category":
        bought = " or ".join(_bought(bind(values, each)) for each in condition.value)
        return f"(bought is not null and {'not ' if condition.operator == 'none_of' else ''}({bought}))"
    names = ", ".join(bind(values, each) for each in condition.value)
    return f"{condition.field} {'not in' if condition.operator == 'none_of' else 'in'} ({names})"


def bind(values: dict[str, Any], value: Any) -> str:
    """Add a value under the next free name and return its placeholder."""
    name = f"rule_value_{len(values) + 1}"
    values[name] = value
    return f"${name}"


def _bought(category: str) -> str:
    return f"coalesce(get_bit(bought, (select category_no from categories where category = {category})), 0) = 1"


def _check_number(field: Field, value: Any) -> float:
    largest = _LARGEST[field.kind]
    smallest = -largest if field.kind == "money" else 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput(f"{field.name} needs a number")
    if not smallest <= value <= largest:
        raise BadInput(f"{field.name} needs a number from {smallest:,.0f} to {largest:,.0f}")
    if field.kind in ("days", "count"):
        if value != int(value):
            raise BadInput(f"{field.name} needs a whole number")
        return int(value)
    return value


def _check_list(field: Field, value: Any) -> tuple[str, ...] | tuple[int, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise BadInput(f"{field.name} needs a list of values")
    if len(value) > MOST_VALUES:
        raise BadInput(f"{field.name} takes at most {MOST_VALUES} values, not {len(value)}")
    unique = tuple(dict.fromkeys(value))
    if field.kind == "cells":
        if not all(type(each) is int and len(str(each)) == 3 and set(str(each)) <= set("12345") for each in unique):
            raise BadInput(f"{field.name} needs RFM scores of three digits from 1 to 5, such as 455")
        return unique
    if not all(isinstance(each, str) and each.strip() and len(each) <= LONGEST_VALUE for each in unique):
        raise BadInput(f"{field.name} needs names of 1 to {LONGEST_VALUE} characters")
    return unique


def _show_number(condition: Condition) -> str:
    value = condition.value
    assert isinstance(value, int | float)
    return f"{100 * value:g} %" if FIELDS[condition.field].kind == "probability" else f"{value:,.10g}"
