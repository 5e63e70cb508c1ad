"""Pages in the system's Chromium: time until their data is on screen, bytes transferred, layout shift while they load."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
DESKTOP = ViewportSize(width=1440, height=900)
REST_MS = 2_000

#: Runs in every page before its own scripts. `painted` resolves in the first task after the frame in which the condition holds.
WATCH = """
window.bench = { lcp: 0, cls: 0, began: null }
new PerformanceObserver(list => { for (const e of list.getEntries()) bench.lcp = e.startTime })
  .observe({ type: 'largest-contentful-paint', buffered: true })
new PerformanceObserver(list => { for (const e of list.getEntries()) if (!e.hadRecentInput) bench.cls += e.value })
  .observe({ type: 'layout-shift', buffered: true })
bench.painted = isThere => new Promise((done, fail) => {
  const until = performance.now() + 60_000
  const look = () => {
    if (performance.now() > until) return fail(new Error(`not on screen after a minute: ${isThere}`))
    if (!isThere()) return requestAnimationFrame(look)
    const after = new MessageChannel()
    after.port1.onmessage = () => done(performance.now())
    after.port2.postMessage(0)
  }
  requestAnimationFrame(look)
})
bench.timed = (kind, isThere) => {
  bench.began = null
  const note = event => { bench.began = event.timeStamp }
  addEventListener(kind, note, true)
  bench.answer = bench.painted(() => bench.began !== null && isThere()).then(at => {
    removeEventListener(kind, note, true)
    return at - bench.began
  })
}
bench.inView = e => {
  const { top, bottom, width } = e.getBoundingClientRect()
  return width > 0 && bottom > 0 && top < innerHeight
}
"""


@dataclass(slots=True)
class Load:
    """Cold loads of one page: seconds of each; requests, kB and Web Vitals of the last, once it is idle."""

    seconds: list[float] = field(default_factory=list)
    requests: int = 0
    kilobytes: float = 0.0
    lcp: float = 0.0
    cls: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@contextmanager
def launch_chromium() -> Iterator[Browser]:
    """Run a headless browser until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


def find_chromium() -> str:
    """The path of the browser's program."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert found, "Chromium is not installed: apt-get install chromium"
    return found


@contextmanager
def open_new_browser(
    browser: Browser, prepare: Callable[[BrowserContext], None] = lambda context: None
) -> Iterator[Page]:
    """A page of a fresh browser with an empty cache; `prepare` may sign in."""
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    prepare(context)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def measure_cold_loads(
    browser: Browser, url: str, there: str, turns: int, prepare: Callable[[BrowserContext], None] = lambda context: None
) -> Load:
    """Load the page `turns` times, each with an empty cache. `there`: JavaScript that is true when the data is on screen."""
    load = Load()
    for turn in range(turns):
        with open_new_browser(browser, prepare) as page:
            sent = Transferred(page)
            page.goto(url, wait_until="commit")
            load.seconds.append(page.evaluate(f"bench.painted(() => {there})") / 1000)
            if turn == turns - 1:
                page.wait_for_timeout(REST_MS)
                load.requests, load.kilobytes = sent.requests, sent.bytes / 1000
                load.lcp, load.cls = page.evaluate("[bench.lcp / 1000, bench.cls]")
    return load


def time_action(page: Page, kind: str, there: str, act: Callable[[], Any]) -> float:
    """Milliseconds from the last event of this kind that `act` causes to the frame that shows `there`."""
    page.evaluate(f"kind => bench.timed(kind, () => {there})", kind)
    act()
    return float(page.evaluate("bench.answer"))


class Transferred:
    """Counts the requests and the bytes of a page as transferred, web sockets included."""

    def __init__(self, page: Page) -> None:
        self.requests = self.bytes = 0
        devtools = page.context.new_cdp_session(page)
        devtools.on("Network.responseReceived", self._count_request)
        devtools.on("Network.loadingFinished", self._add_response)
        devtools.on("Network.webSocketFrameReceived", self._add_frame)
        devtools.send("Network.enable")

    def _count_request(self, event: dict[str, Any]) -> None:
        self.requests += not event["response"]["url"].startswith("data:")

    def _add_response(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])

    def _add_frame(self, event: dict[str, Any]) -> None:
        self.bytes += len(event["response"]["payloadData"])
