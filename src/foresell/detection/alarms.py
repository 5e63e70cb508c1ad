"""Alarms, detectors and canary customers, for administrators. Every change is audited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import NotFound, ParameterError

SQL = AsyncStatements("foresell.detection")
Mode = Literal["watch", "answer", "off"]
Answer = Literal["record", "step-up", "end session"]
MOST_THRESHOLD, MOST_FACTOR, MOST_MINUTES = 1_000_000, 100, 1440


async def list_alarms(con: AsyncConnection, *, state: str | None, limit: int, start: int = 0) -> tuple[int, list[Row]]:
    """How many alarms there are in a state (None: in either), and `limit` of them from `start` on, the last seen first."""
    counted = await SQL.row(con, "alarms.count_alarms", state=state)
    assert counted
    rows = await SQL.rows(con, "alarms.list_alarms", state=state, alarm_id=None, limit=limit, start=start)
    return counted["total"], rows


async def acknowledge(
    con: AsyncConnection, alarm_id: int, reason: str, *, user_id: int | None, request_id: str | None = None
) -> Row:
    """Acknowledge an open alarm and return it. `user_id`: None on the command line. Raises NotFound."""
    changed = await SQL.run(con, "alarms.acknowledge", alarm_id=alarm_id, reason=reason, user_id=user_id)
    if not changed:
        raise NotFound(f"There is no open alarm {alarm_id}.", remedy="It may have been acknowledged. Reload the list.")
    rows = await SQL.rows(con, "alarms.list_alarms", state=None, alarm_id=alarm_id, limit=1, start=0)
    await record.record(
        con, "alarm.acknowledged", actor=user_id, subject=f"alarm:{alarm_id}",
        detail={"detector": rows[0]["detector"]}, request_id=request_id,
    )  # fmt: skip
    return rows[0]


async def list_detectors(con: AsyncConnection) -> list[Row]:
    """All detectors with their thresholds, in their order."""
    return await SQL.rows(con, "alarms.list_detectors", detector=None)


async def change_detector(
    con: AsyncConnection,
    detector: str,
    values: Mapping[str, object],
    *,
    user_id: int | None,
    request_id: str | None = None,
) -> Row:
    """Change threshold, factor, window_minutes, mode or answer, and return the detector. Raises NotFound, ParameterError.

    `user_id`: None on the command line.
    """
    now = await _find_detector(con, detector)
    settings = {name: now[name] for name in ("threshold", "factor", "window_minutes", "mode", "answer")}
    changed = {**settings, **values}
    if changed["answer"] != "record" and not now["can_answer"]:
        raise ParameterError("answer", "This detector does not know who acts: it can only record.")
    if (changed["factor"] is None) != (now["factor"] is None):
        raise ParameterError("factor", "This detector does not compare with what is usual.")
    await SQL.run(con, "alarms.change_detector", detector=detector, user_id=user_id, **changed)
    await record.record(
        con, "detector.changed", actor=user_id, subject=f"detector:{detector}",
        detail={"before": settings, "after": changed}, request_id=request_id,
    )  # fmt: skip
    return await _find_detector(con, detector)


async def list_canaries(con: AsyncConnection) -> list[Row]:
    """The canary customers by number: customer_id, marked_at, marked_by."""
    return await SQL.rows(con, "alarms.list_canaries")


async def mark_canary(
    con: AsyncConnection, customer_id: str, is_canary: bool, *, user_id: int, request_id: str | None = None
) -> list[Row]:
    """Mark a customer as a canary, or no longer, and return all canary customers. Marking twice is marking once."""
    statement = "alarms.mark_canary" if is_canary else "alarms.unmark_canary"
    if await SQL.run(con, statement, customer_id=customer_id, user_id=user_id):
        action = "canary.marked" if is_canary else "canary.unmarked"
        await record.record(con, action, actor=user_id, subject=f"customer:{customer_id}", request_id=request_id)
    return await list_canaries(con)


async def count_raised(con: AsyncConnection) -> dict[str, int]:
    """How many alarms each detector ever raised; none without status.read."""
    return {row["detector"]: row["alarms"] for row in await SQL.rows(con, "alarms.count_raised")}


async def _find_detector(con: AsyncConnection, detector: str) -> Row:
    row = await SQL.row(con, "alarms.list_detectors", detector=detector)
    if row is None:
        raise NotFound(
            f"There is no detector {detector}.", remedy="List them: GET /api/detectors, or foresell alarms detectors"
        )
    return row
