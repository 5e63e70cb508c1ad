"""Call lists: a user's customers to call on a day, frozen when first produced, and the settings lists are made by.

A list keeps the reasons it was made for, with its policy and settings, so that what calls change can be measured later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from foresell.audit import record
from foresell.database import Database
from foresell.db import AsyncConnection, AsyncStatements, Row, Statements
from foresell.engagement.call_quotas import POLICY, REASONS, ListSettings, fill_quotas
from foresell.errors import UsageError

SQL = AsyncStatements("foresell.engagement")
SYNC_SQL = Statements("foresell.engagement")
Candidate = Mapping[str, Any]
_SETTINGS = ("capacity", "overdue", "win_back", "second_order", "due")


async def find_settings(con: AsyncConnection, team_id: int | None) -> Row:
    """The settings a team's lists follow: its own, or those of the company. Also settings_id, team_id, changed_by, changed_at."""
    own = await SQL.row(con, "call_lists.settings", team_id=team_id) if team_id is not None else None
    found = own or await SQL.row(con, "call_lists.settings", team_id=None)
    assert found is not None
    return found


def read_company_settings(database: Database) -> ListSettings:
    """The settings of the company, for the command line."""
    with database.connect() as con:
        found = SYNC_SQL.row(con, "call_lists.settings", team_id=None)
    assert found is not None
    return read_list_settings(found)


def read_list_settings(row: Mapping[str, Any]) -> ListSettings:
    """The settings in a row of `find_settings`."""
    return ListSettings(**{name: row[name] for name in _SETTINGS})


async def change_settings(
    con: AsyncConnection,
    settings: ListSettings,
    *,
    team_id: int | None,
    user_id: int,
    request_id: str | None = None,
) -> Row:
    """Change the settings of a team (None: of the company) and return them. Lists that were produced stay as they are.

    Raises UsageError unless the quotas add up to 100 or when there is no such team.
    """
    if sum(settings.quotas().values()) != 100:
        raise UsageError("quotas: must add up to 100", remedy="Change one, so that they do.", parameter="quotas")
    if team_id is not None and await SQL.row(con, "call_lists.team", team_id=team_id) is None:
        raise UsageError("team_id: there is no such team", remedy="List them: GET /api/teams", parameter="team_id")
    before = await find_settings(con, team_id)
    await SQL.row(con, "call_lists.change_settings", **asdict(settings), team_id=team_id, user_id=user_id)
    await record.record(
        con,
        "call_list.settings_changed",
        actor=user_id,
        subject=f"team:{team_id}" if team_id is not None else "company",
        detail={"before": asdict(read_list_settings(before)), "after": asdict(settings)},
        request_id=request_id,
    )
    return await find_settings(con, team_id)


def choose_customers(candidates: Iterable[Candidate], settings: ListSettings) -> list[Candidate]:
    """The candidates who are on the list, in its order; each has a call_reason, and the first to call are on top."""
    by_reason: dict[str, list[Candidate]] = {reason: [] for reason in REASONS}
    for candidate in candidates:
        by_reason[candidate["call_reason"]].append(candidate)
    return fill_quotas(by_reason, settings)


async def find_list(con: AsyncConnection, *, user_id: int, day: date) -> Row | None:
    """The user's list of a day, if it was produced: call_list_id, day, run_id, as_of, policy, settings_id, produced_at."""
    return await SQL.row(con, "call_lists.find", user_id=user_id, day=day)


async def freeze_list(
    con: AsyncConnection,
    candidates: Iterable[Candidate],
    settings: Mapping[str, Any],
    *,
    user_id: int,
    day: date,
    run_id: int,
    as_of: date,
) -> Row | None:
    """Produce the user's list of a day and return it; the list that another request froze first, if one did.

    `candidates`: customer_id, call_reason, why_call and value_at_risk, the first to call on top. None when there are none: an
    empty list is not kept, so that customers assigned later that day can be on one.
    """
    chosen = choose_customers(candidates, read_list_settings(settings))
    if not chosen:
        return None
    added = await SQL.row(
        con, "call_lists.add", user_id=user_id, day=day, run_id=run_id, as_of=as_of, policy=POLICY,
        settings_id=settings["settings_id"],
    )  # fmt: skip
    if added:
        columns = ("customer_id", "call_reason", "why_call", "value_at_risk")
        entries = [
            {"position": position, **{name: entry[name] for name in columns}}
            for position, entry in enumerate(chosen, start=1)
        ]
        await SQL.run(con, "call_lists.add_entries", call_list_id=added["call_list_id"], entries=Jsonb(entries))
    return await find_list(con, user_id=user_id, day=day)


async def list_entries(con: AsyncConnection, call_list_id: int) -> list[Row]:
    """The customers of a list that the user may still see, in its order: customer_id, call_reason, why_call, value_at_risk."""
    return await SQL.rows(con, "call_lists.entries", call_list_id=call_list_id)
