"""A child process: unpacks a compressed file, or the tables of a ZIP archive, into a folder of the load.

Nothing is written under a name from the archive, so no name can point outside the folder.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import zstandard

from foresell.errors import BadInput, EmptySource
from foresell.sources.files.child_limits import Output, serve

BOMB_FROM = 64 << 20
BOMB_RATIO = 100
_CHUNK = 1 << 20
_WINDOW = 128 << 20  # the most memory that unpacking a well-made file takes
_MOST_MEMBERS = 100_000
#: Endings of the names of tables; those of the first line are text, several of which are read together.
TEXTS = ("csv", "tsv", "txt", "tab")
TABLES = (*TEXTS, "xlsx", "xlsm", "xls", "ods", "parquet", "sqlite", "sqlite3", "db")
_SYSTEM = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError, lzma.LZMAError, zipfile.BadZipFile)


def choose_tables(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Of the names in an archive or a folder: those of tables, and the others, without the system's own files."""
    seen = [name for name in names if not any(part in _SYSTEM or part[:2] == "._" for part in name.split("/"))]
    tables = [name for name in seen if PurePosixPath(name.lower()).suffix[1:] in TABLES]
    return tables, [name for name in seen if name not in set(tables)]


def unpack(request: dict[str, Any], output: Output) -> None:
    """Write where each table was unpacked to; of a workbook, which is an archive of its own, its unpacked size."""
    path, name, folder = Path(request["path"]), request["name"], Path(request["folder"])
    try:
        if request["packing"] in ("zip", "look"):
            _unpack_zip(path, name, None if request["packing"] == "look" else folder, request["expanded"], output)
            return
        with _OPENERS[request["packing"]](path) as packed:
            target = folder / "unpacked"
            _copy(packed, target, name, path.stat().st_size, request["expanded"])
        output.send(file=str(target), member=None)
    except (*_BROKEN, ValueError, NotImplementedError, RuntimeError) as error:
        if PurePosixPath(name.lower()).suffix in _WORKBOOKS and isinstance(error, zipfile.BadZipFile):
            output.send(workbook=path.stat().st_size)  # its reader says what is wrong with it
            return
        if "password" in str(error):
            raise BadInput(f"{name} is protected by a password.", remedy="Unpack it, and load what it holds.") from None
        raise BadInput(
            f"{name} is damaged or cut off ({str(error)[:200]}).", remedy="Fetch or export it again."
        ) from None


def _unpack_zip(path: Path, name: str, folder: Path | None, expanded: int, output: Output) -> None:
    """Unpack the tables into `folder`; without one, the archive must be a workbook."""
    with zipfile.ZipFile(path) as archive:
        files = [entry for entry in archive.infolist() if not entry.is_dir()]
        names = {entry.filename for entry in files}
        check_size(name, path.stat().st_size, sum(entry.file_size for entry in files), expanded)
        if "[Content_Types].xml" in names or "mimetype" in names:
            output.send(workbook=sum(entry.file_size for entry in files))
            return
        if folder is None:
            raise BadInput(f"{name} is compressed once more.", remedy="Unpack it, and load what it holds.")
        if len(files) > _MOST_MEMBERS:
            raise BadInput(f"{name} holds {len(files):,} files.", remedy="Unpack it, and load the table you want.")
        tables, others = choose_tables([entry.filename for entry in files])
        if not tables:
            raise EmptySource(f"{name} holds no table.", remedy="Unpack it, and load a CSV, XLSX or Parquet file.")
        written = 0
        wanted = set(tables)
        for at, entry in enumerate(entry for entry in files if entry.filename in wanted):
            with archive.open(entry) as packed:
                target = folder / f"unpacked-{at}"
                written += _copy(packed, target, name, path.stat().st_size, expanded, written)
            output.send(file=str(target), member=entry.filename)
        output.send(others=others)


def _copy(packed: IO[bytes], target: Path, name: str, packed_bytes: int, expanded: int, before: int = 0) -> int:
    plain_bytes = 0
    with target.open("wb") as plain:
        while chunk := packed.read(_CHUNK):
            plain_bytes += len(chunk)
            check_size(name, packed_bytes, before + plain_bytes, expanded)
            plain.write(chunk)
    return plain_bytes


def check_size(name: str, packed: int, plain: int, expanded: int) -> None:
    """Raises BadInput above a compression ratio no table reaches: such files are made to fill a disk or memory."""
    if plain > BOMB_FROM and plain > BOMB_RATIO * packed:
        raise BadInput(
            f"{name} would unpack to more than {BOMB_RATIO} times its size, which no table does.",
            remedy="Unpack it yourself, check what it holds, and load that.",
        )
    if plain > expanded:
        raise BadInput(
            f"{name} would unpack to more than {expanded >> 20:,} MiB.",
            remedy="Split it, or raise FORESELL_MEMORY_GIB.",
        )


def _open_xz(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", io.BufferedReader(_XzStream(path.open("rb"))))


class _XzStream(io.RawIOBase):
    """An XZ file, unpacked with a limit on memory, which `lzma.open` has not."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed, self._unpacker, self._rest = packed, self._start(), b""

    @staticmethod
    def _start() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_WINDOW)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            if self._unpacker.eof:  # parallel compressors write several streams
                self._rest = (self._unpacker.unused_data or self._packed.read(_CHUNK)).lstrip(b"\0")
                if not self._rest:
                    return 0
                self._unpacker = self._start()
            elif self._unpacker.needs_input and not self._rest:
                self._rest = self._packed.read(_CHUNK)
                if not self._rest:
                    raise EOFError("it ends in the middle")
            plain = self._unpacker.decompress(self._rest, len(buffer))
            self._rest = b""
            if plain:
                buffer[: len(plain)] = plain
                return len(plain)


def _open_zst(path: Path) -> IO[bytes]:
    # read_across_frames: parallel compressors write several frames
    unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    return io.BufferedReader(unpacker.stream_reader(path.open("rb"), read_across_frames=True))


_OPENERS: dict[str, Callable[[Path], IO[bytes]]] = {
    "gz": lambda path: cast("IO[bytes]", gzip.GzipFile(path, "rb")),
    "bz2": lambda path: cast("IO[bytes]", bz2.BZ2File(path, "rb")),
    "xz": _open_xz,
    "zst": _open_zst,
}


if __name__ == "__main__":
    serve(unpack)
