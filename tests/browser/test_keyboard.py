"""All that a mouse does, by keys: and the focus is always somewhere it can be seen."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.api.people import Person
from tests.support.browsing import PANEL, ROW, Pages, list_customers, open_page

FOCUSED_ROW = "document.activeElement.closest('[data-row]')?.dataset.row"


def assert_focus_is_seen(page: Page) -> None:
    outline = page.evaluate("(({ outlineStyle, outlineWidth }) => [outlineStyle, outlineWidth])"
                            "(getComputedStyle(document.activeElement))")  # fmt: skip
    assert outline[0] != "none" and outline[1] != "0px", page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


def test_rows_by_j_k_enter_and_x(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/customers")
    rows = list_customers(page)
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED_ROW) == rows[place]
        assert_focus_is_seen(page)
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("region", name="Selected customers")).to_contain_text("2 customers")
    page.keyboard.press("x")
    expect(page.get_by_role("region", name="Selected customers")).to_contain_text("1 customer,")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{PANEL} h2")
    assert f"open={rows[1]}" in page.url
    page.keyboard.press("Escape")
    expect(page.locator(PANEL)).to_have_count(0)
    assert page.evaluate(FOCUSED_ROW) == rows[1], "the focus is back where it was"


def test_the_palette_goes_anywhere(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/customers")
    customer = list_customers(page)[3]
    page.keyboard.press("j")
    held = page.evaluate(FOCUSED_ROW)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate(FOCUSED_ROW) == held
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.role") == "combobox", "nothing typed is lost"
    page.keyboard.type("segm")
    page.keyboard.press("Enter")
    page.wait_for_url("**/segments")
    page.keyboard.press("Control+k")
    page.keyboard.type(customer)
    page.get_by_role("option", name=customer).wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/customers/{customer}")


def test_single_keys_and_pairs(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/customers")
    page.keyboard.press("e")
    expect(page.get_by_role("dialog", name="Export")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("j")
    assert page.evaluate(FOCUSED_ROW) is None, "keys rest while a dialog is open"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.type("exjz?")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("exjz?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url(lambda url: url.endswith("/"))


#: Both keys at once, before the rest of the typing is noticed.
GO_TO_TODAY = """document.activeElement.blur()
for (const key of ['g', 't']) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))"""


def test_a_search_typed_last_does_not_undo_the_way_taken_since(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    page.route("**/assets/Today-*.js", lambda route: (page.wait_for_timeout(500), route.continue_()))
    open_page(page, "/customers")
    page.keyboard.press("/")
    page.keyboard.type("ex")
    page.evaluate(GO_TO_TODAY)
    expect(page.get_by_role("heading", name="Who to call today")).to_be_visible()
    assert page.url.endswith("/")


def test_z_takes_back_what_was_put_off(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/customers")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Snooze").click()
    page.get_by_role("menuitem", name="For 1 week").click()
    expect(page.get_by_text("1 customer snoozed")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_text("Snooze removed")).to_be_visible()


def test_the_skip_link_is_first_and_goes_to_the_content(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/customers")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to content")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_every_stop_of_the_tab_key_is_seen(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/")
    page.evaluate("document.activeElement.blur()")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        assert_focus_is_seen(page)


def test_the_focus_returns_after_a_dialog(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/customers")
    for opener, dialog in (("Export", "Export"), ("Search", "Search")):
        button = page.get_by_role("button", name=opener)
        button.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name=dialog)).to_be_visible()
        assert page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(button).to_be_focused()
    assert page.locator(ROW).count() > 0
