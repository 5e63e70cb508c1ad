"""The call list as a manager reads it: reasons in words, the tile that adds up, the settings, the most likely buyers."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.api.people import Person
from tests.support.browsing import ROW, Pages, list_customers, serious_faults


def test_a_manager_reads_the_list_and_changes_its_settings(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    with page.expect_response(re.compile("/api/calls/today")) as answer:
        page.goto("/")
    page.wait_for_selector(ROW)
    listed = answer.value.json()
    assert list_customers(page) == [row["customer_id"] for row in listed["data"]]
    first = page.locator(ROW).first
    expect(first).to_contain_text(listed["data"][0]["why_call"])
    expect(page.locator("main ol h2").first).to_be_visible()
    tile = page.locator("dl > div", has_text="Revenue at risk on this list").locator("dd").first.inner_text()
    assert int(re.sub(r"\D", "", tile)) == sum(round(100 * (row["value_at_risk"] or 0)) for row in listed["data"])

    page.get_by_role("button", name="List settings").click()
    dialog = page.get_by_role("dialog", name="Call list settings")
    dialog.get_by_label("Calls per person and day").fill("30")
    dialog.get_by_label("Due", exact=True).fill("20")
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    dialog.get_by_label("Overdue").fill("45")
    assert serious_faults(page) == []
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Call list settings saved")).to_be_visible()

    page.get_by_role("link", name="Most likely buyers").click()
    page.wait_for_selector("main tbody tr")
    page.get_by_role("link", name="Expected revenue").click()
    page.wait_for_url("**by=value*")
    page.locator("main tbody button").first.click()
    expect(page.get_by_role("complementary", name="Customer")).to_be_visible()
    assert serious_faults(page) == []
