"""Proposals of directories in the browser: the empty page, accepting, undoing, and the customer's own page."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import expect

from tests.api.people import Person, sql
from tests.support.browsing import Pages, faults_in_both, find_too_wide, open_page
from tests.support.enrichment import propose
from tests.support.served import Served


def test_proposals_are_accepted_and_undone(pages: Pages, served: Served, manager: Person) -> None:
    sql(served, "delete from enrichment.proposals")  # of other tests
    page = pages(manager)
    open_page(page, "/sources")
    page.get_by_role("link", name="Proposals").click()
    expect(page.get_by_text("No proposals")).to_be_visible()
    expect(page.get_by_text("foresell directories load")).to_be_visible()

    customer = served.customers["rep"][0]
    propose(served, (customer,), datetime.now(UTC).date())
    open_page(page, "/enrichment")
    expect(page.get_by_text("3 proposals open")).to_be_visible()
    assert faults_in_both(page) == []
    page.get_by_role("button", name=f"Accept: Website of {customer}").click()
    expect(page.get_by_text("2 proposals open")).to_be_visible()
    page.get_by_role("button", name=f"Refuse: Phone of {customer}").click()
    expect(page.get_by_text("1 proposal open")).to_be_visible()
    page.get_by_label("State").select_option("accepted")
    expect(page.get_by_role("cell", name="https://canary.example")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 800})
    assert find_too_wide(page) == []

    page.set_viewport_size({"width": 1280, "height": 800})
    open_page(page, f"/customers/{customer}?tab=sources")
    card = page.locator("section", has=page.get_by_role("heading", name="From directories")).last
    expect(card).to_contain_text("https://canary.example")
    expect(card).to_contain_text("© OpenStreetMap contributors, ODbL-1.0")
    assert faults_in_both(page) == []
    card.get_by_role("button", name="Undo: Website").click()
    expect(card.get_by_role("button", name="Accept: Website")).to_be_visible()
