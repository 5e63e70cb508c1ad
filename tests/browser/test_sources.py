"""Connected sources in the browser: their state, gone rows decided, paused and resumed, their syncs, and connecting one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from foresell.demo.imitations.quickbooks import QuickBooksImitation
from foresell.store import sources
from foresell.workflows.connect import connect_folder, connect_imitation
from tests.api.people import Person, invite, sql
from tests.support.browsing import Pages, faults_in_both, find_too_wide, open_page, serious_faults
from tests.support.served import Served


@pytest.fixture(scope="module")
def steward(served: Served) -> Person:
    return invite(served, "steward")


@pytest.fixture
def books(served: Served) -> Iterator[int]:
    with QuickBooksImitation(customers=3, invoices=3) as company:
        yield connect_imitation(served.settings, served.database, "books", company.url, company.connection())
    sql(
        served,
        "truncate sources.held_changes, sources.documents, sources.streams, sources.syncs, sources.connections cascade",
    )


def test_without_a_source_the_page_says_what_can_be_connected(pages: Pages, steward: Person) -> None:
    page = pages(steward)
    open_page(page, "/sources")
    expect(page.get_by_text("No source is connected")).to_be_visible()
    page.get_by_role("button", name="Connect a source").click()
    expect(page.get_by_text("Never run against Intuit's service")).to_be_visible()
    assert serious_faults(page) == []
    page.get_by_label("Kind").select_option("folder")
    expect(page.get_by_text("foresell connect folder")).to_be_visible()


def test_gone_rows_are_decided_and_a_source_is_paused(
    pages: Pages, served: Served, steward: Person, books: int
) -> None:
    with sources.open_sync(served.database, books, None) as landing:
        landing.hold("orders", [f"A{number}" for number in range(30)], 40)
        landing.finish(sources.SyncOutcome(state="held", connection_state="held", error="30 of 40 orders are gone."))
    page = pages(steward)
    open_page(page, "/sources")
    expect(page.get_by_text("1 source connected, 1 needs you")).to_be_visible()
    expect(page.get_by_text("This is an imitation of the vendor")).to_be_visible()
    expect(page.get_by_text("30 of 40 orders are gone at the source.")).to_be_visible()
    assert serious_faults(page) == []
    page.get_by_role("button", name="Keep them").click()
    expect(page.get_by_text("They are kept")).to_be_visible()
    expect(page.get_by_text("30 of 40 orders are gone at the source.")).to_be_hidden()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused (not read yet)")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("cell", name="Waits for you")).to_be_visible()
    assert serious_faults(page) == []


def test_an_analyst_looks_and_changes_nothing(pages: Pages, served: Served, books: int) -> None:
    page = pages(invite(served, "analyst"))
    open_page(page, "/sources")
    expect(page.get_by_role("heading", name="books")).to_be_visible()
    for name in ("Pause", "Read now", "Disconnect", "Connect a source"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_the_fields_of_a_folder_are_changed(pages: Pages, served: Served, steward: Person, tmp_path: Path) -> None:
    connect_folder(
        served.settings, served.database, "till", tmp_path, mapping='rows = "orders"\n[columns]\norder_key = "Order"\n'
    )
    try:
        page = pages(steward)
        open_page(page, "/sources")
        page.get_by_role("button", name="Fields").click()
        dialog = page.get_by_role("dialog", name="Fields of till")
        expect(dialog.get_by_label("Order number")).to_have_value("Order")
        assert faults_in_both(page) == []
        dialog.get_by_label("Order number").fill("Receipt no.")
        dialog.get_by_role("button", name="Save").click()
        expect(page.get_by_text("till is read by this mapping from now on")).to_be_visible()
        page.get_by_role("button", name="Fields").click()
        dialog.get_by_role("button", name="Show as text").click()
        expect(dialog.get_by_label("Mapping (TOML)")).to_have_value(re.compile('order_key = "Receipt no."'))
        dialog.get_by_label("Mapping (TOML)").fill("rows =")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_text("is not valid TOML")).to_be_visible()
        dialog.get_by_role("button", name="Recognise anew").click()
        expect(dialog).to_have_count(0)
        page.set_viewport_size({"width": 390, "height": 800})
        page.get_by_role("button", name="Fields").click()
        expect(dialog.get_by_text("No mapping is kept")).to_be_visible()
        assert find_too_wide(page) == []
    finally:
        sql(served, "delete from sources.connections where source = 'till'")
