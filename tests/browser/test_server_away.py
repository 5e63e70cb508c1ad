"""While the server is unavailable the page keeps its content; no call is lost and none is logged twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.api.people import Person, sql
from tests.support.browsing import ROW, Pages, list_customers, open_page
from tests.support.served import Served, running


class Restarted:
    """A second API on the same home and a fixed port, which can be stopped and started again."""

    def __init__(self, served: Served) -> None:
        self._settings = served.settings
        self._now: AbstractContextManager[str] | None = running(served.settings)
        self.url = self._now.__enter__()

    def stop(self) -> None:
        if self._now:
            self._now.__exit__(None, None, None)
        self._now = None

    def start(self) -> None:
        self._now = running(self._settings, int(self.url.rsplit(":", 1)[1]))
        assert self._now.__enter__() == self.url


@pytest.fixture
def server(served: Served) -> Iterator[Restarted]:
    one = Restarted(served)
    yield one
    one.stop()


def calls_of(served: Served, customer: str) -> int:
    [(number,)] = sql(served, "select count(*) from engagement.calls where customer_id = %s", customer)
    return int(number)


def log_first(page: Page) -> str:
    first = list_customers(page)[0]
    page.locator(f"{ROW} [data-log]").first.click()
    expect(page.get_by_label("Reached")).to_be_focused()
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    return first


def expect_offline(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Offline since")).to_be_visible(timeout=10_000)


def expect_live(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible(timeout=15_000)


def test_what_is_on_screen_stays_and_the_page_recovers_by_itself(
    pages: Pages, manager: Person, server: Restarted
) -> None:
    page = pages(manager, server.url)
    open_page(page, "/customers")
    expect_live(page)
    rows = list_customers(page)
    server.stop()
    expect_offline(page)
    assert list_customers(page) == rows
    page.get_by_label("Segment", exact=True).select_option("Champions")
    page.get_by_role("link", name="Sales").click()
    expect(page.get_by_text("Foresell cannot be reached").first).to_be_visible(timeout=15_000)
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    server.start()
    expect_live(page)
    expect(page.get_by_text("Foresell cannot be reached")).to_have_count(0, timeout=15_000)
    expect(page.get_by_role("heading", name="Sales", level=1)).to_be_visible()
    page.go_back()
    expect(page.locator(ROW).first).to_be_visible()


def test_a_call_logged_during_a_short_absence_is_logged_once(
    pages: Pages, served: Served, manager: Person, server: Restarted
) -> None:
    page = pages(manager, server.url)
    open_page(page, "/")
    expect_live(page)
    server.stop()
    customer = log_first(page)
    before = calls_of(served, customer)
    page.wait_for_timeout(1_000)
    server.start()
    expect(page.get_by_text("No answer:")).to_be_visible(timeout=15_000)
    assert calls_of(served, customer) == before + 1
    expect_live(page)
    expect(page.locator(f'[data-row="{customer}"]')).to_have_count(0)


def test_a_call_logged_during_a_long_absence_is_kept_and_sent_afterwards(
    pages: Pages, served: Served, manager: Person, server: Restarted
) -> None:
    page = pages(manager, server.url)
    open_page(page, "/")
    expect_live(page)
    server.stop()
    expect_offline(page)
    figures = page.locator("dl").first
    customer = log_first(page)
    before = calls_of(served, customer)
    expect(page.get_by_text("is kept in this browser")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("status").filter(has_text="1 call not sent")).to_be_visible()
    expect(page.locator(f'[data-row="{customer}"]')).to_have_count(0)
    expect(figures).to_contain_text("Called today")
    expect(figures).to_contain_text("Last known figure")
    kept = page.evaluate("localStorage.getItem('foresell.calls')")
    assert customer in kept and page.evaluate("document.title") not in kept
    server.start()
    expect(page.get_by_text("No answer:")).to_be_visible(timeout=20_000)
    expect_live(page)
    assert calls_of(served, customer) == before + 1
    assert page.evaluate("localStorage.getItem('foresell.calls')") is None
    expect(page.locator(f'[data-row="{customer}"]')).to_have_count(0)


def test_a_kept_call_that_is_refused_names_the_customer(pages: Pages, served: Served, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/")
    row = page.locator(ROW).first
    name = row.locator("[data-focus]").inner_text()
    page.set_viewport_size({"width": 390, "height": 844})
    page.context.set_offline(True)
    expect_offline(page)
    customer = log_first(page)
    before = calls_of(served, customer)
    expect(page.get_by_text("is kept in this browser")).to_be_visible()
    for shown in ("Offline since", "1 call not sent"):
        expect(page.locator("header").get_by_text(shown)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    refusal = {"error": "Customer not found", "detail": "Customer not found", "code": "customer_not_found"}
    page.route(
        "**/api/calls",
        lambda route: route.fulfill(status=404, json=refusal) if route.request.method == "POST" else route.continue_(),
    )
    page.context.set_offline(False)
    expect(page.get_by_text(f"Call to {name} was not saved: Customer not found")).to_be_visible(timeout=15_000)
    expect(page.locator(f'[data-row="{customer}"]')).to_be_visible()
    assert calls_of(served, customer) == before


def test_a_call_whose_answer_is_lost_is_logged_once(pages: Pages, served: Served, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/")
    keys: list[Any] = []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        answer = route.fetch()
        if len(keys) == 1:
            assert answer.status == 201
            route.abort("connectionreset")
        else:
            route.fulfill(response=answer)

    page.route(
        "**/api/calls", lambda route: lose_the_first(route) if route.request.method == "POST" else route.continue_()
    )
    customer = list_customers(page)[0]
    before = calls_of(served, customer)
    log_first(page)
    expect(page.get_by_text("No answer:")).to_be_visible(timeout=15_000)
    assert len(keys) == 2 and keys[0] == keys[1]
    assert calls_of(served, customer) == before + 1


def test_a_page_opened_while_the_api_is_unavailable_waits_for_it(
    pages: Pages, manager: Person, server: Restarted
) -> None:
    page = pages(manager, server.url)
    away = True
    page.route(
        "**/api/**", lambda route: route.fulfill(status=503, json={"error": "away"}) if away else route.continue_()
    )
    page.goto("/segments")
    expect(page.get_by_text("Foresell cannot be reached")).to_be_visible()
    assert page.url.endswith("/segments")
    away = False
    expect(page.get_by_role("heading", name="Segments", level=1)).to_be_visible(timeout=15_000)
