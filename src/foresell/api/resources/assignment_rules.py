"""Assignment by rule: which customers without an owner go to which users."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared.schemas import Body
from foresell.db import AsyncConnection
from foresell.engagement import assignment_rules, assignments
from foresell.engagement.assignment_rules import Plan
from foresell.errors import NotReady

router = APIRouter(prefix="/api/assignment-rules", tags=["engagement"])
Assigner = Annotated[Principal, require("customers.assign")]
Value = Annotated[str, Field(min_length=1, max_length=100)]


class AssignmentRule(Body):
    """A rule. An empty condition matches every customer; several users get customers in turn."""

    countries: list[Value] = Field(
        [], max_length=300, description="Countries as the list shows them.", examples=[["GB"]]
    )
    segments: list[Value] = Field([], max_length=50, description="Names of segments.", examples=[["Champions"]])
    postcodes: list[Annotated[str, Field(pattern=r"^[\w -]{1,12}$")]] = Field(
        [], max_length=1000, description="Beginnings of postcodes.", examples=[["SW1", "EC"]]
    )
    user_ids: list[Annotated[int, Field(ge=1, lt=2**31)]] = Field(
        min_length=1, max_length=200, description="The users who get the customers, in turn."
    )
    capacity: int | None = Field(
        None, ge=1, le=1_000_000, description="The most customers a user has, those they have already included."
    )


class AssignmentRulesInput(Body):
    """Rules in order of precedence: the first that matches a customer, and has capacity left, decides."""

    rules: list[AssignmentRule] = Field(max_length=100, description="In order of precedence.")


class AssignmentRulesChange(AssignmentRulesInput):
    """The rules, and when they are applied."""

    automatic: bool = Field(description="Whether to apply them after each run, with the rights of who saved them.")


class RuleOptions(BaseModel):
    """What rules can ask for."""

    countries: list[str] = Field(description="Countries of the customers you may see.")
    segments: list[str]
    postcodes: bool = Field(description="Whether any postcode is known.")


class AssignmentRules(BaseModel):
    """The rules of your team or, if you see all customers, of the company."""

    rules: list[AssignmentRule] = Field(description="In order of precedence.")
    automatic: bool = Field(description="Whether they are applied after each run.")
    saved_at: datetime | None = Field(description="When they were saved; null: never.")
    saved_by: str | None = Field(description="The name of the user with whose rights they are applied.")
    options: RuleOptions = Field(description="What rules can ask for.")


class UserShare(BaseModel):
    """What one user gets by a rule."""

    user_id: int
    name: str | None
    customers: int
    expected_revenue: float = Field(description="The expected revenue (30 days) of these customers.")


class RulePreview(BaseModel):
    """What a rule does."""

    matching: int = Field(description="Customers for whom it is the first rule that matches.")
    full: int = Field(description="Matching customers for whom none of its users had capacity left.")
    users: list[UserShare]


class AssignmentPreview(BaseModel):
    """What the rules would do now."""

    unassigned: int = Field(description="Customers without an owner.")
    assigned: int = Field(description="How many of them the rules assign.")
    unmatched: int = Field(description="How many match no rule.")
    rules: list[RulePreview] = Field(description="What each rule does, in the order of the rules.")


class AppliedRules(BaseModel):
    """An assignment by rules; POST /api/assignments/{assignment_id}/undo undoes it."""

    assignment_id: int
    customers: int = Field(description="How many customers were assigned.")
    users: int = Field(description="How many users got customers.")


@router.get("", response_model=AssignmentRules, responses=error_responses())
async def get_assignment_rules(web: AppStateOf, principal: Assigner) -> Response:
    """The rules, and what they can ask for."""
    async with web.transaction(principal.user_id) as con:
        return answer({**await assignment_rules.load_rules(con), "options": await assignment_rules.load_options(con)})


@router.put("", response_model=AssignmentRules, responses=error_responses(404, 409, 422))
async def save_assignment_rules(
    web: AppStateOf, principal: Assigner, idempotent: IdempotentOf, wanted: AssignmentRulesChange
) -> Response:
    """Replace the rules."""
    _require_team(principal)

    async def act(con: AsyncConnection) -> dict[str, Any]:
        await assignment_rules.save_rules(
            con,
            [rule.model_dump() for rule in wanted.rules],
            automatic=wanted.automatic,
            user_id=principal.user_id,
            request_id=idempotent.request_id,
        )
        return {**await assignment_rules.load_rules(con), "options": await assignment_rules.load_options(con)}

    return await idempotent.run(principal, act)


@router.post("/preview", response_model=AssignmentPreview, responses=error_responses(404))
async def preview_assignment_rules(web: AppStateOf, principal: Assigner, wanted: AssignmentRulesInput) -> Response:
    """What these rules would do now; nothing is changed."""
    async with web.transaction(principal.user_id) as con:
        plan = await assignment_rules.plan_rules(con, [rule.model_dump() for rule in wanted.rules])
        names = {row["user_id"]: row["name"] for row in await assignments.list_assignees(con)}
    return answer(_describe(plan, names))


@router.post("/apply", status_code=201, response_model=AppliedRules, responses=error_responses(404, 409, 422))
async def apply_assignment_rules(web: AppStateOf, principal: Assigner, idempotent: IdempotentOf) -> Response:
    """Assign customers without an owner by the saved rules, in one step."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        done = await assignment_rules.apply_rules(con, user_id=principal.user_id, request_id=idempotent.request_id)
        counts = done["customers"]
        return {
            "assignment_id": done["assignment_id"], "customers": sum(counts.values()), "users": len(counts)
        }  # fmt: skip

    response = await idempotent.run(principal, act, status=201)
    web.forget_scopes()
    return response


def _require_team(principal: Principal) -> None:
    if principal.scope != "all" and principal.team_id is None:
        raise NotReady("You are not in a team yet.", remedy="An administrator can add you to a team.")


def _describe(plan: Plan, names: dict[int, str]) -> dict[str, Any]:
    return {
        "unassigned": plan.unmatched + sum(result.matching for result in plan.results),
        "assigned": len(plan.owners),
        "unmatched": plan.unmatched,
        "rules": [
            {
                "matching": result.matching,
                "full": result.full,
                "users": [
                    {
                        "user_id": user,
                        "name": names.get(user),
                        "customers": customers,
                        "expected_revenue": round(result.expected_revenue[user], 2),
                    }
                    for user, customers in result.customers.items()
                ],
            }
            for result in plan.results
        ],
    }
