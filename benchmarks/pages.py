"""The pages in a real browser: cold loads, interactions, bytes transferred, and Lighthouse scores.

    .venv/bin/python -m benchmarks.pages HOME [--big HOME] [--quick]

HOME: a Foresell home with a published run, preferably of ten thousand customers; --big: one of a million. A page is loaded
when no placeholder is left in the window: rows, values and charts are painted. An interaction is timed from the browser's own
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
from benchmarks.api import free_port, serve, wait_until_idle
from benchmarks.browser import (
    REST_MS,
    Load,
    find_chromium,
    launch_chromium,
    measure_cold_loads,
    open_new_browser,
    time_action,
)
from benchmarks.measure import Target, table, write_results
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from foresell.access import passwords
from foresell.access.tokens import new_secret
from foresell.database import Database
from foresell.settings import Settings
from foresell.store.database import open_database

EMAIL = "pages@foresell.example"
ROW, CHART, TABLE = "[data-row]", "main [class*=_chart_] svg", "main tbody tr"

#: By path: a selector of the page's content. A page is loaded when it matches and no placeholder is left in the window.
PAGES: dict[str, str] = {
    "/": ROW, "/customers": ROW, "/customers/{customer}": CHART, "/segments": CHART, "/model": CHART, "/sales": CHART,
    "/import": TABLE, "/runs": TABLE, "/admin": TABLE, "/me": "main form", "/glossary": "main dl dt", "/sign-in": "form input",
}  # fmt: skip
PHONE = ("/", "/customers")

#: No placeholder and no empty chart is left in the window.
SETTLED = (
    "![...document.querySelectorAll('[aria-label=Loading], .mantine-Skeleton-root')].some(bench.inView)"
    " && ![...document.querySelectorAll('main [class*=_chart_]')].some(e => bench.inView(e) && !e.querySelector('svg'))"
)
#: What the customer list shows: their number and the first of them.
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
#: Runs of Lighthouse per page; the median one counts, as its documentation recommends.
LIGHTHOUSE_RUNS = 3
CATEGORIES = ("performance", "accessibility", "best-practices")
PAUSE_MS = 300
TYPING_MS = 90

SignIn = Callable[[BrowserContext], None]


def main() -> None:
    """Measure, print and save the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages")
    parser.add_argument("home", type=Path)
    parser.add_argument("--big", type=Path)
    parser.add_argument("--quick", action="store_true", help="each measurement once or twice; saves no results")
    arguments = parser.parse_args()
    targets: list[Target] = []
    found: dict[str, Any] = {}
    texts = []
    for home, load_bar, act_bar in ((arguments.home, 1.0, 200), (arguments.big, 1.3, 400)):
        if home is None:
            continue
        password = create_administrator(open_database(Settings(home=home.absolute())))
        with serve(home) as (url, key, _, process):
            wait_until_idle(process)
            enter = make_sign_in(url, password)
            customers = httpx2.get(f"{url}/api/customers?limit=1", headers={"authorization": f"Bearer {key}"}).json()
            size = f"{customers['total']:,} customers"
            paths = {path.format(customer=customers["data"][0]["customer_id"]): there for path, there in PAGES.items()}
            with launch_chromium() as browser:
                loads = {
                    path: measure_loads(browser, url, path, there, enter, arguments.quick)
                    for path, there in paths.items()
                }
                times = measure_interactions(browser, url, enter, 3 if arguments.quick else TURNS)
            scores = (
                score_pages(url, list(paths), enter, 1 if arguments.quick else LIGHTHOUSE_RUNS)
                if home is arguments.home
                else {}
            )
        slowest = max(loads, key=lambda path: loads[path].median)
        targets.append(Target(f"{size}: slowest cold load ({slowest})", loads[slowest].median, load_bar, unit="s"))
        targets += [
            Target(f"{size}: {name}", statistics.median(each), act_bar, unit="ms") for name, each in times.items()
        ]
        targets += lighthouse_targets(scores)
        texts += [f"## {size}", loads_table(loads, scores), times_table(times)]
        found[size] = {
            "loads": {path: asdict(each) for path, each in loads.items()}, "interactions_ms": times, "lighthouse": scores,
        }  # fmt: skip
    if not find_lighthouse():
        texts.append("Lighthouse is not installed (LIGHTHOUSE, or `lighthouse` on the PATH), so it was left out.")
    write_results("pages", "The pages in a browser", targets, found, "\n\n".join(texts))


def create_administrator(database: Database) -> str:
    """Create an administrator for the benchmark. Returns the password."""
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
        con.execute("update access.roles set requires_second_factor = false")
    return password


def make_sign_in(url: str, password: str) -> SignIn:
    """A function that signs a browser context in."""

    def enter(context: BrowserContext) -> None:
        answer = context.request.post(f"{url}/api/auth/sign-in", data={"email": EMAIL, "password": password})
        assert answer.ok, answer.text()

    return enter


def measure_loads(browser: Browser, url: str, path: str, there: str, enter: SignIn, is_quick: bool) -> Load:
    """Cold loads of one page."""
    expression = f"document.querySelector({json.dumps(there)}) && {SETTLED}"
    prepare = (lambda context: None) if path == "/sign-in" else enter
    load = measure_cold_loads(browser, url + path, expression, 1 if is_quick else COLD_TURNS, prepare)
    print(f"{path}: {load.median:.2f} s", flush=True)
    return load


