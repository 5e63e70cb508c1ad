"""Receiving one uploaded file: streamed to disk as it comes, counted, hashed, under a name that is safe."""

from __future__ import annotations

import errno
import hashlib
import re
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import anyio
from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from foresell.errors import DiskTrouble, MissingParameter, ParameterError, TooLarge
from foresell.settings import Settings
from foresell.uploads import get_uploads_folder

MIB = 1 << 20
NAME_LIMIT = 120
HEADER_LIMIT = 4_096


@dataclass(frozen=True, slots=True)
class Received:
    """A file in a folder of its own."""

    folder: Path
    name: str
    size: int
    sha256: str


@dataclass
class _Part:
    """The file's part of the body, as the parser comes to it."""

    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    disposition: dict[bytes, bytes] = field(default_factory=dict)
    waiting: bytearray = field(default_factory=bytearray)
    name: str | None = None
    inside: bool = False
    complete: bool = False

    def begin(self) -> None:
        self.disposition = {}

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end]
        self._check_header_size()

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]
        self._check_header_size()

    def header_end(self) -> None:
        if bytes(self.header).lower() == b"content-disposition":
            _, self.disposition = parse_options_header(bytes(self.value))
        self.header.clear()
        self.value.clear()

    def headers_finished(self) -> None:
        self.inside = self.disposition.get(b"name") == b"file"
        if self.inside:
            if self.name is not None:
                raise ParameterError("file", "file: one at a time", remedy="Send one file in one request.")
            self.name = safe_name(self.disposition.get(b"filename", b"").decode("utf-8", "replace"))

    def data(self, data: bytes, start: int, end: int) -> None:
        if self.inside:
            self.waiting += data[start:end]

    def end(self) -> None:
        self.complete |= self.inside
        self.inside = False

    def _check_header_size(self) -> None:
        if len(self.header) + len(self.value) > HEADER_LIMIT:
            raise ParameterError("file", "file: the headers of its part are too long")


async def receive(request: Request, settings: Settings) -> Received:
    """The part named `file` of a multipart body, in a new folder below the uploads.

    Raises ParameterError for a body that is not that, TooLarge, DiskTrouble; then nothing is left behind.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise _missing_file()
    limit = settings.upload_mib * MIB
    if int(request.headers.get("content-length") or 0) > limit + MIB:
        raise _too_large(settings)
    folder = get_uploads_folder(settings) / f"arriving-{secrets.token_hex(8)}"
    try:
        (folder / "file").mkdir(parents=True, mode=0o700)
        part, parser = _parser(boundary)
        return await _stream(request, parser, part, folder, settings)
    except FormParserError:
        shutil.rmtree(folder, ignore_errors=True)
        raise _missing_file() from None
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise DiskTrouble(
            "The disk is full." if full else "The file cannot be kept.", remedy="Free some space, then send it again."
        ) from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def safe_name(name: str) -> str:
    """The last part of a file's name in plain characters, so that it names a file in one folder and nothing else."""
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[^\w .()+&-]", "_", last).strip(" .")
    stem, dot, suffix = plain.rpartition(".")
    if dot and len(suffix) <= 10:
        return f"{stem[: NAME_LIMIT - 1 - len(suffix)].strip() or 'upload'}.{suffix}"
    return plain[:NAME_LIMIT] or "upload"


def _parser(boundary: bytes) -> tuple[_Part, MultipartParser]:
    part = _Part()
    return part, MultipartParser(
        boundary,
        {
            "on_part_begin": part.begin,
            "on_header_field": part.header_name,
            "on_header_value": part.header_value,
            "on_header_end": part.header_end,
            "on_headers_finished": part.headers_finished,
            "on_part_data": part.data,
            "on_part_end": part.end,
        },
    )


async def _stream(request: Request, parser: MultipartParser, part: _Part, folder: Path, settings: Settings) -> Received:
    digest, size, limit = hashlib.sha256(), 0, settings.upload_mib * MIB
    draft = folder / "draft"
    with draft.open("wb") as file:
        draft.chmod(0o600)
        try:
            async for chunk in request.stream():
                parser.write(chunk)
                if size + len(part.waiting) > limit:
                    raise _too_large(settings)
                if len(part.waiting) >= MIB:
                    size += await _write(part, file, digest)
        except ClientDisconnect:
            raise ParameterError("file", "file: it did not arrive whole", remedy="Send it again.") from None
        size += await _write(part, file, digest)
    if part.name is None or not part.complete:
        raise _missing_file()
    draft.rename(folder / "file" / part.name)
    return Received(folder, part.name, size, digest.hexdigest())


async def _write(part: _Part, file: IO[bytes], digest: hashlib._Hash) -> int:
    content = bytes(part.waiting)
    part.waiting.clear()

    def write() -> None:
        digest.update(content)
        file.write(content)

    await anyio.to_thread.run_sync(write)
    return len(content)


def _missing_file() -> MissingParameter:
    return MissingParameter(
        "file",
        "file: a whole multipart/form-data body with a part named file is needed",
        remedy="Send it as a form does: curl -F file=@orders.csv",
    )


def _too_large(settings: Settings) -> TooLarge:
    return TooLarge(
        f"An uploaded file may have {settings.upload_mib:,} MiB.",
        remedy="Compress it (.gz, .zst), load it on the server with foresell load, or raise FORESELL_UPLOAD_MIB.",
        parameter="file",
    )
