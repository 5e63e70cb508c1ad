"""Which customers the acting user may see."""

from __future__ import annotations

from collections.abc import Sequence

from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import CustomerNotFound

SQL = AsyncStatements("foresell.engagement")


async def require_visible(con: AsyncConnection, customer_ids: Sequence[str]) -> None:
    """Raises CustomerNotFound unless every customer exists and is visible to the acting user."""
    visible = {row["customer_id"] for row in await SQL.rows(con, "visibility.visible", ids=list(customer_ids))}
    if missing := [customer_id for customer_id in customer_ids if customer_id not in visible]:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        raise CustomerNotFound(remedy=f"Not in the database, or not visible to you: {missing[0]}{more}.")
