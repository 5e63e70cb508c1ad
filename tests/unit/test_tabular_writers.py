"""Exported files: no cell is a formula; numbers, dates and text are read back unchanged."""

from __future__ import annotations

import csv
import io
import sys
import unicodedata
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from foresell.delivery import tabular_writers
from foresell.delivery.csv_escape import LEADS, escape_formula
from foresell.delivery.tabular_writers import Column, CsvWriter, XlsxWriter
from tests.support.formulas import FORMULAS, live

ORDINARY = [
    "Ada Lovelace",
    "O'Brien & Söhne",
    "5 - 3",
    "a=b",
    "C000123",
    "",
    "1e5",
    "x@y.example",
    "Zoë 🙂",
    "-5",
    "+44",
    "-1,234.5",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_formula_is_left(text: str) -> None:
    assert live(text), "this text is not a formula"
    assert not live(escape_formula(text))
    assert escape_formula(text).replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert escape_formula(text) == text


def test_every_character_that_normalises_to_a_lead_is_known() -> None:
    leads = {c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.normalize("NFKC", c)[:1] in tuple("=+-@|")}
    assert leads == set(LEADS)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_text_is_a_formula(text: str) -> None:
    assert not live(escape_formula(text))


ROWS: list[list[tabular_writers.Cell]] = [
    ["C000001", Decimal("1234.5000"), 0.25, 5, date(2011, 12, 9), None],
    ["=1+1", Decimal("-5"), -0.5, -7, date(1999, 1, 1), "a\u0001b_x0041_<&>"],
    [" two  spaces\nline", 0, 1e-9, 10**15, date(2024, 2, 29), "\u202ex 🙂"],
]
COLUMNS = [
    Column("id", "Customer ID"),
    Column("money", "Revenue", "money"),
    Column("share", "Chance to order", "share"),
    Column("count", "Orders", "count", width=9),
    Column("day", "Last order", "day"),
    Column("text", "Why call", width=60),
]
NAMES = [column.name for column in COLUMNS]
LABELS = [column.label for column in COLUMNS]


def write_file(writer: tabular_writers.TableWriter, headers: tabular_writers.Headers = "names") -> bytes:
    start = writer.write_header(COLUMNS, headers)
    return start + writer.write_rows(ROWS[:1]) + writer.write_rows(ROWS[1:]) + writer.finish({"rows": 3})


def test_csv_has_unformatted_numbers_iso_dates_and_escaped_formulas() -> None:
    found = list(csv.reader(io.StringIO(write_file(CsvWriter()).decode(), newline="")))
    assert found[0] == NAMES
    assert found[1] == ["C000001", "1234.5000", "0.25", "5", "2011-12-09", ""]
    assert found[2][:5] == ["'=1+1", "-5", "-0.5", "-7", "1999-01-01"]
    assert len(found) == 4
    assert write_file(CsvWriter(bom=True)).startswith(b"\xef\xbb\xbfid")


@pytest.mark.parametrize(("headers", "first_row"), [("names", NAMES), ("labels", LABELS)])
def test_headers_are_names_or_labels_in_both_formats(headers: tabular_writers.Headers, first_row: list[str]) -> None:
    assert write_file(CsvWriter(), headers).decode().splitlines()[0] == ",".join(first_row)
    book = openpyxl.load_workbook(io.BytesIO(write_file(XlsxWriter(), headers)))
    assert [cell.value for cell in book["Customers"][1]] == first_row


def test_xlsx_formats_numbers_by_column_and_freezes_the_header() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(write_file(XlsxWriter())))["Customers"]
    assert [cell.number_format for cell in sheet[2][:5]] == ["General", "#,##0.00", "0.0%", "#,##0", r"yyyy\-mm\-dd"]
    assert sheet.freeze_panes == "A2"
    assert all(cell.font.bold for cell in sheet[1]) and not sheet["A2"].font.bold
    assert [sheet.column_dimensions[letter].width for letter in "ADF"] == [14, 9, 60]


def test_xlsx_reads_back_the_same_in_two_readers() -> None:
    file = write_file(XlsxWriter())
    book = openpyxl.load_workbook(io.BytesIO(file))
    assert book.sheetnames == ["Customers", "About"]
    rows = list(book["Customers"].iter_rows())
    assert [cell.value for cell in rows[0]] == NAMES
    assert [cell.value for cell in rows[1]] == ["C000001", 1234.5, 0.25, 5, pandas.Timestamp(2011, 12, 9), None]
    assert [cell.data_type for cell in rows[2]] == ["s", "n", "n", "n", "d", "s"]
    assert rows[2][0].value == "=1+1"
    assert rows[3][0].value == " two  spaces\nline"
    assert [[cell.value for cell in row] for row in book["About"].iter_rows()] == [["Property", "Value"], ["rows", 3]]
    other = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_name("Customers").to_python()
    assert other[1][:5] == ["C000001", 1234.5, 0.25, 5, date(2011, 12, 9)]
    assert other[2][0] == "=1+1"


def test_xlsx_holds_no_formula_at_all() -> None:
    writer = XlsxWriter()
    file = writer.write_header([Column("x", "=1+1")], "labels")
    file += writer.write_rows([[text] for text in FORMULAS]) + writer.finish({})
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
        assert all(b"<f" not in archive.read(name).replace(b"<fonts", b"").replace(b"<font", b"").replace(b"<fill", b"")
                   for name in archive.namelist() if "sheets/" in name)  # fmt: skip
    cells = openpyxl.load_workbook(io.BytesIO(file))["Customers"]["A"]
    assert {cell.data_type for cell in cells} == {"s"}


def test_xlsx_goes_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular_writers, "SHEET_ROWS", 3)
    writer = XlsxWriter()
    file = writer.write_header([Column("n", "N")], "names")
    file += writer.write_rows([[n] for n in range(5)]) + writer.finish({})
    book = openpyxl.load_workbook(io.BytesIO(file))
    assert book.sheetnames == ["Customers", "Customers 2", "Customers 3", "About"]
    assert [[cell.value for cell in book[name]["A"]] for name in book.sheetnames[:3]] == [
        ["n", 0, 1],
        ["n", 2, 3],
        ["n", 4],
    ]
