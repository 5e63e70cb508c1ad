"""Relations of customers in words, and how well each kind of relation carries a referral."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from foresell.db import Row

RelationKind = Literal["household", "branch", "premises", "works for", "referred by"]
KINDS: tuple[RelationKind, ...] = get_args(RelationKind)
#: Relations from one customer to the other.
DIRECTED = frozenset(("works for", "referred by"))
#: How likely a relation is to carry a referral, from 0 to 1. Judged, not measured: no referrals are recorded yet.
STRENGTHS: Mapping[RelationKind, float] = {
    "referred by": 0.9, "works for": 0.8, "household": 0.8, "branch": 0.7, "premises": 0.4,
}  # fmt: skip
#: A customer whose last counted order is longer ago than this is lapsed.
LAPSED_DAYS = 365
#: Customers that the graph shows.
MOST_NODES = 60

_FORWARD: Mapping[RelationKind, str] = {
    "household": "is in one household with", "branch": "is a branch of the same company as",
    "premises": "is at the same premises as", "works for": "works for", "referred by": "was referred by",
}  # fmt: skip
_BACKWARD: Mapping[RelationKind, str] = {"works for": "employs", "referred by": "referred"}


def describe_relation(kind: RelationKind, forward: bool) -> str:
    """The verb of a relation, from its first customer to its second (forward) or back."""
    return _FORWARD[kind] if forward else _BACKWARD.get(kind, _FORWARD[kind])


def describe_opportunity(row: Row, lapsed_days: int = LAPSED_DAYS) -> Row:
    """A row of referral_opportunities with `why`, its `path` as steps, and the `reason` in words; ids stand for names."""
    customers: Sequence[str] = row["customers"]
    path = [
        {"relation_id": relation_id, "source": here, "target": there, "kind": kind,
         "sentence": f"{here} {describe_relation(kind, forward)} {there}."}
        for relation_id, kind, forward, here, there in zip(
            row["relation_ids"], row["kinds_of_path"], row["forward"], customers, customers[1:], strict=False
        )
    ]  # fmt: skip
    links = ", who ".join(
        f"{describe_relation(kind, forward)} {there}"
        for kind, forward, there in zip(row["kinds_of_path"], row["forward"], customers[1:], strict=True)
    )
    last = row["last_order_days"]
    state = "has no counted order" if last is None else f"has not ordered for {last} days"
    return {
        "customer_id": row["customer_id"],
        "why": "prospect" if last is None else "lapsed",
        "last_order_days": last,
        **{name: row[name] for name in ("good_customer_id", "good_segment", "good_monetary", "strength")},
        "path": path,
        "reason": f"{row['customer_id']} {state}, and {links} ({row['good_segment']}, net revenue {row['good_monetary']:,.0f}).",
    }


def opportunity_values(*, excluded: Sequence[str] = (), limit: int = 100) -> dict[str, Any]:
    """The values of the statements that list opportunities. excluded: customers who object; there is no consent data yet, so
    callers pass none, and the query is ready for them."""
    return {
        "kinds": list(STRENGTHS), "strengths": list(STRENGTHS.values()), "lapsed_days": LAPSED_DAYS,
        "excluded": list(excluded), "limit": limit,
    }  # fmt: skip


def make_graph(customer_id: str, rows: Sequence[Row], people: Mapping[str, Row]) -> Row:
    """nodes, edges and whether there are more than MOST_NODES customers, from rows of the statement `around`."""
    depth = {customer_id: 0}
    for row in sorted(rows, key=lambda each: each["depth"]):
        for end in (row["from_customer"], row["to_customer"]):
            depth.setdefault(end, row["depth"] + 1)
    nearest = sorted(depth, key=lambda each: (depth[each], each))
    shown = set(nearest[:MOST_NODES])
    nodes = [
        {
            "customer_id": each,
            "name": None,
            "segment": None,
            "monetary": None,
            **people.get(each, {}),
            "depth": depth[each],
        }
        for each in nearest[:MOST_NODES]
    ]
    edges = [
        {"relation_id": row["relation_id"], "source": row["from_customer"], "target": row["to_customer"],
         "kind": row["kind"], "directed": row["kind"] in DIRECTED}
        for row in rows
        if row["from_customer"] in shown and row["to_customer"] in shown
    ]  # fmt: skip
    return {"nodes": nodes, "edges": edges, "truncated": len(nearest) > MOST_NODES}


def list_relations(customer_id: str, rows: Sequence[Row], people: Mapping[str, Row]) -> list[Row]:
    """The relations of the customer itself, those stated by people first."""
    listed = []
    for row in rows:
        if customer_id not in (row["from_customer"], row["to_customer"]):
            continue
        forward = row["from_customer"] == customer_id
        other = row["to_customer"] if forward else row["from_customer"]
        direction = ("to" if forward else "from") if row["kind"] in DIRECTED else "both"
        words = describe_relation(row["kind"], forward)
        known = {
            name: row[name] for name in ("relation_id", "kind", "evidence", "weight", "made_by", "user", "made_at")
        }
        person = people.get(other, {})
        listed.append(
            {**known, "direction": direction, "customer_id": other, "name": person.get("name"),
             "segment": person.get("segment"), "sentence": f"{words[0].upper()}{words[1:]} {other}."}
        )  # fmt: skip
    return sorted(listed, key=lambda each: (each["made_by"] != "user", each["relation_id"]))
