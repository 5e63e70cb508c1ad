"""The customer of a path: an id that was merged leads to the customer it stands for, in every operation of a customer."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request

from foresell.api.http.app_state import AppState
from foresell.api.http.dependencies import app_state_of, principal_of
from foresell.db import AsyncStatements

SQL = AsyncStatements("foresell.identity")

CustomerId = Annotated[str, Path(description="Such as C000123.", pattern=r"^[Cc][0-9]{6,12}$", examples=["C000123"])]


async def current_customer(request: Request, customer_id: CustomerId) -> str:
    """The customer that the id in the path stands for now, in capitals. Of one that was merged, the answer's header
    X-Merged-From repeats the id; the activity log is about the customer it stands for.
    """
    principal = await principal_of(request)
    web: AppState = app_state_of(request)
    wanted = customer_id.upper()
    [row] = await web.rows(principal.user_id, SQL.text("customers.current"), {"ids": [wanted]})
    found = str(row["customer_id"])
    if found != wanted:
        request.state.merged_from = wanted
    request.scope["path_params"]["customer_id"] = found
    return found


CurrentCustomer = Annotated[str, Depends(current_customer)]
