"""Printed pages show all parts and cut nothing off; on a phone and a tablet no page is wider than the screen."""

from __future__ import annotations

import re
import zlib

from playwright.sync_api import expect

from tests.api.people import Person
from tests.support.browsing import PANEL, PATHS, ROW, Pages, find_too_wide, open_page, wait_until_still
from tests.support.served import Served
from tests.support.worker import wait_until

#: A4 less the margins, in CSS pixels.
PAPER_PX = 688
CUT = """[...document.querySelectorAll('main *')].filter(each => {
    const style = getComputedStyle(each)
    const hides = value => ['hidden', 'clip', 'auto', 'scroll'].includes(value)
    if (each.closest('.only-read, [aria-hidden=true], svg') || style.display === 'none') return false
    return (hides(style.overflowX) && each.scrollWidth > each.clientWidth + 1)
        || (hides(style.overflowY) && each.scrollHeight > each.clientHeight + 1)
}).map(each => each.outerHTML.slice(0, 120))"""


def find_busiest_customer(served: Served) -> str:
    """The customer with the most orders."""
    response = served.client("admin").get("/api/customers", params={"sort": "frequency", "limit": 1})
    return str(response.json()["data"][0]["customer_id"])


def test_a_customer_on_paper_is_whole_and_light(pages: Pages, served: Served, manager: Person) -> None:
    page = pages(manager)
    page.set_viewport_size({"width": PAPER_PX, "height": 1_000})
    page.emulate_media(color_scheme="dark")
    open_page(page, f"/customers/{find_busiest_customer(served)}")

    page.emulate_media(media="print", color_scheme="dark")
    for part in ("Purchases by month", "Latest orders", "Products bought"):
        expect(page.get_by_role("heading", level=2, name=part, exact=True)).to_be_visible()
    wait_until_still(page)
    for gone in (page.get_by_role("navigation"), page.get_by_role("banner"), page.get_by_role("button", name="Print")):
        expect(gone.filter(visible=True)).to_have_count(0)
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PAPER_PX
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(17, 24, 39)"
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert count_pages(pdf) <= 2
    page.emulate_media(media="screen")
    expect(page.get_by_role("heading", level=2, name="Latest orders", exact=True)).to_have_count(0)


def count_pages(pdf: bytes) -> int:
    """How many sheets a PDF has."""
    assert pdf.startswith(b"%PDF")
    return len(re.findall(rb"/Type\s*/Page\b", decompress_pdf(pdf)))


def test_the_lists_on_paper_have_all_rows_and_no_buttons(pages: Pages, served: Served, manager: Person) -> None:
    listed = served.client("admin").get("/api/customers", params={"segment": "Champions", "limit": 1}).json()["total"]
    page = pages(manager)
    page.add_init_script("window.print = () => { window.printed = true }")
    open_page(page, "/customers?segment=Champions")
    page.get_by_role("button", name="Print", exact=True).click()
    wait_until(lambda: page.evaluate("window.printed"))
    page.emulate_media(media="print")
    expect(page.get_by_role("region", name="Customers").get_by_role("row")).to_have_count(listed + 1)
    expect(page.get_by_role("button", name="Champions")).to_be_visible()
    expect(page.locator("main").get_by_role("button").filter(visible=True)).to_have_count(1)
    assert count_pages(page.pdf(format="A4", prefer_css_page_size=True)) <= 1 + listed // 12

    page.emulate_media(media="screen")
    open_page(page, "/")
    page.emulate_media(media="print")
    expect(page.locator("main ol > li").first).to_be_visible()
    expect(page.locator("main [data-log]").filter(visible=True)).to_have_count(0)


def decompress_pdf(pdf: bytes) -> bytes:
    """The PDF followed by its decompressed streams."""
    found = [pdf]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(packed))
        except zlib.error:
            continue
    return b"\n".join(found)


def test_no_page_scrolls_sideways_on_a_phone_or_a_tablet(pages: Pages, served: Served, manager: Person) -> None:
    page = pages(manager)
    customer = find_busiest_customer(served)
    tabs = ("overview", "orders", "rfm", "history", "products")
    paths = (
        *PATHS, *(f"/customers/{customer}?tab={tab}" for tab in tabs), f"/customers?open={customer}", "/nowhere",
        "/customers?q=no-such-name", *(f"/me?tab={tab}" for tab in ("sign-in", "devices", "keys")),
        *(f"/admin?tab={tab}" for tab in ("roles", "keys", "audit", "alarms")),
    )  # fmt: skip
    found = []
    for path in paths:
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(path)
        page.locator("main h1, main [role=alert], main p").first.wait_for()
        wait_until_still(page)
        found += [(390, path, each) for each in find_too_wide(page)]
        page.set_viewport_size({"width": 820, "height": 1180})
        page.wait_for_timeout(150)
        found += [(820, path, each) for each in find_too_wide(page)]
    assert found == []


def test_a_phone_gets_cards_a_menu_and_a_panel_over_all(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, "/")
    nav = page.get_by_role("navigation", name="Pages")
    expect(nav).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(nav).to_be_visible()
    nav.get_by_role("link", name="Customers").click()
    page.wait_for_url("**/customers")
    expect(nav).to_be_hidden()
    expect(page.locator("[data-cards]")).to_have_count(1)
    page.locator(f"{ROW} [data-focus]").first.click()
    page.wait_for_selector(f"{PANEL} h2")
    wait_until_still(page)
    box = page.locator(PANEL).bounding_box()
    assert box and [round(box[side]) for side in ("x", "y", "width", "height")] == [0, 0, 390, 844]
    open_page(page, "/model?task=lifetime_value")
    expect(page.get_by_role("link", name="Lifetime value (12 months)")).to_be_in_viewport(ratio=0.9)
