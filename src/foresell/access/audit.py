"""The audit: what was done, by whom, to what."""

from __future__ import annotations

from collections.abc import Mapping

from foresell.access.statements import Connection
from foresell.logs import logger

log = logger("access")


async def record(
    con: Connection,
    action: str,
    *,
    actor: int | None,
    subject: str | None = None,
    detail: Mapping[str, object] = {},
    request_id: str | None = None,
) -> None:
    """One entry, in the transaction of what it tells of."""
    log.info("recorded", action=action, actor=actor, subject=subject, request_id=request_id)
