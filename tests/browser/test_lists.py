"""Working through the customer list: its order, a selection that lasts, its columns, saved views, and what leads to it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.api.people import Person, invite
from tests.support.browsing import ROW, Pages, count_customers, list_customers, open_page
from tests.support.served import Served


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("columnheader", name=re.compile(f"{name}$"))


def test_chosen_columns_stay_and_are_exported_in_their_order(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/customers")
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("menuitem", name="Customers at risk, by last year’s revenue").click()
    page.wait_for_url("**sort=last_year*")
    expect(column(page, "Last year’s revenue")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Columns").click()
    dialog = page.get_by_role("dialog", name="Columns")
    for label in ("RFM", "Why call", "Owner", "Orders", "Churn risk"):
        dialog.get_by_label(label, exact=True).uncheck()
    dialog.get_by_label("Country", exact=True).check()
    dialog.get_by_role("button", name="Move Country up").click()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    page.reload()
    page.wait_for_selector(ROW)
    expect(column(page, "Country")).to_have_count(1)
    expect(column(page, "RFM")).to_have_count(0)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    head = Path(download.value.path()).read_text(encoding="utf-8").splitlines()[0]
    assert head.split(",")[:4] == ["Customer ID", "Name", "Segment", "Chance to order (30 days)"]
    assert head.split(",")[-2:] == ["Country", "Lifetime value (12 months)"] and "RFM" not in head
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="Usual columns").click()
    expect(column(page, "RFM")).to_have_count(1)


def test_order_selection_and_filters_last_until_they_are_changed(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/customers")
    chosen = page.get_by_role("region", name="Selected customers")

    def sort_by(name: str, direction: str) -> None:
        column(page, name).get_by_role("button").click()
        expect(column(page, name)).to_have_attribute("aria-sort", direction)

    def expect_unchanged() -> None:
        expect(column(page, "Net revenue")).to_have_attribute("aria-sort", "ascending")
        expect(page.get_by_label("Segment", exact=True)).to_have_value("Champions")
        expect(chosen).to_contain_text("2 customers")
        expect(page.locator("[data-stale]")).to_have_count(0)
        expect(page.locator("[data-row][data-selected]")).to_have_count(2)
        assert list_customers(page) == rows

    page.get_by_label("Segment", exact=True).select_option("Champions")
    page.wait_for_url("**segment=Champions*")
    expect(page.locator("[data-stale]")).to_have_count(0)
    selected = list_customers(page)[:2]
    for customer in selected:
        page.locator(f'[data-row="{customer}"] input').check()
    sort_by("Net revenue", "descending")
    sort_by("Net revenue", "ascending")
    expect(page.locator("[data-stale]")).to_have_count(0)
    rows = list_customers(page)
    expect_unchanged()

    page.get_by_label("Segment", exact=True).select_option("Lost")
    expect(chosen).to_contain_text("2 hidden by the filters")
    page.get_by_label("Segment", exact=True).select_option("Champions")
    expect_unchanged()

    page.locator(f'[data-row="{rows[0]}"] [data-focus]').click()
    page.get_by_role("link", name="Open full page").click()
    page.wait_for_url(f"**/customers/{rows[0]}")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Customers")
    page.go_back()
    page.get_by_role("button", name="Close panel").click()
    expect_unchanged()
    page.get_by_role("link", name="Call log").click()
    page.get_by_label("Outcome").select_option("reached")
    page.get_by_role("link", name="Customers", exact=True).click()
    expect_unchanged()
    page.get_by_role("link", name="Call log").click()
    expect(page.get_by_label("Outcome")).to_have_value("reached")
    page.go_back()
    expect_unchanged()


def test_a_view_is_saved_renamed_shared_and_deleted_with_undo(pages: Pages, served: Served, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/customers?segment=Champions")

    def choose(item: str | re.Pattern[str], menu: str = "Saved views") -> None:
        page.get_by_role("button", name=menu, exact=True).click()
        page.get_by_role("menuitem", name=item).click()

    choose("Save as a new view")
    page.get_by_role("textbox", name="Name").fill("Best ones")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**view=*")
    column(page, "Net revenue").get_by_role("button").click()
    choose("Update “Best ones” with these filters", "Best ones")
    choose("Rename or share “Best ones”", "Best ones")
    page.get_by_role("textbox", name="Name").fill("Top customers")
    page.get_by_role("textbox", name="Description").fill("Before the fair")
    page.get_by_label("Who can use it").select_option("everyone")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Top customers", exact=True)).to_be_visible()

    other = pages(invite(served, "analyst"))
    open_page(other, "/customers")
    other.get_by_role("button", name="Saved views").click()
    other.get_by_role("menuitem", name=re.compile("Top customers.*Before the fair")).click()
    other.wait_for_url("**sort=monetary*")
    assert "segment=Champions" in other.url
    other.get_by_role("button", name="Top customers", exact=True).click()
    expect(other.get_by_role("menuitem", name="Save as a new view")).to_be_visible()
    expect(other.get_by_role("menuitem", name=re.compile("^(Rename|Delete)"))).to_have_count(0)

    choose("Delete “Top customers”", "Top customers")
    page.get_by_role("region", name="Notifications").get_by_role("button", name=re.compile("^Undo")).click()
    page.get_by_role("button", name="Saved views", exact=True).click()
    expect(page.get_by_role("menuitem", name=re.compile("^Top customers"))).to_be_visible()


def test_figures_lead_to_their_customers_and_next_to_that_to_their_calculation(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/sales")
    page.get_by_label("Period").select_option("month")
    page.get_by_label("Compare with").select_option("last_year")
    page.wait_for_url("**period=month*compare=last_year*")
    chart = page.locator("section").filter(has=page.get_by_role("heading", name="Net revenue", exact=True))
    expect(chart.get_by_text(re.compile("Same period last year: £"))).to_be_visible()
    tile = page.get_by_role("link", name=re.compile("show these customers")).nth(2)
    active = int(re.sub(r"\D", "", tile.inner_text()))
    tile.click()
    page.wait_for_url("**/customers?ordered_from=*")
    page.wait_for_selector(ROW)
    assert count_customers(page) == active
    page.get_by_role("link", name="Sales").click()
    page.wait_for_url("**period=month*")
    page.get_by_title("How is this calculated?").first.click()
    expect(page.get_by_role("dialog").locator("pre")).to_contain_text("select")
    page.keyboard.press("Escape")

    open_page(page, "/segments")
    cell = page.locator("table td a").first
    held = int(re.sub(r"\D", "", cell.inner_text().split(",")[0]))
    cell.click()
    page.wait_for_url("**/customers?r=*")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_selector(ROW)
    assert count_customers(page) == held
