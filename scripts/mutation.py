"""Mutation testing: change one thing in the code, run the tests that reach it, and list the changes no test notices.

    python scripts/mutation.py map                    # which test reaches which function and .sql file (once)
    python scripts/mutation.py map TEST_FILE ...      # the same for these files only, added to the map
    python scripts/mutation.py run --sample 150       # mutants drawn with a seed; exits 1 below --bar

Mutants are made in Python (comparisons, arithmetic, constants, and/or, not, dropped calls) and in SQL (comparisons, numbers,
and/or, sum/max, asc/desc). Each runs in a forked process that has already loaded the heavy libraries, so a mutant costs little
more than its tests. Survivors that were judged are in tests/mutants_accepted.toml, each with its reason.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import signal
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "foresell"
MAP = ROOT / ".cache" / "mutation-map.json"
ACCEPTED = ROOT / "tests" / "mutants_accepted.toml"
PACKAGES = ("scores", "metrics", "engagement", "snapshot")
TESTS = (
    "tests/spec/scores", "tests/spec/metrics", "tests/spec/engagement", "tests/spec/snapshot", "tests/unit/scores",
    "tests/unit/metrics", "tests/unit/test_rfm_invariants.py", "tests/integration/test_scoped_snapshot.py",
    "tests/api/test_engagement.py", "tests/api/test_analytics.py", "tests/api/test_call_list.py", "tests/api/test_call_log.py",
    "tests/api/test_selections.py", "tests/api/test_assignment_rules.py", "tests/api/test_comparisons.py",
    "tests/api/test_list_order.py", "tests/api/test_expected_money.py", "tests/integration/test_predictions.py",
    "tests/integration/test_refused_predictions.py",
)  # fmt: skip
#: Seconds of tests a mutant may cost, as measured by `map`; the quickest run first.
BUDGET = 60.0
HEAVY = (
    "duckdb",
    "hypothesis",
    "lightgbm",
    "numpy",
    "pandas",
    "polars",
    "psycopg",
    "pyarrow",
    "scipy.optimize",
    "sklearn.metrics",
)

COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
}  # fmt: skip
SQL_CHANGES = (
    (r"<=", "<"), (r">=", ">"), (r"(?<![<>=])<(?![<>=])", "<="), (r"(?<![<>=-])>(?![<>=])", ">="), (r"\band\b", "or"),
    (r"\bor\b", "and"), (r"\bsum\(", "max("), (r"\bmin\(", "max("), (r"\bmax\(", "min("), (r"\bdesc\b", "asc"),
    (r" \+ ", " - "), (r" - ", " + "), (r" / ", " * "), (r"\bnot\b", ""), (r"(?<=[ (])\d+(?=[ ),\n])", "+1"),
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change. `where` is the function's qualified name, the file for SQL, or "" for a module's constants."""

    file: str
    line: int
    where: str
    change: str
    place: int
    text: str = ""

    @property
    def key(self) -> str:
        """What an accepted survivor is named by; it does not change when lines move."""
        return f"{self.file}:{self.where}:{self.change}"


class _Mutator(ast.NodeVisitor):
    """Collects (node, how to change it, words) of one module, with the function each is in."""

    def __init__(self) -> None:
        self.stack: list[str] = []
        self.found: list[tuple[str, int, str, Any]] = []

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.stack.append(node.name)
            for part in node.body:
                self.visit(part)
            self.stack.pop()
            return
        if isinstance(node, ast.Raise | ast.AnnAssign | ast.Import | ast.ImportFrom | ast.JoinedStr | ast.Assert):
            if isinstance(node, ast.AnnAssign) and node.value:
                self.visit(node.value)
            return
        self._collect(node)
        self.generic_visit(node)

    def _add(self, node: ast.AST, words: str, edit: Any) -> None:
        self.found.append((".".join(self.stack), getattr(node, "lineno", 0), words, edit))

    def _collect(self, node: ast.AST) -> None:
        if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
            new = COMPARE[type(node.ops[0])]
            self._add(node, f"{ast.unparse(node)} -> {new.__name__}", lambda n=node, op=new: n.ops.__setitem__(0, op()))
        elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC and not isinstance(node.left, ast.JoinedStr):
            new_op = ARITHMETIC[type(node.op)]
            self._add(
                node, f"{ast.unparse(node)} -> {new_op.__name__}", lambda n=node, op=new_op: setattr(n, "op", op())
            )
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = node.value + 1 if isinstance(node.value, int) else node.value * 1.5 + 0.01
            self._add(node, f"{node.value} -> {value}", lambda n=node, v=value: setattr(n, "value", v))
        elif isinstance(node, ast.BoolOp):
            swapped = ast.Or if isinstance(node.op, ast.And) else ast.And
            self._add(
                node, f"{ast.unparse(node)} -> {swapped.__name__}", lambda n=node, op=swapped: setattr(n, "op", op())
            )
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self._add(node, f"{ast.unparse(node)} -> without not", lambda n=node: setattr(n, "op", ast.UAdd()))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and not _is_noise(node.value):
            self._add(node, f"{ast.unparse(node)} -> dropped", lambda n=node: setattr(n, "value", ast.Constant(None)))


