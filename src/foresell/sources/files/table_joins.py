"""Proposes how to join the tables of a database to rows of sales: from lines to their order, customer and product."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from foresell.sources.files.fields import normalize_header

_KEY_ENDINGS = ("id", "key", "no", "nr", "number", "code", "sku")
#: Columns that many tables have: they are named after their table.
_GENERAL = (
    "id",
    "name",
    "title",
    "description",
    "status",
    "date",
    "created",
    "createdat",
    "updatedat",
    "price",
    "code",
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view: its columns, its primary key, and its foreign keys as (column, table, column there or None)."""

    name: str
    columns: tuple[str, ...]
    primary: tuple[str, ...] = ()
    keys: tuple[tuple[str, str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Each row of `table` refers to one row of `to_table`."""

    table: str
    column: str
    to_table: str
    to_column: str


@dataclass(frozen=True, slots=True)
class JoinedColumn:
    """A column of a join: where it comes from, and its name."""

    table: str
    column: str
    header: str


@dataclass(frozen=True, slots=True)
class JoinPlan:
    """Tables to join from the first one on, one link per further table."""

    tables: tuple[str, ...]
    links: tuple[Link, ...]
    columns: tuple[JoinedColumn, ...]

    @property
    def in_words(self) -> str:
        """Such as `order_items.order_id = orders.id`."""
        return ", ".join(f"{ln.table}.{ln.column} = {ln.to_table}.{ln.to_column}" for ln in self.links)


def propose_joins(tables: Mapping[str, Table], fits: Callable[[tuple[str, ...]], bool]) -> list[JoinPlan]:
    """The joins whose columns fit, one for each table that they can start from and each way to link the same tables."""
    found = [plan for start in tables for plan in _plan_from(start, tables) if fits(_headers(plan))]
    # orders joined to their customers are part of the lines joined to their orders
    return [p for p in found if not any(p.tables[0] in other.tables[1:] for other in found)]


def _headers(plan: JoinPlan) -> tuple[str, ...]:
    return tuple(column.header for column in plan.columns)


def _plan_from(start: str, tables: Mapping[str, Table]) -> list[JoinPlan]:
    """Follow the links from `start`, nearest tables first. A table that can be linked by either of two columns makes two plans."""
    plans: list[list[Link]] = [[]]
    for _ in tables:
        grown: list[list[Link]] = []
        for links in plans:
            reached = [start, *(link.to_table for link in links)]
            choices = next((c for name in reached if (c := _find_links(tables[name], tables, reached))), [])
            grown += [[*links, link] for link in choices] or [links]
        if grown == plans:
            break
        plans = grown[:16]
    return [_build_plan(start, links, tables) for links in plans if links]


def _find_links(table: Table, tables: Mapping[str, Table], reached: list[str]) -> list[Link]:
    """The links from a table to the next one that is not reached yet: declared ones, else those that names suggest."""
    keys = sorted(table.keys, key=lambda key: table.columns.index(key[0]) if key[0] in table.columns else 0)
    declared = [_declared(table, key, tables) for key in keys]
    links = [link for link in declared if link] or [
        link for column in table.columns for other in tables.values() if (link := _guess_link(table, column, other))
    ]
    links = [link for link in links if link.to_table not in reached]
    return [link for link in links if link.to_table == links[0].to_table]


def _declared(table: Table, key: tuple[str, str, str | None], tables: Mapping[str, Table]) -> Link | None:
    column, name, to_column = key
    other = next((t for t in tables.values() if t.name.casefold() == name.casefold()), None)
    if other is None or other.name == table.name:
        return None
    target = to_column or (other.primary[0] if len(other.primary) == 1 else None)
    return Link(table.name, column, other.name, target) if target in other.columns and target else None


def _guess_link(table: Table, column: str, other: Table) -> Link | None:
    """order_items.order_id refers to orders.order_id or orders.id."""
    text, name = normalize_header(column), _singular(other.name)
    own = text in ("id", _singular(table.name) + "id")
    if other.name == table.name or own or not text.endswith(_KEY_ENDINGS):
        return None
    by_text = {normalize_header(c): c for c in other.columns}
    if text in by_text and (other.primary == (by_text[text],) or (not other.primary and text.startswith(name))):
        return Link(table.name, column, other.name, by_text[text])
    if "id" in by_text and text == name + "id" and other.primary in ((), (by_text["id"],)):
        return Link(table.name, column, other.name, by_text["id"])
    return None


def _singular(name: str) -> str:
    text = normalize_header(name)
    return text[:-3] + "y" if text.endswith("ies") else text.removesuffix("s")


def _build_plan(start: str, links: list[Link], tables: Mapping[str, Table]) -> JoinPlan:
    columns = [JoinedColumn(start, column, column) for column in tables[start].columns]
    used = {normalize_header(column) for column in tables[start].columns}
    for link in links:
        for column in tables[link.to_table].columns:
            if column == link.to_column:
                continue  # the same value as the column that refers to it
            header, text = column, normalize_header(column)
            if text in used or text in _GENERAL:
                header = f"{_singular(link.to_table)} {column}"
            while normalize_header(header) in used:
                header += " 2"
            used.add(normalize_header(header))
            columns.append(JoinedColumn(link.to_table, column, header))
    return JoinPlan((start, *(link.to_table for link in links)), tuple(links), tuple(columns))
