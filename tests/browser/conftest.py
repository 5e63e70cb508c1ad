"""Fixtures for browser tests: the system's Chromium, driven by Playwright, on a running server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.api.people import Person, invite
from tests.support.browsing import Pages
from tests.support.served import Served

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
BUILT = Path(__file__).parents[2] / "src" / "foresell" / "api" / "static" / "index.html"
expect.set_options(timeout=10_000)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser, for one file: while Playwright runs, the `asyncio.run` of other files would find a loop running.

    Where it or the built pages are missing, the tests are left out and the summary says so.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None or not BUILT.exists():
        pytest.skip("Chromium or the built pages are not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def manager(served: Served) -> Person:
    """A user who can see all customers: an administrator."""
    return invite(served, "admin")


@pytest.fixture
def pages(chromium: Browser, served: Served) -> Iterator[Pages]:
    """`pages(person)`: a page in a browser context of its own, signed in as that person; with None not signed in.

    Afterwards the test fails if a page met an error, broke the content policy, opened a browser dialog or sent
    a request to another site.
    """
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_page(person: Person | None, url: str = served.url) -> Page:
        context = chromium.new_context(
            base_url=url, viewport={"width": 1440, "height": 900}, locale="en-GB", accept_downloads=True
        )
        contexts.append(context)
        if person:
            cookie = {"name": "foresell", "value": person.new_session_cookie(), "url": url}
            context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Strict"}])  # type: ignore[list-item]
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda request: None if request.url.startswith((url, "data:", "blob:")) else wrong.append(request.url),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
