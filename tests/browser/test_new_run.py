"""A run is published while a user reads the list: the page says so, and nothing moves until the user asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response, expect

from foresell.store import runs
from foresell.workflows.refresh import run_refresh
from tests.api.people import Person
from tests.support.browsing import ROW, Pages, list_customers, open_page
from tests.support.served import Served

METRICS = ("/api/kpis", "/api/freshness", "/api/segments")
LISTS = ("/api/calls/today", "/api/customers")


@pytest.fixture
def publish(served: Served) -> Iterator[Callable[[], int]]:
    """Publishes a run of an earlier day, which ranks customers differently; afterwards restores the previous one."""
    before = runs.get_published_run(served.database)["run_id"]
    yield lambda: int(run_refresh(served.settings, served.database, as_of=date(2026, 10, 1))["run_id"])
    if runs.get_published_run(served.database)["run_id"] != before:
        runs.roll_back(served.database, before)


class ShownRuns:
    """The run that the latest answer of each kind came from."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.runs: dict[str, int] = {}
        page.on("response", self._record)

    def wait_until_all_are_of(self, run_id: int) -> None:
        """Waits up to 15 s; fails with the responses that are still of another run."""
        for _ in range(60):
            if set(self.runs.values()) == {run_id}:
                return
            self.page.wait_for_timeout(250)
        raise AssertionError(self.runs)

    def _record(self, response: Response) -> None:
        path = urlsplit(response.url).path
        if path in (*METRICS, *LISTS) and response.ok:
            body = response.json()
            self.runs[path] = body["run"]["run_id"] if path == "/api/freshness" else body["meta"]["run_id"]


def test_the_list_stays_until_the_user_asks_and_then_everything_is_of_one_run(
    pages: Pages, served: Served, manager: Person, publish: Callable[[], int]
) -> None:
    page = pages(manager)
    shown_runs = ShownRuns(page)
    open_page(page, "/")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    rows = list_customers(page)
    old = shown_runs.runs["/api/calls/today"]
    under = page.locator(ROW).nth(2)
    under.hover()
    new = publish()
    assert new != old
    messages = page.get_by_label("Notifications")
    expect(messages).to_contain_text(f"Update {new} is available", timeout=15_000)
    page.wait_for_timeout(9_000)
    expect(messages).to_contain_text(f"Update {new} is available")
    assert list_customers(page) == rows
    assert under.evaluate("row => row.matches(':hover')")
    assert set(shown_runs.runs.values()) == {old}
    expect(page.get_by_title(f"Update {old},")).to_be_visible()
    messages.get_by_role("button", name="Show").click()
    expect(page.get_by_title(f"Update {new},")).to_be_visible()
    expect(page.locator(ROW).first).to_be_visible()
    shown_runs.wait_until_all_are_of(new)
    assert list_customers(page) != rows


def test_filtering_the_list_also_renews_the_metrics(pages: Pages, manager: Person, publish: Callable[[], int]) -> None:
    page = pages(manager)
    shown_runs = ShownRuns(page)
    open_page(page, "/customers")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    new = publish()
    expect(page.get_by_label("Notifications")).to_contain_text(f"Update {new} is available", timeout=15_000)
    page.get_by_label("Segment", exact=True).select_option("Champions")
    expect(page.get_by_title(f"Update {new},")).to_be_visible()
    shown_runs.wait_until_all_are_of(new)


def test_a_page_without_a_list_shows_the_new_run_at_once(
    pages: Pages, manager: Person, publish: Callable[[], int]
) -> None:
    page = pages(manager)
    open_page(page, "/segments")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    new = publish()
    expect(page.get_by_title(f"Update {new},")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("button", name="Show", exact=True)).to_have_count(0)
