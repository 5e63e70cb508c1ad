"""axe finds nothing critical or serious in any page and state, light or dark; reduced motion is respected."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.api.people import Person
from tests.support.browsing import PANEL, PATHS, ROW, Pages, faults_in_both, open_page


def test_every_page(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    found = []
    for path in PATHS:
        open_page(page, path)
        found += [(path, *fault) for fault in faults_in_both(page)]
    assert found == []


def a_panel(page: Page) -> None:
    open_page(page, "/")
    page.locator(f"{ROW} [data-focus]").first.click()
    page.wait_for_selector(f"{PANEL} h2")


def a_customer(page: Page) -> None:
    open_page(page, "/customers")
    page.goto(f"/customers/{page.locator(ROW).first.get_attribute('data-row')}?tab=rfm")
    page.get_by_text("Orders used").wait_for()


def an_export(page: Page) -> None:
    open_page(page, "/customers")
    page.keyboard.press("e")
    page.get_by_role("dialog", name="Export").wait_for()


def a_palette(page: Page) -> None:
    open_page(page, "/customers")
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").wait_for()


def a_calculation(page: Page) -> None:
    open_page(page, "/")
    page.get_by_title("How is this calculated?").first.click()
    page.get_by_role("dialog").locator("pre").wait_for()


def a_call(page: Page) -> None:
    open_page(page, "/")
    page.locator(f"{ROW} [data-log]").first.click()
    page.get_by_role("dialog").get_by_label("Task").wait_for()


def a_selection(page: Page) -> None:
    open_page(page, "/customers?segment=Champions&sort=monetary")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("region", name="Selected customers").wait_for()


def an_empty_list(page: Page) -> None:
    open_page(page, "/customers?q=no-such-name")
    page.get_by_text("No customers match").wait_for()


def an_error(page: Page) -> None:
    page.route("**/api/segments*", lambda route: route.fulfill(status=500, json={"error": "Internal server error"}))
    page.goto("/segments")
    page.get_by_role("alert").first.wait_for()


def a_page_nowhere(page: Page) -> None:
    page.goto("/nowhere")
    page.get_by_text("Page not found").wait_for()


def a_toast(page: Page) -> None:
    a_selection(page)
    page.get_by_role("button", name="Snooze").click()
    page.get_by_role("menuitem", name="Until tomorrow").click()
    page.get_by_text("1 customer snoozed").wait_for()


STATES = (
    a_panel, a_customer, an_export, a_palette, a_calculation, a_call, a_selection, an_empty_list, an_error, a_page_nowhere, a_toast,
)  # fmt: skip


@pytest.mark.parametrize("bring_about", STATES, ids=lambda state: state.__name__)
def test_every_state(pages: Pages, manager: Person, bring_about: Callable[[Page], None]) -> None:
    page = pages(manager)
    bring_about(page)
    assert faults_in_both(page) == []


def test_the_sign_in_page(pages: Pages) -> None:
    page = pages(None)
    page.goto("/sign-in")
    page.get_by_role("heading", name="Sign in").wait_for()
    assert faults_in_both(page) == []


MOVING = """() => document.getAnimations({ subtree: true })
    .filter(each => each.effect.getComputedTiming().duration > 1).map(each => each.effect.target.outerHTML.slice(0, 80))"""


def test_reduced_motion_is_respected(pages: Pages, manager: Person) -> None:
    moved = {}
    for wish in ("no-preference", "reduce"):
        page = pages(manager)
        page.emulate_media(reduced_motion=wish)
        open_page(page, "/customers")
        page.wait_for_timeout(1_000)
        page.evaluate(f"""window.moved = {{}}
            const look = () => {{ for (const each of ({MOVING})()) window.moved[each] = 1; requestAnimationFrame(look) }}
            look()""")
        page.locator(f"{ROW} [data-focus]").first.click()
        page.wait_for_selector(f"{PANEL} h2")
        page.keyboard.press("Escape")
        page.keyboard.press("e")
        page.get_by_role("dialog", name="Export").wait_for()
        page.wait_for_timeout(300)
        moved[wish] = page.evaluate("window.moved")
    assert len(moved["no-preference"]) > 0
    assert moved["reduce"] == {}
