"""Watched folders: each file is loaded once, when it is complete, and one that is wrong does not keep back the others."""

from __future__ import annotations

import io
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from foresell.database import Database
from foresell.errors import BadInput
from foresell.settings import Settings
from foresell.sources.connectors import folder as folders
from foresell.sources.connectors.folder import Folder
from foresell.sources.contract import Cursor
from foresell.store import sources
from foresell.workflows.connect import SourceUnreachable, connect_folder
from foresell.workflows.sync import sync_source
from tests.support.worker import Worker, wait_until

HEADINGS = ("Order", "Date", "Customer", "Product", "Quantity", "Price")


def rows(first: int, count: int) -> list[tuple[str, ...]]:
    """Orders of one line each, numbered from `first`."""
    return [
        (f"F-{n}", f"2026-10-{n % 28 + 1:02}", f"Customer {n % 7}", "Lamp", "2", "12.50")
        for n in range(first, first + count)
    ]


def as_csv(first: int, count: int) -> bytes:
    return "".join(f"{','.join(cells)}\n" for cells in (HEADINGS, *rows(first, count))).encode()


def as_workbook(first: int, count: int) -> bytes:
    book, packed = openpyxl.Workbook(), io.BytesIO()
    for cells in (HEADINGS, *rows(first, count)):
        book.active.append(cells)
    book.save(packed)
    return packed.getvalue()


class Drop:
    """A connected folder, and what the store holds of it."""

    def __init__(self, settings: Settings, database: Database, path: Path, **options: Any) -> None:
        self.settings, self.database, self.path = settings, database, path
        self.connection_id = connect_folder(settings, database, "drop", path, **options)

    def sync(self) -> sources.SyncOutcome:
        return sync_source(self.settings, self.database, self.connection_id)

    def orders(self) -> dict[str, str]:
        """Their status, by order number."""
        with self.database.connect() as con:
            found = con.execute("select order_key, status from core.orders where source = 'drop'").fetchall()
        return {row["order_key"]: row["status"] for row in found}

    def state(self) -> dict[str, Any]:
        with self.database.connect() as con:
            return sources.find_connection(con, "drop")


@pytest.fixture
def drop(settings: Settings, database: Database, tmp_path: Path) -> Drop:
    """An empty folder."""
    path = tmp_path / "drop"
    path.mkdir()
    return Drop(settings, database, path)


def numbers(first: int, count: int) -> set[str]:
    return {f"F-{n}" for n in range(first, first + count)}


