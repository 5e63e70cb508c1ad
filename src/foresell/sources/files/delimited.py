"""Reads delimited text into DuckDB: fast when each line is one record, line by line when it is not.

DuckDB reads in strict mode and refuses the file at the first irregular line. Its result is used only if it found as many
records as the file has lines, because then a record's line number is its position. Otherwise Python's csv module, which
knows the line of every record, reads the file again: about three times slower, but it isolates each bad line.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from foresell.sources.files import dialect, file_sniffing
from foresell.sources.files.mapping import Dialect
from foresell.sources.files.raw_rows import Column, RawRows, create_text_view, insert_rejects
from foresell.sql import quote_text

_BATCH = 20_000
_LONGEST_CELL = 1 << 20
_WIDE = 60
_BLANKS = " \t\r\n\xa0"  # as in macros.sql


Choose = Callable[[Sequence[Column]], Collection[str]]


def read_delimited(
    con: duckdb.DuckDBPyConnection,
    opened: file_sniffing.OpenedFile,
    stated: Dialect,
    workdir: Path,
    choose: Choose | None = None,
) -> RawRows:
    """Create `raw_rows` (line, c1, c2, ...: one row per well-formed record) and insert the other records as rejects.

    Of a wide file only the columns that `choose` names are read: storing all takes six times as long as finding them.
    """
    stats = file_sniffing.measure_text(opened.path)
    text, encoding = _convert_to_utf8(opened, stated, stats, workdir)
    measured_as_is = text == opened.path
    if not measured_as_is:
        stats = file_sniffing.measure_text(text)
    with text.open("r", encoding="utf-8-sig", newline="") as file:
        text_dialect = dialect.detect_dialect(file.read(file_sniffing.SAMPLE), stated, opened.name)
    columns = tuple(Column(f"c{i}", name, "VARCHAR") for i, name in enumerate(text_dialect.headers, 1))
    chosen = set(choose(columns)) if choose and len(columns) > _WIDE else {column.name for column in columns}
    read = [column.name for column in columns if column.name in chosen] or ["c1"]
    whole = _scan_text(text, text_dialect)
    fast = not stats.nuls and _read_fast(con, whole, read, text_dialect, stats)
    if not fast:
        _read_carefully(con, text, text_dialect, opened.name)
    notes = text_dialect.notes
    if not measured_as_is and not stated.encoding and not encoding.startswith("utf"):
        notes += (file_sniffing.describe_encoding(_read_strange(opened, utf8=False), encoding),)
    return RawRows(
        kind="text",
        columns=columns,
        compression=opened.compression,
        encoding=encoding,
        line_ending=stats.line_ending,
        dialect=Dialect(
            text_dialect.delimiter, text_dialect.quote, text_dialect.escape, encoding, text_dialect.header_line
        ),
        odd_blanks=stats.odd_blanks or not fast,
        warnings=notes,
        whole=whole if fast and len(read) < len(columns) else None,
    )


def _convert_to_utf8(
    opened: file_sniffing.OpenedFile, stated: Dialect, stats: file_sniffing.TextStats, workdir: Path
) -> tuple[Path, str]:
    head = _read_strange(opened, utf8=stats.utf8)
    encoding = file_sniffing.detect_bom_encoding(head) or stated.encoding
    if encoding is None:
        encoding = file_sniffing.detect_encoding(head, utf8=stats.utf8)
    if encoding.replace("_", "-").lower() in ("utf-8", "utf8", "utf-8-sig", "ascii") and stats.utf8:
        return opened.path, "utf-8"
    text = workdir / "text"
    file_sniffing.transcode(opened, encoding, text)
    return text, encoding


def _read_strange(opened: file_sniffing.OpenedFile, *, utf8: bool) -> bytes:
    """The beginning of the file, or of a file with other encodings than UTF-8 the first place with letters beyond ASCII."""
    with opened.path.open("rb") as file:
        head = file.read(file_sniffing.SAMPLE)
    return head if utf8 or not head.isascii() else file_sniffing.find_non_ascii(opened.path)


def _scan_text(text: Path, text_dialect: dialect.TextDialect) -> str:
    """SQL for the records of a text as c1, c2, ..., refused at the first irregular line."""
    columns = {f"c{i}": "VARCHAR" for i in range(1, len(text_dialect.headers) + 1)}
    path, delimiter, quote, escape = map(
        quote_text, (str(text), text_dialect.delimiter, text_dialect.quote, text_dialect.escape)
    )
    # new_line is left out: stating CRLF makes DuckDB 2.0 find no rows
    return (
        f"read_csv({path}, columns = {columns}, header = false, skip = {text_dialect.data_line - 1}, delim = {delimiter},"
        f" quote = {quote}, escape = {escape}, auto_detect = false, strict_mode = true, null_padding = false)"
    )


def _read_fast(
    con: duckdb.DuckDBPyConnection,
    whole: str,
    read: Sequence[str],
    text_dialect: dialect.TextDialect,
    stats: file_sniffing.TextStats,
) -> bool:
    """Read these columns with DuckDB. False, and no relation left, unless every line is one record."""
    if stats.line_ending == "\r" or text_dialect.data_line != text_dialect.header_line + 1:
        return False
    # compression takes half the time of reading; it pays off in the steps that follow, which use few columns of a wide file
    kind = "temp table" if len(text_dialect.headers) > _WIDE else "table"
    try:
        con.execute(f"create or replace {kind} csv_rows as select {', '.join(read)} from {whole}")
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return False
    (records,) = con.execute("select count(*) from csv_rows").fetchall()[0]
    if records != stats.lines - text_dialect.header_line:
        con.execute("drop table csv_rows")
        return False
    create_text_view(con, text_dialect.header_line)
    return True


@dataclass(slots=True)
class _Batch:
    """Records and rejects not yet in DuckDB."""

    lines: list[int]
    records: list[list[str]]
    rejects: list[tuple[int, str, str]]


def _read_carefully(con: duckdb.DuckDBPyConnection, text: Path, text_dialect: dialect.TextDialect, name: str) -> None:
    width = len(text_dialect.headers)
    names = ["line", *(f"c{i}" for i in range(1, width + 1))]
    con.execute(f"create or replace table raw_rows (line bigint, {', '.join(f'{c} varchar' for c in names[1:])})")
    for batch in _read_batches(text, text_dialect, width):
        insert_rejects(con, name, batch.rejects)
        if batch.lines:
            cells = [pa.array(column, pa.string()) for column in zip(*batch.records, strict=True)]
            table = pa.table([pa.array(batch.lines, pa.int64()), *cells], names)
            con.register("batch_read", table)
            con.execute("insert into raw_rows select * from batch_read")
            con.unregister("batch_read")


def _read_batches(text: Path, text_dialect: dialect.TextDialect, width: int) -> Iterator[_Batch]:
    csv.field_size_limit(_LONGEST_CELL)
    options = dialect.build_reader_options(text_dialect.delimiter, text_dialect.quote, text_dialect.escape)
    batch = _Batch([], [], [])
    with text.open("r", encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True, **options)  # type: ignore[arg-type]
        end = 0
        while True:
            begin = end + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                end = reader.line_num
                batch.rejects += _reject_lines(begin, end, str(error))
                continue
            if cells is None:
                break
            end = reader.line_num
            if begin < text_dialect.data_line or (
                len(cells) < width and not any(cell.strip(_BLANKS) for cell in cells)
            ):
                continue
            if fault := _find_fault(cells, width):
                batch.rejects.append((begin, _shorten(cells, text_dialect.delimiter), fault))
            else:
                batch.lines.append(begin)
                batch.records.append(cells[:width])
            if len(batch.lines) + len(batch.rejects) >= _BATCH:
                yield batch
                batch = _Batch([], [], [])
    yield batch


def _shorten(cells: list[str], delimiter: str) -> str:
    return delimiter.join(cells)[:200].replace("\0", "␀")


def _find_fault(cells: list[str], width: int) -> str | None:
    if "\0" in "".join(cells):
        return "NUL byte in the line"
    if len(cells) == width or (len(cells) > width and not any(cells[width:])):
        return None
    if cells[0].strip().casefold().startswith(("total", "grand total", "summe", "gesamt")):
        return "totals row"
    return f"{len(cells)} cells, but the header has {width}"


def _reject_lines(begin: int, end: int, error: str) -> list[tuple[int, str, str]]:
    """One reject for each line of an unreadable record, so that no line goes uncounted."""
    reason = "cell longer than 1 MiB" if "field larger" in error else "text after a closing quote, or no closing quote"
    if end > begin:
        reason = f"quote opened on line {begin} and not closed before line {end}"
    return [(line, "", reason) for line in range(begin, end + 1)]
