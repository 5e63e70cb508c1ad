"""The kinds of problems the API answers with: what each `code` means. A problem's `type` is the address of its kind."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.api.http.dependencies import public
from foresell.api.http.error_handlers import TITLES, error_responses, problem_type
from foresell.api.http.responses import answer
from foresell.errors import EndpointNotFound, ForesellError, error_classes

router = APIRouter(prefix="/api/problems", tags=["problems"])


class ProblemKind(BaseModel):
    """One kind of problem."""

    code: str = Field(
        description="The `code` of problems of this kind; it never changes.", examples=["customer_not_found"]
    )
    type: str = Field(description="The `type` of problems of this kind.", examples=["/api/problems/customer-not-found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    title: str = Field(description="The HTTP status in words.", examples=["Not found"])
    meaning: str = Field(description="What happened, in a sentence.", examples=["Customer not found"])
    retryable: bool = Field(description="Whether the same request may succeed later, unchanged.")


class ProblemKindList(BaseModel):
    """Every kind of problem, by code."""

    data: list[ProblemKind]


@router.get("", response_model=ProblemKindList, responses=error_responses(), dependencies=[public()])
async def list_problem_kinds() -> Response:
    """Every kind of problem the API answers with."""
    return answer({"data": [_describe(error) for error in error_classes()]})


@router.get("/{name}", response_model=ProblemKind, responses=error_responses(404), dependencies=[public()])
async def get_problem_kind(
    name: Annotated[str, Path(max_length=60, pattern=r"^[a-z-]+$", description="The last part of a problem's `type`.")],
) -> Response:
    """One kind of problem: where the `type` of a problem leads."""
    for error in error_classes():
        if problem_type(error.code).endswith(f"/{name}"):
            return answer(_describe(error))
    raise EndpointNotFound(remedy="List all kinds: GET /api/problems")


def _describe(error: type[ForesellError]) -> dict[str, object]:
    return {
        "code": error.code,
        "type": problem_type(error.code),
        "status": error.http_status,
        "title": TITLES.get(error.http_status, "Error"),
        "meaning": (error.__doc__ or "").strip().splitlines()[0],
        "retryable": error.retryable,
    }