def _is_noise(call: ast.Call) -> bool:
    """Whether a call only logs or reports progress."""
    name = ast.unparse(call.func)
    return name.startswith(("log.", "logger")) or name in ("progress", "print")


def python_mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of one module, without its text."""
    for place, (where, line, words, _) in enumerate(_mutations(ast.parse(path.read_text(encoding="utf-8")))):
        yield Mutant(str(path.relative_to(ROOT)), line, where, words[:160], place)


def write_mutant(mutant: Mutant) -> Mutant:
    """The same with the text of its file."""
    if mutant.text:
        return mutant
    tree = ast.parse((ROOT / mutant.file).read_text(encoding="utf-8"))
    _mutations(tree)[mutant.place][3]()
    return replace(mutant, text=ast.unparse(ast.fix_missing_locations(tree)))


def _mutations(tree: ast.Module) -> list[tuple[str, int, str, Any]]:
    mutator = _Mutator()
    mutator.visit(tree)
    return mutator.found


def sql_mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of one .sql file; comments and strings are left alone."""
    text = path.read_text(encoding="utf-8")
    hidden = [found.span() for found in re.finditer(r"--[^\n]*|'[^']*'", text)]
    for pattern, new in SQL_CHANGES:
        for found in re.finditer(pattern, text):
            if any(start <= found.start() < end for start, end in hidden):
                continue
            replacement = str(int(found[0]) + 1) if new == "+1" else new
            line = text.count("\n", 0, found.start())
            words = f"{text.splitlines()[line].strip()[:110]}: {found[0].strip()} -> {replacement.strip()}"
            changed = text[: found.start()] + replacement + text[found.end() :]
            name = str(path.relative_to(ROOT))
            yield Mutant(name, line + 1, path.name, words, found.start(), changed)


def all_mutants(packages: tuple[str, ...]) -> list[Mutant]:
    """Every mutant of the packages, in the order of their files."""
    mutants: list[Mutant] = []
    for package in packages:
        for path in sorted((SRC / package).rglob("*")):
            if path.suffix == ".py":
                mutants += python_mutants(path)
            elif path.suffix == ".sql":
                mutants += sql_mutants(path)
    return mutants


class Recorder:
    """A pytest plugin that notes which functions and .sql files each test reaches, and how long it takes."""

    def __init__(self) -> None:
        self.reached: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}
        self.current: set[str] = set()
        self.shared: dict[str, set[str]] = {}

    def _profile(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            code = frame.f_code
            if "/src/foresell/" in code.co_filename:
                name = os.path.relpath(code.co_filename, ROOT)
                self.current.add(f"{name}:{code.co_qualname.replace('.<locals>', '')}")
                if name == "src/foresell/sql.py" and code.co_name == "read_sql":
                    values = frame.f_locals
                    self.current.add(f"src/{values['package'].replace('.', '/')}/{values['file']}")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """One test, set-up included; what a file's first test sets up counts for all of that file."""
        import threading

        import foresell.sql

        foresell.sql.named_queries.cache_clear()
        foresell.sql.read_sql.cache_clear()
        self.current = set()
        started = time.monotonic()
        sys.setprofile(self._profile)
        threading.setprofile(self._profile)
        yield
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
        self.seconds[item.nodeid] = time.monotonic() - started
        file = item.nodeid.partition("::")[0]
        self.shared.setdefault(file, self.current)
        self.reached[item.nodeid] = self.current | self.shared[file]


def make_map(tests: list[str]) -> None:
    """Run the tests once (all, or those named) and keep what each reaches."""
    recorder = Recorder()
    before = json.loads(MAP.read_text()) if tests and MAP.exists() else {}
    tests = tests or [test for test in TESTS if (ROOT / test).exists()]
    if pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests], plugins=[recorder]) != 0:
        sys.exit("The tests must pass before mutants are made.")
    MAP.parent.mkdir(exist_ok=True)
    kept = {test: [round(recorder.seconds[test], 2), sorted(names)] for test, names in recorder.reached.items()}
    MAP.write_text(json.dumps(before | kept))


