"""Cache warm-up: compute the most requested results of a newly opened run before a user requests them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import get_args

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.resources import sales
from foresell.api.shared import calculation
from foresell.api.shared.calculation import MetricQuery
from foresell.errors import ForesellError
from foresell.metrics import catalogue
from foresell.scores import registry
from foresell.snapshot.queries import Filter
from foresell.snapshot.reader import ScopedSnapshot

#: How often to look for a newly opened run; also how long a process that starts keeps out of the way of its first answers.
LOOK_SECONDS = 5.0

#: A principal who sees all customers; its results only fill the cache.
ALL_CUSTOMERS = Principal(
    user_id=0, name="", email="", roles=frozenset(), permissions=frozenset(), scope="all", session_id=None, api_key_id=None,
    second_factor_at=None, team_id=None,
)  # fmt: skip


async def keep_ready(web: AppState) -> None:
    """Until it is cancelled: ask the usual questions of each run that is opened, one after the other."""
    seen: ScopedSnapshot | None = None
    try:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with suppress(ForesellError):
                if (snapshot := web.snapshot()) is not seen:
                    seen = snapshot
                    for sort in registry.best_first_sorts():
                        await web.ranks(ALL_CUSTOMERS, Filter(), sort)
                    for query in _common_queries(snapshot):
                        await calculation.compute(web, ALL_CUSTOMERS, query)
    finally:
        await calculation.cancel_queries()


def _common_queries(snapshot: ScopedSnapshot) -> Iterator[MetricQuery]:
    """What the pages show without being asked for anything else, the quickest first."""
    yield MetricQuery(catalogue.SEGMENTS)
    yield MetricQuery(catalogue.GRID)
    last = snapshot.as_of - timedelta(days=1)
    first = last - timedelta(days=sales.PERIOD_DAYS - 1)
    for back in (timedelta(0), timedelta(days=sales.PERIOD_DAYS)):
        yield sales.kpi_of_sales(first - back, last - back)
    yield MetricQuery(catalogue.KPI_CALL_LIST)
    yield MetricQuery(catalogue.KPI_AT_RISK)
    yield MetricQuery(catalogue.LINE_CLASSES, dict.fromkeys(("first_day", "last_day", "category")))
    for by in get_args(sales.By):
        yield sales.sales_by(by)
