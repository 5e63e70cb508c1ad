"""How a value is calculated: every aggregate answers `?explain=sql` with the statement that ran, `?explain=rows` with its rows."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeVar
from weakref import WeakKeyDictionary

import duckdb
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.responses import Meta, Page, answer, body
from foresell.api.shared import customer_lists
from foresell.api.shared.paging import Paging
from foresell.errors import ParameterError
from foresell.metrics import catalogue
from foresell.metrics.metric import Metric
from foresell.snapshot import queries
from foresell.snapshot.reader import ScopedSnapshot

ANSWERS_KEPT = 4_096

ResultRows = list[dict[str, Any]]
_cached: WeakKeyDictionary[ScopedSnapshot, OrderedDict[tuple[str, str, bytes], asyncio.Task[Any]]] = WeakKeyDictionary()
T = TypeVar("T")


class ExplainOptions(Paging):
    """How to explain the result; limit, page and cursor apply to its rows."""

    explain: Literal["sql", "rows"] | None = Field(
        None, description="sql: the statement behind the result. rows: the rows that add up to it."
    )
    of: str | None = Field(
        None,
        max_length=200,
        description="With explain=rows: only the rows of the result row with this name (several parts joined by commas).",
        examples=["Champions"],
    )


class Explanation(BaseModel):
    """How a result is calculated."""

    sql: str = Field(description="The statement that ran. Its `rows` are those that explain=rows lists.")
    parameters: dict[str, Any] = Field(description="Its parameters by name.")
    engine: Literal["DuckDB", "PostgreSQL"] = Field(description="DuckDB: the run's snapshot. PostgreSQL: the database.")
    run_id: int = Field(description="The run.", examples=[12])
    as_of: date = Field(description="The day of the data.", examples=["2011-12-10"])
    scope: Literal["own", "team", "all"] = Field(description="Whose customers the user sees.")
    adds_up: dict[str, dict[str, str]] = Field(
        description="By column of the result: how it is computed from which column of the rows.",
        examples=[{"revenue": {"how": "sum", "of": "revenue"}}],
    )
    key: list[str] = Field(description="The columns that assign a row to a result row; `of` joins them by commas.")
    meta: Meta = Field(description="The run the values come from.")


class RowsBehind(Page):
    """A page of the rows that add up to the result."""

    data: list[dict[str, Any]] = Field(description="The rows; their columns are those of `rows` in the statement.")
    adds_up: dict[str, dict[str, str]] = Field(
        description="By column of the result: how it is computed from which column of the rows."
    )
    key: list[str] = Field(description="The columns that assign a row to a result row.")


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """A metric with its parameters. `pieces`: expressions of this code for {names} in its statements."""

    metric: Metric
    values: Mapping[str, Any] = field(default_factory=dict)
    pieces: Mapping[str, str] = field(default_factory=dict)


async def answer_query(
    web: AppState,
    principal: Principal,
    query: MetricQuery,
    how: ExplainOptions,
    shape: Callable[[ResultRows], Mapping[str, Any]] = lambda found: {"data": found},
) -> Response:
    """Answer with the result, shaped for its operation, or with its calculation. Raises ParameterError for an unknown `of`."""
    if how.explain == "sql":
        return answer(_explanation(web, principal, query))
    if how.explain == "rows":
        return await _rows_behind(web, principal, query, how)
    return answer({**shape(await compute(web, principal, query)), "meta": web.meta()})


async def explain_total(
    web: AppState, principal: Principal, which: customer_lists.CustomerFilters, how: ExplainOptions
) -> Response:
    """Answer with the calculation of a list's total."""
    chosen = await customer_lists.filter_of(web, principal, which)
    with customer_lists.by_parameter():
        holds, values = await web.ask(principal, queries.filter_conditions, chosen)
    return await answer_query(web, principal, MetricQuery(catalogue.CUSTOMERS, values, {"conditions": holds}), how)


