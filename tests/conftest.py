"""Fixtures for all tests: a home with a real PostgreSQL server, and the public data sets."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from foresell import logs
from foresell.database import Database
from foresell.settings import Settings
from foresell.store import embedded
from foresell.store.database import open_database
from tests.support.public_data import find_or_fetch
from tests.support.served import served

__all__ = ["served"]

LEFT_OUT: list[str] = []
#: The files that take longest, started first: at the end of a run no process waits for one of them.
SLOWEST_FIRST = (
    "test_two_engines.py",
    "test_purchase_and_churn.py",
    "test_predictions.py",
    "test_fuzzing.py",
    "test_kill.py",
    "test_rights.py",
    "test_accessibility.py",
    "test_scoped_snapshot.py",
)
logs.configure()


@pytest.fixture
def settings() -> Iterator[Settings]:
    """A home of its own; its server, if one was started, is stopped after the test.

    It is not below pytest's folder: each pytest that starts removes the access of the server's user to that one.
    """
    with tempfile.TemporaryDirectory(prefix="foresell-test-") as folder:
        settings = Settings(home=Path(folder) / "home", memory_gib=1.0, threads=2)
        yield settings
        embedded.stop(settings.home)


@pytest.fixture(scope="session")
def prepared_home() -> Iterator[Path]:
    """A home with a migrated, stopped server: copying it is four times faster than creating another."""
    with tempfile.TemporaryDirectory(prefix="foresell-test-") as folder:
        settings = Settings(home=Path(folder) / "home")
        open_database(settings)
        embedded.stop(settings.home)
        with (settings.home / "postgres" / "data" / "postgresql.conf").open("a") as file:
            file.write("fsync = off\n")  # no test cuts the power; after kill -9 the kernel still writes its cache
        yield settings.home


@pytest.fixture
def database(settings: Settings, prepared_home: Path) -> Database:
    """An empty, migrated database on a PostgreSQL server of its own."""
    subprocess.run(["/bin/cp", "-a", str(prepared_home), str(settings.home)], check=True)
    return open_database(settings)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of public data sets; fetched when it is missing; without it the test is skipped and the summary lists it."""
    folder = Path(os.environ.get("FORESELL_DATA", Path(__file__).parents[2] / "shared" / "data"))
    found, why = find_or_fetch(folder, cache=Path(__file__).parents[1] / ".cache" / "data")
    if found is None:
        pytest.skip(f"the public data sets are not here: {why}")
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent / "browser" in item.path.parents:
            item.add_marker("browser")
    turns = {name: turn for turn, name in enumerate(SLOWEST_FIRST)}
    items.sort(key=lambda item: turns.get(item.path.name, len(turns)))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and report.when == "setup":
        LEFT_OUT.append(report.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if LEFT_OUT:
        terminalreporter.section("left out, because the public data sets are not here and could not be fetched")
        for test in LEFT_OUT:
            terminalreporter.line(f"  {test}")
