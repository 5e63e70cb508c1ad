"""What customers would be as one, or in two: money and orders that move, segments before and after, owners, earlier decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.shared import customer_lists
from foresell.api.shared.paging import meta
from foresell.db import AsyncConnection, Row
from foresell.errors import CustomerNotFound, CustomersChanged
from foresell.identity import customers
from foresell.scores.rfm import segments
from foresell.snapshot import queries

_NOTHING: Row = {
    "orders": 0, "revenue": 0, "last_purchase_day": None, "recency_days": None, "rfm_score": None, "segment": None,
    "expected_revenue": None,
}  # fmt: skip


async def preview_merge(
    web: AppState, principal: Principal, con: AsyncConnection, ids: Sequence[str]
) -> dict[str, Any]:
    """What merging the other customers into the first would change, as of the published run; nothing is changed.

    Raises CustomerNotFound, and CustomersChanged when they are one customer already.
    """
    current = await customers.map_current(con, ids)
    wanted = list(dict.fromkeys(current[each] for each in ids))
    if len(wanted) < 2:
        raise CustomersChanged("These are one customer already.", remedy="Look at the history of the customer.")
    records = await customers.list_records(con, wanted)
    if missing := [each for each in wanted if each not in {row["customer_id"] for row in records}]:
        raise CustomerNotFound(remedy=f"There is no such customer: {missing[0]}.")
    aliases = {each: await customers.list_aliases(con, each) for each in wanted}
    figures, after = await _figures(web, principal, aliases)
    owners = await customers.list_owners(con, wanted)
    due = await customers.count_follow_ups(con, wanted)
    names = await customer_lists.names_of(web, principal, [{"customer_id": each} for each in wanted])
    rows = [
        {
            "customer_id": each,
            "name": names.get(each),
            "records": sum(row["customer_id"] == each for row in records),
            "owner": owners.get(each),
            "follow_ups": due[each]["follow_ups"] if each in due else 0,
            "first_due": due[each]["first_due"] if each in due else None,
            **figures[each],
        }
        for each in wanted
    ]
    heirs = [owners[each] for each in wanted if each in owners]
    return {
        "customer_id": wanted[0],
        "customers": rows,
        "moves": {
            "customers": len(rows) - 1,
            "records": sum(row["records"] for row in rows[1:]),
            "orders": sum(row["orders"] for row in rows[1:]),
            "revenue": sum(row["revenue"] for row in rows[1:]),
        },
        "after": after,
        "owner_after": owners.get(wanted[0]) or (heirs[0] if len(heirs) == 1 else None),
        "owners_differ": len({owner["user_id"] for owner in heirs}) > 1,
        "refused": await customers.list_refusals(con, wanted),
        "meta": meta(web),
    }


async def preview_split(
    web: AppState, principal: Principal, con: AsyncConnection, customer_id: str, record_ids: Sequence[int]
) -> dict[str, Any]:
    """What leaves a customer with these records and what stays, as of the published run; nothing is changed.

    Raises CustomerNotFound, and CustomersChanged when they are not some, but not all, of its records.
    """
    [current] = (await customers.map_current(con, [customer_id])).values()
    records = [row["record_id"] for row in await customers.list_records(con, [current])]
    if not records:
        raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
    leaving, staying = set(record_ids), set(records) - set(record_ids)
    if not leaving < set(records):
        raise CustomersChanged(
            "These are not some, but not all, of the records of the customer.", remedy="Look at its records again."
        )
    parts = {}
    for name, part in (("moves", leaving), ("stays", staying)):
        orders = await customers.list_orders(con, sorted(part))
        totals = {"orders": 0, "revenue": 0} if meta(web) is None else await web.ask(principal, _total_orders, orders)
        parts[name] = {"records": len(part), **totals}
    return {"customer_id": current, **parts, "meta": meta(web)}


def _total_orders(con: duckdb.DuckDBPyConnection, order_ids: list[int]) -> Row:
    [totals] = queries.run_query(con, "totals_of_orders", {"order_ids": order_ids})
    return totals


async def _figures(
    web: AppState, principal: Principal, aliases: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Row], Row | None]:
    """By customer its figures in the published run, those of ids merged since included, and what all would be as one."""
    if meta(web) is None:
        return dict.fromkeys(aliases, _NOTHING), None
    return await web.ask(principal, _read_figures, aliases)


def _read_figures(
    con: duckdb.DuckDBPyConnection, aliases: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Row], Row | None]:
    position, values = segments.position_sql(segments.from_rows(queries.run_query(con, "rules")))
    figures: dict[str, Row] = {}
    every: list[str] = []
    for customer_id, ids in aliases.items():
        every.extend(ids)
        [totals] = queries.run_query(con, "totals_of", {"ids": list(ids)})
        figures[customer_id] = _NOTHING | totals | (queries.join_customers(con, ids, position, values) or {})
    return figures, queries.join_customers(con, every, position, values)