async def compute(web: AppState, principal: Principal, query: MetricQuery) -> ResultRows:
    """The result rows of a metric. They are cached: do not modify them."""
    statement = query.metric.result(query.pieces)
    if not query.metric.settled:
        return await _ask(web, principal, query, statement, query.values)
    key = (query.metric.file, body([query.values, query.pieces]))
    return await get_cached(web, principal, key, lambda: _ask(web, principal, query, statement, query.values))


async def get_cached(
    web: AppState, principal: Principal, key: tuple[str, bytes], ask_it: Callable[[], Coroutine[Any, Any, T]]
) -> T:
    """A cached result by run, scope and key, computed once for all waiting requests: a published run does not change."""
    answers = _cached.setdefault(web.snapshot(), OrderedDict())
    scope = await web.scope(principal)
    place = (scope.key, *key)
    if place not in answers:
        answers[place] = asyncio.create_task(ask_it())
        if len(answers) > ANSWERS_KEPT:
            answers.popitem(last=False)
    answers.move_to_end(place)
    task: asyncio.Task[T] = answers[place]
    try:
        return await asyncio.shield(task)
    except BaseException:
        if task.done() and answers.get(place) is task:
            del answers[place]
        raise


async def cancel_queries() -> None:
    """Cancel the running queries of this event loop when its application stops."""
    loop = asyncio.get_running_loop()
    tasks = (task for answers in _cached.values() for task in answers.values())
    under_way = [task for task in tasks if not task.done() and task.get_loop() is loop]
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)


async def _rows_behind(web: AppState, principal: Principal, query: MetricQuery, how: ExplainOptions) -> Response:
    metric, within = query.metric, how.of is not None
    if within:
        await _check_name(web, principal, query, str(how.of))
    start = how.start(web)
    values = {**query.values, "of": how.of, "limit": how.limit, "start": start}
    [counted] = await _ask(web, principal, query, metric.count(query.pieces, of=within), values)
    rows = await _ask(web, principal, query, metric.rows(query.pieces, of=within), values)
    cut = customer_lists.Cut.of(rows, counted["total"], start, how.limit)
    return answer({"data": rows, **_how_it_adds_up(metric), **cut.frame(web)})


async def _check_name(web: AppState, principal: Principal, query: MetricQuery, of: str) -> None:
    known = (
        [query.metric.name_of(figure) for figure in await compute(web, principal, query)] if query.metric.key else []
    )
    if of not in known:
        shown = ", ".join(known[:20]) + (" ..." if len(known) > 20 else "")
        raise ParameterError(
            "of", "of: there is no such row", remedy=f"Choose one of: {shown}" if known else "Leave it out."
        )


def _explanation(web: AppState, principal: Principal, query: MetricQuery) -> dict[str, Any]:
    statement = query.metric.result(query.pieces)
    snapshot = web.snapshot()
    return {
        "sql": statement,
        "parameters": query.metric.parameters(statement, query.values),
        "engine": query.metric.engine,
        "run_id": snapshot.run_id,
        "as_of": snapshot.as_of,
        "scope": principal.scope,
        **_how_it_adds_up(query.metric),
        "meta": web.meta(),
    }


def _how_it_adds_up(metric: Metric) -> dict[str, Any]:
    adds = {**metric.adds, **metric.whole}
    return {"adds_up": {figure: each.describe() for figure, each in adds.items()}, "key": list(metric.key)}


async def _ask(
    web: AppState, principal: Principal, query: MetricQuery, statement: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    bound = query.metric.parameters(statement, values)
    if query.metric.engine == "DuckDB":
        return await web.ask(principal, _snapshot_rows, statement, bound)
    async with web.transaction(principal.user_id) as con:
        return await (await con.execute(statement, bound)).fetchall()


def _snapshot_rows(con: duckdb.DuckDBPyConnection, statement: str, bound: dict[str, Any]) -> list[dict[str, Any]]:
    return queries.rows_of(con, statement, bound or None)
