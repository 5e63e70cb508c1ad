"""The passport of a figure: every aggregate answers `?explain=sql` with what really ran, `?explain=rows` with its rows."""

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

Figures = list[dict[str, Any]]
_remembered: WeakKeyDictionary[ScopedSnapshot, OrderedDict[tuple[str, str, bytes], asyncio.Task[Any]]] = (
    WeakKeyDictionary()
)
T = TypeVar("T")


class ExplainOptions(Paging):
    """The passport of what is asked for; limit, page and cursor are those of its rows."""

    explain: Literal["sql", "rows"] | None = Field(
        None, description="sql: how the figures were made. rows: the rows that add up to them."
    )
    of: str | None = Field(
        None,
        max_length=200,
        description="With explain=rows: only the rows of this figure, by what it is called (several parts: with commas).",
        examples=["Champions"],
    )


class Explanation(BaseModel):
    """How figures were made."""

    sql: str = Field(description="The statement that ran, as it ran. `rows` in it are what explain=rows shows.")
    parameters: dict[str, Any] = Field(description="What was bound to it, by name.")
    engine: Literal["DuckDB", "PostgreSQL"] = Field(description="DuckDB: the run's snapshot. PostgreSQL: the truth.")
    run_id: int = Field(description="The run.", examples=[12])
    as_of: date = Field(description="The day it speaks of.", examples=["2011-12-10"])
    scope: Literal["own", "team", "all"] = Field(description="Whose customers the tables hold for whoever asks.")
    adds_up: dict[str, dict[str, str]] = Field(
        description="By figure: how it comes of which column of the rows.",
        examples=[{"revenue": {"how": "sum", "of": "revenue"}}],
    )
    key: list[str] = Field(description="The columns that say which figure a row belongs to; `of` joins them by commas.")
    meta: Meta = Field(description="Where the figures come from.")


class RowsBehind(Page):
    """A page of the rows that add up to the figures."""

    data: list[dict[str, Any]] = Field(description="The rows; their columns are those of `rows` in the statement.")
    adds_up: dict[str, dict[str, str]] = Field(description="By figure: how it comes of which column.")
    key: list[str] = Field(description="The columns that say which figure a row belongs to.")


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """A metric with the values it is asked with. `pieces`: our own expressions for {names} in its statements."""

    metric: Metric
    values: Mapping[str, Any] = field(default_factory=dict)
    pieces: Mapping[str, str] = field(default_factory=dict)


async def answered(
    web: AppState,
    principal: Principal,
    asked: MetricQuery,
    how: ExplainOptions,
    shape: Callable[[Figures], Mapping[str, Any]] = lambda found: {"data": found},
) -> Response:
    """The figures in the shape of their operation, or their passport. Raises ParameterError for `of` without a figure."""
    if how.explain == "sql":
        return answer(_made(web, principal, asked))
    if how.explain == "rows":
        return await _rows_behind(web, principal, asked, how)
    return answer({**shape(await figures(web, principal, asked)), "meta": web.meta()})


async def of_total(
    web: AppState, principal: Principal, which: customer_lists.CustomerFilters, how: ExplainOptions
) -> Response:
    """The passport of how many customers a list holds."""
    chosen = await customer_lists.filter_of(web, principal, which)
    with customer_lists.by_parameter():
        holds, values = await web.ask(principal, queries.filter_conditions, chosen)
    return await answered(web, principal, MetricQuery(catalogue.CUSTOMERS, values, {"conditions": holds}), how)


async def figures(web: AppState, principal: Principal, asked: MetricQuery) -> Figures:
    """The figures. Not to be written into: they are remembered."""
    statement = asked.metric.figures(asked.pieces)
    if not asked.metric.settled:
        return await _ask(web, principal, asked, statement, asked.values)
    key = (asked.metric.file, body([asked.values, asked.pieces]))
    return await remembered(web, principal, key, lambda: _ask(web, principal, asked, statement, asked.values))


async def remembered(
    web: AppState, principal: Principal, key: tuple[str, bytes], ask_it: Callable[[], Coroutine[Any, Any, T]]
) -> T:
    """An answer by run, scope and question, asked once however many wait for it: a published run does not change."""
    answers = _remembered.setdefault(web.door(), OrderedDict())
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


async def stop_asking() -> None:
    """When the application stops: whatever is still being asked is given up."""
    under_way = [task for answers in _remembered.values() for task in answers.values() if not task.done()]
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)


async def _rows_behind(web: AppState, principal: Principal, asked: MetricQuery, how: ExplainOptions) -> Response:
    metric, within = asked.metric, how.of is not None
    if within:
        await _check_name(web, principal, asked, str(how.of))
    start = how.start(web)
    values = {**asked.values, "of": how.of, "limit": how.limit, "start": start}
    [counted] = await _ask(web, principal, asked, metric.count(asked.pieces, of=within), values)
    rows = await _ask(web, principal, asked, metric.rows(asked.pieces, of=within), values)
    cut = customer_lists.Cut.of(rows, counted["total"], start, how.limit)
    return answer({"data": rows, **_adding(metric), **cut.frame(web)})


async def _check_name(web: AppState, principal: Principal, asked: MetricQuery, of: str) -> None:
    known = (
        [asked.metric.name_of(figure) for figure in await figures(web, principal, asked)] if asked.metric.key else []
    )
    if of not in known:
        shown = ", ".join(known[:20]) + (" ..." if len(known) > 20 else "")
        raise ParameterError(
            "of", "of: there is no such figure", remedy=f"Choose one of: {shown}" if known else "Leave it out."
        )


def _made(web: AppState, principal: Principal, asked: MetricQuery) -> dict[str, Any]:
    statement = asked.metric.figures(asked.pieces)
    door = web.door()
    return {
        "sql": statement,
        "parameters": asked.metric.parameters(statement, asked.values),
        "engine": asked.metric.engine,
        "run_id": door.run_id,
        "as_of": door.as_of,
        "scope": principal.scope,
        **_adding(asked.metric),
        "meta": web.meta(),
    }


def _adding(metric: Metric) -> dict[str, Any]:
    adds = {**metric.adds, **metric.whole}
    return {"adds_up": {figure: each.words() for figure, each in adds.items()}, "key": list(metric.key)}


async def _ask(
    web: AppState, principal: Principal, asked: MetricQuery, statement: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    bound = asked.metric.parameters(statement, values)
    if asked.metric.engine == "DuckDB":
        return await web.ask(principal, _snapshot_rows, statement, bound)
    async with web.transaction(principal.user_id) as con:
        return await (await con.execute(statement, bound)).fetchall()


def _snapshot_rows(con: duckdb.DuckDBPyConnection, statement: str, bound: dict[str, Any]) -> list[dict[str, Any]]:
    return queries.rows_of(con, statement, bound or None)
