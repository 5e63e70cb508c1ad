"""Nothing moves while a page loads: elements keep their position when later parts appear."""

from __future__ import annotations

import pytest

from tests.api.people import Person
from tests.support.browsing import Pages
from tests.support.served import Served

SHAPES = {"desktop": (1440, 900), "phone": (390, 844)}
PATHS = ("/", "/customers", "/segments", "/segments?tab=rules", "/model", "/sales", "/import", "/runs", "/admin", "/me")
#: A tenth counts as good; a line that wraps is a fiftieth.
MOST_MOVED = 0.05
SETTLED_MILLISECONDS = 2_000
WATCH = """
window.moved = 0
new PerformanceObserver(list => { for (const each of list.getEntries()) window.moved += each.value })
    .observe({ type: 'layout-shift', buffered: true })
"""
#: Data arrives late, each path after its own delay, so that each part of a page appears by itself.
LATE = """
const request = window.fetch
window.fetch = async (asked, ...more) => {
    const path = new URL(asked.url ?? asked, location).pathname
    const letters = [...path].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)
    const delay = path.startsWith('/api/auth/') ? 0 : 400 + letters % 7 * 100
    await new Promise(resolve => setTimeout(resolve, delay))
    return request(asked, ...more)
}
"""


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_moves_while_a_page_loads(pages: Pages, manager: Person, served: Served, shape: str) -> None:
    served.client("steward").post("/api/imports", files={"file": (f"{shape}.csv", "customer;date\nA;2024-03-01\n")})
    page = pages(manager)
    width, height = SHAPES[shape]
    page.set_viewport_size({"width": width, "height": height})
    page.add_init_script(WATCH)
    page.add_init_script(LATE)
    moved = {}
    for path in PATHS:
        page.goto(path)
        page.wait_for_selector("main h1")
        page.wait_for_selector("[aria-label=Loading]", state="detached")
        page.wait_for_timeout(SETTLED_MILLISECONDS)
        moved[path] = round(page.evaluate("window.moved"), 3)
    assert {path: much for path, much in moved.items() if much > MOST_MOVED} == {}
