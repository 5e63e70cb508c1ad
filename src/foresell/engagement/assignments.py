"""Assignments: which user looks after a customer; changed for one customer or many, and undone exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from psycopg.types.json import Jsonb

from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.engagement.events import publish_event
from foresell.engagement.visibility import require_visible
from foresell.errors import AlreadyUndone, AssignmentNotFound, Forbidden, UserNotFound

SQL = AsyncStatements("foresell.engagement")

#: By customer id, the user who looked after them; None: unassigned.
Owners = Mapping[str, int | None]


async def list_assignees(con: AsyncConnection) -> list[Row]:
    """Users the acting user may assign customers to: user_id, name; by name."""
    return await SQL.rows(con, "assignments.assignees")


async def assign_customers(
    con: AsyncConnection,
    customer_ids: Sequence[str],
    owner_id: int | None,
    *,
    user_id: int,
    request_id: str | None = None,
) -> Row:
    """Assign customers to a user (None: to no one). Returns assignment_id, user_id, customers and previous owners.

    Raises CustomerNotFound when one is not visible, UserNotFound when the acting user may not assign to `owner_id`.
    """
    await require_visible(con, customer_ids)
    if owner_id is not None and await SQL.row(con, "assignments.assignee", user_id=owner_id) is None:
        raise UserNotFound(remedy="Assign to a user of your team: GET /api/assignees")
    previous = await _change_owners(con, customer_ids, owner_id)
    added = await SQL.row(
        con, "assignments.add", by=user_id, user_id=owner_id, previous=Jsonb(dict(previous)), new=None
    )
    assert added is not None
    await _record(con, "customers.assigned", added["assignment_id"], previous, owner_id, user_id, request_id)
    await _publish(con, previous, {owner_id, *previous.values()})
    return {**added, "user_id": owner_id, "customers": len(previous), "previous": previous}


async def assign_to_several(
    con: AsyncConnection, owners: Mapping[str, int], *, user_id: int, request_id: str | None = None
) -> Row:
    """Assign each customer that has no owner to the user in `owners`, as one assignment that one undo reverts.

    Returns assignment_id, and by user id how many customers they got; customers who got an owner meanwhile are left out.
    """
    assigned: dict[str, int] = {}
    for owner in sorted(set(owners.values())):
        ids = [customer for customer in owners if owners[customer] == owner]
        rows = await SQL.rows(con, "assignments.assign", ids=ids, user_id=owner)
        assigned |= {row["customer_id"]: owner for row in rows}
    previous = dict.fromkeys(assigned)
    added = await SQL.row(
        con, "assignments.add", by=user_id, user_id=None, previous=Jsonb(previous), new=Jsonb(assigned)
    )
    assert added is not None
    counts = dict(Counter(assigned.values()))
    await record.record(
        con,
        "customers.assigned",
        actor=user_id,
        subject=f"assignment:{added['assignment_id']}",
        detail={"assignment_id": added["assignment_id"], "customers": len(assigned), "owners": counts, "by": "rules"},
        customers=assigned,
        request_id=request_id,
    )
    await _publish(con, previous, set(counts))
    return {**added, "customers": counts}


async def undo_assignment(
    con: AsyncConnection, assignment_id: int, *, user_id: int, request_id: str | None = None
) -> Row:
    """Give the customers of one of the user's own assignments back, except those reassigned since.

    Returns assignment_id and how many customers changed owner. Raises AssignmentNotFound, AlreadyUndone.
    """
    undone = await SQL.row(con, "assignments.undo", assignment_id=assignment_id)
    if undone is None:
        if await SQL.row(con, "assignments.undone", assignment_id=assignment_id):
            raise AlreadyUndone("This assignment was undone already.")
        raise AssignmentNotFound(remedy="You can undo only your own assignments.")
    before: Owners = undone["previous"]
    now = await _find_owners(con, list(before))
    new: Owners = undone["new"] or dict.fromkeys(before, undone["user_id"])
    unchanged = {customer: owner for customer, owner in before.items() if now.get(customer) == new[customer]}
    returned: dict[str, int | None] = {}
    for owner in set(unchanged.values()):
        customers = [customer for customer in unchanged if unchanged[customer] == owner]
        returned |= await _change_owners(con, customers, owner)
    await _record(con, "assignment.undone", assignment_id, returned, None, user_id, request_id)
    await _publish(con, returned, {*new.values(), *unchanged.values()})
    return {"assignment_id": assignment_id, "customers": len(returned)}


async def _change_owners(
    con: AsyncConnection, customer_ids: Sequence[str], owner_id: int | None
) -> dict[str, int | None]:
    """Returns, by customer whose owner changed, the owner before. Raises Forbidden beyond the acting user's rights."""
    before = await _find_owners(con, customer_ids)
    if owner_id is None:
        changed = await SQL.rows(con, "assignments.unassign", ids=list(before))
        if len(changed) < len(before):
            raise Forbidden("You can leave only customers of your own team unassigned.", remedy="Ask an administrator.")
        return {row["customer_id"]: before[row["customer_id"]] for row in changed}
    changed = await SQL.rows(con, "assignments.reassign", ids=list(before), user_id=owner_id)
    unassigned = [customer for customer in customer_ids if customer not in before]
    if unassigned:  # of two managers who assign the same customers at once, the first gets them
        changed += await SQL.rows(con, "assignments.assign", ids=unassigned, user_id=owner_id)
    return {row["customer_id"]: before.get(row["customer_id"]) for row in changed}


async def _find_owners(con: AsyncConnection, customer_ids: Sequence[str]) -> dict[str, int | None]:
    """Owners by customer id, locked until the transaction ends; unassigned customers are left out."""
    rows = await SQL.rows(con, "assignments.owners", ids=list(customer_ids))
    return {row["customer_id"]: row["user_id"] for row in rows}


async def _record(
    con: AsyncConnection,
    action: str,
    assignment_id: int,
    changed: Owners,
    owner_id: int | None,
    user_id: int,
    request_id: str | None,
) -> None:
    only = next(iter(changed)) if len(changed) == 1 else None
    await record.record(
        con,
        action,
        actor=user_id,
        subject=f"customer:{only}" if only else f"assignment:{assignment_id}",
        detail={
            "assignment_id": assignment_id,
            "customers": len(changed),
            "owner": owner_id,
        },
        customers=changed,
        request_id=request_id,
    )


async def _publish(con: AsyncConnection, changed: Owners, users: set[int | None]) -> None:
    """Tell every user who gained or lost customers; other processes forget who sees whom by a trigger."""
    for user in sorted(user for user in users if user is not None):
        await publish_event(con, "customers_assigned", {"customers": len(changed)}, user_id=user)
