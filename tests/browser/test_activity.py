"""Activity in the browser: empty, events as they arrive, a pause, filters, details; and the customer's timeline follows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from foresell.events.processing import process_events
from tests.api.people import Person, invite, sql
from tests.support.browsing import Pages, open_page, serious_faults
from tests.support.events import event, send
from tests.support.served import Served

#: A source of its own: other tests send events, too.
SITE = "browser-test"


@pytest.fixture(scope="module")
def steward(served: Served) -> Person:
    return invite(served, "steward")


def arrive(served: Served, person: Person, *items: dict[str, object]) -> None:
    assert {each.status for each in send(served.database, person.user_id, items)} == {"stored"}
    process_events(served.database)


def test_events_arrive_pause_and_are_filtered(pages: Pages, served: Served, steward: Person) -> None:
    customer = served.customers["rep"][0]
    who = {"subject": customer, "customersource": "foresell"}
    page = pages(steward)
    open_page(page, f"/activity?source={SITE}")
    expect(page.get_by_text(re.compile("No .*events"))).to_be_visible()
    arrive(
        served, steward, event("b1", source=SITE, visitorid="visitor-1"),
        event("b2", "note.added", {"note": "likes zinc"}, source=SITE, **who),
    )  # fmt: skip
    expect(page.get_by_role("button", name="Page viewed")).to_be_visible()
    expect(page.get_by_role("button", name="Note added")).to_be_visible()
    assert serious_faults(page) == []
    page.get_by_role("button", name="Note added").click()
    expect(page.get_by_role("dialog").get_by_text("likes zinc")).to_be_visible()
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Pause").click()
    arrive(served, steward, event("b3", "product.viewed", {"sku": "MUG"}, source=SITE, **who))
    expect(page.get_by_text("Paused, 1 event since")).to_be_visible()
    expect(page.get_by_role("button", name="Product viewed")).to_be_hidden()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Product viewed")).to_be_visible()
    page.get_by_label("Type").select_option("product.viewed")
    expect(page.get_by_role("button", name="Page viewed")).to_be_hidden()
    expect(page.get_by_role("button", name="Product viewed")).to_be_visible()


def test_the_timeline_follows(pages: Pages, served: Served, steward: Person) -> None:
    customer = served.customers["rep"][1]
    page = pages(steward)
    open_page(page, f"/customers/{customer}?tab=timeline")
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    arrive(served, steward, event("b9", "product.viewed", {"sku": "MUG"}, subject=customer, customersource="foresell"))
    expect(page.get_by_text("Product viewed: MUG (shop).")).to_be_visible()


def test_a_page_that_the_server_does_not_answer_says_so(pages: Pages, served: Served, steward: Person) -> None:
    page = pages(steward)
    page.route(
        "**/api/events?*", lambda route: route.fulfill(status=503, json={"detail": "The database does not answer."})
    )
    open_page(page, "/activity")
    expect(page.get_by_text("The database does not answer.")).to_be_visible()
    assert sql(served, "select 1") == [(1,)]
