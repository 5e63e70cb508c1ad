"""Detects what a file is by its first bytes, unpacks it, converts text to UTF-8, counts its lines and hashes it."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import charset_normalizer
import zstandard

from foresell.errors import BadInput, EmptySource
from foresell.types import Progress

CHUNK = 1 << 22
SAMPLE = 1 << 18
BOMB_FROM = 64 << 20
BOMB_RATIO = 100
_FEW = 40  # with fewer non-ASCII bytes, statistics cannot tell encodings apart
_MAGIC = (
    (b"PAR1", "parquet"),
    (b"SQLite format 3\0", "sqlite"),
    (b"PK\x03\x04", "workbook"),
    (b"\xd0\xcf\x11\xe0", "workbook"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"[{", "JSON"),
    (b'{"', "JSON"),
    (b"<?xml", "XML"),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file ready for its reader: `path` is the unpacked file (the user's own unless it was compressed)."""

    name: str
    path: Path
    kind: str  # text | workbook | parquet | sqlite
    compression: str | None


@dataclass(frozen=True, slots=True)
class TextStats:
    """Counts over a text file's bytes: `lines` as an editor counts them, `utf8` whether all of it is valid UTF-8."""

    lines: int
    line_ending: str
    utf8: bool
    nuls: int
    odd_blanks: bool  # tabs or no-break spaces somewhere


def check_path(path: Path) -> None:
    """Raises BadInput when the path cannot be opened, EmptySource for a file without bytes."""
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise EmptySource(f"{path} is empty.", remedy="Export it again.")
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}.", remedy="Check the path.") from None
    except IsADirectoryError:
        raise BadInput(
            f"{path} is a folder without Olist's tables.", remedy="Name one file, or the folder of Olist's CSV files."
        ) from None
    except PermissionError:
        raise BadInput(f"This user may not read {path}.", remedy="Give this user permission to read it.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.", remedy="Check the disk or the share.") from None


def hash_file(path: Path, progress: Progress) -> str:
    """The SHA-256 of a file, with progress in bytes; hashing releases the GIL."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            progress(done, total, "bytes")
    return digest.hexdigest()


def open_file(path: Path, workdir: Path) -> OpenedFile:
    """Detect the kind of a file; gz and zst are unpacked into `workdir`. Raises BadInput for what is not a table."""
    check_path(path)
    head, compression = _read_head(path), None
    for magic, name, opener in ((b"\x1f\x8b", "gz", _open_gz), (b"\x28\xb5\x2f\xfd", "zst", _open_zst)):
        if head.startswith(magic):
            compression, path_in = name, path
            path = workdir / "unpacked"
            _unpack(path_in, opener, path)
            head = _read_head(path)
    if not head:
        raise EmptySource(f"{path.name} is empty.", remedy="Export it again.")
    kind = _detect_kind(path.name, head)
    if kind == "workbook":
        _check_workbook(path, path.name)
    return OpenedFile(path.name, path, kind, compression)


def _read_head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SAMPLE)


def _open_gz(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb"))


def _open_zst(path: Path) -> IO[bytes]:
    # read_across_frames: parallel compressors write several frames
    return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(path.open("rb"), read_across_frames=True))


def _unpack(source: Path, opener: Callable[[Path], IO[bytes]], target: Path) -> None:
    packed_bytes, plain_bytes = source.stat().st_size, 0
    try:
        with opener(source) as packed, target.open("wb") as plain:
            while chunk := packed.read(CHUNK):
                plain_bytes += len(chunk)
                _check_ratio(source.name, packed_bytes, plain_bytes)
                plain.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise BadInput(
            f"{source.name} is damaged or cut off after {target.stat().st_size:,} unpacked bytes ({error}).",
            remedy="Fetch or export it again.",
        ) from None


def _check_ratio(name: str, packed: int, plain: int) -> None:
    """Raises BadInput above a compression ratio no table reaches: such files are made to fill a disk or memory."""
    if plain > BOMB_FROM and plain > BOMB_RATIO * packed:
        raise BadInput(
            f"{name} would unpack to more than {BOMB_RATIO} times its size, which no table does.",
            remedy="Unpack it yourself, check what it holds, and load that.",
        )


def _check_workbook(path: Path, name: str) -> None:
    """Raises BadInput for a workbook that would unpack to far more than a workbook does."""
    try:
        with zipfile.ZipFile(path) as archive:
            plain = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return  # the reader reports what is wrong with it
    _check_ratio(name, path.stat().st_size, plain)


def _detect_kind(name: str, head: bytes) -> str:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            if kind in ("parquet", "sqlite", "workbook"):
                return kind
            raise BadInput(f"{name} is {kind}, not a table.", remedy="Export CSV, XLSX or Parquet.")
    if detect_bom_encoding(head) is None and _detect_utf16(head) is None and _is_binary(head):
        raise BadInput(f"{name} is binary data of an unknown kind.", remedy="Export CSV, XLSX or Parquet.")
    return "text"


def _is_binary(head: bytes) -> bool:
    control = sum(head.count(code) for code in range(32) if code not in b"\t\n\r\x0b\x0c\x1a\x1b")
    return control > 0.05 * len(head)


def detect_bom_encoding(head: bytes) -> str | None:
    """The encoding that a byte order mark declares, or None."""
    return next((name for mark, name in _BOMS if head.startswith(mark)), None)


def _detect_utf16(head: bytes) -> str | None:
    """UTF-16 without a byte order mark: every second byte of Latin text is zero."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < 0.3 * len(head) / 2 or min(even, odd) > 0.02 * len(head):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def detect_encoding(head: bytes, *, utf8: bool) -> str:
    """The encoding of a text: by its byte order mark, UTF-8 if valid, else the most likely legacy encoding of `head`."""
    if marked := detect_bom_encoding(head) or _detect_utf16(head):
        return marked
    if utf8:
        return "utf-8"
    if sum(byte > 127 for byte in head) < _FEW and _can_decode(head, "cp1252"):
        return "cp1252"
    matches = charset_normalizer.from_bytes(head[: 1 << 16])
    best = matches.best()
    if best is None:
        return "latin-1"
    # cp1250 and cp1252 decode most Western bytes equally well, but only cp1252 has the pound sign: prefer it.
    common = any("cp1252" in (m.encoding, *m.could_be_from_charset) and m.chaos <= best.chaos + 0.05 for m in matches)
    return "cp1252" if common else best.encoding


