"""A file as a source: one stream, one page, whose rows stay in DuckDB."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from foresell.sources.contract import Connection, Cursor, Page, Stream, find_stream
from foresell.sources.files import file_sniffing, formats, staging
from foresell.sources.files.mapping import Mapping
from foresell.types import Progress, Staging, no_progress

LINES = Stream(
    name="lines",
    key=("order_key",),
    deletes="none",  # an export may cover any period: what it leaves out is not deleted
    resumable=True,
    licence="own data",
    legal_basis="contract",
)


@dataclass(frozen=True, slots=True)
class FileSource:
    """One file, or Olist's folder. The fields are those of `staging.stage_file`, which says what they mean."""

    path: Path
    workdir: Path
    memory_gib: float
    threads: int
    mapping: Mapping | None = None
    format: str | None = None
    dates: str | None = None
    source: str | None = None
    load_day: date | None = None
    progress: Progress = no_progress
    accept_guesses: bool = False

    def discover(self) -> Sequence[Stream]:
        """The lines of the file."""
        return (LINES,)

    def check(self) -> Connection:
        """Look whether the file is there and not empty. Raises BadInput or EmptySource."""
        if not formats.is_olist(self.path):
            file_sniffing.check_path(self.path)
        return Connection(self.path.name)

    def read(self, stream: str, cursor: Cursor | None = None) -> Generator[Page[Staging], None, None]:
        """The file as one page; the cursor is its SHA-256, so an unchanged file has no pages.

        Raises OpenQuestions, BadInput, EmptySource or DiskTrouble; rows that cannot be read are rejects of the page.
        """
        find_stream(self, stream)
        if cursor and cursor.position == staging.hash_path(self.path, self.progress):
            return
        with staging.stage_file(
            self.path,
            workdir=self.workdir,
            memory_gib=self.memory_gib,
            threads=self.threads,
            mapping=self.mapping,
            format=self.format,
            dates=self.dates,
            source=self.source,
            progress=self.progress,
            load_day=self.load_day,
            accept_guesses=self.accept_guesses,
        ) as staged:
            yield Page(staged, next_cursor=Cursor(staged.file_sha256))
