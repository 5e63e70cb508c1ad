"""Hostile files uploaded in the browser: nothing in them runs, each rejected line is listed, and undo leaves no trace."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.api.people import Person
from tests.support.browsing import Pages, open_page
from tests.support.served import Served
from tests.support.store_dump import dump
from tests.support.worker import Worker

IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = "<script>alert(2)</script>"
SAFE_NAME = "_img src_x onerror_alert(1)_.csv"
FORMULA = "=cmd|' /C calc'!A0"


@pytest.fixture(scope="module")
def worker(served: Served) -> Iterator[Worker]:
    one = Worker(served)
    yield one
    one.stop()


def upload(page: Page, name: str, content: bytes) -> None:
    open_page(page, "/import")
    page.set_input_files("input[type=file]", FilePayload(name=name, mimeType="text/csv", buffer=content))
    page.wait_for_url("**/import?import=*")
    page.get_by_role("button", name="Discard").wait_for(timeout=30_000)


def assert_inert(page: Page) -> None:
    """Nothing from the file has become part of the page."""
    assert page.locator("main img, main script, main iframe").count() == 0
    assert page.evaluate("typeof window.ran") == "undefined"


def hostile_orders() -> bytes:
    """Orders in which every text is an attack; lines 5 and 9 are not valid orders."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["order_id", "customer", "sku", "product", "quantity", "price", "date", IMAGE])
    for line in range(2, 152):
        quantity = FORMULA if line == 5 else "2"
        day = IMAGE if line == 9 else f"2024-03-{line % 28 + 1:02d}"
        writer.writerow(
            [f"{FORMULA}{line}", f"{IMAGE}{line % 9}", f"@S{line % 5}", SCRIPT, quantity, "3.50", day, "+1+1"]
        )
    return out.getvalue().encode()


def test_attacks_in_a_file_are_text_and_undo_leaves_no_trace(
    pages: Pages, served: Served, manager: Person, worker: Worker
) -> None:
    before = dump(served.database)
    page = pages(manager)
    upload(page, f"{IMAGE}.csv", hostile_orders())
    main = page.locator("main")
    expect(main.get_by_role("heading", level=1)).to_have_text(SAFE_NAME)
    expect(main.get_by_text(SCRIPT).first).to_be_visible()
    rejects = main.get_by_role("region", name="Rejected lines by reason")
    expect(rejects).to_contain_text("line 5, quantity:")
    expect(rejects).to_contain_text(FORMULA)
    expect(rejects).to_contain_text("line 9, date:")
    expect(rejects).to_contain_text(IMAGE)
    assert_inert(page)
    page.get_by_role("button", name="Import 148 lines").click()
    expect(main.get_by_text("Imported", exact=True)).to_be_visible(timeout=30_000)
    assert dump(served.database) != before
    assert_inert(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download with reasons").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rejected = list(csv.reader(file))
    assert [row[1:3] for row in rejected[1:]] == [["5", "quantity"], ["9", "date"]], rejected
    assert not [cell for row in rejected for cell in row if cell.startswith(("=", "+", "-", "@"))]
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo import").click()
    expect(page.get_by_text(re.compile(r"Import \d+ undone"))).to_be_visible(timeout=60_000)
    expect(main.get_by_text("the data is as it was before this import")).to_be_visible()
    assert dump(served.database) == before
    open_page(page, "/import")
    expect(main.get_by_text(SAFE_NAME).first).to_be_visible()
    assert_inert(page)


def test_files_that_hold_no_orders_are_refused_with_a_reason(pages: Pages, manager: Person, worker: Worker) -> None:
    page = pages(manager)
    wide = ",".join(f"column {number}" for number in range(10_000))
    files = {
        "empty.csv": b"",
        "picture.csv": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        "portable.csv": b"%PDF-1.7 nothing to see",
        "nul.csv": b"order_id;customer\x00;sku\n" + b"1;\x00;\x00\n" * 50,
        "page.csv": b"<!doctype html><script>window.ran = 1</script>" * 50,
        "wide.csv": "\n".join([wide, wide.replace("column", "x")]).encode(),
        "torn.csv": "order_id;customer;sku;quantity;price;date\nÄ;Ö".encode("utf-16-le")[:-1],
    }
    for name, content in files.items():
        upload(page, name, content)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        load = page.get_by_role("button", name=re.compile("^Import( |$)"))
        if load.count():
            expect(load).to_be_disabled()
            expect(page.get_by_role("alert").first).to_be_visible()
        else:
            expect(page.get_by_text("Nothing was imported.")).to_be_visible()
        assert_inert(page)
        page.get_by_role("button", name="Discard").click()
        expect(page.get_by_text(f"{name} discarded")).to_be_visible()
