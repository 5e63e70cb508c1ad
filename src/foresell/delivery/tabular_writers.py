"""Writes tables as CSV and XLSX streams, in memory that does not grow with the table."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol
from xml.sax.saxutils import escape

from foresell.delivery.csv_escape import escape_formula

#: A time of day is UTC, without its zone.
Cell = str | int | float | Decimal | date | datetime | None

#: Excel's limits: rows of a sheet, characters of a cell.
SHEET_ROWS = 1_048_576
CELL_CHARACTERS = 32_767
#: A sheet ends before its last row when its XML reaches this size, because ZIP archives count in 32 bits.
SHEET_BYTES = 1 << 30
_FIRST_DAY = date(1899, 12, 30)


#: The kind of a column's values; it decides the number format in XLSX. A share is 0 to 1 and shown in percent.
Kind = Literal["text", "count", "money", "share", "day", "time"]
#: The header row: column names for programs, labels for people.
Headers = Literal["names", "labels"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file; `width` is in characters, for XLSX."""

    name: str
    label: str
    kind: Kind = "text"
    width: int = 14

    def header(self, headers: Headers) -> str:
        """The text of the header cell."""
        return self.label if headers == "labels" else self.name


class TableWriter(Protocol):
    """A file being written. Each call returns the bytes that are ready to be sent."""

    media_type: str

    def write_header(self, columns: Sequence[Column], headers: Headers) -> bytes:
        """Start the file with its header row."""

    def write_rows(self, rows: Iterable[Sequence[Cell]]) -> bytes:
        """Append rows."""

    def finish(self, about: Mapping[str, Cell]) -> bytes:
        """End the file; XLSX adds a sheet with `about`, the facts about the table."""


class CsvWriter:
    """RFC 4180 in UTF-8: unformatted numbers, ISO dates, escaped formulas, unknown values empty."""

    media_type = "text/csv; charset=utf-8"

    def __init__(self, *, bom: bool = False) -> None:
        self._bom = "\ufeff".encode() if bom else b""

    def write_header(self, columns: Sequence[Column], headers: Headers) -> bytes:
        """The byte order mark if it was requested, and the header row."""
        return self._bom + self.write_rows([[column.header(headers) for column in columns]])

    def write_rows(self, rows: Iterable[Sequence[Cell]]) -> bytes:
        """Lines of the file."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(
            [escape_formula(cell) if type(cell) is str else cell for cell in row] for row in rows
        )
        return text.getvalue().encode()

    def finish(self, about: Mapping[str, Cell]) -> bytes:
        """Nothing: a CSV file holds only its rows."""
        return b""


class XlsxWriter:
    """A workbook: text as text (never a formula), numbers with the format of their column, dates as dates.

    Each sheet has a bold, frozen header row; rows that do not fit a sheet continue in the next one. The last sheet is
    called About and holds the facts about the table.
    """

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def __init__(self, sheet: str = "Customers") -> None:
        self._sheet_name = sheet
        self._ready = _Ready()
        self._zip = zipfile.ZipFile(self._ready, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._names: list[str] = []
        self._columns: Sequence[Column] = ()
        self._headers: Headers = "labels"
        self._styles: list[int] = []

    def write_header(self, columns: Sequence[Column], headers: Headers) -> bytes:
        """The header row of the first sheet."""
        self._columns, self._headers = columns, headers
        self._start_sheet(self._sheet_name)
        return self._ready.take()

    def write_rows(self, rows: Iterable[Sequence[Cell]]) -> bytes:
        """Rows of the sheet, or of the next one when it is full."""
        for row in rows:
            if self._written == SHEET_ROWS or self._bytes > SHEET_BYTES:
                self._end_sheet()
                self._start_sheet(f"{self._sheet_name} {len(self._names) + 1}")
            self._write(row, self._styles)
        return self._ready.take()

    def finish(self, about: Mapping[str, Cell]) -> bytes:
        """The sheet About, and the files that make the archive a workbook."""
        self._end_sheet()
        self._columns, self._headers = _ABOUT, "labels"
        self._start_sheet("About")
        for pair in about.items():
            self._write(pair, self._styles)
        self._end_sheet()
        for name, text in _build_parts(self._names).items():
            self._zip.writestr(name, _XML + text)
        self._zip.close()
        return self._ready.take()

    def _start_sheet(self, name: str) -> None:
        self._names.append(name)
        self._sheet = self._zip.open(f"xl/worksheets/sheet{len(self._names)}.xml", "w")
        self._written = self._bytes = 0
        widths = "".join(
            f'<col min="{at}" max="{at}" width="{column.width}" customWidth="1"/>'
            for at, column in enumerate(self._columns, 1)
        )
        self._sheet.write(f'{_XML}<worksheet xmlns="{_MAIN}">{_FROZEN_HEADER}<cols>{widths}</cols><sheetData>'.encode())
        self._write([column.header(self._headers) for column in self._columns], [_HEADER_STYLE] * len(self._columns))
        self._styles = [_STYLE_OF_KIND[column.kind] for column in self._columns]

    def _write(self, row: Sequence[Cell], styles: Sequence[int]) -> None:
        self._bytes += self._sheet.write(f"<row>{''.join(map(_format_cell, row, styles))}</row>".encode())
        self._written += 1

    def _end_sheet(self) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()


class _Ready(io.RawIOBase):
    """The file the archive writes to; `take` returns the bytes written since the last call."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ABOUT = (Column("property", "Property", width=24), Column("value", "Value", width=24))
_FROZEN_HEADER = (
    '<sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
)
#: Positions in `cellXfs` of the styles below.
_STYLE_OF_KIND: Mapping[Kind, int] = {"text": 0, "day": 1, "count": 2, "money": 3, "share": 4, "time": 5}
_HEADER_STYLE = 6
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="0.0%"/><numFmt numFmtId="166" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="7"><xf xfId="0"/><xf xfId="0" numFmtId="164" applyNumberFormat="1"/>'
    '<xf xfId="0" numFmtId="3" applyNumberFormat="1"/><xf xfId="0" numFmtId="4" applyNumberFormat="1"/>'
    '<xf xfId="0" numFmtId="165" applyNumberFormat="1"/><xf xfId="0" numFmtId="166" applyNumberFormat="1"/>'
    '<xf xfId="0" fontId="1" applyFont="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def _format_cell(value: Cell, style: int) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str):
        text = _NOT_IN_XML.sub(lambda match: f"_x{ord(match[0]):04X}_", value[:CELL_CHARACTERS])
        header = f' s="{style}"' if style == _HEADER_STYLE else ""
        return f'<c{header} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return f'<c s="{_STYLE_OF_KIND["time"]}"><v>{(value.date() - _FIRST_DAY).days + seconds / 86400}</v></c>'
    if isinstance(value, date):
        return f'<c s="{_STYLE_OF_KIND["day"]}"><v>{(value - _FIRST_DAY).days}</v></c>'
    return f'<c s="{style}"><v>{value}</v></c>' if style else f"<c><v>{value}</v></c>"


def _build_parts(sheets: Sequence[str]) -> dict[str, str]:
    """The files of the archive other than the sheets."""
    numbers = range(1, len(sheets) + 1)
    return {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_KIND}.worksheet+xml"/>'
            for number in numbers
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}">'
        f'<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>'
        + "".join(
            f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>'
            for number, name in zip(numbers, sheets, strict=True)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">'
        + "".join(
            f'<Relationship Id="rId{number}" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            for number in numbers
        )
        + f'<Relationship Id="rId{len(sheets) + 1}" Type="{_DOCUMENT}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }
