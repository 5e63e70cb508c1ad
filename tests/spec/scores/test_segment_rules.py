"""Segment rules: what each field and operator means, which rule wins, and what is refused. As of 2026-03-01."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

import duckdb
import pytest

from foresell.errors import BadInput
from foresell.scores import registry
from foresell.scores.rfm import score as rfm
from foresell.scores.rfm import segments
from foresell.scores.rfm.conditions import FIELDS, MOST_CONDITIONS, MOST_VALUES, parse_condition, parse_conditions

#: customer, country, categories, r, f, m, days, orders, revenue, expected, chance, churn, value
CUSTOMERS = """
ann  GB  Mugs,Bowls  5  5  5  3    9  900.50  80    0.9   0.05  1200
bob  GB  Mugs        4  1  2  30   1  40      12.5  0.4   0.30  100
cid  PT  Bowls       3  3  3  90   3  300     -     -     -     -
dan  -   -           1  1  1  400  1  -5      0     0     0.95  0
"""
ALL = ((1, 5),) * 3


def shop() -> duckdb.DuckDBPyConnection:
    """What segments.sql reads, of the four customers above; - is unknown."""
    con = duckdb.connect()
    con.execute(
        "create table rfm_scores (customer_id varchar, r int, f int, m int, rfm_score int, recency_days int, frequency int,"
        " monetary decimal(18, 4), last_purchase_day date);"
        "create table customers (customer_id varchar, country varchar);"
        "create table predictions (customer_id varchar, expected_revenue double, probability double, churn_90 double,"
        " value_12m double);"
        "create table baskets (customer_id varchar, bought bit);"
        "create table categories as select 1::usmallint as category_no, 'Bowls' as category union all select 2, 'Mugs'"
    )
    for line in CUSTOMERS.strip().splitlines():
        who, country, bought, r, f, m, days, orders, money, *predicted = (None if v == "-" else v for v in line.split())
        con.execute(
            "insert into rfm_scores values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [who, r, f, m, f"{r}{f}{m}", days, orders, money, date(2026, 2, 1)],
        )
        con.execute("insert into customers values (?, ?)", [who, country])
        con.execute("insert into predictions values (?, ?, ?, ?, ?)", [who, *predicted])
        if bought:
            bits = {"Mugs,Bowls": "011", "Mugs": "001", "Bowls": "010"}[bought]
            con.execute("insert into baskets values (?, ?::bit)", [who, bits])
    return con


def assign(con: duckdb.DuckDBPyConnection, rules: list[segments.Rule]) -> dict[str, str]:
    """The segment of each customer under these rules."""
    con.execute(
        "create or replace table segment_rules (position int, name varchar, r_min int, r_max int, f_min int, f_max int,"
        " m_min int, m_max int, conditions varchar, advice varchar)"
    )
    columns = ("position", "name", "r_min", "r_max", "f_min", "f_max", "m_min", "m_max", "conditions", "advice")
    for row in segments.to_rows(rules):
        row["conditions"] = json.dumps(row["conditions"])
        con.execute(f"insert into segment_rules values ({', '.join('?' * 10)})", [row[column] for column in columns])
    rfm.assign_segments(con)
    return dict(con.execute("select customer_id, segment from rfm_scores").fetchall())


def rule(name: str, *conditions: tuple[str, str, Any], spans: tuple[tuple[int, int], ...] = ALL) -> segments.Rule:
    met = parse_conditions([dict(zip(("field", "operator", "value"), each, strict=True)) for each in conditions])
    return segments.Rule(name, *spans, advice="Call.", conditions=met)


@pytest.mark.parametrize(
    ("condition", "members"),
    [
        (("rfm_score", "any_of", [555, 111]), "ann dan"),
        (("rfm_score", "none_of", [555, 111]), "bob cid"),
        (("recency_days", "at_most", 30), "ann bob"),
        (("recency_days", "below", 30), "ann"),
        (("recency_days", "at_least", 90), "cid dan"),
        (("recency_days", "above", 90), "dan"),
        (("frequency", "is", 1), "bob dan"),
        (("frequency", "at_least", 3), "ann cid"),
        (("monetary", "above", 300), "ann"),
        (("monetary", "at_most", -5), "dan"),
        (("monetary", "is", 900.5), "ann"),
        (("country", "any_of", ["GB", "FR"]), "ann bob"),
        (("country", "none_of", ["GB"]), "cid"),
        (("category", "any_of", ["Bowls"]), "ann cid"),
        (("category", "any_of", ["Bowls", "Mugs"]), "ann bob cid"),
        (("category", "none_of", ["Bowls"]), "bob"),
        (("category", "any_of", ["Hats"]), ""),
        (("category", "none_of", ["Hats"]), "ann bob cid"),
        (("expected_revenue", "at_least", 12.5), "ann bob"),
        (("expected_revenue", "at_most", 0), "dan"),
        (("probability", "above", 0.4), "ann"),
        (("probability", "is", 0), "dan"),
        (("churn_90", "at_least", 0.3), "bob dan"),
        (("value_12m", "below", 1200), "bob dan"),
    ],
)
def test_each_field_and_operator_and_unknown_values_meet_no_condition(
    condition: tuple[str, str, Any], members: str
) -> None:
    found = assign(shop(), [rule("In", condition), rule("Out")])
    assert {who for who, segment in found.items() if segment == "In"} == set(members.split())


def test_every_field_has_a_case_above_and_is_named_like_its_column() -> None:
    [marker] = test_each_field_and_operator_and_unknown_values_meet_no_condition.pytestmark
    assert {condition[0] for condition, _ in marker.args[1]} == set(FIELDS)
    assert {condition[1] for condition, _ in marker.args[1]} == {
        o for field in FIELDS.values() for o in field.operators
    }
    labels = {column.name: column.label for column in registry.list_columns()}
    for field in FIELDS.values():
        assert labels.get(field.name, field.label) == field.label


def test_the_first_rule_that_matches_wins_and_all_its_conditions_must_be_met() -> None:
    both = rule("British and often", ("country", "any_of", ["GB"]), ("frequency", "at_least", 2))
    rules = [
        both,
        rule("British", ("country", "any_of", ["GB"])),
        rule("Low", spans=((1, 1), (1, 5), (1, 5))),
        rule("Rest"),
    ]
    assert assign(shop(), rules) == {"ann": "British and often", "bob": "British", "cid": "Rest", "dan": "Low"}
    assert assign(shop(), [rules[1], both, *rules[2:]])["ann"] == "British", "the order decides"


def test_equal_customers_get_the_same_segment_at_the_limit() -> None:
    con = shop()
    con.execute("update rfm_scores set recency_days = 30")
    assert set(assign(con, [rule("At", ("recency_days", "at_most", 30)), rule("After")]).values()) == {"At"}


def test_a_prediction_that_is_off_matches_no_one() -> None:
    con = shop()
    con.execute("update predictions set probability = null")
    for operator in ("at_least", "at_most"):
        assert set(assign(con, [rule("In", ("probability", operator, 0.5)), rule("Out")]).values()) == {"Out"}


HOSTILE: list[tuple[Any, str]] = [
    ({"field": "password", "operator": "is", "value": 1}, "no field"),
    ({"field": "frequency; drop table customers", "operator": "is", "value": 1}, "no field"),
    ({"field": "frequency", "operator": "= 1 or 1", "value": 1}, "not '= 1 or 1'"),
    ({"field": "frequency", "operator": "any_of", "value": [1]}, "takes at_least"),
    ({"field": "country", "operator": "at_least", "value": 1}, "takes any_of"),
    ({"field": "monetary", "operator": "at_least", "value": math.nan}, "needs a number"),
    ({"field": "monetary", "operator": "at_least", "value": math.inf}, "needs a number"),
    ({"field": "monetary", "operator": "at_least", "value": 1e13}, "from -1,000,000,000,000"),
    ({"field": "monetary", "operator": "at_least", "value": "1 or true"}, "needs a number"),
    ({"field": "frequency", "operator": "is", "value": True}, "needs a number"),
    ({"field": "frequency", "operator": "is", "value": 1.5}, "whole number"),
    ({"field": "recency_days", "operator": "is", "value": -1}, "from 0"),
    ({"field": "probability", "operator": "is", "value": 42}, "from 0 to 1"),
    ({"field": "rfm_score", "operator": "any_of", "value": [556]}, "three digits"),
    ({"field": "rfm_score", "operator": "any_of", "value": []}, "list"),
    ({"field": "country", "operator": "any_of", "value": "GB"}, "list"),
    ({"field": "country", "operator": "any_of", "value": [" "]}, "names"),
    ({"field": "country", "operator": "any_of", "value": ["x" * 201]}, "names"),
    ({"field": "country", "operator": "any_of", "value": [f"c{n}" for n in range(MOST_VALUES + 1)]}, "at most 200"),
    ({"field": "country", "operator": "any_of", "value": ["GB"], "sql": "1"}, "exactly"),
    ("frequency = 1", "exactly"),
]


@pytest.mark.parametrize(("given", "says"), HOSTILE)
def test_hostile_conditions_are_refused(given: Any, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        parse_condition(given)


def test_values_never_become_sql() -> None:
    text = "GB') or 1=1; drop table customers; --"
    con = shop()
    assert set(assign(con, [rule("In", ("country", "any_of", [text])), rule("Out")]).values()) == {"Out"}
    sql, values = segments.position_sql([rule("In", ("country", "any_of", [text]), ("category", "none_of", [text]))])
    assert "drop" not in sql and list(values.values()).count(text) == 2
    assert con.execute("select count(*) from customers").fetchall() == [(4,)]


def test_too_much_is_refused() -> None:
    with pytest.raises(BadInput, match=f"at most {MOST_CONDITIONS}"):
        parse_conditions([{"field": "frequency", "operator": "is", "value": 1}] * (MOST_CONDITIONS + 1))
    assert segments.check([rule(f"S{n}") for n in range(10_000)]) == [
        "there are 10000 segments; at most 50 are possible"
    ]


def test_rules_with_conditions_need_a_rule_without_for_everyone_else() -> None:
    conditional = rule("British", ("country", "any_of", ["GB"]))
    assert segments.check([conditional]) == [
        "125 of the 125 cells have no segment without conditions: 111, 112, 113, 114, 115, 121, 122, 123 ..."
    ]
    assert segments.check([conditional, rule("Rest")]) == []
    assert segments.check([rule("All"), conditional]) == [
        '"British" can never apply: the segments above it hold all its cells'
    ]


def test_what_changed_between_versions_is_named() -> None:
    a, b, c = rule("A", ("frequency", "is", 1)), rule("B", spans=((1, 2), (1, 5), (1, 5))), rule("C")
    before, after = [a, b, c], [rule("D"), c, rule("A", ("frequency", "is", 2))]
    assert segments.compare(before, after) == {"added": ["D"], "removed": ["B"], "changed": ["A"], "is_reordered": True}
    assert segments.compare(before, before) == {"added": [], "removed": [], "changed": [], "is_reordered": False}


def test_rules_survive_the_file_to_edit() -> None:
    rules = [rule("British", ("country", "any_of", ["GB"]), ("probability", "at_least", 0.25)), rule("Rest")]
    assert segments.from_toml(segments.to_toml(rules)) == rules
