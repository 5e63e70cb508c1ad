"""The first tasks of a manager: call list, filters, export, calculations."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import openpyxl
from playwright.sync_api import expect

from tests.api.people import Person, invite
from tests.support.browsing import ROW, Pages, assign_customers, count_customers, list_customers
from tests.support.served import Served


def test_log_a_call_and_take_it_back(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    page.goto("/")
    page.wait_for_selector(ROW)
    first = page.locator(ROW).first.get_attribute("data-row")
    page.locator(f"{ROW} [data-log]").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Reached:")
    expect(page.locator(f'[data-row="{first}"]')).to_have_count(0)
    page.keyboard.press("z")
    page.wait_for_selector("text=Call removed")
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
    all_customers = count_customers(page)
    page.get_by_label("Segment").select_option("Champions")
    page.wait_for_url("**segment=Champions*")
    expect(page.locator("header p").first).not_to_contain_text(f"{all_customers} ")
    champions = count_customers(page)
    assert 0 < champions < all_customers
    page.reload()
    page.wait_for_selector(ROW)
    assert count_customers(page) == champions
    page.go_back()
    page.wait_for_url(re.compile(r"/customers(?!.*segment=)"))
    expect(page.locator("header p").first).to_contain_text(str(all_customers))


def test_the_export_is_the_list_row_by_row(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    page.goto("/customers?segment=Champions")
    page.wait_for_selector(ROW)
    total, on_screen = count_customers(page), list_customers(page)
    exported = {}
    for form in ("CSV", "Excel"):
        page.keyboard.press("e")
        page.get_by_role("dialog", name="Export").get_by_text(form, exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        exported[form] = customers_in(Path(download.value.path()), form)
    assert exported["CSV"] == exported["Excel"]
    assert len(exported["CSV"]) == total
    assert exported["CSV"][: len(on_screen)] == on_screen


def customers_in(file: Path, form: str) -> list[str]:
    """The customers of an export, in its order."""
    if form == "CSV":
        with file.open(encoding="utf-8-sig", newline="") as text:
            return [row["Customer ID"] for row in csv.DictReader(text)]
    first, *rows = openpyxl.load_workbook(io.BytesIO(file.read_bytes()), read_only=True).worksheets[0].values
    return [str(row[first.index("Customer ID")]) for row in rows]


def test_a_figure_opens_its_statement_and_rows(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    page.goto("/segments")
    page.wait_for_selector("table button")
    page.locator("table button").first.click()
    expect(page.locator("[role=dialog] pre").first).to_contain_text("select")
    page.get_by_text("Source rows").click()
    page.wait_for_selector("[role=dialog] tbody tr")


def test_two_reps_see_their_own_customers(pages: Pages, served: Served) -> None:
    seen: list[set[str]] = []
    for owned in (served.customers["rep"][:20], served.customers["other_rep"][:20]):
        person = invite(served, "rep")
        assign_customers(served, person, owned)
        page = pages(person)
        page.goto("/customers")
        page.wait_for_selector(ROW)
        theirs = set(list_customers(page))
        assert theirs <= set(owned)
        seen.append(theirs)
        expect(page.get_by_role("link", name="Admin")).to_have_count(0)
    assert not seen[0] & seen[1]
    page.goto(f"/customers/{served.customers['rep'][0]}")
    expect(page.get_by_text("Customer not found")).to_be_visible()