def tests_of(mutant: Mutant, known: dict[str, tuple[float, list[str]]], *, served: bool) -> list[str]:
    """The tests that reach a mutant, the quickest first, as far as the budget goes: those with a served API, or the others."""
    wanted = mutant.file if mutant.file.endswith(".sql") else f"{mutant.file}:{mutant.where}"
    reaching = [
        (seconds, test)
        for test, (seconds, names) in known.items()
        if test.startswith("tests/api/") == served
        and (wanted in names if mutant.where else any(name.startswith(mutant.file) for name in names))
    ]
    chosen, spent = [], 0.0
    for seconds, test in sorted(reaching):
        if chosen and spent + seconds > BUDGET:
            break
        chosen.append(test)
        spent += seconds
    return chosen


def is_killed(mutant: Mutant, tests: list[str]) -> bool:
    """Whether one of the tests fails, or hangs, under the mutant; without tests it survives."""
    if not tests:
        return False
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        signal.alarm(int(4 * BUDGET))
        _plant(mutant)
        os._exit(0 if pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]) == 0 else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def _plant(mutant: Mutant) -> None:
    """Make this process load the mutant instead of its file."""
    target = str(ROOT / mutant.file)
    if mutant.file.endswith(".py"):
        original = SourceFileLoader.get_code

        def get_code(self: SourceFileLoader, fullname: str) -> Any:
            if self.get_filename(fullname) == target:
                return compile(mutant.text, target, "exec")
            return original(self, fullname)

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign]
        return
    import foresell.sql

    read = foresell.sql.read_sql

    def read_sql(package: str, file: str) -> str:
        return mutant.text if f"src/{package.replace('.', '/')}/{file}" == mutant.file else read(package, file)

    foresell.sql.read_sql = read_sql  # type: ignore[assignment]


def run(sample: int, seed: int, bar: float, packages: tuple[str, ...]) -> int:
    """Try a sample of mutants; prints the survivors. Returns the exit code."""
    known = json.loads(MAP.read_text())
    accepted = tomllib.loads(ACCEPTED.read_text(encoding="utf-8")) if ACCEPTED.exists() else {}
    for module in HEAVY:
        __import__(module)
    mutants = all_mutants(packages)
    drawn = random.Random(seed).sample(mutants, min(sample, len(mutants))) if sample else mutants
    killed, survivors = 0, []
    for done, mutant in enumerate(map(write_mutant, drawn), 1):
        tests, served = (tests_of(mutant, known, served=each) for each in (False, True))
        if is_killed(mutant, tests) or is_killed(mutant, served):
            killed += 1
        else:
            survivors.append((mutant, len(tests) + len(served)))
            print(
                f"survived ({survivors[-1][1]} tests): {mutant.file}:{mutant.line} {mutant.where}: {mutant.change}",
                flush=True,
            )
        print(f"\r{done}/{len(drawn)}, {killed} killed", end="", file=sys.stderr, flush=True)
    unjudged = [mutant for mutant, _ in survivors if mutant.key not in accepted.get("equivalent", {})]
    judged = len(survivors) - len(unjudged)
    share = killed / max(1, len(drawn) - judged)
    print(
        f"\n{killed} of {len(drawn)} killed, {judged} accepted as equivalent, seed {seed}, of {len(mutants)}: {share:.1%}"
    )
    return 0 if share >= bar else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["map", "run"])
    parser.add_argument("tests", nargs="*", help="map: only these, added to the map")
    parser.add_argument("--sample", type=int, default=150, help="how many mutants; 0 for all")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bar", type=float, default=0.85)
    parser.add_argument("--package", action="append", help="only these packages")
    options = parser.parse_args()
    os.chdir(ROOT)
    if options.what == "map":
        make_map(options.tests)
    else:
        sys.exit(run(options.sample, options.seed, options.bar, tuple(options.package or PACKAGES)))
