"""Assigns customers without an owner by the rules that are kept for it, after each run."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
from psycopg.rows import dict_row

from foresell.access.principal import act_for
from foresell.database import Database
from foresell.db import Statements
from foresell.engagement import assignment_rules
from foresell.errors import ForesellError
from foresell.logs import logger

SQL = Statements("foresell.engagement")

log = logger("assign")


def assign_new_customers(database: Database) -> None:
    """Apply the company's rules, then each team's, each with the rights of the user who saved them.

    Rules that cannot be applied, because a user left or nothing matches, change nothing; the run is published anyway.
    """
    with database.connect() as con:
        kept = SQL.rows(con, "assignment_rules.automatic")
    if kept:
        asyncio.run(_apply(database, [row["saved_by"] for row in kept]))


async def _apply(database: Database, users: list[int]) -> None:
    connect: Any = psycopg.AsyncConnection.connect
    async with await connect(database.conninfo("web"), row_factory=dict_row) as con:
        for user_id in users:
            try:
                async with con.transaction():
                    await act_for(con, user_id)
                    may = await assignment_rules.SQL.row(con, "assignment_rules.may_assign")
                    if may and may["may"]:
                        done = await assignment_rules.apply_rules(con, user_id=user_id)
                        log.info("assigned", action="assign", customers=sum(done["customers"].values()))
            except (ForesellError, psycopg.Error) as error:
                log.info("not assigned", action="assign", kind=type(error).__name__)
