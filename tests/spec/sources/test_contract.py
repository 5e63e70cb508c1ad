"""The contract of every source. A new connector adds one line to `SOURCES` and must pass all tests.

The toy source has three pages of a change log (two, one and no records; the second page deletes one) and states totals.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from foresell.sources.contract import (
    Connection,
    Cursor,
    Mismatch,
    Page,
    Record,
    Source,
    Stream,
    TerminalError,
    Total,
    TransientError,
    UnknownStream,
    find_stream,
    reconcile,
)
from foresell.sources.files.source import FileSource

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
INVOICES = Stream(
    "invoices", key=("id",), deletes="log", resumable=True, licence="own data", legal_basis="contract",
    requests_per_minute=500,
)  # fmt: skip


def invoice(key: str, version: int, amount: str) -> Record:
    return Record(key, str(version), {"amount": Decimal(amount)}, NOW, NOW, f"toy:invoice/{key}")


PAGES: tuple[Page[Sequence[Record]], ...] = (
    Page((invoice("1", 1, "10.00"), invoice("2", 1, "20.00")), next_cursor=Cursor("1")),
    Page((invoice("1", 2, "12.50"),), deletions=("2",), next_cursor=Cursor("2")),
    Page((), next_cursor=Cursor("3"), totals=(Total("count", Decimal(1)), Total("revenue", Decimal("12.51")))),
)


@dataclass
class ToySource:
    """An invoice system in memory: its cursor is the number of pages read. `fails_at`: the page that raises `fault`."""

    fault: Exception | None = None
    fails_at: int = 0

    def discover(self) -> Sequence[Stream]:
        return (INVOICES,)

    def check(self) -> Connection:
        return Connection("toy account")

    def read(self, stream: str, cursor: Cursor | None = None) -> Generator[Page[Sequence[Record]], None, None]:
        find_stream(self, stream)
        for at, page in list(enumerate(PAGES))[int(cursor.position) if cursor else 0 :]:
            if self.fault and at == self.fails_at:
                raise self.fault
            yield page


def sales_file(folder: Path) -> FileSource:
    path = folder / "sales.csv"
    path.write_text("order,customer,date,price\n1,A,2024-01-05,2\n2,B,2024-01-06,3\n")
    return FileSource(path, workdir=folder / "work", memory_gib=0.5, threads=1)


#: Source and stream under test. Add a connector here, reading from its fake server.
SOURCES: dict[str, Callable[[Path], Source[Any]]] = {"toy": lambda _: ToySource(), "file": sales_file}


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source[Any]:
    return SOURCES[request.param](tmp_path)


def test_streams_state_their_key_and_their_terms(source: Source[Any]) -> None:
    for stream in source.discover():
        assert stream.name and stream.key and stream.licence and stream.legal_basis
        assert find_stream(source, stream.name) == stream
    assert source.check().reached


def test_an_unknown_stream_is_refused_with_the_known_ones(source: Source[Any]) -> None:
    with pytest.raises(UnknownStream) as caught, closing(source.read("no such stream")) as pages:
        next(pages)
    assert source.discover()[0].name in (caught.value.remedy or "")


def test_reading_from_the_last_cursor_brings_nothing_again(source: Source[Any]) -> None:
    for stream in source.discover():
        cursors = [page.next_cursor for page in source.read(stream.name)]
        assert cursors
        if stream.resumable:
            assert list(source.read(stream.name, cursors[-1])) == []


def test_a_closed_reading_leaves_nothing_behind(source: Source[Any], tmp_path: Path) -> None:
    for stream in source.discover():
        with closing(source.read(stream.name)) as pages:
            next(pages)
    work = tmp_path / "work"
    assert not work.exists() or not list(work.iterdir())


class Store:
    """What a caller does with pages: everything of a page, then its cursor."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.cursor: Cursor | None = None
        self.mismatches: list[Mismatch] = []

    def sync(self, source: Source[Sequence[Record]]) -> None:
        with closing(source.read("invoices", self.cursor)) as pages:
            for page in pages:
                self.records |= {record.key: record for record in page.records}
                for key in page.deletions:
                    self.records.pop(key, None)
                self.cursor = page.next_cursor or self.cursor
                self.mismatches = reconcile(page.totals, self.measure())

    def measure(self) -> dict[str, Decimal]:
        revenue = sum((record.document["amount"] for record in self.records.values()), Decimal())
        return {"count": Decimal(len(self.records)), "revenue": revenue}


def test_pages_bring_edits_and_deletions() -> None:
    store = Store()
    store.sync(ToySource())
    assert {key: (record.version, record.document["amount"]) for key, record in store.records.items()} == {
        "1": ("2", Decimal("12.50"))
    }
    assert store.cursor == Cursor("3")


def test_a_total_that_does_not_reconcile_is_found_to_the_cent() -> None:
    store = Store()
    store.sync(ToySource())
    assert store.mismatches == [Mismatch("revenue", Decimal("12.51"), Decimal("12.50"))]
    assert reconcile(PAGES[-1].totals, {"revenue": Decimal("12.51")}) == [Mismatch("count", Decimal(1), None)]
    assert reconcile(PAGES[-1].totals, {"revenue": Decimal("12.510"), "count": Decimal(1)}) == []


@pytest.mark.parametrize("fails_at", range(len(PAGES)))
def test_a_reading_that_broke_off_continues_without_loss(fails_at: int) -> None:
    whole, broken = Store(), Store()
    whole.sync(ToySource())
    with pytest.raises(TransientError):
        broken.sync(ToySource(TransientError(retry_after=30), fails_at))
    assert broken.cursor == (Cursor(str(fails_at)) if fails_at else None)
    broken.sync(ToySource())
    assert (broken.records, broken.cursor) == (whole.records, whole.cursor)


def test_a_transient_error_may_be_retried_and_a_terminal_one_says_what_to_do() -> None:
    assert TransientError(retry_after=30).retryable
    assert TransientError(retry_after=30).retry_after == 30
    for reason, remedy in TerminalError.remedies.items():
        error = TerminalError("The invoice system refused.", reason=reason)
        assert (error.retryable, error.remedy, error.reason) == (False, remedy, reason)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = sales_file(tmp_path)
    [page] = [page.next_cursor for page in file.read("lines")]
    file.path.write_text(file.path.read_text() + "3,C,2024-01-07,4\n")
    with closing(file.read("lines", page)) as pages:
        assert next(pages).records.lines_read == 3