def label_encoding(encoding: str) -> str:
    """The name of an encoding as people know it: `cp1252` is `Windows-1252`."""
    name = encoding.lower().replace("_", "-")
    if match := re.fullmatch(r"cp(125\d)", name):
        return f"Windows-{match[1]}"
    return {"latin-1": "ISO 8859-1", "mac-roman": "Mac Roman"}.get(name, name.upper())


def _can_decode(head: bytes, encoding: str) -> bool:
    try:
        head.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def measure_text(path: Path) -> TextStats:
    """One pass over the bytes: lines (blank ones at the end left out), line ending, valid UTF-8, NUL bytes."""
    feeds = returns = pairs = nuls = 0
    utf8, last, blanks, decoder = True, b"", False, codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while chunk := file.read(SAMPLE):
            feeds, returns, nuls = feeds + chunk.count(b"\n"), returns + chunk.count(b"\r"), nuls + chunk.count(0)
            blanks = blanks or b"\t" in chunk or b"\xa0" in chunk
            pairs += (chunk.count(b"\r\n") if returns else 0) + (last == b"\r" and chunk[:1] == b"\n")
            last = chunk[-1:]
            utf8 = utf8 and _feed_decoder(decoder, chunk)
        file.seek(max(0, path.stat().st_size - (1 << 16)))
        tail = file.read()
    utf8 = utf8 and _feed_decoder(decoder, b"", final=True)
    blank_end = tail[len(tail.rstrip(b"\r\n")) :]
    ends = blank_end.count(b"\n") + blank_end.count(b"\r") - blank_end.count(b"\r\n")
    ending = "\r\n" if pairs and pairs == feeds else "\n" if feeds else "\r" if returns else "\n"
    return TextStats(feeds + returns - pairs - ends + 1, ending, utf8, nuls, blanks)


def _feed_decoder(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        # plain ASCII needs no decoding, unless the chunk before ended in the middle of a character
        if final or not (chunk.isascii() and not decoder.getstate()[0]):
            decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def find_non_ascii(path: Path) -> bytes:
    """The bytes around the first one that is not ASCII: only there do legacy encodings differ."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if not chunk.isascii():
                at = next(i for i, byte in enumerate(chunk) if byte > 127)
                return chunk[max(0, at - 2_000) : at + (1 << 16)]
    return b""


def transcode(opened: OpenedFile, encoding: str, target: Path) -> None:
    """Write the text to `target` as UTF-8. Raises BadInput naming the line that is not in `encoding`."""
    lines = 0
    try:
        with opened.path.open("rb") as source, target.open("w", encoding="utf-8", newline="") as out:
            for text in _decode_chunks(source, encoding):
                out.write(text)
                lines += text.count("\n")
    except (UnicodeDecodeError, UnicodeEncodeError, LookupError) as error:
        what = str(error) if isinstance(error, LookupError) else error.reason
        raise BadInput(
            f"{opened.name} is not {label_encoding(encoding)} from about line {lines + 1} on ({what}).",
            remedy="Set the right encoding under [dialect] in the mapping.",
        ) from None


def _decode_chunks(source: IO[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    while chunk := source.read(1 << 16):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", True)
