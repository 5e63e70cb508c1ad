"""Makes the pictures of the README from a real run: `make screenshots`.

A demo shop of its own, `foresell up`, the system's Chromium. Writes docs/images/*.png and docs/images/first-minutes.gif.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PHRASE = "nine tin whistles in the garden"
DESKTOP, PHONE = (1440, 900), (390, 844)
FRAME_WIDTH, FRAME_MILLISECONDS = 960, 1600
ROW = "[data-row]"


@contextmanager
def served() -> Iterator[str]:
    """`foresell up` on a fresh demo shop: the link that signs its administrator in."""
    with tempfile.TemporaryDirectory(prefix="foresell-pictures-") as home, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {**os.environ, "FORESELL_HOME": home}
        foresell = [sys.executable, "-m", "foresell"]
        subprocess.run([*foresell, "demo", "--no-serve"], env=environment, check=True, stdout=subprocess.DEVNULL)
        up = subprocess.Popen(
            [*foresell, "up", "--port", str(port)], env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            assert up.stdout
            link = next(found[0] for line in up.stdout if (found := re.search(r"http://\S+token=\S+", line)))
            yield link
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(60)


def quiet(page: Page, selector: str = "main h1") -> None:
    """Wait until the page shows its data and stands still."""
    page.wait_for_selector(selector)
    page.wait_for_selector("[aria-label=Loading]", state="detached")
    page.mouse.move(0, 0)
    page.wait_for_timeout(1_200)


def shot(page: Page) -> Image.Image:
    """What the window shows."""
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def save(page: Page, name: str) -> None:
    """The window as a picture of the README."""
    shot(page).save(IMAGES / f"{name}.png", optimize=True)


def frame(page: Page) -> Image.Image:
    """The window as a frame of the recording, in 256 colours of which the rare ones are kept."""
    image = shot(page)
    smaller = (FRAME_WIDTH, FRAME_WIDTH * image.height // image.width)
    return image.resize(smaller, Image.Resampling.LANCZOS).quantize(
        256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )


def record(page: Page) -> list[Image.Image]:
    """Record a first tour: whom to call, why, logging the call, and how a value is calculated."""
    frames = []
    page.goto("/")
    quiet(page, ROW)
    frames.append(frame(page))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    quiet(page, "aside[aria-label=Customer] h2")
    frames.append(frame(page))
    page.keyboard.press("Escape")
    page.locator(f"{ROW} [data-log]").first.click()
    quiet(page, "[role=dialog]")
    frames.append(frame(page))
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    quiet(page, "text=Reached:")
    frames.append(frame(page))
    for path, selector in (
        ("/customers?segment=At-Risk&sort=value", ROW),
        ("/segments", "main h1"),
        ("/model", "main h1"),
    ):
        page.goto(path)
        quiet(page, selector)
        frames.append(frame(page))
    return frames


def pictures(browser: Browser, link: str) -> None:
    """Sign in once, then take every picture in light, dark and on a phone."""
    base = link.split("/sign-in")[0]
    context = browser.new_context(base_url=base, locale="en-GB", viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("New password").fill(PHRASE)
    page.get_by_role("button", name="Save and continue").click()
    quiet(page, ROW)
    customer = page.locator(ROW).first.get_attribute("data-row")
    for name, path in {
        "today": "/", "customer": f"/customers/{customer}", "segments": "/segments", "model": "/model", "sales": "/sales",
    }.items():  # fmt: skip
        page.goto(path)
        quiet(page)
        save(page, name)
    page.emulate_media(color_scheme="dark")
    page.goto("/")
    quiet(page, ROW)
    save(page, "today-dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto("/")
    quiet(page, ROW)
    save(page, "today-phone")
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    first, *others = record(page)
    first.save(
        IMAGES / "first-minutes.gif",
        save_all=True,
        append_images=others,
        duration=FRAME_MILLISECONDS,
        loop=0,
        optimize=True,
    )
    context.close()


def main() -> None:
    """Make them all."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with served() as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        pictures(browser, link)
        browser.close()


if __name__ == "__main__":
    main()
