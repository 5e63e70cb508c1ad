"""Instagram imitated on this machine, for tests; and clients that do not keep its rules, which must fail."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from psycopg.rows import tuple_row

from foresell.database import Database
from foresell.demo.imitations.instagram import TOKEN, InstagramImitation
from foresell.settings import Settings
from foresell.sources.connectors import catalogue
from foresell.sources.connectors.http import Answer
from foresell.sources.connectors.instagram import Instagram
from foresell.sources.connectors.tokens import Renew, Tokens
from foresell.sources.contract import Cursor, Page, Record
from foresell.workflows.connect import connect_imitation


class Clock:
    """A clock that stands still until it is moved; ahead of that of the database."""

    def __init__(self, at: datetime = datetime(2027, 1, 20, 12, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **how_long: float) -> None:
        """Let time go by."""
        self.at += timedelta(**how_long)


class FixedTokens:
    """Tokens that never end."""

    def read(self) -> Tokens:
        """The token of the imitation."""
        return Tokens(TOKEN, datetime(2100, 1, 1, tzinfo=UTC), "")

    def renew(self, used: Tokens, renew: Renew) -> Tokens:
        """They are not replaced."""
        return used


class WithoutPause(Instagram):
    """A control: it does not look at the usage that answers state."""

    def __post_init__(self) -> None:
        pass


class AllMetricsOrNone(Instagram):
    """A control: it asks for all metrics in one call, and gives up where one is not valid."""

    def _ask_metrics(
        self, node: str, product_type: str, names: Sequence[str], params: Mapping[str, str]
    ) -> tuple[dict[str, Any], Answer | None]:
        answer = self._get(f"{node}/insights", {"metric": ",".join(names), **params})
        return {entry["name"]: 1 for entry in answer.body["data"]}, answer


class WithoutBudget(Instagram):
    """A control: it searches every hashtag."""

    def _read_hashtags(self, position: dict[str, Any]) -> Generator[Page[Sequence[Record]], None, None]:
        for tag in self.hashtags:
            with suppress(Exception):
                self._find_hashtag(tag)
        yield Page((), next_cursor=Cursor("{}"))


class OneListing(Instagram):
    """A control: a post that one listing does not have is gone."""

    def discover(self) -> Any:
        return [dataclasses.replace(stream, listings_until_gone=1) for stream in super().discover()]


def use(monkeypatch: pytest.MonkeyPatch, client: type[Instagram] = Instagram, clock: Clock | None = None) -> None:
    """Read with another client, or by another clock."""
    monkeypatch.setattr(catalogue, "Instagram", partial(client, now=clock) if clock else client)


@contextmanager
def imitated(settings: Settings, database: Database, **given: Any) -> Iterator[tuple[InstagramImitation, int]]:
    """An account, and a connection to it."""
    watched = {name: given.pop(name) for name in ("accounts", "hashtags") if name in given}
    with InstagramImitation(**given) as imitation:
        connection = imitation.connection(**watched)
        yield imitation, connect_imitation(settings, database, "insta", imitation.url, connection, "instagram")


def rows(database: Database, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with database.connect() as con:
        return con.cursor(row_factory=tuple_row).execute(query.encode(), values or None).fetchall()
