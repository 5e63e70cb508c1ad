"""Detects what a file is by its first bytes, has it unpacked, converts text to UTF-8, counts its lines and hashes it."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import charset_normalizer

from foresell.errors import BadInput, EmptySource
from foresell.sources.files import letters
from foresell.sources.files.bounded import Limits, run_reader
from foresell.sources.files.unpacker import choose_tables
from foresell.types import Progress

CHUNK = 1 << 22
SAMPLE = 1 << 18
_MOST_NAMED = 20
_FEW = 40  # with fewer non-ASCII bytes, statistics cannot tell encodings apart
_MAGIC = (
    (b"PAR1", "parquet"),
    (b"SQLite format 3\0", "sqlite"),
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
#: QuickBooks Desktop's own text format begins with the headings of one of its lists.
_IIF = re.compile(rb"(?:\xef\xbb\xbf)?\s*!(?:HDR|TRNS|CUST|INVITEM|ACCNT|VEND|EMP|CLASS|TERMS|CUSTNAMEDICT)\t")
_PACKINGS = (
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),  # without any file in it
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file ready for its reader: `path` is the unpacked file (the user's own unless it was compressed).

    `plain_bytes` is what a workbook unpacks to. A folder or an archive of several text files has the kind `parts`,
    and these files as `parts`, to be read together. `notes` are warnings for the user.
    """

    name: str
    path: Path
    kind: str  # text | iif | workbook | parquet | sqlite | parts
    compression: str | None
    plain_bytes: int = 0
    parts: tuple[OpenedFile, ...] = ()
    notes: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class TextStats:
    """Counts over a text file's bytes: `lines` as an editor counts them, `utf8` whether all of it is valid UTF-8."""

    lines: int
    line_ending: str
    utf8: bool
    nuls: int
    odd_blanks: bool  # tabs or no-break spaces somewhere


def check_path(path: Path) -> None:
    """Raises BadInput when the path cannot be opened or is a folder without tables, EmptySource for a file without bytes."""
    try:
        if path.is_dir():
            list_tables(path)
            return
        with path.open("rb") as file:
            if not file.read(1):
                raise EmptySource(f"{path} is empty.", remedy="Export it again.")
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}.", remedy="Check the path.") from None
    except PermissionError:
        raise BadInput(f"This user may not read {path}.", remedy="Give this user permission to read it.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.", remedy="Check the disk or the share.") from None


def list_tables(folder: Path) -> tuple[list[Path], list[str]]:
    """The tables in a folder in order of name, and the names of what else is there. Raises BadInput when there is none."""
    tables, others = choose_tables(sorted(file.name for file in folder.iterdir() if file.name[0] != "."))
    files = [folder / name for name in tables if (folder / name).is_file()]
    if not files:
        raise BadInput(f"{folder} is a folder without tables.", remedy="Name a file, or a folder of CSV files.")
    return files, others


