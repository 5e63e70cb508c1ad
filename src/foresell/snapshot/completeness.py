"""How complete what is known of customers is, by the weights of the groups of fields that are known."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import duckdb

from foresell.errors import CustomerNotFound
from foresell.snapshot.queries import run_query

#: How complete active customers are to be, on average; active: a counted order in the days before as_of.
GOAL, ACTIVE_DAYS = 0.8, 365
#: A source could give a group of fields when at least this share of its records have it.
COULD_GIVE = 0.5

Row = dict[str, Any]


def measure_completeness(con: duckdb.DuckDBPyConnection) -> Row:
    """as_of, active, completeness, goal, at_goal, all_customers, all_completeness, fields, sources and a sentence.

    Of the customers in the connection's scope; sources: of all records of the shop. fields: the one that most active customers
    lack first, each with the sources that could give it.
    """
    [row] = run_query(con, "completeness", {"goal": GOAL - 1e-9, "days": ACTIVE_DAYS})
    fields = run_query(con, "completeness_of_fields", {"days": ACTIVE_DAYS})
    sources = list_sources(con)
    for each in fields:
        each["share"] = each["share"] or 0.0
        each["missing"] = row["active"] - each["filled"]
        each["sources"] = _could_give(sources, each["field_group"])
    fields.sort(key=lambda each: -each["missing"])
    return {**row, "goal": GOAL, "fields": fields, "sources": sources, "sentence": _describe(row)}


def list_sources(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """One row per source: source, records, completeness (mean of its records), fields (share of its records by group)."""
    rows = run_query(con, "completeness_of_sources")
    listed = []
    for (source, records), groups in groupby(rows, key=lambda row: (row["source"], row["records"])):
        fields = list(groups)
        total = sum(each["weight"] for each in fields)
        completeness = sum(each["weight"] * each["share"] for each in fields) / total if total else 0.0
        shares = {each["field_group"]: each["share"] for each in fields}
        listed.append({"source": source, "records": records, "completeness": completeness, "fields": shares})
    return listed


def describe_completeness(con: duckdb.DuckDBPyConnection, customer_id: str) -> Row:
    """completeness, filled and missing groups of one customer, each missing one with the sources that could give it.

    Raises CustomerNotFound.
    """
    rows = run_query(con, "completeness_of_customer", {"customer_id": customer_id})
    if not rows:
        raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
    sources = list_sources(con)
    missing = [
        {
            "field_group": row["field_group"],
            "weight": row["weight"],
            "sources": _could_give(sources, row["field_group"]),
        }
        for row in rows
        if not row["filled"]
    ]
    filled = [row["field_group"] for row in rows if row["filled"]]
    return {
        "customer_id": customer_id, "completeness": rows[0]["completeness"], "filled": filled, "missing": missing,
    }  # fmt: skip


def _could_give(sources: list[Row], field_group: str) -> list[str]:
    """The sources that have this group of fields for most of their records."""
    return [each["source"] for each in sources if each["fields"][field_group] >= COULD_GIVE]


def _describe(row: Row) -> str:
    if not row["active"]:
        return "There are no active customers."
    return f"Active customers are {row['completeness']:.0%} complete on average; the goal is {GOAL:.0%}."
