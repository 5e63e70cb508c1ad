"""A file that leaves questions open: they are answered on the page, by keyboard, and then it is imported."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.api.people import Person
from tests.support.browsing import Pages, open_page, serious_faults
from tests.support.served import Served
from tests.support.worker import Worker, wait_until

ORDERS = "order,customer,date,price,currency\n" + "".join(
    f"{order},{customer},2024-03-{day:02d},{price},GBP\n"
    for day, (order, customer, price) in enumerate(
        [*((f"INV-{number}", "Guest" if number < 3 else f"K{number % 4}", 10 * number) for number in range(1, 10)),
         ("CN-1", "K1", 30)],
        start=1,
    )
)  # fmt: skip


@pytest.fixture
def worker(served: Served) -> Iterator[Worker]:
    """A worker; what it loaded is undone, because other tests use the same home."""
    one = Worker(served)
    steward = served.client("steward")
    before = {batch["batch_id"] for batch in steward.get("/api/batches").json()["data"]}
    yield one
    for batch in steward.get("/api/batches").json()["data"]:
        if batch["batch_id"] not in before:
            undo = steward.post(f"/api/batches/{batch['batch_id']}/undo", json={"refresh": False}).json()
            wait_until(lambda job=undo["job_id"]: steward.get(f"/api/jobs/{job}").json()["state"] == "done")
    one.stop()


def without_refresh(route: Route) -> None:
    """Load without an update: a new run would reach the pages of other tests."""
    route.continue_(post_data={**route.request.post_data_json, "refresh": False})


def take_pictures(page: Page, name: str) -> None:
    """For a reviewer who sets PICTURES to a folder: the page on a desktop and a phone, light and dark."""
    folder = os.environ.get("PICTURES")
    if not folder:
        return
    for width, height in ((390, 844), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(300)
            page.screenshot(path=Path(folder) / f"{name}-{scheme}-{width}.png", full_page=True)


def test_questions_are_answered_before_the_import(pages: Pages, manager: Person, worker: Worker) -> None:
    page = pages(manager)
    page.route("**/commit", without_refresh)
    open_page(page, "/import")
    payload = FilePayload(name="till.csv", mimeType="text/csv", buffer=ORDERS.encode())
    page.set_input_files("input[type=file]", payload)
    main = page.locator("main")
    expect(main.get_by_text("2 questions to answer")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name=re.compile("^Import 10 lines"))).to_be_disabled()
    apply = page.get_by_role("button", name="Apply answers")
    expect(apply).to_be_disabled()
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Yes, they are anonymous sales")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Yes, subtract them")).to_be_checked()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(f":root[data-mantine-color-scheme={scheme}]")).to_have_count(1)
        assert serious_faults(page) == []
    take_pictures(page, "questions")
    apply.click()
    expect(main.get_by_text("9 orders, £450.00; 1 order returned, -£30.00")).to_be_visible(timeout=30_000)
    expect(main.get_by_text("Before importing, please answer")).to_have_count(0)
    take_pictures(page, "answers")

    page.get_by_role("button", name="Change: Customers who are anonymous sales").click()
    expect(main.get_by_text("1 question to answer")).to_be_visible(timeout=30_000)
    expect(main.get_by_text("Order numbers of returns begin with: CN-")).to_be_visible()
    page.get_by_role("link", name="Import", exact=True).click()
    waiting = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="till.csv"))
    expect(waiting).to_contain_text("1 question")
    waiting.get_by_role("link").click()
    page.get_by_role("radio", name="Yes, they are anonymous sales").check()
    apply.click()
    expect(main.get_by_text("9 orders, £450.00; 1 order returned, -£30.00")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Import 10 lines").click()
    expect(main.get_by_text("Imported", exact=True)).to_be_visible(timeout=30_000)
