"""The customers board beside the same in Dash and in Streamlit: first useful screen, what it transfers, one filter.

    .venv/bin/python -m benchmarks.boards HOME [--quick]

HOME: a Foresell with a published run. The peers read the snapshot of that run: a table of the customers with a filter by
segment, a pie of the segments, the key figures (`board_dash.py`, `board_streamlit.py`). Both are put into environments
that are thrown away.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from benchmarks.api import free_port, served, until
from benchmarks.browser import REST_MS, Load, acted, chromium, cold, visitor
from benchmarks.measure import Bar, keep, table
from benchmarks.pages import CHANGED, ROW, SETTLED, SHOWN, newcomer, signing_in
from benchmarks.peers import peer
from playwright.sync_api import Browser, BrowserContext, Page

from foresell.settings import Settings
from foresell.store.database import open_database

HERE = Path(__file__).parent
TURNS, FILTERS = 5, 5
PEERS = {
    "Dash": ("dash[compress]==4.4.1", "dash-ag-grid", "duckdb==2.0.0", "pandas"),
    "Streamlit": ("streamlit", "plotly", "duckdb==2.0.0"),
}
PIE = "document.querySelector('.js-plotly-plot .slice')"
GRID_ROWS = (
    "[...document.querySelectorAll('.ag-center-cols-container .ag-row')].slice(0, 9).map(e => e.textContent).join()"
)
FRAME_ROWS = (
    "[...document.querySelectorAll('[data-testid=stDataFrame] tbody tr')].slice(0, 9).map(e => e.textContent).join()"
)


@dataclass(frozen=True, slots=True)
class Board:
    """Where it is, when its data is on screen, what its table shows, and how somebody chooses the nth segment."""

    address: str
    there: str
    rows: str
    changed: str
    choose: Callable[[Page, int], Callable[[], Any]]
    kind: str = "pointerdown"
    prepare: Callable[[BrowserContext], None] = lambda context: None


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.boards")
    parser.add_argument("home", type=Path)
    parser.add_argument("--quick", action="store_true", help="each thing once; nothing kept")
    asked = parser.parse_args()
    turns, filters = (1, 2) if asked.quick else (TURNS, FILTERS)
    password = newcomer(open_database(Settings(home=asked.home.absolute())))
    loads: dict[str, Load] = {}
    choices: dict[str, list[float]] = {}
    missing = []
    with served(asked.home) as (url, key, *_), chromium() as browser:
        headers = {"authorization": f"Bearer {key}"}
        run = httpx2.get(f"{url}/api/customers/segments", headers=headers).json()["meta"]["run_id"]
        customers = httpx2.get(f"{url}/api/customers?limit=1", headers=headers).json()["total"]
        enter = signing_in(url, password)
        list_ = Board(
            f"{url}/customers", f"document.querySelector('{ROW}') && {SETTLED}", SHOWN, CHANGED,
            lambda page, place: partial(page.get_by_label("Segment", exact=True).select_option, index=place + 1),
            "change", enter,
        )  # fmt: skip
        shares = f"document.querySelector('main svg circle') && document.querySelector('main svg.recharts-surface') && {SETTLED}"
        loads["Foresell, customers"] = cold(browser, list_.address, list_.there, turns, enter)
        choices["Foresell, customers"] = chosen(browser, list_, filters)
        loads["Foresell, segments"] = cold(browser, f"{url}/segments", shares, turns, enter)
        snapshot = asked.home.absolute() / "snapshots" / f"run-{run}.duckdb"
        for name, start in (("Dash", dash), ("Streamlit", streamlit)):
            print(name, flush=True)
            with ExitStack() as stack:
                try:
                    python = stack.enter_context(peer(*PEERS[name]))
                except subprocess.CalledProcessError:
                    missing.append(name)
                    continue
                board = stack.enter_context(start(python, snapshot))
                loads[name] = cold(browser, board.address, board.there, turns)
                choices[name] = chosen(browser, board, filters)
    ours = max(load.median for name, load in loads.items() if name.startswith("Foresell"))
    bars = [
        Bar(f"{name} / ours (the slower page), first useful screen", load.median / ours, 1.0, at_least=True)
        for name, load in loads.items()
        if not name.startswith("Foresell")
    ]
    rows = [
        (
            name, f"{load.median:.2f}", f"{max(load.seconds):.2f}", load.requests, round(load.kilobytes),
            round(statistics.median(choices[name])) if name in choices else "",
        )
        for name, load in loads.items()
    ]  # fmt: skip
    head = ("board", "first useful screen, s", "worst", "requests", "kB", "choose a segment, ms")
    text = f"{customers:,} customers, the same snapshot.\n\n{table(head, rows)}"
    if missing:
        text += f"\n\nCould not be installed, so left out: {', '.join(missing)}."
    found = {"loads": {name: asdict(load) for name, load in loads.items()}, "choices_ms": choices}
    keep("boards", "The customers board beside Dash and Streamlit", bars, found, text)


def chosen(browser: Browser, board: Board, times: int) -> list[float]:
    """Milliseconds from choosing a segment to its rows in the table, each time another."""
    with visitor(browser, board.prepare) as page:
        page.goto(board.address)
        page.evaluate(f"bench.painted(() => {board.there})")
        page.wait_for_timeout(REST_MS)
        taken = []
        for place in range(times):
            choose = board.choose(page, place)
            page.evaluate(f"bench.before = {board.rows}")
            taken.append(acted(page, board.kind, board.changed, choose))
            page.wait_for_timeout(REST_MS / 2)
        return taken


@contextmanager
def running(command: Sequence[str], address: str) -> Iterator[None]:
    """A server for as long as it is needed."""
    quiet = os.environ | {"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false", "STREAMLIT_SERVER_HEADLESS": "true"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet)
    try:
        until(lambda: httpx2.get(address).status_code == 200)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def dash(python: Path, snapshot: Path) -> Iterator[Board]:
    """The board in Dash."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/"

    def choose(page: Page, place: int) -> Callable[[], Any]:
        page.locator("#segment").click()
        option = page.locator("[role=option]").nth(place)
        option.wait_for()
        return option.click

    with running([str(python), str(HERE / "board_dash.py"), str(snapshot), str(port)], address):
        there = f"{GRID_ROWS} && {PIE} && document.querySelector('#figures').textContent"
        yield Board(address, there, GRID_ROWS, f"{GRID_ROWS} && {GRID_ROWS} !== bench.before", choose)


@contextmanager
def streamlit(python: Path, snapshot: Path) -> Iterator[Board]:
    """The board in Streamlit."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    script = [str(HERE / "board_streamlit.py"), "--server.port", str(port), "--", str(snapshot)]

    def choose(page: Page, place: int) -> Callable[[], Any]:
        page.locator("[data-testid=stSelectbox] [role=combobox], [data-testid=stSelectbox] input").first.click()
        option = page.get_by_role("option").nth(place + 1)  # the first are those the table begins with
        option.wait_for()
        return option.click

    with running([str(python), "-m", "streamlit", "run", *script], address):
        there = f"{FRAME_ROWS} && {PIE} && document.querySelector('[data-testid=stMetricValue]')"
        yield Board(address, there, FRAME_ROWS, f"{FRAME_ROWS} && {FRAME_ROWS} !== bench.before", choose)


if __name__ == "__main__":
    main()