def hash_file(path: Path, progress: Progress) -> str:
    """The SHA-256 of a file, with progress in bytes; hashing releases the GIL."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            progress(done, total, "bytes")
    return digest.hexdigest()


def open_file(path: Path, workdir: Path, limits: Limits | None = None) -> OpenedFile:
    """Detect the kind of a file or a folder; what is compressed is unpacked into `workdir`.

    Raises BadInput for what is not a table.
    """
    limits = limits or Limits()
    check_path(path)
    if path.is_dir():
        tables, others = list_tables(path)
        parts = [_open_plain(file, file.name, limits) for file in tables]
        return _combine(path, parts, others, None, limits)
    packing = _find_packing(path)
    if packing is None:
        return _open_plain(path, path.name, limits)
    unpacked: list[tuple[Path, str]] = []
    left_out: list[str] = []
    with run_reader("unpacker", path, path.name, limits, packing=packing, folder=str(workdir)) as answers:
        for answer in answers:
            if "workbook" in answer:
                return OpenedFile(path.name, path, "workbook", None, answer["workbook"], limits=limits)
            if "file" in answer:
                unpacked.append((Path(answer["file"]), _name_member(path.name, answer["member"])))
            left_out += answer.get("others", ())
    opened = [_open_plain(file, name, limits) for file, name in unpacked]
    return _combine(path, opened, left_out, packing, limits)


def _find_packing(path: Path) -> str | None:
    head = _read_head(path)
    return next((packing for magic, packing in _PACKINGS if head.startswith(magic)), None)


def _name_member(archive: str, member: str | None) -> str:
    """How messages call a file in an archive."""
    return archive if member is None else f"{archive} [{re.sub(r'[^ -~¡-￿]', '?', member)[-80:]}]"


def _open_plain(path: Path, name: str, limits: Limits) -> OpenedFile:
    """A file that is not compressed, or is no longer."""
    head = _read_head(path)
    if not head:
        raise EmptySource(f"{name} is empty.", remedy="Export it again.")
    packing = _find_packing(path)
    if packing == "zip":
        with run_reader("unpacker", path, name, limits, packing="look", folder="") as answers:
            for answer in answers:
                return OpenedFile(name, path, "workbook", None, answer["workbook"], limits=limits)
    if packing:
        raise BadInput(f"{name} is compressed once more.", remedy="Unpack it, and load what it holds.")
    kind = _detect_kind(name, head)
    return OpenedFile(name, path, kind, None, path.stat().st_size, limits=limits)


def _combine(
    path: Path, parts: list[OpenedFile], others: list[str], compression: str | None, limits: Limits
) -> OpenedFile:
    """One file out of those in an archive or a folder. Raises BadInput when they cannot be read together."""
    notes = (f"{path.name}: {name_some(others)} {'was' if len(others) == 1 else 'were'} left out.",) if others else ()
    if len(parts) == 1:
        return replace(parts[0], compression=compression, notes=notes)
    if strange := [part.name for part in parts if part.kind != "text"]:
        raise BadInput(
            f"{path.name} holds {len(parts)} files, and {name_some(strange)} cannot be read together with others.",
            remedy="Load them one after the other.",
        )
    return OpenedFile(path.name, path, "parts", compression, 0, tuple(parts), notes, limits)


def name_some(names: Sequence[str], most: int = _MOST_NAMED) -> str:
    """The first names of a list, as a message shows them."""
    more = len(names) - most
    return ", ".join(name[:80] for name in names[:most]) + (f" and {more:,} more" if more > 0 else "")


def _read_head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SAMPLE)


def _detect_kind(name: str, head: bytes) -> str:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            if kind in ("parquet", "sqlite", "workbook"):
                return kind
            raise BadInput(f"{name} is {kind}, not a table.", remedy="Export CSV, XLSX or Parquet.")
    if _IIF.match(head):
        return "iif"
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
    readings = letters.rank_readings(head[: 1 << 16])
    if readings and readings[0].fit > 0.6:
        return readings[0].encoding
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
    return {"latin-1": "ISO 8859-1", "iso8859-2": "ISO 8859-2", "mac-roman": "Mac Roman"}.get(name, name.upper())


def describe_encoding(head: bytes, encoding: str) -> str:
    """A note on the encoding that was chosen, naming another that is about as likely, with a word that would differ."""
    chosen, doubt = label_encoding(encoding), letters.find_doubt(head[: 1 << 16], encoding)
    if doubt is None:
        return f"Encoding: {chosen}. Wrong letters? Choose another encoding in the mapping."
    other, word, instead = doubt
    return (
        f"Encoding: {letters.name_script(encoding)} ({chosen}) or {letters.name_script(other)} ({label_encoding(other)})? "
        f"It was read as {chosen}: {word!r}, not {instead!r}. To change that, set encoding = {other!r} under [dialect] in the mapping."
    )


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
            feeds, returns = feeds + chunk.count(b"\n"), returns + chunk.count(b"\r")
            nuls += chunk.count(0) if 0 in chunk else 0
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
