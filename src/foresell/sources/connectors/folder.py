"""A folder of Excel and CSV files: each new or changed file is loaded once it is written completely."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
import zipfile
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from foresell.errors import BadInput
from foresell.sources.connectors.tables import Table
from foresell.sources.contract import Connection, Cursor, Page, Stream, TerminalError, find_stream

FILES = Stream(
    name="files",
    key=("order_key",),
    deletes="none",
    resumable=True,
    licence="own data",
    legal_basis="contract",
)
#: Lock files, hidden files, and what programs write before they rename it.
IGNORED = ("~$*", ".~lock*", ".*", "*.tmp", "*.part", "*.partial", "*.crdownload", "*.download", "*.swp", "~*")
READ = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".zip", ".gz", ".parquet", ".iif")
#: A file that neither grew nor changed for this long is complete; programs that copy and spreadsheets write faster.
SETTLE_SECONDS = 1.0
#: A file that cannot be read, or not as a whole, is looked at again at once for so long after its last change; then it is named.
NEW_SECONDS = 60.0
#: Names that the cursor remembers of files that are gone, so that one that is moved away and back is not loaded again.
REMEMBERED = 1_000

#: A file's size, and when its content and anything about it last changed (nanoseconds).
Look = tuple[int, int, int]


@dataclass
class Folder:
    """The files of one folder whose names match `pattern`. `is_whole`: a file always holds all rows of this source."""

    path: Path
    pattern: str = "*"
    is_whole: bool = False
    work: Path | None = None
    settle_seconds: float = SETTLE_SECONDS
    #: Whether a file was still being written: it is looked at again at once.
    soon: bool = field(default=False, init=False)
    requests: int = field(default=0, init=False)
    retries: int = field(default=0, init=False)
    _known: dict[str, dict[str, Any]] = field(default_factory=dict, init=False, repr=False)
    _present: Mapping[str, object] = field(default_factory=dict, init=False, repr=False)

    def close(self) -> None:
        """Nothing is open."""

    def discover(self) -> Sequence[Stream]:
        """The files."""
        return (FILES,)

    def check(self) -> Connection:
        """The folder and how many of its files would be read. Raises TerminalError where it cannot be read."""
        return Connection(f"{self.path} ({len(self._list_files())} files)")

    def read(self, stream: str, cursor: Cursor | None = None) -> Generator[Page[Table | None], None, None]:
        """A page for each file whose content was not read before, the oldest first.

        A file that is still being written is left out, and `soon` is set. Raises UnknownStream, or TerminalError where the
        folder cannot be read.
        """
        find_stream(self, stream)
        self._known = json.loads(cursor.position) if cursor else {}
        self._present = found = self._look()
        self.soon = False
        fresh = {name: look for name, look in found.items() if self._known.get(name, {}).get("seen") != list(look)}
        if not fresh:
            return
        time.sleep(max(_find_wait(look, self.settle_seconds) for look in fresh.values()))
        self._present = again = self._look()
        for name in sorted(fresh, key=lambda each: fresh[each][1]):
            if again.get(name) != fresh[name]:
                self.soon = self.soon or name in again
                continue
            with tempfile.TemporaryDirectory(prefix="folder-", dir=self.work) as folder:
                copy = Path(folder) / name
                fault = self._copy(name, copy)
                is_replaced = self._look().get(name) != fresh[name]
                if is_replaced or (fault and _is_new(fresh[name])):  # it is being written, or open in another program
                    self.soon = True
                    continue
                if fault:
                    self._known[name] = {"seen": list(fresh[name])}
                    yield Page(None, next_cursor=self.set_aside(name, *fault))
                    continue
                digest = hashlib.sha256(copy.read_bytes()).hexdigest()
                is_known = any(entry["sha256"] == digest for entry in self._known.values())
                self._known[name] = {"seen": list(fresh[name]), "sha256": digest}
                content = None if is_known else Table(copy, name, self.is_whole)
                yield Page(content, next_cursor=self._position(), complete=self.is_whole)

    def set_aside(self, name: str, error: str, remedy: str | None) -> Cursor:
        """Keep a file that could not be loaded from being read again before it is saved again. Returns where reading goes on."""
        self._known[name] |= {"sha256": "", "problem": [error, remedy]}
        return self._position()

    @property
    def problems(self) -> dict[str, tuple[str, str | None]]:
        """By name, what is wrong with the files that were set aside and are still there, and what to do."""
        return {
            name: (entry["problem"][0], entry["problem"][1])
            for name, entry in sorted(self._known.items())
            if "problem" in entry and name in self._present
        }

    def _position(self) -> Cursor:
        return Cursor(json.dumps(_forget_old(self._known, self._present)))

    def _copy(self, name: str, copy: Path) -> tuple[str, str] | None:
        """Copy a file. Where it cannot be read as a whole: what is wrong with it, and what to do."""
        try:
            shutil.copyfile(self.path / name, copy)
        except OSError as error:
            return f"{name} cannot be read: {error.strerror}.", "Close it, and check that Foresell may read it."
        with copy.open("rb") as file:
            is_packed = file.read(2) == b"PK"
        if is_packed and not zipfile.is_zipfile(copy):
            return f"{name} is cut off or damaged: it has no directory at its end.", "Save or copy it there again."
        return None

    def _look(self) -> dict[str, Look]:
        """How each file looks, by its name."""
        found = {}
        for file in self._list_files():
            try:
                status = file.stat()
            except OSError:
                continue
            if status.st_size:
                found[file.name] = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        return found

    def _list_files(self) -> list[Path]:
        try:
            entries = [entry for entry in self.path.iterdir() if entry.is_file() and not entry.is_symlink()]
        except OSError as error:
            raise TerminalError(
                f"The folder {self.path} cannot be read: {error.strerror}.",
                reason="permission",
                remedy="Check that it is there, and that Foresell may read it.",
            ) from None
        return [
            entry
            for entry in entries
            if entry.suffix.lower() in READ
            and fnmatch(entry.name, self.pattern)
            and not any(fnmatch(entry.name, ignored) for ignored in IGNORED)
        ]


def check_folder(path: Path, forbidden: Sequence[Path]) -> Path:
    """The folder, absolute. Raises BadInput where it is none, or holds or is below a folder of Foresell's own."""
    full = path.expanduser().resolve()
    if not full.is_dir():
        raise BadInput(f"{path} is not a folder.", remedy="Give a folder that exists.")
    for own in forbidden:
        if full == own.resolve() or own.resolve() in full.parents or full in own.resolve().parents:
            raise BadInput(f"{path} holds Foresell's own files.", remedy="Give another folder.")
    return full


def _find_wait(look: Look, settle_seconds: float) -> float:
    """Seconds until the second look: the rest of the time that a file must be still.

    Times on a share are by its own clock. One that is off by more than that time has no say, and one that is off by less cannot
    bring the looks closer together than a third of it.
    """
    age = time.time() - max(look[1], look[2]) / 1e9
    return max(settle_seconds - age, settle_seconds / 3) if 0 <= age < settle_seconds else settle_seconds


def _is_new(look: Look) -> bool:
    return abs(time.time() - look[1] / 1e9) < NEW_SECONDS


def _forget_old(known: Mapping[str, dict[str, Any]], present: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    """The entries of files that are there, and the newest of others."""
    gone = [name for name in known if name not in present]
    dropped = set(gone[: max(0, len(gone) - REMEMBERED)])
    return {name: entry for name, entry in known.items() if name not in dropped}
