"""Workbooks as people make them: several sheets, titles above the table, headers on two lines, merged cells, ODS."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from foresell.sources.files.header_rows import find_header
from foresell.sources.files.mapping import Dialect, Mapping
from foresell.sources.files.staging import stage_file
from tests.spec.sources.conftest import Stage

HEADER = ["order", "customer", "date", "sku", "quantity", "price"]
Cells = Sequence[object]


def save(path: Path, sheets: dict[str, Sequence[Cells]], merged: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        for cells in merged:
            sheet.merge_cells(cells)
    book.save(path)
    return path


TWO_YEARS = {
    "Notes": [["Sales of the shop"], ["made by Ann"]],
    "2023": [HEADER, [1, "A", "2023-01-05", "X", 1, 5], [2, "B", "2023-01-06", "X", 1, 5]],
    "Stock": [["sku", "left"], ["X", 3]],
    "2024": [["Sales 2024"], HEADER, [3, "A", "2024-01-05", "X", 1, 5], [4, "B", "soon", "X", 1, 5]],
}


def test_sheets_with_the_same_columns_are_read_as_one(stage: Stage, tmp_path: Path) -> None:
    result = stage(save(tmp_path / "sales.xlsx", TWO_YEARS), "order_key, line")
    assert result.lines == [("1", 2), ("2", 3), ("3", 6)]  # the second sheet counts on from line 3
    assert result.staging.warnings == (
        "The sheets '2023', '2024' have the same columns and were read as one.",
        "Only these sheets were read. For Notes, Stock, set sheet under [dialect] in the mapping.",
    )


def test_a_reject_names_its_sheet_and_the_row_in_it(tmp_path: Path) -> None:
    path = save(tmp_path / "sales.xlsx", TWO_YEARS)
    with stage_file(path, workdir=tmp_path / "work", memory_gib=1, threads=1) as staging:
        rejects = staging.con.execute("select file, line, value from staged_rejects").fetchall()
    assert rejects == [("sales.xlsx [2024]", 4, "soon")]


def test_a_stated_sheet_is_read_alone(stage: Stage, tmp_path: Path) -> None:
    columns = {"order_key": "order", "customer_key": "customer", "ordered_at": "date", "unit_price": "price"}
    result = stage(
        save(tmp_path / "sales.xlsx", TWO_YEARS),
        "order_key, line",
        mapping=Mapping(columns=columns, dialect=Dialect(sheet="2023")),
    )
    assert (result.lines, result.staging.warnings) == ([("1", 2), ("2", 3)], ())


def test_names_of_groups_are_joined_to_the_names_below(stage: Stage, tmp_path: Path) -> None:
    rows: list[Cells] = [
        ["Order", None, "Customer", None, "Price"],
        ["number", "date", "number", "name", None],
        [1, "2024-01-05", "A", "Ann", 5],
        [2, "2024-01-06", "B", "Bob", 6],
    ]
    path = save(tmp_path / "sales.xlsx", {"Sales": rows}, ["A1:B1", "C1:D1", "E1:E2"])
    result = stage(path, "order_key, customer_key, ordered_at::date::varchar, unit_price::double, line")
    assert result.lines == [("1", "A", "2024-01-05", 5, 3), ("2", "B", "2024-01-06", 6, 4)]


@pytest.mark.parametrize(
    ("rows", "first", "names"),
    [
        # a report's title, its period, a blank line
        ([["Sales"], ["From", "2024-01-01", "to", "2024-01-31"], [], HEADER, ["1", "A", "2024-01-05", "X", "1", "5"]],
         3, HEADER),
        # labels as wide as half the table, then a blank line
        ([["Report", "Sales", "Shop"], [], HEADER, ["1", "A", "2024-01-05", "X", "1", "5"]], 2, HEADER),
        # groups without merged cells: the names below alone occur twice
        ([["Order", None, "Customer", None], ["no", "date", "no", "name"], ["1", "2024-01-05", "7", "Ann"]],
         0, ["Order no", "Order date", "Customer no", "Customer name"]),
        # a header broken over two lines
        ([["order", "customer", "date", None, None], [None, None, None, "sku", "price"], ["1", "A", "2024-01-05", "X", "5"]],
         0, ["order", "customer", "date", "sku", "price"]),
        # a first row of texts is not a second header
        ([["customer", "name", "country"], ["A", "Ann", "Spain"], ["B", "Bob", "France"]],
         0, ["customer", "name", "country"]),
        # nor is a title over the whole table a group
        ([["Sales", None, None], ["order", "customer", "price"], ["1", "A", "5"]], 1, ["order", "customer", "price"]),
    ],
)  # fmt: skip
def test_where_the_header_is(rows: list[list[str | None]], first: int, names: list[str]) -> None:
    header = find_header(rows)
    assert (header.first, list(header.names)) == (first, names)


def test_ods(stage: Stage, tmp_path: Path) -> None:
    def row(cells: Cells) -> str:
        return "<table:table-row>" + "".join(
            f'<table:table-cell office:value-type="float" office:value="{c}"><text:p>{c}</text:p></table:table-cell>'
            if isinstance(c, int)
            else f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>'
            for c in cells
        ) + "</table:table-row>"  # fmt: skip

    spaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    table = f'<table:table table:name="Sales">{row(HEADER)}{row([1, "A", "2024-01-05", "X", 2, 5])}</table:table>'
    with zipfile.ZipFile(tmp_path / "sales.ods", "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("META-INF/manifest.xml", "<?xml version='1.0'?><manifest/>")
        book.writestr(
            "content.xml",
            f"<?xml version='1.0'?><office:document-content {spaces}><office:body><office:spreadsheet>{table}"
            "</office:spreadsheet></office:body></office:document-content>",
        )
    assert stage(tmp_path / "sales.ods", "order_key, amount::double").lines == [("1", 10)]
