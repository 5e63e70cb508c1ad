"""Segments by any condition, as an analyst edits them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.api.people import Person, invite
from tests.support.browsing import Pages
from tests.support.served import Served


def test_a_rule_on_orders_is_counted_while_edited_saved_and_undone(pages: Pages, served: Served) -> None:
    page = pages(invite(served, "analyst"))
    page.goto("/segments?tab=rules")
    page.get_by_role("button", name="Add a rule").click()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("group", name="Conditions of New segment")).first
    row.get_by_label("Segment name").fill("Biggest")
    row = page.get_by_role("listitem").filter(has=page.get_by_role("group", name="Conditions of Biggest")).first
    row.get_by_label("Orders: value").fill("1")
    counted = row.locator("strong")
    expect(counted).to_have_text(re.compile(r"^[1-9]\d*$"))
    everyone = int(counted.inner_text())
    row.get_by_role("button", name="Add a condition to Biggest").click()
    row.get_by_label("Orders: value").last.fill("5")
    expect(counted).not_to_have_text(str(everyone))
    page.get_by_label("Condition on").first.select_option(label="Country")
    expect(page.get_by_text("Biggest: give every condition a value.")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    row.get_by_label("Add to Country").select_option(index=1)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Rules saved.")).to_be_visible()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("restored.")).to_be_visible()
    expect(page.get_by_label("Segment name").first).to_have_value("Champions")
    page.get_by_role("button", name="History").click()
    history = page.get_by_role("dialog")
    expect(history.get_by_text("Added: Biggest.")).to_be_visible()
    expect(history.get_by_text(re.compile(r"Version \d+ restored\. Removed: Biggest\."))).to_be_visible()


def test_a_chart_can_be_noted_on_and_saved_as_picture_and_numbers(
    pages: Pages, served: Served, manager: Person
) -> None:
    page = pages(manager)
    page.goto("/sales")
    chart = page.locator("section").filter(has=page.get_by_role("heading", level=2, name="Net revenue", exact=True))
    expect(chart.get_by_role("application")).to_be_visible()
    chart.get_by_role("button", name="Add a note").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Day", exact=True).fill("2026-06-15")
    dialog.get_by_label("What happened").fill("Summer campaign")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_text("Summer campaign")).to_be_visible()
    page.keyboard.press("Escape")
    bars = chart.get_by_role("application")
    expect(bars.locator("path")).to_have_count(1)
    bars.focus()
    for _ in range(60):
        page.keyboard.press("ArrowLeft")
        if "Summer campaign" in chart.get_by_role("status").inner_text():
            break
    else:
        raise AssertionError("no bar tells the note")

    with page.expect_download() as saved:
        chart.get_by_role("button", name="PNG").click()
    picture = saved.value.path().read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) > 5_000
    with page.expect_download() as saved:
        chart.get_by_role("button", name="CSV").click()
    lines = saved.value.path().read_text().splitlines()
    sold = served.client("admin").get("/api/sales", params={"by": "month"}).json()["data"]
    assert len(lines) == 1 + len(sold) and lines[1].split(",")[0] == sold[0]["name"]
