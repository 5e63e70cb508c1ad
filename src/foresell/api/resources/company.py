"""The settings of the company: name, currency and fiscal year."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require, signed_in
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared.schemas import NOT_BLANK, Body
from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements

SQL = AsyncStatements("foresell.store", "queries/")

router = APIRouter(prefix="/api/company", tags=["company"])
SHOWN = ("name", "currency", "fiscal_year_start", "changed_at")


class CompanyInput(Body):
    """The settings of the company."""

    name: str | None = Field(
        max_length=100, pattern=NOT_BLANK, description="null: none is shown.", examples=["Hill & Sons"]
    )
    currency: str | None = Field(
        pattern=r"^[A-Z]{3}$",
        description="ISO 4217: the currency of orders whose source does not say it. null: amounts have no symbol.",
        examples=["EUR"],
    )
    fiscal_year_start: int = Field(ge=1, le=12, description="The month the fiscal year starts with.", examples=[4])


class Company(BaseModel):
    """The settings of the company."""

    name: str | None
    currency: str | None = Field(description="ISO 4217, where the orders do not say theirs.")
    currency_of_orders: str | None = Field(description="The currency that the orders state; it is the one shown.")
    fiscal_year_start: int = Field(description="The month the fiscal year starts with.")
    changed_at: datetime | None = Field(description="null: never set.")


@router.get("", response_model=Company, responses=error_responses())
async def get_company(web: AppStateOf, principal: Annotated[Principal, signed_in()]) -> Response:
    """The settings of the company."""
    async with web.transaction(principal.user_id) as con:
        found = await SQL.row(con, "company.settings")
    assert found is not None
    return answer({**{name: found[name] for name in SHOWN}, "currency_of_orders": web.currency_of_orders})


@router.put("", response_model=Company, responses=error_responses(409, 422))
async def change_company(
    web: AppStateOf,
    principal: Annotated[Principal, require("company.manage")],
    idempotent: IdempotentOf,
    wanted: CompanyInput,
) -> Response:
    """Change the settings of the company. They take effect immediately."""
    values = wanted.model_dump() | {"name": wanted.name.strip() if wanted.name else None}

    async def act(con: AsyncConnection) -> dict[str, Any]:
        saved = await SQL.row(con, "company.change", **values)
        assert saved is not None
        await record.record(
            con,
            "company.changed",
            actor=principal.user_id,
            detail={name: values[name] for name in ("currency", "fiscal_year_start")},
            request_id=idempotent.request_id,
        )
        return {**{name: saved[name] for name in SHOWN}, "currency_of_orders": web.currency_of_orders}

    response = await idempotent.run(principal, act)
    await web.look_for_run()
    return response
