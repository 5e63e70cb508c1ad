"""The customers page compared with the same page in Dash and Streamlit: first useful screen, bytes transferred, one filter.

    .venv/bin/python -m benchmarks.boards HOME [--quick]

HOME: a Foresell home with a published run. The peers read the snapshot of that run: a table of the customers with a filter by
segment, a pie of the segments, the KPIs (`board_dash.py`, `board_streamlit.py`). Both are installed into temporary
virtual environments.
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
from benchmarks.api import free_port, serve, wait_until
from benchmarks.browser import REST_MS, Load, launch_chromium, measure_cold_loads, open_new_browser, time_action
from benchmarks.measure import Target, table, write_results
from benchmarks.pages import CHANGED, ROW, SETTLED, SHOWN, create_administrator, make_sign_in
from benchmarks.peers import install_peer
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
    """A page to measure. `there`, `rows`, `changed`: JavaScript expressions that are true when its data is on screen, return the
    rows its table shows, and are true once they changed. `choose(page, n)` returns the action that selects the nth segment."""

    address: str
    there: str
    rows: str
    changed: str
    choose: Callable[[Page, int], Callable[[], Any]]
    kind: str = "pointerdown"
    prepare: Callable[[BrowserContext], None] = lambda context: None


def main() -> None:
    """Measure, print and save the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.boards")
    parser.add_argument("home", type=Path)
    parser.add_argument("--quick", action="store_true", help="each measurement once; saves no results")
    arguments = parser.parse_args()
    turns, filters = (1, 2) if arguments.quick else (TURNS, FILTERS)
    password = create_administrator(open_database(Settings(home=arguments.home.absolute())))
    loads: dict[str, Load] = {}
    choices: dict[str, list[float]] = {}
    missing = []
    with serve(arguments.home) as (url, key, *_), launch_chromium() as browser:
        headers = {"authorization": f"Bearer {key}"}
        run = httpx2.get(f"{url}/api/customers/segments", headers=headers).json()["meta"]["run_id"]
        customers = httpx2.get(f"{url}/api/customers?limit=1", headers=headers).json()["total"]
        enter = make_sign_in(url, password)
        list_ = Board(
            f"{url}/customers", f"document.querySelector('{ROW}') && {SETTLED}", SHOWN, CHANGED,
            lambda page, place: partial(page.get_by_label("Segment", exact=True).select_option, index=place + 1),
            "change", enter,
        )  # fmt: skip
        shares = f"document.querySelector('main svg circle') && document.querySelector('main [class*=_chart_] svg') && {SETTLED}"
        loads["Foresell, customers"] = measure_cold_loads(browser, list_.address, list_.there, turns, enter)
        choices["Foresell, customers"] = time_segment_choices(browser, list_, filters)
        loads["Foresell, segments"] = measure_cold_loads(browser, f"{url}/segments", shares, turns, enter)
        snapshot = arguments.home.absolute() / "snapshots" / f"run-{run}.duckdb"
        for name, start in (("Dash", serve_dash), ("Streamlit", serve_streamlit)):
            print(name, flush=True)
            with ExitStack() as stack:
                try:
                    python = stack.enter_context(install_peer(*PEERS[name]))
                except subprocess.CalledProcessError:
                    missing.append(name)
                    continue
                board = stack.enter_context(start(python, snapshot))
                loads[name] = measure_cold_loads(browser, board.address, board.there, turns)
                choices[name] = time_segment_choices(browser, board, filters)
    ours = max(load.median for name, load in loads.items() if name.startswith("Foresell"))
    targets = [
        Target(f"{name} / ours (the slower page), first useful screen", load.median / ours, 1.0, at_least=True)
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
    write_results("boards", "The customers page compared with Dash and Streamlit", targets, found, text)


def time_segment_choices(browser: Browser, board: Board, times: int) -> list[float]:
    """Milliseconds from choosing a segment to its rows in the table, for the first `times` segments."""
    with open_new_browser(browser, board.prepare) as page:
        page.goto(board.address)
        page.evaluate(f"bench.painted(() => {board.there})")
        page.wait_for_timeout(REST_MS)
        times_ms = []
        for place in range(times):
            choose = board.choose(page, place)
            page.evaluate(f"bench.before = {board.rows}")
            times_ms.append(time_action(page, board.kind, board.changed, choose))
            page.wait_for_timeout(REST_MS / 2)
        return times_ms


@contextmanager
def run_server(command: Sequence[str], address: str) -> Iterator[None]:
    """Run a server until the block ends."""
    quiet = os.environ | {"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false", "STREAMLIT_SERVER_HEADLESS": "true"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet)
    try:
        wait_until(lambda: httpx2.get(address).status_code == 200)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def serve_dash(python: Path, snapshot: Path) -> Iterator[Board]:
    """The board in Dash."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/"

    def choose(page: Page, place: int) -> Callable[[], Any]:
        page.locator("#segment").click()
        option = page.locator("[role=option]").nth(place)
        option.wait_for()
        return option.click

    with run_server([str(python), str(HERE / "board_dash.py"), str(snapshot), str(port)], address):
        there = f"{GRID_ROWS} && {PIE} && document.querySelector('#figures').textContent"
        yield Board(address, there, GRID_ROWS, f"{GRID_ROWS} && {GRID_ROWS} !== bench.before", choose)


@contextmanager
def serve_streamlit(python: Path, snapshot: Path) -> Iterator[Board]:
    """The board in Streamlit."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    script = [str(HERE / "board_streamlit.py"), "--server.port", str(port), "--", str(snapshot)]

    def choose(page: Page, place: int) -> Callable[[], Any]:
        page.locator("[data-testid=stSelectbox] [role=combobox], [data-testid=stSelectbox] input").first.click()
        option = page.get_by_role("option").nth(place + 1)  # the first options are the segments at the top of the table
        option.wait_for()
        return option.click

    with run_server([str(python), "-m", "streamlit", "run", *script], address):
        there = f"{FRAME_ROWS} && {PIE} && document.querySelector('[data-testid=stMetricValue]')"
        yield Board(address, there, FRAME_ROWS, f"{FRAME_ROWS} && {FRAME_ROWS} !== bench.before", choose)


if __name__ == "__main__":
    main()
