"""Tables as files that are sent while they are written: CSV and XLSX, in memory that does not grow with the table."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol
from xml.sax.saxutils import escape

from foresell.delivery.csv_escape import harmless

Cell = str | int | float | Decimal | date | None

#: Excel's limits: rows of a sheet, characters of a cell.
SHEET_ROWS = 1_048_576
CELL_CHARACTERS = 32_767
#: A sheet is ended earlier than by its rows when its XML gets this long: archives count in 32 bits.
SHEET_BYTES = 1 << 30
_FIRST_DAY = date(1899, 12, 30)


class Sheet(Protocol):
    """A file under way. Each call returns the bytes that are ready to be sent."""

    media_type: str

    def head(self, columns: Sequence[str]) -> bytes:
        """Begin, with the names of the columns."""

    def rows(self, rows: Iterable[Sequence[Cell]]) -> bytes:
        """Some rows more."""

    def tail(self, about: Mapping[str, Cell]) -> bytes:
        """End; where the format has a place for it, with what the table is."""


class Csv:
    """RFC 4180 in UTF-8: raw numbers, ISO days, text that is no formula, empty for what is not known."""

    media_type = "text/csv; charset=utf-8"

    def __init__(self, *, bom: bool = False) -> None:
        self._mark = "\ufeff".encode() if bom else b""

    def head(self, columns: Sequence[str]) -> bytes:
        """The mark of UTF-8 if asked for, and the header."""
        return self._mark + self.rows([columns])

    def rows(self, rows: Iterable[Sequence[Cell]]) -> bytes:
        """Lines of the file."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(
            [harmless(cell) if type(cell) is str else cell for cell in row] for row in rows
        )
        return text.getvalue().encode()

    def tail(self, about: Mapping[str, Cell]) -> bytes:
        """Nothing: a CSV file holds its rows only."""
        return b""


class Xlsx:
    """A workbook: text as text (never a formula), numbers as numbers, days as days, and a last sheet that says what it is.

    Written as a stream; more rows than a sheet holds go on in the next one.
    """

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def __init__(self) -> None:
        self._ready = _Ready()
        self._zip = zipfile.ZipFile(self._ready, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._names: list[str] = []
        self._columns: Sequence[str] = ()

    def head(self, columns: Sequence[str]) -> bytes:
        """The first sheet's header."""
        self._columns = columns
        self._begin("Customers")
        return self._ready.take()

    def rows(self, rows: Iterable[Sequence[Cell]]) -> bytes:
        """Rows of the sheet, or of the next when it is full."""
        for row in rows:
            if self._written == SHEET_ROWS or self._bytes > SHEET_BYTES:
                self._end()
                self._begin(f"Customers {len(self._names) + 1}")
            self._write(row)
        return self._ready.take()

    def tail(self, about: Mapping[str, Cell]) -> bytes:
        """The sheet about the table, and what holds the workbook together."""
        self._end()
        self._columns = ("What", "Value")
        self._begin("About")
        for pair in about.items():
            self._write(pair)
        self._end()
        for name, text in _parts(self._names).items():
            self._zip.writestr(name, _XML + text)
        self._zip.close()
        return self._ready.take()

    def _begin(self, name: str) -> None:
        self._names.append(name)
        self._sheet = self._zip.open(f"xl/worksheets/sheet{len(self._names)}.xml", "w")
        self._written = self._bytes = 0
        self._sheet.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        self._write(self._columns)

    def _write(self, row: Sequence[Cell]) -> None:
        self._bytes += self._sheet.write(f"<row>{''.join(map(_cell, row))}</row>".encode())
        self._written += 1

    def _end(self) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()


class _Ready(io.RawIOBase):
    """Where the archive writes to: what came since the last `take`."""

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
#: Style 1 is a day.
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf xfId="0"/><xf xfId="0" numFmtId="164" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def _cell(value: Cell) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str):
        text = _NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", value[:CELL_CHARACTERS])
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
    if isinstance(value, date):
        return f'<c s="1"><v>{(value - _FIRST_DAY).days}</v></c>'
    return f"<c><v>{value}</v></c>"


def _parts(sheets: Sequence[str]) -> dict[str, str]:
    """The files of the archive beside the sheets."""
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
