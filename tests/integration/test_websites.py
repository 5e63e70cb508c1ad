"""A customer's own website: read where a person allowed its host, proposed, read again, and left alone after a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from foresell.database import Database
from foresell.enrichment import hosts, proposals
from foresell.enrichment.proposals import NewProposal, Provenance
from foresell.errors import NotFound
from foresell.privacy.vault import vault_of
from foresell.workflows.enrich import decide_proposals, object_for_customer
from foresell.workflows.websites import read_website
from tests.support.fixture_site import FixtureSite, Reply, SimulatedClock, local_guard
from tests.support.loading import load_texts

TODAY = datetime.now(UTC).date()
HOST = "www.alder-bakery.example"
CUSTOMERS = """customer_id,name,email,city,postcode,country
K1,Alder Bakery Ltd,orders@alder-bakery.example,York,YO1 7HH,GB
"""


class Shop:
    """One customer with an accepted website, and the site, whose pages a test changes."""

    def __init__(self, database: Database, site: FixtureSite, pages: dict[str, Reply]) -> None:
        self.database, self.site, self.pages = database, site, pages
        with database.connect() as con:
            row = con.execute("select customer_id, record_id from core.customer_records").fetchone()
            assert row
            self.customer = str(row["customer_id"])
            source = Provenance(
                "osm", "n1", "file york.pbf, entry n1", datetime.now(UTC), "ODbL-1.0", "© OpenStreetMap contributors",
                "legitimate interest", "complete records", TODAY + timedelta(days=365),
            )  # fmt: skip
            new = [NewProposal(row["record_id"], "website", site.url(HOST), source, 0.99)]
            proposals.save_proposals(con, vault_of(database.settings), new, TODAY)
        [website] = self.listed()
        decide_proposals(database.settings, database, [website["proposal_id"]], "accepted")

    @property
    def host(self) -> str:
        return f"{HOST}:{self.site.port}"

    def allow(self) -> None:
        with self.database.connect() as con:
            hosts.allow_host(
                con, self.host, reviewed_on=TODAY, note="no rule against reading", contact="https://shop.example/contact",
                purpose="contact details", legal_basis="legitimate interest",
            )  # fmt: skip

    def read(self) -> Any:
        self.site.hits.clear()
        return read_website(
            self.database.settings, self.database, self.customer, reach=(local_guard(), self.site.clock), today=TODAY
        )

    def listed(self) -> list[dict[str, Any]]:
        with self.database.connect() as con:
            return proposals.list_proposals(con, vault_of(self.database.settings))

    def proposed(self) -> dict[str, Any]:
        return {row["field"]: row["value"] for row in self.listed() if row["source"] == "website"}

    def paths(self) -> list[str]:
        return [hit.path for hit in self.site.pages_of(HOST)]

    def tasks(self) -> list[str]:
        with self.database.connect() as con:
            return [row["reason"] for row in con.execute("select reason from enrichment.host_tasks").fetchall()]


def page(content: str = "", name: str = "Alder Bakery", etag: str = "") -> Reply:
    script = f'<script type="application/ld+json">{{"@type": "Bakery", "name": "{name}", {content}}}</script>'
    text = f"<html><body>{script if content else ''}<a href='/contact'>Contact us</a><a href='/bread'>Bread</a></body></html>"
    return 200, text.encode(), {"ETag": etag} if etag else {}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Shop]:
    load_texts(database, tmp_path, customers=CUSTOMERS)
    pages: dict[str, Reply] = {}

    def answer(host: str, path: str) -> Reply:
        status, body, headers = pages.get(path, (404, b"", {}))
        seen = site.hits[-1].headers.get("If-None-Match")
        return (304, b"", headers) if seen and seen == headers.get("ETag") else (status, body, headers)

    with FixtureSite(answer, SimulatedClock()) as site:
        yield Shop(database, site, pages)


def test_nothing_is_read_before_a_person_allowed_the_host(shop: Shop) -> None:
    shop.pages["/"] = page('"telephone": "01904 555900"')
    with pytest.raises(NotFound, match="No one allowed"):
        shop.read()
    assert shop.site.hits == []


def test_the_contact_page_is_found_and_what_it_says_is_proposed(shop: Shop) -> None:
    shop.pages |= {"/": page(), "/contact": page('"telephone": "01904 555900", "openingHours": "Mo-Sa 07:00-18:00"')}
    shop.allow()
    done = shop.read()
    assert shop.paths() == ["/", "/contact"], "a page about bread says nothing of who the business is"
    assert done.named and done.pages == {"fetched": 2}
    assert shop.proposed() == {"phone": "+441904555900", "opening_hours": "Mo-Sa 07:00-18:00"}
    [phone] = [row for row in shop.listed() if row["field"] == "phone"]
    assert phone["origin"].endswith("/contact") and phone["licence"] == "facts only"


def test_a_page_of_another_business_proposes_nothing(shop: Shop) -> None:
    shop.pages["/"] = page('"telephone": "01904 555900"', name="Birch Garage")
    shop.allow()
    done = shop.read()
    assert (done.named, shop.proposed()) == (False, {})


def test_a_change_behind_an_unchanged_page_is_found(shop: Shop) -> None:
    shop.pages |= {"/": page(etag='"1"'), "/contact": page('"telephone": "01904 555900"', etag='"1"')}
    shop.allow()
    shop.read()
    assert shop.read().pages == {"unchanged": 2}
    assert shop.proposed() == {"phone": "+441904555900"}, "what an unchanged page said stays"
    shop.pages["/contact"] = page('"telephone": "01904 555901"', etag='"2"')
    assert shop.read().pages == {"unchanged": 1, "fetched": 1}
    assert shop.proposed() == {"phone": "+441904555901"}


def test_a_challenge_stops_the_host_and_asks_a_person(shop: Shop) -> None:
    shop.pages["/"] = (403, b"<html><div id='cf-chl'></div></html>", {})
    shop.allow()
    assert "refused" in shop.read().pages
    assert len(shop.paths()) == 1 and len(shop.tasks()) == 1
    assert shop.read().pages == {"closed": 1} and shop.site.hits == [], "it is left alone for a day"
    shop.site.clock.sleep(2 * 86_400)
    shop.pages["/"] = page('"telephone": "01904 555900"')
    assert shop.read().pages["fetched"] == 1


def test_nothing_is_proposed_about_a_customer_who_objected(shop: Shop) -> None:
    shop.pages["/"] = page('"telephone": "01904 555900"')
    shop.allow()
    object_for_customer(shop.database.settings, shop.database, shop.customer)
    with pytest.raises(NotFound, match="no accepted website"):
        shop.read()
    assert shop.proposed() == {} and shop.site.hits == []
