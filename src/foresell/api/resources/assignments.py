"""Assignments: which user looks after a customer; one customer or many at once, and undo."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared.schemas import Body, LargeNumber
from foresell.api.shared.selections import Selection, read_selected_ids
from foresell.db import AsyncConnection
from foresell.engagement import assignments

router = APIRouter(prefix="/api", tags=["engagement"])
Assigner = Annotated[Principal, require("customers.assign")]
UserId = Annotated[int, Field(ge=1, lt=2**31)]


class OwnerChange(Body):
    """Which user is to look after a customer."""

    user_id: UserId | None = Field(description="null: leave the customer unassigned.")


class NewAssignment(Selection):
    """Which user is to look after these customers."""

    user_id: UserId | None = Field(description="null: leave the customers unassigned.")


class Assignment(BaseModel):
    """An assignment; POST /api/assignments/{assignment_id}/undo undoes it."""

    assignment_id: int
    user_id: int | None
    customers: int = Field(description="How many changed owner; customers the user already had are not counted.")
    previous: dict[str, int | None] = Field(description="By customer whose owner changed: the owner before.")


class Assignee(BaseModel):
    """A user customers can be assigned to."""

    user_id: int
    name: str


class AssigneeList(BaseModel):
    """Users customers can be assigned to, by name."""

    data: list[Assignee]


class UndoneAssignment(BaseModel):
    """An assignment that was undone."""

    assignment_id: int
    customers: int = Field(description="How many went back; customers reassigned since stay where they are.")


@router.get("/assignees", response_model=AssigneeList, responses=error_responses())
async def list_assignees(web: AppStateOf, principal: Assigner) -> Response:
    """Users you may assign customers to: your team, or every user if you see all customers."""
    async with web.transaction(principal.user_id) as con:
        return answer({"data": await assignments.list_assignees(con)})


@router.put("/customers/{customer_id}/owner", response_model=Assignment, responses=error_responses(404, 409, 422))
async def assign_customer(
    web: AppStateOf, principal: Assigner, idempotent: IdempotentOf, customer_id: CurrentCustomer, owner: OwnerChange
) -> Response:
    """Assign a customer to a user, or leave the customer unassigned."""
    only = Selection(customer_ids=[customer_id])  # type: ignore[call-arg]
    return await _assign(web, principal, idempotent, only, owner.user_id, 200)


@router.post("/assignments", status_code=201, response_model=Assignment, responses=error_responses(404, 409, 422))
async def assign_customers(
    web: AppStateOf, principal: Assigner, idempotent: IdempotentOf, wanted: NewAssignment
) -> Response:
    """Assign customers to a user, or leave them unassigned. A manager assigns customers of the team, and customers
    without an owner, to users of the team."""
    return await _assign(web, principal, idempotent, wanted, wanted.user_id, 201)


@router.post(
    "/assignments/{assignment_id}/undo", response_model=UndoneAssignment, responses=error_responses(404, 409, 422)
)
async def undo_assignment(
    web: AppStateOf,
    principal: Assigner,
    idempotent: IdempotentOf,
    assignment_id: LargeNumber,
) -> Response:
    """Undo one of your own assignments, for the customers who were not reassigned since."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        return await assignments.undo_assignment(
            con, assignment_id, user_id=principal.user_id, request_id=idempotent.request_id
        )

    response = await idempotent.run(principal, act)
    web.forget_scopes()
    return response


async def _assign(
    web: AppStateOf,
    principal: Principal,
    idempotent: IdempotentOf,
    which: Selection,
    owner_id: int | None,
    status: int,
) -> Response:
    async def act(con: AsyncConnection) -> dict[str, Any]:
        ids = await read_selected_ids(web, principal, con, which)
        return await assignments.assign_customers(
            con, ids, owner_id, user_id=principal.user_id, request_id=idempotent.request_id
        )

    response = await idempotent.run(principal, act, status=status)
    web.forget_scopes()
    return response
