"""Who looks after whom: one customer, or many at once, and back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import WebOf, require
from foresell.api.http.error_handlers import documented
from foresell.api.http.idempotency import OnceOf
from foresell.api.http.responses import answer
from foresell.api.shared import desk
from foresell.api.shared.schemas import CustomerId
from foresell.db import AsyncConnection
from foresell.errors import Forbidden, NotFound, NotReady

router = APIRouter(prefix="/api", tags=["desk"])
Assigner = Annotated[Principal, require("customers.assign")]
UserId = Annotated[int, Field(ge=1, lt=2**31)]


class NewOwner(BaseModel):
    """Who is to look after a customer."""

    model_config = ConfigDict(extra="forbid")

    user_id: UserId | None = Field(description="null: nobody.")


class NewAssignment(NewOwner):
    """Who is to look after these customers."""

    customer_ids: list[Annotated[str, Field(pattern=r"^[Cc]\d{6,18}$")]] = Field(min_length=1, max_length=10_000)


class Assigned(BaseModel):
    """A hand-over; POST /api/assignments/{assignment_id}/undo takes it back."""

    assignment_id: int
    user_id: int | None
    customers: int = Field(description="How many changed hands; those already there are not counted.")
    previous: dict[str, int | None] = Field(description="By customer who changed hands: who looked after it before.")


class Assignee(BaseModel):
    """Somebody customers can be handed to."""

    user_id: int
    name: str


class Assignees(BaseModel):
    """Those who may look after customers, by name."""

    data: list[Assignee]


class GivenBack(BaseModel):
    """A hand-over that was taken back."""

    assignment_id: int
    customers: int = Field(description="How many went back; those handed on since stay where they are.")


@router.get("/assignees", response_model=Assignees, responses=documented())
async def list_assignees(web: WebOf, principal: Assigner) -> Response:
    """To whom one may hand customers: one's team, or everybody for those who see all customers."""
    async with web.transaction(principal.user_id) as con:
        return answer({"data": await desk.rows(con, "assignees")})


@router.put("/customers/{customer_id}/owner", response_model=Assigned, responses=documented(404, 409, 422))
async def assign_customer(
    web: WebOf, principal: Assigner, once: OnceOf, customer_id: CustomerId, owner: NewOwner
) -> Response:
    """Hand a customer to a user, or to nobody."""
    return await _assign(web, principal, once, [customer_id.upper()], owner.user_id, 200)


@router.post("/assignments", status_code=201, response_model=Assigned, responses=documented(404, 409, 422))
async def assign_customers(web: WebOf, principal: Assigner, once: OnceOf, wanted: NewAssignment) -> Response:
    """Hand customers to a user, or to nobody. A manager hands over within the team; new customers are the admin's to give."""
    ids = sorted({each.upper() for each in wanted.customer_ids})
    return await _assign(web, principal, once, ids, wanted.user_id, 201)


@router.post("/assignments/{assignment_id}/undo", response_model=GivenBack, responses=documented(404, 409, 422))
async def undo_assignment(
    web: WebOf, principal: Assigner, once: OnceOf, assignment_id: Annotated[int, Path(ge=1, lt=2**63)]
) -> Response:
    """Take one's own hand-over back, of customers who were not handed on since."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        undone = await desk.row(con, "undo_assignment", assignment_id=assignment_id)
        if undone is None:
            if await desk.row(con, "undone_assignment", assignment_id=assignment_id):
                raise NotReady("This hand-over was taken back already.")
            raise NotFound("Assignment not found", remedy="Only one's own hand-overs can be taken back.")
        before: dict[str, int | None] = undone["previous"]
        there = {row["customer_id"]: row["user_id"] for row in await desk.rows(con, "owners", ids=list(before))}
        still = {each: owner for each, owner in before.items() if there.get(each) == undone["user_id"]}
        moved: dict[str, int | None] = {}
        for owner in set(still.values()):
            moved |= await _move(con, [each for each in still if still[each] == owner], owner)
        await _tell(con, moved, {undone["user_id"], *still.values()})
        return {"assignment_id": assignment_id, "customers": len(moved)}

    response = await once(principal, act)
    web.forget_scopes()
    return response


async def _assign(
    web: WebOf, principal: Principal, once: OnceOf, ids: list[str], user_id: int | None, status: int
) -> Response:
    async def act(con: AsyncConnection) -> dict[str, Any]:
        await desk.check_reach(con, ids)
        if user_id is not None and await desk.row(con, "colleague", user_id=user_id) is None:
            raise NotFound("User not found", remedy="Hand over to somebody you manage: GET /api/assignees")
        previous = await _move(con, ids, user_id)
        noted = await desk.row(con, "note_assignment", by=principal.user_id, user_id=user_id, previous=Jsonb(previous))
        assert noted
        await _tell(con, previous, {user_id, *previous.values()})
        return {**noted, "user_id": user_id, "customers": len(previous), "previous": previous}

    response = await once(principal, act, status=status)
    web.forget_scopes()
    return response


async def _move(con: AsyncConnection, ids: list[str], user_id: int | None) -> dict[str, int | None]:
    """Hand these customers over; returns, by customer that moved, who had it. Raises Forbidden beyond one's rights."""
    before = {row["customer_id"]: row["user_id"] for row in await desk.rows(con, "owners", ids=ids)}
    unowned = [each for each in ids if each not in before]
    if user_id is None:
        moved = [row["customer_id"] for row in await desk.rows(con, "release", ids=list(before))]
        if len(moved) < len(before):
            raise Forbidden("Only whoever sees all customers may hand one to nobody.")
        return {each: before[each] for each in moved}
    moved = [row["customer_id"] for row in await desk.rows(con, "hand_over", ids=list(before), user_id=user_id)]
    if unowned:
        await _check_all(con)
        await desk.run(con, "assign", ids=unowned, user_id=user_id)
    return {each: before.get(each) for each in [*moved, *unowned]}


async def _check_all(con: AsyncConnection) -> None:
    scope = await desk.row(con, "scope")
    if scope is None or scope["scope"] != "all":
        raise Forbidden(
            "Customers nobody looks after are given out by whoever sees all customers.",
            remedy="Ask an administrator.",
        )


async def _tell(con: AsyncConnection, moved: dict[str, int | None], users: set[int | None]) -> None:
    """Tell everybody who gained or lost customers, and wake the other processes."""
    for user in sorted(user for user in users if user is not None):
        await desk.tell(con, "customers_assigned", {"customers": len(moved)}, user_id=user)
