"""S3 and S16: schemathesis and sqlmap on every operation of the contract, the live stream and the runs among them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from benchmarks.fuzzing import FAULTS_FOUND, count_cases, fuzz, serve_planted_faults
from benchmarks.injection import build_request, is_injectable, list_targets, serve_planted_hole

from foresell.access import tokens
from tests.drills.drill import ROOT, NotRun, Options, Outcome, least, most
from tests.drills.shop import Shop, administrator_token, create_shop, processes_of, serving
from tests.support.served import superuser

CASES = 20_000
#: When schemathesis stops, with what it has by then.
MOST_SECONDS = 2_700
WORKERS = "3"
LEVEL = "2"
#: How many operations sqlmap attacks at once, how long it may take for one, and when it begins no other one.
AT_ONCE, OPERATION_SECONDS, MOST_ATTACK_SECONDS = 4, 800, 2_400

#: Method, path with query, JSON body, number of parameters.
AttackTarget = tuple[str, str, str | None, int]


def fuzz_everything(options: Options) -> Outcome:
    """S3. As an administrator with a second factor, so that no operation refuses before it does its work."""
    planted, faults = serve_planted_faults()
    noticed = [fuzz(f"{planted}/openapi.json", "", 5, "--include-path", path)[0] for path in faults]
    with create_shop(predict=True) as shop, serving(shop, plant="short streams"):
        more = (
            ("--include-path", "/api/stream")
            if options.quick
            else ("--max-time", str(MOST_SECONDS), "--workers", WORKERS)
        )
        before = {each.pid for each in processes_of(shop, "foresell.api.serve")}
        code, summary = fuzz(
            f"{shop.url}/api/openapi.json", "", options.size(100, 5), *more, seed=options.seed,
            environment={
                "SCHEMATHESIS_HOOKS": "tests.drills.session_hook", "PYTHONPATH": str(ROOT),
                "FORESELL_DRILL_HOME": str(shop.settings.home), "FORESELL_DRILL_USER": str(shop.users[-1]),
            },
        )  # fmt: skip
        after = {each.pid for each in processes_of(shop, "foresell.api.serve")}
        with superuser(shop.settings) as con:
            [sessions] = con.execute("select count(*) from access.sessions").fetchall()
    (ROOT / ".cache" / "fuzzing.txt").write_text(summary, encoding="utf-8")
    if code not in (0, FAULTS_FOUND):
        raise NotRun(f"schemathesis could not test: {summary[-300:]}")
    figures = [
        least("requests", count_cases(summary), options.size(CASES, 10)),
        most("runs of schemathesis that found a 5xx, an undocumented status or content type", int(code != 0), 0),
        most("processes of the API that ended", len(before - after), 0),
    ]
    notes = [line.strip(" -*") for line in summary.splitlines() if "Server error" in line or "Undocumented" in line]
    notes.append(
        f"{sessions[0]} sessions were used, since requests also end them; all that was found is in .cache/fuzzing.txt."
    )
    return Outcome(figures, [least("planted faults found", noticed.count(FAULTS_FOUND), len(faults))], notes[:10])


def inject_everywhere(options: Options) -> Outcome:
    """S16. Each operation is attacked with a session of its own: some operations end the session they are asked in.

    Access tokens last longer than ten minutes here, since sqlmap cannot renew them.
    """
    if not shutil.which("sqlmap"):
        raise NotRun("sqlmap is not installed.")
    with (
        tempfile.TemporaryDirectory() as name,
        create_shop() as shop,
        serving(shop, plant="short streams; lasting tokens"),
        pytest.MonkeyPatch.context() as changed,
    ):
        changed.setattr(tokens, "ACCESS_SECONDS", OPERATION_SECONDS)
        folder, token = Path(name), administrator_token(shop.settings.home, shop.users[-1])
        control = is_injectable(
            build_request("GET", serve_planted_hole(), "/planted?name=a", token, None), LEVEL, folder
        )
        contract = httpx2.get(f"{shop.url}/api/openapi.json", timeout=60).json()
        targets = sorted(list_targets(contract), key=lambda target: target[3])[: options.size(10_000, 2)]
        attacked = attack(shop, folder, targets)
    holes = [f"{method} {path}" for (method, path, *_), injectable in attacked if injectable]
    figures = [
        most("operations that can be injected", len(holes), 0),
        least("operations attacked", len(attacked), len(targets)),
        least("parameters attacked", sum(each[3] for each, _ in attacked), sum(each[3] for each in targets)),
    ]
    notes = [*holes, f"No operation was started after {MOST_ATTACK_SECONDS / 60:.0f} minutes."]
    return Outcome(figures, [least("planted injectable operations found", int(control), 1)], notes)


def attack(shop: Shop, folder: Path, targets: list[AttackTarget]) -> list[tuple[AttackTarget, bool]]:
    """Attack these operations, some at once. Returns those that were attacked in time, and whether they can be injected."""
    began = time.monotonic()

    def attack_one(number: int) -> tuple[AttackTarget, bool] | None:
        if time.monotonic() - began > MOST_ATTACK_SECONDS:
            return None
        method, path, body, _ = targets[number]
        own = folder / str(number)
        own.mkdir()
        token = administrator_token(shop.settings.home, shop.users[-1])
        try:
            found = is_injectable(build_request(method, shop.url, path, token, body), LEVEL, own, OPERATION_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"  not through in time: {method} {path}", flush=True)
            return None
        print(f"  {'INJECTABLE' if found else 'fine'}: {method} {path}", flush=True)
        return targets[number], found

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each for each in pool.map(attack_one, range(len(targets))) if each]
