"""The pages in a real browser: cold loads, interactions, what they transfer, and what Lighthouse says of them.

    .venv/bin/python -m benchmarks.pages HOME [--big HOME] [--quick]

HOME: a Foresell with a published run, best of ten thousand customers; --big: one of a million. A page is there when nothing
in the window is a placeholder any more: rows, figures and charts are painted. An interaction is timed from the browser's own
event to the frame with the new data, each time with a value not used before. Lighthouse is an npm program of its own:
`npm install lighthouse@13.5.0` anywhere, and its path in LIGHTHOUSE.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from benchmarks.api import at_rest, free_port, served
from benchmarks.browser import REST_MS, Load, acted, chromium, cold, program, visitor
from benchmarks.measure import Bar, keep, table
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from foresell.access import passwords
from foresell.access.tokens import new_secret
from foresell.database import Database
from foresell.settings import Settings
from foresell.store.database import open_database

EMAIL = "pages@foresell.example"
ROW, CHART, TABLE = "[data-row]", "main svg.recharts-surface", "main tbody tr"

#: What stands on each page when it is there, besides that nothing in the window is still a placeholder.
PAGES: dict[str, str] = {
    "/": ROW, "/customers": ROW, "/customers/{customer}": CHART, "/segments": CHART, "/model": CHART, "/sales": CHART,
    "/import": TABLE, "/runs": TABLE, "/admin": TABLE, "/me": "main form", "/glossary": "main dl dt", "/sign-in": "form input",
}  # fmt: skip
PHONE = ("/", "/customers")

#: The page has nothing that only waits, in the window.
SETTLED = (
    "![...document.querySelectorAll('[aria-label=Loading], .mantine-Skeleton-root')].some(bench.inView)"
    " && ![...document.querySelectorAll('main [class*=_chart_]')].some(e => bench.inView(e) && !e.querySelector('svg'))"
)
#: What the customer list shows: how many there are, and who comes first.
SHOWN = (
    "(document.querySelector('main header p')?.textContent + [...document.querySelectorAll('[data-row]')].slice(0, 9)"
    ".map(e => e.dataset.row))"
)
CHANGED = f"{SETTLED} && !document.querySelector('[data-stale]') && {SHOWN} !== bench.before"
LAST_ROW = "Math.max(...[...document.querySelectorAll('[data-row]')].map(e => Number(e.ariaRowIndex)))"
OPENED = (
    "document.querySelector('aside[aria-label=Customer] h2') && location.search !== bench.address"
    " && document.querySelector('aside[aria-label=Customer]').textContent.includes(new URLSearchParams(location.search).get('open'))"
)
COLD_TURNS, TURNS = 5, 10
#: Of so many runs of Lighthouse the one in the middle counts, as its documentation recommends.
JUDGES = 3
CATEGORIES = ("performance", "accessibility", "best-practices")
PAUSE_MS = 300
TYPING_MS = 90

SignIn = Callable[[BrowserContext], None]


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages")
    parser.add_argument("home", type=Path)
    parser.add_argument("--big", type=Path)
    parser.add_argument("--quick", action="store_true", help="each thing once or twice; nothing kept")
    asked = parser.parse_args()
    bars: list[Bar] = []
    found: dict[str, Any] = {}
    texts = []
    for home, load_bar, act_bar in ((asked.home, 1.0, 200), (asked.big, 1.3, 400)):
        if home is None:
            continue
        password = newcomer(open_database(Settings(home=home.absolute())))
        with served(home) as (url, key, _, process):
            at_rest(process)
            enter = signing_in(url, password)
            customers = httpx2.get(f"{url}/api/customers?limit=1", headers={"authorization": f"Bearer {key}"}).json()
            size = f"{customers['total']:,} customers"
            paths = {path.format(customer=customers["data"][0]["customer_id"]): there for path, there in PAGES.items()}
            with chromium() as browser:
                loads = {path: load(browser, url, path, there, enter, asked.quick) for path, there in paths.items()}
                times = interactions(browser, url, enter, 3 if asked.quick else TURNS)
            scores = lighthouse(url, list(paths), enter) if home is asked.home else {}
        slowest = max(loads, key=lambda path: loads[path].median)
        bars.append(Bar(f"{size}: slowest cold load ({slowest})", loads[slowest].median, load_bar, unit="s"))
        bars += [Bar(f"{size}: {name}", statistics.median(each), act_bar, unit="ms") for name, each in times.items()]
        bars += lighthouse_bars(scores)
        texts += [f"## {size}", loads_table(loads, scores), times_table(times)]
        found[size] = {
            "loads": {path: asdict(each) for path, each in loads.items()}, "interactions_ms": times, "lighthouse": scores,
        }  # fmt: skip
    if not lighthouse_program():
        texts.append("Lighthouse is not here (LIGHTHOUSE, or `lighthouse` on the PATH), so it was left out.")
    keep("pages", "The pages in a browser", bars, found, "\n\n".join(texts))


def newcomer(database: Database) -> str:
    """An administrator made for this, who sees everything; the new password."""
    password = new_secret("")
    with database.connect("app") as con:
        con.execute(
            "insert into access.users (name, email) values ('Pages', %s) on conflict do nothing",
            [EMAIL],
        )
        con.execute(
            "insert into access.user_roles (user_id, role) select user_id, 'admin' from access.users where email = %s"
            " on conflict do nothing",
            [EMAIL],
        )
        con.execute(
            "insert into access.passwords (user_id, hash, single_factor_ok)"
            " select user_id, %s, true from access.users where email = %s"
            " on conflict (user_id) do update set hash = excluded.hash",
            [asyncio.run(passwords.hash_password(password)), EMAIL],
        )
    return password


def signing_in(url: str, password: str) -> SignIn:
    """What signs a browser in."""

    def enter(context: BrowserContext) -> None:
        answer = context.request.post(f"{url}/api/auth/sign-in", data={"email": EMAIL, "password": password})
        assert answer.ok, answer.text()

    return enter


def load(browser: Browser, url: str, path: str, there: str, enter: SignIn, is_quick: bool) -> Load:
    """Cold loads of one page."""
    print(path, flush=True)
    expression = f"document.querySelector({json.dumps(there)}) && {SETTLED}"
    prepare = (lambda context: None) if path == "/sign-in" else enter
    return cold(browser, url + path, expression, 1 if is_quick else COLD_TURNS, prepare)


def interactions(browser: Browser, url: str, enter: SignIn, turns: int) -> dict[str, list[float]]:
    """Milliseconds of each, on the list of customers."""
    times: dict[str, list[float]] = {}
    with visitor(browser, enter) as page:

        def rest() -> None:
            page.wait_for_timeout(PAUSE_MS)
            page.evaluate(f"bench.painted(() => {SETTLED} && !document.querySelector('[data-stale]'))")

        def timed(name: str, kind: str, there: str, acts: Iterable[Callable[[], Any]]) -> None:
            print(name, flush=True)
            times[name] = []
            for act in itertools.islice(acts, turns):
                page.evaluate(f"bench.before = {SHOWN}; bench.last = {LAST_ROW}")
                times[name].append(acted(page, kind, there, act))
                rest()

        def sorts() -> Iterator[Callable[[], Any]]:
            heads = page.locator("[role=columnheader] button")
            for value in ["", *segments]:
                segment.select_option(value)
                rest()
                for place in range(heads.count()):
                    if not page.locator(f"[aria-sort] >> nth=0 >> text={heads.nth(place).inner_text()}").count():
                        yield heads.nth(place).click

        def searches() -> Iterator[Callable[[], Any]]:
            for name in names:
                find.fill("")
                rest()
                yield partial(find.press_sequentially, name, delay=TYPING_MS)

        page.goto(f"{url}/customers")
        page.wait_for_selector(ROW)
        page.wait_for_timeout(REST_MS)
        segment, goods, find = (page.get_by_label(label, exact=True) for label in ("Segment", "Bought from", "Find"))
        segments, categories = (
            each.evaluate("e => [...e.options].map(o => o.value).filter(Boolean)") for each in (segment, goods)
        )
        shown = page.eval_on_selector_all(f"{ROW} [data-focus]", "all => all.map(e => e.textContent)")
        names = list(dict.fromkeys(name.split()[-1][:5] for name in shown))
        timed("filter by segment", "change", CHANGED, (partial(segment.select_option, each) for each in segments))
        segment.select_option("")
        timed("filter by category", "change", CHANGED, (partial(goods.select_option, each) for each in categories))
        goods.select_option("")
        rest()
        timed("sort", "click", CHANGED, sorts())
        timed("search, after the last key", "input", CHANGED, searches())
        find.fill("")
        segment.select_option("")
        rest()
        timed("open a customer", "click", OPENED, (page.locator(f"{ROW} [data-focus]").nth(n).click for n in range(99)))
        page.keyboard.press("Escape")
        page.mouse.click(5, 500)
        rest()
        timed(
            "scroll past what is loaded",
            "keydown",
            f"{LAST_ROW} > bench.last",
            itertools.repeat(partial(page.keyboard.press, "End")),
        )
    return times


def lighthouse_program() -> str | None:
    """Where it is, if it is here."""
    return os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse")


def lighthouse(url: str, paths: Sequence[str], enter: SignIn) -> dict[str, dict[str, float]]:
    """Scores of each page on a desktop, and of those for the phone; empty when it is not here."""
    tool, scores, port = lighthouse_program(), {}, free_port()
    if not tool:
        return {}
    with tempfile.TemporaryDirectory(prefix="foresell-lighthouse-") as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=program(), args=["--no-sandbox", f"--remote-debugging-port={port}"]
        )
        for path in sorted(paths, key=lambda path: path != "/sign-in"):
            if path != "/sign-in":
                enter(context)
            for device in ("desktop", "phone") if path in PHONE else ("desktop",):
                print(f"lighthouse {path} {device}", flush=True)
                options = ["--preset=desktop"] * (device == "desktop")
                try:
                    turns = [judged(tool, port, url + path, options) for _ in range(JUDGES)]
                    scores[f"{path} {device}"] = sorted(turns, key=lambda each: each["performance"])[JUDGES // 2]
                except (subprocess.CalledProcessError, KeyError, TypeError) as error:  # it could not judge the page
                    print(f"left out: {error}", flush=True)
        context.close()
    return scores


def judged(tool: str, port: int, address: str, options: list[str]) -> dict[str, float]:
    """One run of Lighthouse in the browser that listens on the port."""
    command = [
        tool, address, f"--port={port}", "--disable-storage-reset", "--output=json", "--quiet",
        f"--only-categories={','.join(CATEGORIES)}", *options,
    ]  # fmt: skip
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    scores = {name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES}
    failed = [
        audit["id"]
        for audit in report["audits"].values()
        if audit["scoreDisplayMode"] == "binary" and audit["score"] == 0
    ]
    audits = report["audits"]
    return scores | {
        "lcp_s": round(audits["largest-contentful-paint"]["numericValue"] / 1000, 2),
        "blocked_ms": round(audits["total-blocking-time"]["numericValue"]),
        "cls": round(audits["cumulative-layout-shift"]["numericValue"], 3),
        "failed": failed,
    }


def lighthouse_bars(scores: dict[str, dict[str, float]]) -> list[Bar]:
    """Of the page that does worst."""
    desktop = {page: each for page, each in scores.items() if page.endswith("desktop")}
    bars = []
    for name, least in zip(CATEGORIES, (98, 100, 100), strict=True):
        if desktop:
            worst = min(desktop, key=lambda page: desktop[page][name])
            bars.append(
                Bar(f"Lighthouse {name}, lowest ({worst})", desktop[worst][name], least, at_least=True, unit="")
            )
    for page in scores.keys() - desktop.keys():
        bars.append(Bar(f"Lighthouse performance, {page}", scores[page]["performance"], 90, at_least=True, unit=""))
        bars.append(Bar(f"Lighthouse LCP, {page}", scores[page]["lcp_s"], 2.5, unit="s"))
    return bars


def loads_table(loads: dict[str, Load], scores: dict[str, dict[str, float]]) -> str:
    """One line per page."""
    return table(
        ("cold load of", "median, s", "worst, s", "LCP, s", "CLS", "requests", "kB", "Lighthouse"),
        [
            (
                path, f"{each.median:.2f}", f"{max(each.seconds):.2f}", f"{each.lcp:.2f}", f"{each.cls:.3f}", each.requests,
                round(each.kilobytes),
                ", ".join(
                    f"{device} {' / '.join(str(scores[key][name]) for name in CATEGORIES)}"
                    for device in ("desktop", "phone")
                    if (key := f"{path} {device}") in scores
                ),
            )
            for path, each in loads.items()
        ],
    )  # fmt: skip


def times_table(times: dict[str, list[float]]) -> str:
    """One line per interaction."""
    return table(
        ("from the event to the frame with the new data, ms", "median", "best", "worst"),
        [(name, *(round(pick(each)) for pick in (statistics.median, min, max))) for name, each in times.items()],
    )


if __name__ == "__main__":
    main()
