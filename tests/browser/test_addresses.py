"""The address holds the whole view: it survives Back, a reload and being copied, and shows only visible customers."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.api.people import Person, invite
from tests.support.browsing import PANEL, ROW, Pages, assign_customers, count_customers, list_customers
from tests.support.served import Served


def read_view(page: Page) -> tuple[str | None, str, list[str], str]:
    """Filter, sort, rows and open customer, as the page shows them."""
    page.wait_for_selector(f"{PANEL} h2")
    expect(page.locator("[data-stale]")).to_have_count(0)
    return (
        page.get_by_label("Segment", exact=True).input_value(),
        page.locator("[aria-sort]").inner_text(),
        list_customers(page),
        page.locator(f"{PANEL} h2").inner_text(),
    )


def open_filtered_list(page: Page) -> None:
    """Open the customer list with a segment, a sort and a customer panel."""
    page.goto("/customers")
    page.wait_for_selector(ROW)
    page.get_by_label("Segment", exact=True).select_option("Champions")
    page.wait_for_url("**segment=Champions*")
    page.get_by_role("columnheader", name="Net revenue").get_by_role("button").click()
    page.wait_for_url("**sort=monetary*")
    expect(page.locator("[data-stale]")).to_have_count(0)
    page.locator(f"{ROW} [data-focus]").nth(2).click()
    page.wait_for_url("**open=C*")


def test_filter_sort_and_open_customer_survive_a_reload_and_back(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    open_filtered_list(page)
    before = read_view(page)
    assert before[0] == "Champions" and "Net revenue" in before[1]
    page.reload()
    assert read_view(page) == before
    page.get_by_role("link", name="Segments").click()
    page.wait_for_url("**/segments")
    page.go_back()
    assert read_view(page) == before
    page.go_back()
    expect(page.locator(PANEL)).to_have_count(0)
    assert "sort=monetary" in page.url and "segment=Champions" in page.url
    page.go_forward()
    assert read_view(page) == before


def test_a_copied_link_shows_a_rep_the_same_of_the_own_customers(pages: Pages, served: Served, manager: Person) -> None:
    page = pages(manager)
    open_filtered_list(page)
    link, all_of_them = page.url.split("&open=")[0], set(read_view(page)[2])
    mine = {*sorted(all_of_them)[:3], *served.customers["unassigned"][:3]}
    rep = invite(served, "rep")
    assign_customers(served, rep, mine)
    theirs = pages(rep)
    theirs.goto(link)
    theirs.wait_for_selector(ROW)
    assert theirs.get_by_label("Segment", exact=True).input_value() == "Champions"
    assert set(list_customers(theirs)) == mine & all_of_them
    assert count_customers(theirs) == len(mine & all_of_them) >= 3


def test_a_customer_of_another_rep_is_not_found(pages: Pages, served: Served) -> None:
    rep = invite(served, "rep")
    foreign = served.customers["other_rep"][0]
    page = pages(rep)
    page.goto(f"/customers/{foreign}?tab=orders")
    expect(page.get_by_text("Customer not found")).to_be_visible()
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    assert foreign in page.locator("main h1").inner_text()
    expect(page.get_by_role("button", name="Show contact details")).to_have_count(0)
    page.goto(f"/customers?open={foreign}")
    expect(page.locator(PANEL).get_by_text("Customer not found")).to_be_visible()
    expect(page.locator(PANEL).get_by_role("button", name="Log")).to_have_count(0)


def test_invalid_addresses_show_a_message(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    page.goto("/nowhere/at/all")
    expect(page.get_by_text("Page not found")).to_be_visible()
    page.goto("/customers?segment=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&sort=sideways&min_probability=many")
    expect(page.get_by_text("There is no segment '<img src=x onerror=alert(1)>'.")).to_be_visible()
    expect(page.locator("main img")).to_have_count(0)
    page.get_by_role("button", name="Clear filters").click()
    page.wait_for_selector(ROW)
    assert re.search(r"/customers\??$", page.url)
