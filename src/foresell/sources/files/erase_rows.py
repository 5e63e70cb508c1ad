"""Removes the rows of one person from a delimited file, byte for byte as it is otherwise."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from foresell.errors import ForesellError
from foresell.sources.files.dialect import build_reader_options, detect_dialect
from foresell.sources.files.file_sniffing import SAMPLE, open_file
from foresell.sources.files.mapping import Dialect, Mapping

#: Lines of one record from which on its quotes are not believed.
MOST_LINES = 50

#: Whether a record is about the person, from its cells and the cell of the customer key (None: no column is known to be that).
IsAbout = Callable[[list[str], str | None], bool]


class CannotRewrite(Exception):
    """The rows of a file cannot be told apart, or not written back as they were."""


def erase_rows(path: Path, draft: Path, mapping: Mapping | None, is_about: IsAbout) -> int:
    """Rewrite a file without the records that are about a person; returns how many there were, 0: it is unchanged.

    `draft` is where the new file is written first, on the same disk; it is complete before it takes the old one's place.
    Raises CannotRewrite for spreadsheets, databases, packed files, and text that does not read as one table.
    """
    try:
        opened = open_file(path, draft.parent)
        if opened.kind != "text" or opened.compression:
            raise CannotRewrite
        stated = mapping.dialect if mapping else Dialect()
        encoding = stated.encoding or "utf-8"
        with path.open(encoding=encoding, newline="") as old, draft.open("w", encoding=encoding, newline="") as new:
            found = detect_dialect(old.read(SAMPLE), stated, path.name)
            old.seek(0)
            key = mapping.columns.get("customer_key") if mapping else None
            place = found.headers.index(key) if key in found.headers else None
            options = build_reader_options(found.delimiter, found.quote, found.escape)
            erased = 0
            for number, (cells, lines) in enumerate(_read_records(old, options), start=1):
                if number > 1 and is_about(cells, cells[place] if place is not None and place < len(cells) else None):
                    erased += 1
                else:
                    new.writelines(lines)
    except (csv.Error, LookupError, UnicodeError, ForesellError):
        raise CannotRewrite from None
    if erased:
        draft.replace(path)
    return erased


def _read_records(file: TextIO, options: dict[str, object]) -> Iterator[tuple[list[str], list[str]]]:
    """The cells of each record, and the lines it stands on. Raises CannotRewrite where a quote does not end."""
    lines: list[str] = []

    def read_lines() -> Iterator[str]:
        for line in file:
            lines.append(line)
            if len(lines) > MOST_LINES:
                raise CannotRewrite
            yield line

    for cells in csv.reader(read_lines(), strict=True, **options):  # type: ignore[arg-type]
        yield cells, lines.copy()
        lines.clear()