def measure_interactions(browser: Browser, url: str, enter: SignIn, turns: int) -> dict[str, list[float]]:
    """Milliseconds of each interaction on the customers page."""
    times: dict[str, list[float]] = {}
    with open_new_browser(browser, enter) as page:

        def wait_until_settled() -> None:
            page.wait_for_timeout(PAUSE_MS)
            page.evaluate(f"bench.painted(() => {SETTLED} && !document.querySelector('[data-stale]'))")

        def time_interaction(name: str, kind: str, there: str, acts: Iterable[Callable[[], Any]]) -> None:
            times[name] = []
            for act in itertools.islice(acts, turns):
                page.evaluate(f"bench.before = {SHOWN}; bench.last = {LAST_ROW}")
                times[name].append(time_action(page, kind, there, act))
                wait_until_settled()
            print(f"{name}: {statistics.median(times[name]):.0f} ms", flush=True)

        def click_headers() -> Iterator[Callable[[], Any]]:
            heads = page.locator("[role=columnheader][data-numeric] button")  # others may leave the order as it is
            for value in ["", *segments]:
                segment.select_option(value)
                wait_until_settled()
                for place in range(heads.count()):
                    if not page.locator(f"[aria-sort] >> nth=0 >> text={heads.nth(place).inner_text()}").count():
                        yield heads.nth(place).click

        def type_searches() -> Iterator[Callable[[], Any]]:
            for name in names:
                find.fill("")
                wait_until_settled()
                yield partial(find.press_sequentially, name, delay=TYPING_MS)

        page.goto(f"{url}/customers")
        page.wait_for_selector(ROW)
        page.wait_for_timeout(REST_MS)
        segment, category, find = (page.get_by_label(label, exact=True) for label in ("Segment", "Category", "Search"))
        segments, categories = (
            each.evaluate("e => [...e.options].map(o => o.value).filter(Boolean)") for each in (segment, category)
        )
        shown = page.eval_on_selector_all(f"{ROW} [data-focus]", "all => all.map(e => e.textContent)")
        names = list(dict.fromkeys(name.split()[-1][:5] for name in shown))
        time_interaction(
            "filter by segment", "change", CHANGED, (partial(segment.select_option, each) for each in segments)
        )
        segment.select_option("")
        time_interaction(
            "filter by category", "change", CHANGED, (partial(category.select_option, each) for each in categories)
        )
        category.select_option("")
        wait_until_settled()
        time_interaction("sort", "click", CHANGED, click_headers())
        time_interaction("search, after the last key", "input", CHANGED, type_searches())
        find.fill("")
        segment.select_option("")
        wait_until_settled()
        time_interaction(
            "open a customer", "click", OPENED, (page.locator(f"{ROW} [data-focus]").nth(n).click for n in range(99))
        )
        page.keyboard.press("Escape")
        page.mouse.click(5, 500)
        wait_until_settled()
        time_interaction(
            "scroll past what is loaded",
            "keydown",
            f"{LAST_ROW} > bench.last",
            itertools.repeat(partial(page.keyboard.press, "End")),
        )
    return times


def find_lighthouse() -> str | None:
    """The path of Lighthouse, or None when it is not installed."""
    return os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse")


def score_pages(url: str, paths: Sequence[str], enter: SignIn, runs: int) -> dict[str, dict[str, float]]:
    """Scores by page and device: each page on a desktop, those in PHONE also on a phone. Empty without Lighthouse."""
    tool, scores, port = find_lighthouse(), {}, free_port()
    if not tool:
        return {}
    with tempfile.TemporaryDirectory(prefix="foresell-lighthouse-") as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=find_chromium(), args=["--no-sandbox", f"--remote-debugging-port={port}"]
        )
        for path in sorted(paths, key=lambda path: path != "/sign-in"):
            if path != "/sign-in":
                enter(context)
            for device in ("desktop", "phone") if path in PHONE else ("desktop",):
                print(f"lighthouse {path} {device}", flush=True)
                options = ["--preset=desktop"] * (device == "desktop")
                try:
                    turns = [run_lighthouse(tool, port, url + path, options) for _ in range(runs)]
                    scores[f"{path} {device}"] = sorted(turns, key=lambda each: each["performance"])[runs // 2]
                except (
                    subprocess.CalledProcessError,
                    KeyError,
                    TypeError,
                ) as error:  # Lighthouse could not score the page
                    print(f"left out: {error}", flush=True)
        context.close()
    return scores


def run_lighthouse(tool: str, port: int, address: str, options: list[str]) -> dict[str, float]:
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


def lighthouse_targets(scores: dict[str, dict[str, float]]) -> list[Target]:
    """Targets for the page with the lowest score of each category, and for the phone."""
    desktop = {page: each for page, each in scores.items() if page.endswith("desktop")}
    targets = []
    for name, least in zip(CATEGORIES, (98, 100, 100), strict=True):
        if desktop:
            worst = min(desktop, key=lambda page: desktop[page][name])
            targets.append(
                Target(f"Lighthouse {name}, lowest ({worst})", desktop[worst][name], least, at_least=True, unit="")
            )
    for page in scores.keys() - desktop.keys():
        targets.append(
            Target(f"Lighthouse performance, {page}", scores[page]["performance"], 90, at_least=True, unit="")
        )
        targets.append(Target(f"Lighthouse LCP, {page}", scores[page]["lcp_s"], 2.5, unit="s"))
    return targets


def loads_table(loads: dict[str, Load], scores: dict[str, dict[str, float]]) -> str:
    """One row per page."""
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
    """One row per interaction."""
    return table(
        ("from the event to the frame with the new data, ms", "median", "best", "worst"),
        [(name, *(round(pick(each)) for pick in (statistics.median, min, max))) for name, each in times.items()],
    )


if __name__ == "__main__":
    main()
