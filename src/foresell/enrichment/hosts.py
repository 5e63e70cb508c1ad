"""Hosts whose pages may be read, as the store keeps them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from foresell.database import Database
from foresell.db import Connection, Row, Statements
from foresell.enrichment.fetcher import HostState, KnownPage
from foresell.enrichment.fields import LegalBasis
from foresell.errors import Busy, NotFound, UsageError

SQL = Statements("foresell.enrichment")
_HOST = re.compile(r"[a-z0-9.-]+(?::[0-9]{1,5})?")


class StoredHosts:
    """Keeps what is known of hosts in the database; what is saved is committed before the call is made."""

    def __init__(self, con: Connection) -> None:
        self._con = con

    def find_host(self, host: str) -> HostState | None:
        """A host that may be read; None where no one allowed it, or someone withdrew it."""
        row = SQL.row(self._con, "hosts.allowed", host=host)
        names = ("host", "contact", "stops", "closed_until", "next_at", "robots", "robots_status", "robots_at")
        return HostState(**{name: row[name] for name in names}) if row else None

    def save(self, state: HostState) -> None:
        """Keep what is known of a host."""
        SQL.run(
            self._con, "hosts.save", host=state.host, stops=state.stops, closed_until=state.closed_until, next_at=state.next_at,
            robots=state.robots and state.robots.replace("\0", ""), robots_status=state.robots_status, robots_at=state.robots_at,
        )  # fmt: skip

    def open_task(self, state: HostState, url: str, reason: str) -> None:
        """Ask a person to look at a host that refused."""
        SQL.run(self._con, "hosts.add_task", host=state.host, url=url, reason=reason, closed_until=state.closed_until)

    def find_page(self, url: str) -> KnownPage | None:
        """The version of a page that was read last."""
        row = SQL.row(self._con, "hosts.page", url=url)
        return KnownPage(row["etag"], row["last_modified"]) if row else None

    def find_facts(self, url: str) -> tuple[list[dict[str, Any]], datetime] | None:
        """What a page said when it was read last, and when that was."""
        row = SQL.row(self._con, "hosts.page", url=url)
        return (row["facts"], row["fetched_at"]) if row else None

    def list_pages(self, host: str) -> list[str]:
        """The addresses of a host's pages that were read and are kept."""
        return [row["url"] for row in SQL.rows(self._con, "hosts.pages", host=host)]

    def save_page(self, url: str, host: str, page: KnownPage, facts: list[Any], at: datetime, until: date) -> None:
        """Keep the version of a page and what it says; nothing else of it."""
        SQL.run(
            self._con, "hosts.save_page", url=url, host=host, etag=page.etag, last_modified=page.last_modified,
            facts=json.dumps(facts), fetched_at=at, retention_until=until,
        )  # fmt: skip


@contextmanager
def reading_host(database: Database, host: str) -> Iterator[StoredHosts]:
    """The store of a host that no other process reads meanwhile. Raises NotFound where no one allowed it, Busy where one reads it."""
    with database.connect() as con:
        con.autocommit = True
        if SQL.row(con, "hosts.allowed", host=host) is None:
            raise NotFound(
                f"No one allowed the pages of {host} to be read.",
                remedy=f"Review its terms, then: foresell enrich allow {host}",
            )
        row = SQL.row(con, "hosts.take_host", host=host)
        if not row or not row["taken"]:
            raise Busy(f"The pages of {host} are being read already.")
        try:
            yield StoredHosts(con)
        finally:
            SQL.row(con, "hosts.release_host", host=host)


def allow_host(
    con: Connection, host: str, *, reviewed_on: date, note: str, contact: str, purpose: str, legal_basis: LegalBasis
) -> None:
    """Record that a person reviewed the terms of a host, for what its pages are read, and on what basis. Raises UsageError."""
    if not _HOST.fullmatch(host):
        raise UsageError("Give the host as in its address, such as www.bakery.example.", parameter="host")
    if not re.fullmatch(r"(https://|[^@ ]+@)[^ ]+", contact):
        raise UsageError("The contact is an https address or an e-mail address.", parameter="contact")
    SQL.run(
        con, "hosts.allow", host=host, terms_reviewed_on=reviewed_on, terms_note=note, contact=contact, purpose=purpose,
        legal_basis=legal_basis,
    )  # fmt: skip


def withdraw_host(con: Connection, host: str) -> bool:
    """Read no page of a host any more. Returns whether it was allowed."""
    return SQL.run(con, "hosts.withdraw", host=host) > 0


def list_hosts(con: Connection) -> list[Row]:
    """All hosts that were ever allowed, with open tasks."""
    return SQL.rows(con, "hosts.listed")


def find_terms(con: Connection, host: str) -> Row | None:
    """The purpose and basis of a host that may be read."""
    return SQL.row(con, "hosts.allowed", host=host)


def delete_expired(con: Connection, today: date) -> int:
    """Delete what pages said whose retention has ended. Returns how many pages."""
    return SQL.run(con, "hosts.delete_expired", today=today)
