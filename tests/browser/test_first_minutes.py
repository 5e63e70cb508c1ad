"""A manager's first minutes, as a person would spend them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.api.people import Person, invite, sql
from tests.support.browsing import ROW, Pages, shown
from tests.support.served import Served


def test_log_a_call_and_take_it_back(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    page.goto("/")
    page.wait_for_selector(ROW)
    first = page.locator(ROW).first.get_attribute("data-row")
    page.locator(f"{ROW} [data-log]").first.click()
    page.get_by_role("menuitem", name="Reached").click()
    page.wait_for_selector("text=Reached:")
    expect(page.locator(f'[data-row="{first}"]')).to_have_count(0)
    page.keyboard.press("z")
    page.wait_for_selector("text=Call taken back")
    page.wait_for_selector(f'[data-row="{first}"]')


def test_the_panel_opens_by_keyboard_and_back_closes_it(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    page.goto("/")
    page.wait_for_selector(ROW)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("aside[aria-label=Customer] h2")
    assert "open=C" in page.url
    page.go_back()
    expect(page.locator("aside[aria-label=Customer] h2")).to_have_count(0)
    assert "open=" not in page.url


def test_filters_live_in_the_address_and_survive_back_and_reload(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    page.goto("/customers")
    page.wait_for_selector(ROW)
    everybody = shown(page)
    page.get_by_label("Segment").select_option("Champions")
    page.wait_for_url("**segment=Champions*")
    expect(page.locator("header p").first).not_to_contain_text(f"{everybody} ")
    champions = shown(page)
    assert 0 < champions < everybody
    page.reload()
    page.wait_for_selector(ROW)
    assert shown(page) == champions
    page.go_back()
    page.wait_for_url(re.compile(r"/customers(?!.*segment=)"))
    expect(page.locator("header p").first).to_contain_text(str(everybody))


def test_the_export_is_the_list_row_by_row(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    page.goto("/customers?segment=Champions")
    page.wait_for_selector(ROW)
    total = shown(page)
    listed = [row.get_attribute("data-row") for row in page.locator(ROW).all()]
    page.keyboard.press("e")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        exported = [row["customer_id"] for row in csv.DictReader(file)]
    assert len(exported) == total
    assert exported[: len(listed)] == listed


def test_a_figure_opens_its_statement_and_rows(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    page.goto("/segments")
    page.wait_for_selector("table button")
    page.locator("table button").first.click()
    expect(page.locator("[role=dialog] pre").first).to_contain_text("select")
    page.get_by_text("The rows behind it").click()
    page.wait_for_selector("[role=dialog] tbody tr")


def test_two_reps_see_their_own_customers(pages: Pages, served: Served) -> None:
    seen: list[set[str | None]] = []
    for owned in (served.customers["rep"][:20], served.customers["other_rep"][:20]):
        person = invite(served, "rep")
        sql(served, "update access.customer_owners set user_id = %s where customer_id = any(%s)", person.user_id, owned)
        page = pages(person)
        page.goto("/customers")
        page.wait_for_selector(ROW)
        listed = {row.get_attribute("data-row") for row in page.locator(ROW).all()}
        assert listed <= set(owned)
        seen.append(listed)
        expect(page.get_by_role("link", name="Admin")).to_have_count(0)
    assert not seen[0] & seen[1]
    page.goto(f"/customers/{served.customers['rep'][0]}")
    expect(page.get_by_text("Customer not found")).to_be_visible()
