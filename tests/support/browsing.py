"""Helpers of the browser tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.api.people import Person, sql
from tests.support.served import Served

Pages = Callable[..., Page]
ROW = "[data-row]"
PANEL = "aside[aria-label=Customer]"
PATHS = (
    "/", "/customers", "/calls", "/segments", "/model", "/sales", "/import", "/runs", "/admin", "/me", "/glossary",
    "/assignment", "/setup", "/duplicates",
)  # fmt: skip
AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = """axe.run().then(({ violations }) => violations
    .filter(({ impact }) => ['critical', 'serious'].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`)))"""


def count_customers(page: Page) -> int:
    """The number of customers in the list's heading."""
    return int(re.sub(r"\D", "", page.locator("header p").first.inner_text()))


def list_customers(page: Page) -> list[str]:
    """The customers of the list on screen, in its order, once all of it is drawn."""
    expect(page.locator("main ol[aria-busy=true]")).to_have_count(0)
    return [str(row.get_attribute("data-row")) for row in page.locator(ROW).all()]


def open_page(page: Page, path: str) -> None:
    """Open a page and wait until all its parts are loaded."""
    page.goto(path)
    page.wait_for_selector("main h1")
    wait_until_still(page)


# A transition starts one or two frames after the click that shows something.
STILL = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const ending = () => document.getAnimations().filter(each =>
    each.playState === "running" && Number.isFinite(each.effect.getComputedTiming().endTime));
  for (let quiet = 0; quiet < 3; quiet += 1) {
    await frame();
    const moving = ending();
    if (moving.length > 0) quiet = 0;
    await Promise.all(moving.map(each => each.finished.catch(() => 0)));
  }
}"""


def wait_until_still(page: Page) -> None:
    """Wait until no placeholder is left and nothing fades or moves (a spinner, which never ends, is not waited for)."""
    expect(page.locator(".mantine-Skeleton-root")).to_have_count(0)
    page.evaluate(STILL)


def serious_faults(page: Page) -> list[str]:
    """The critical and serious findings of axe, which is injected through DevTools because of the content policy.

    Colours are judged at rest: text that is fading in has less contrast than the page has.
    """
    wait_until_still(page)
    if not page.evaluate("'axe' in window"):
        page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": AXE.read_text()})
    found: list[str] = page.evaluate(SERIOUS)
    return found


def faults_in_both(page: Page) -> list[tuple[str, str]]:
    """The same in the light and in the dark scheme, as (scheme, finding)."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(f":root[data-mantine-color-scheme={scheme}]")).to_have_count(1)
        found += [(scheme, fault) for fault in serious_faults(page)]
    return found


def find_too_wide(page: Page) -> list[str]:
    """The elements wider than the screen, when the page can be scrolled sideways."""
    found: list[str] = page.evaluate("""document.scrollingElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right > innerWidth + 1)
            .map(each => each.outerHTML.slice(0, 120)).slice(0, 5)""")
    return found


def assign_customers(served: Served, person: Person, customers: Iterable[str]) -> None:
    """Make the person the owner of these customers."""
    sql(
        served,
        "insert into access.customer_owners (customer_id, user_id) select unnest(%s::text[]), %s"
        " on conflict (customer_id) do update set user_id = excluded.user_id",
        list(customers), person.user_id,
    )  # fmt: skip


def sign_in(page: Page, person: Person, password: str) -> None:
    """Fill in the sign-in form and submit it."""
    page.fill("input[type=email]", person.email)
    page.fill("input[type=password]", password)
    page.keyboard.press("Enter")