@contextmanager
def writing(path: Path, content: bytes, parts: int, pause: float) -> Iterator[list[float]]:
    """Write a file in parts with pauses, in a thread. Gives the pauses that there really were."""
    pauses: list[float] = []

    def write() -> None:
        size = -(-len(content) // parts)
        with path.open("wb") as file:
            for at in range(0, len(content), size):
                began = time.monotonic()
                if at:
                    time.sleep(pause)
                file.write(content[at : at + size])
                file.flush()
                pauses.append(time.monotonic() - began)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield pauses
    finally:
        thread.join()


@pytest.mark.parametrize(("name", "content"), [("orders.csv", as_csv(0, 60)), ("orders.xlsx", as_workbook(0, 60))])
def test_a_file_is_loaded_once_when_it_is_complete(drop: Drop, name: str, content: bytes) -> None:
    batches: list[int] = []
    with writing(drop.path / name, content, 6, 0.4) as pauses:
        while len(pauses) < 6:
            done = drop.sync()
            assert done.error is None
            batches += done.batch_ids
    if max(pauses) < folders.SETTLE_SECONDS:
        assert batches == [], "a part of the file was loaded"
    assert len(wait_until(lambda: drop.sync().batch_ids)) == 1
    assert drop.orders().keys() == numbers(0, 60)
    again = drop.sync()
    assert (again.state, again.records, again.batch_ids) == ("done", 0, [])


def test_a_file_that_goes_on_after_a_long_pause_is_completed(drop: Drop) -> None:
    """Nothing tells a long pause from the end of the file: what follows comes as a second batch."""
    content = as_csv(0, 60)
    cut = content.index(b"F-30") + 10  # in the middle of a line
    file = drop.path / "orders.csv"
    file.write_bytes(content[:cut])
    assert drop.sync().state == "failed"  # the cut line is one of 31
    assert drop.orders() == {}
    file.write_bytes(content)
    assert (drop.sync().state, drop.orders().keys()) == ("done", numbers(0, 60))
    assert drop.state()["state"] == "due"


def test_what_programs_write_next_to_a_file_is_not_read(drop: Drop) -> None:
    """Lock files of Excel and LibreOffice, hidden and partial files, other kinds; and a file written under another name first."""
    content = as_csv(0, 5)
    for name in (
        "~$orders.xlsx",
        ".~lock.orders.ods#",
        ".orders.csv",
        "orders.csv.tmp",
        "orders.csv.part",
        "a.csv.crdownload",
        "b.pdf",
    ):
        (drop.path / name).write_bytes(content)
    (drop.path / "empty.csv").touch()
    (drop.path / "below.csv").mkdir()
    assert (drop.sync().state, drop.orders()) == ("done", {})
    (drop.path / "orders.csv.tmp").rename(drop.path / "orders.csv")
    assert (drop.sync().state, len(drop.orders())) == ("done", 5)


def test_symbolic_links_are_not_followed(drop: Drop, settings: Settings, database: Database, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere.csv"
    secret.write_bytes(as_csv(0, 5))
    (drop.path / "orders.csv").symlink_to(secret)
    (drop.path / "gone.csv").symlink_to(tmp_path / "nothing.csv")
    assert (drop.sync().state, drop.orders()) == ("done", {})

    link = tmp_path / "own"
    link.symlink_to(settings.home)
    with pytest.raises(BadInput, match="own files"):
        connect_folder(settings, database, "own", link)


def test_a_file_that_is_replaced_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(as_csv(0, 9))
    copy_file = folders.shutil.copyfile

    def replace_then_copy(source: Path, target: Path) -> None:
        copy_file(source, target)
        monkeypatch.setattr(folders.shutil, "copyfile", copy_file)
        new = tmp_path / "new.tmp"
        new.write_bytes(as_csv(9, 9))  # as long as the old one
        os.utime(new, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))  # and of the same time
        new.rename(file)

    monkeypatch.setattr(folders.shutil, "copyfile", replace_then_copy)
    reader = Folder(tmp_path, settle_seconds=0.05)
    assert list(reader.read("files")) == [] and reader.soon
    assert read_all(reader, None)[0] == {"orders.csv": as_csv(9, 9)}


def read_all(reader: Folder, cursor: Cursor | None) -> tuple[dict[str, bytes], Cursor | None]:
    """The content of each file that would be loaded, by name, and where reading goes on."""
    found = {}
    with closing(reader.read("files", cursor)) as pages:
        for page in pages:
            cursor = page.next_cursor
            if page.records:
                found[page.records.name] = page.records.path.read_bytes()
    return found, cursor


def test_a_renamed_file_and_a_restart_load_nothing_again(drop: Drop, settings: Settings, database: Database) -> None:
    (drop.path / "orders.csv").write_bytes(as_csv(0, 5))
    assert len(drop.sync().batch_ids) == 1
    (drop.path / "orders.csv").rename(drop.path / "archive 2026.csv")
    assert drop.sync().batch_ids == []
    (drop.path / "archive 2026.csv").rename(drop.path / "orders.csv")
    os.utime(drop.path / "orders.csv")
    assert drop.sync().batch_ids == []
    with database.connect() as con:  # killed after the load and before the cursor was saved
        con.execute("delete from sources.streams")
    assert (drop.sync().state, drop.state()["orders"]) == ("done", 5)
    with database.connect() as con:
        batches = con.execute("select count(*) as batches from core.load_batches").fetchall()
    assert batches == [{"batches": 1}]


BAD = {
    "a column that is missing": ("bad.csv", b"Colour,Weight\nred,2\nblue,3\n", "no column found"),
    "no table at all": ("bad.xlsx", b"%PDF-1.7 not a workbook", "is a PDF"),
    "only a heading": ("bad.csv", as_csv(0, 0), "no rows"),
    "amounts that are none": ("bad.csv", as_csv(0, 5).replace(b"12.50", b"n/a"), "rejected"),
}


@pytest.mark.parametrize("what", BAD)
def test_one_bad_file_is_named_and_the_others_are_loaded(drop: Drop, what: str) -> None:
    name, content, says = BAD[what]
    (drop.path / name).write_bytes(content)
    os.utime(drop.path / name, (1_700_000_000, 1_700_000_000))  # it comes first
    (drop.path / "good.csv").write_bytes(as_csv(10, 5))
    done = drop.sync()
    assert (done.state, done.connection_state, len(done.batch_ids)) == ("failed", "needs you", 1)
    assert drop.orders().keys() == numbers(10, 5)
    state = drop.state()
    assert state["last_error"] and name in state["last_error"] and says in state["last_error"] and state["remedy"]

    (drop.path / "later.csv").write_bytes(as_csv(20, 5))
    later = drop.sync()
    assert (later.state, drop.orders().keys()) == ("done", numbers(10, 5) | numbers(20, 5))
    assert (drop.state()["state"], drop.state()["last_error"]) == ("needs you", state["last_error"]), (
        "the bad file is forgotten"
    )
    sources.wake(drop.database, drop.connection_id)
    assert sources.request_due_syncs(drop.database) == [drop.connection_id], "new files are not read any more"

    (drop.path / name).write_bytes(as_csv(30, 5))
    assert (drop.sync().state, drop.state()["state"]) == ("done", "due")
    assert numbers(30, 5) <= drop.orders().keys()


def test_a_bad_file_that_is_removed_is_forgotten(drop: Drop) -> None:
    (drop.path / "bad.csv").write_bytes(BAD["a column that is missing"][1])
    assert drop.sync().connection_state == "needs you"
    (drop.path / "bad.csv").unlink()
    assert (drop.sync().connection_state, drop.state()["state"]) == ("due", "due")


def test_a_workbook_without_its_directory_is_waited_for_and_then_named(drop: Drop) -> None:
    whole = as_workbook(0, 200)
    file = drop.path / "orders.xlsx"
    file.write_bytes(whole[: len(whole) // 2])
    done = drop.sync()
    assert (done.state, done.error, done.wait) == ("done", None, 0.5)
    long_ago = time.time() - 2 * folders.NEW_SECONDS
    os.utime(file, (long_ago, long_ago))
    late = drop.sync()
    assert (late.connection_state, late.wait) == ("needs you", None)
    assert late.error and "orders.xlsx is cut off" in late.error
    file.write_bytes(whole)
    assert (drop.sync().state, len(drop.orders())) == ("done", 200)


def test_a_folder_that_vanishes_needs_a_person_until_it_is_back(drop: Drop) -> None:
    (drop.path / "orders.csv").write_bytes(as_csv(0, 5))
    drop.sync()
    away = drop.path.with_name("unmounted")
    drop.path.rename(away)
    done = drop.sync()
    assert (done.state, done.connection_state, done.reason) == ("failed", "needs you", "permission")
    assert done.error and str(drop.path) in done.error and done.remedy
    assert len(drop.orders()) == 5
    away.rename(drop.path)
    sources.wake(drop.database, drop.connection_id)
    assert sources.request_due_syncs(drop.database) == [drop.connection_id], "it is not looked at any more"
    assert (drop.sync().state, drop.state()["state"], drop.sync().batch_ids) == ("done", "due", [])


def test_a_folder_that_is_a_file_now_needs_a_person(drop: Drop) -> None:
    """The same refusal as a folder that may not be read, which root may read in any case."""
    drop.path.rename(drop.path.with_name("before"))
    drop.path.write_text("no folder")
    done = drop.sync()
    assert (done.state, done.connection_state, done.reason) == ("failed", "needs you", "permission")
    assert done.error and "cannot be read" in done.error and done.remedy


def test_a_folder_that_cannot_be_listed_is_not_connected(
    settings: Settings, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folders.Path, "iterdir", refuse)
    with pytest.raises(SourceUnreachable, match="Permission denied") as raised:
        connect_folder(settings, database, "drop", tmp_path)
    assert raised.value.remedy
    with database.connect() as con:
        assert sources.list_connections(con) == []


def test_a_file_that_holds_all_orders_drops_those_it_lost(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    drop = Drop(settings, database, tmp_path, is_whole=True)
    (tmp_path / "all.csv").write_bytes(as_csv(0, 60))
    drop.sync()
    (tmp_path / "all.csv").write_bytes(as_csv(2, 58))
    assert (drop.sync().deleted, drop.orders()["F-0"]) == (2, "cancelled")
    (tmp_path / "all.csv").write_bytes(as_csv(50, 10))
    held = drop.sync()
    assert (held.state, held.deleted, Counter(drop.orders().values())["cancelled"]) == ("held", 0, 2)


WRITES = 200


def test_many_slow_writes_are_each_loaded_once(tmp_path: Path) -> None:
    """200 files, each written in 5 parts with pauses of up to 0.3 s: half a minute here; 1,000 would take three.

    The control does not wait between its two looks, and must get parts of files.
    """
    reader, control = Folder(tmp_path), Folder(tmp_path, settle_seconds=0.0)
    content = {f"{number}.csv": as_csv(100 * number, 40) for number in range(WRITES)}
    tried: dict[str, list[float]] = {}
    chances = random.Random(4)
    waiting = [(name, chances.uniform(0.1, 0.3)) for name in content]

    def write_some() -> None:
        while waiting:
            name, pause = waiting.pop()
            with writing(tmp_path / name, content[name], 5, pause) as pauses:
                pass
            tried[name] = pauses

    writers = [threading.Thread(target=write_some) for _ in range(10)]
    for writer in writers:
        writer.start()
    loaded: Counter[str] = Counter()
    partial: set[str] = set()
    partial_in_control = 0
    cursor = control_cursor = None
    idle = 0
    while idle < 3:
        idle = idle + 1 if not any(writer.is_alive() for writer in writers) else 0
        found, control_cursor = read_all(control, control_cursor)
        partial_in_control += sum(read != content[name] for name, read in found.items())
        found, cursor = read_all(reader, cursor)
        loaded.update(found.keys())
        partial |= {name for name, read in found.items() if read != content[name]}
    held_up = {name for name, pauses in tried.items() if max(pauses) >= folders.SETTLE_SECONDS}  # the machine was busy
    assert len(held_up) < WRITES / 10
    assert partial - held_up == set()
    assert {name: count for name, count in loaded.items() if count != 1 and name not in held_up} == {}
    assert loaded.keys() == content.keys()
    assert partial_in_control > 0, "the writers do not punish a reader that does not wait"


def test_a_change_while_the_folder_is_read_is_not_lost(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    (drop.path / "orders.csv").write_bytes(as_csv(0, 5))
    copy_file = folders.shutil.copyfile

    def wake_then_copy(source: Path, target: Path) -> None:
        sources.wake(drop.database, drop.connection_id)
        copy_file(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(folders.shutil, "copyfile", wake_then_copy)
        drop.sync()
    assert sources.request_due_syncs(drop.database) == [drop.connection_id]
    with drop.database.connect() as con:
        con.execute("delete from jobs.jobs")
    drop.sync()
    assert sources.request_due_syncs(drop.database) == [], "it is read again and again"


def test_the_worker_loads_a_changed_file_within_seconds(
    drop: Drop, settings: Settings, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """20 times, from the last write to the committed order. The seconds are in the report (--junitxml); a busy machine is slower."""
    drop.path.joinpath("first.csv").write_bytes(as_csv(0, 5))
    worker = Worker(settings)
    taken: list[float] = []
    try:
        wait_until(lambda: len(drop.orders()) == 5)
        time.sleep(6)  # the folder is watched within five seconds
        for number in range(1, 21):
            drop.path.joinpath(f"{number % 3}.csv").write_bytes(as_csv(100 * number, 3))
            written = time.monotonic()
            while f"F-{100 * number}" not in drop.orders():
                assert time.monotonic() - written < 60, f"the file did not arrive: {drop.state()}"
                time.sleep(0.02)
            taken.append(time.monotonic() - written)
    finally:
        worker.stop()
    taken.sort()
    record_testsuite_property(
        "seconds from write to order", {"median": round(taken[10], 2), "slowest": round(taken[-1], 2)}
    )
    assert taken[10] < 15


def test_amounts_of_a_workbook_arrive_as_they_are(drop: Drop) -> None:
    (drop.path / "orders.xlsx").write_bytes(as_workbook(0, 4))
    drop.sync()
    with drop.database.connect() as con:
        found = con.execute("select distinct amount from core.order_items").fetchall()
    assert [row["amount"] for row in found] == [Decimal("25.0000")]


@pytest.mark.parametrize(("age", "wait"), [(0.0, 1.0), (0.4, 0.6), (0.95, 1 / 3), (1.5, 1.0), (40.0, 1.0), (-3.0, 1.0)])
def test_a_file_must_be_still_for_a_second_by_any_clock_of_a_share(age: float, wait: float) -> None:
    """A clock that is more than a second off shows an age below 0 or above 1: then the looks are a whole second apart."""
    changed = time.time_ns() - int(age * 1e9)
    found = folders._find_wait((10, changed, changed), 1.0)
    assert found == pytest.approx(wait, abs=0.05)
