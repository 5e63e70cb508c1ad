"""Reads the own pages of customers whose host an administrator allowed, and proposes what they say of the business."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from foresell.database import Database
from foresell.db import Row
from foresell.enrichment import entries, hosts, proposals
from foresell.enrichment.address_guard import AddressGuard
from foresell.enrichment.fetcher import MOST_PAGES, Clock, Fetched, KnownPage, PoliteFetcher
from foresell.enrichment.fields import Terms
from foresell.enrichment.hosts import StoredHosts
from foresell.enrichment.site_facts import read_facts
from foresell.errors import NotFound
from foresell.identity.normalization.records import normalize_as_company
from foresell.identity.record import RawRecord
from foresell.logs import logger
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.workflows.enrich import Match, choose_proposals, find_objected, follow_decisions, read_customers

KEEP_DAYS = 365
#: Words of links behind which a business says who it is.
_TELLING = (
    "contact",
    "kontakt",
    "contatti",
    "impressum",
    "imprint",
    "about",
    "ueber-uns",
    "uber-uns",
    "a-propos",
    "nous",
)
#: A page on the site that was accepted as the customer's own, and that names the customer.
CONFIDENCE = 0.9
log = logger("enrichment")


@dataclass(slots=True)
class SiteReading:
    """The outcome of a site. pages: how many of each status; proposed: by field; named: whether a page names the customer."""

    host: str
    pages: dict[str, int] = field(default_factory=dict)
    proposed: dict[str, int] = field(default_factory=dict)
    named: bool = False
    reason: str = ""


def read_website(
    settings: Settings,
    database: Database,
    customer_id: str,
    *,
    reach: tuple[AddressGuard, Clock] | tuple[()] = (),
    today: date | None = None,
) -> SiteReading:
    """Read the accepted website of a customer and propose what it says of the business.

    `reach`: which addresses may be called, and by which clock; without it public ones, by that of this machine.
    Raises NotFound without an accepted website or where no one allowed its host, and Busy while it or a load is running.
    """
    today = today or datetime.now(UTC).date()
    vault = vault_of(settings)
    with database.connect() as con:
        rows = hosts.SQL.rows(con, "hosts.websites", customer_id=customer_id)
    [address, *_] = [json.loads(text) for text in vault.open_proposals(rows) if text] or [None]
    if address is None:
        raise NotFound(
            f"{customer_id} has no accepted website.", remedy="Accept one: foresell enrich list --field website"
        )
    host = urlsplit(address).netloc.lower()
    done = SiteReading(host)
    with hosts.reading_host(database, host) as store, PoliteFetcher(store, *reach) as fetcher:
        facts = _read_pages(store, fetcher, address, done)
    _propose(settings, database, customer_id, facts, done, today)
    log.info("website read", action="read", customer_id=customer_id, pages=sum(done.pages.values()))
    return done


def _read_pages(
    store: StoredHosts, fetcher: PoliteFetcher, address: str, done: SiteReading
) -> list[tuple[Any, str, datetime]]:
    """What the pages say, each fact with its page and when it was read. Stops at a refusal, and after MOST_PAGES.

    Pages that were read before are read again: a page that has not changed is not sent, so its links are not known.
    """
    found: list[tuple[Any, str, datetime]] = []
    waiting = list(dict.fromkeys((address, *store.list_pages(done.host))))
    seen = set(waiting)
    while waiting and sum(done.pages.values()) < MOST_PAGES:
        page = fetcher.fetch(waiting.pop(0))
        done.pages[page.status] = done.pages.get(page.status, 0) + 1
        if page.status in ("refused", "closed", "failed"):
            done.reason = page.reason
            break
        if page.status == "unchanged" and (kept := store.find_facts(page.url)):
            found += ((fact, page.url, kept[1]) for fact in kept[0])
        if page.tree is None:
            continue
        now = fetcher.clock.now()
        facts = read_facts(page.tree)
        known = KnownPage(page.etag, page.last_modified)
        store.save_page(page.url, done.host, known, facts, now, now.date() + timedelta(days=KEEP_DAYS))
        found += ((fact, page.url, now) for fact in facts)
        for link in _find_links(page, page.tree):
            if link not in seen:
                seen.add(link)
                waiting.append(link)
    return found


def _find_links(page: Fetched, tree: LexborHTMLParser) -> list[str]:
    """Links to pages of the same host where a business says who it is."""
    found = []
    for node in tree.css("a[href]"):
        target = urljoin(page.url, node.attributes.get("href") or "").partition("#")[0]
        is_telling = any(word in f"{target} {node.text()}".lower() for word in _TELLING)
        if is_telling and urlsplit(target).netloc == urlsplit(page.url).netloc:
            found.append(target)
    return found


def _propose(
    settings: Settings,
    database: Database,
    customer_id: str,
    facts: Sequence[tuple[Any, str, datetime]],
    done: SiteReading,
    today: date,
) -> None:
    """Propose what a page says of a business whose name is the customer's."""
    vault = vault_of(settings)
    with database.connect() as con:
        entries.take_lock(con)
        terms = hosts.find_terms(con, done.host)
        [*customers] = read_customers(con, vault, customer_id)
        if terms is None or not customers or not facts:
            return
        customer = customers[0]
        names = {record.name for record in customer.records if record.name}
        matches = {}
        for fact, url, at in facts:
            if normalize_as_company(RawRecord(0, "website", fact["name"])).name in names:
                matches["website"] = Match(_make_entry(fact, url, at, terms), customer.rows[0]["record_id"], CONFIDENCE)
                break
        done.named = bool(matches)
        by_customer: Any = {customer_id: matches}
        if not matches or find_objected(con, vault, customers, by_customer):
            return
        records = [row["record_id"] for row in customer.rows]
        decided = proposals.SQL.rows(con, "proposals.known", records=records)
        found = choose_proposals(vault, customer.rows, customer.plain, by_customer[customer_id], decided, today)
        proposals.save_proposals(con, vault, found, today)
        proposals.accept_by_rules(con)
    for each in found:
        done.proposed[each.field] = done.proposed.get(each.field, 0) + 1
    follow_decisions(settings, database)


def _make_entry(fact: dict[str, Any], url: str, at: datetime, terms: Row) -> Row:
    return {
        "directory": "website", "entry_key": url, "name": fact["name"], "details": fact, "origin": "page", "licence": "facts only",
        "attribution": f"from {url}", "fetched_at": at, "is_made_up": False,
        "terms": Terms("facts only", f"from {url}", terms["legal_basis"], terms["purpose"], KEEP_DAYS),
    }  # fmt: skip
