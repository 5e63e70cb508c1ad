"""However a file is written, the same two lines come out of it, under their own line numbers."""

from __future__ import annotations

import gzip
from pathlib import Path

import openpyxl
import pytest
import zstandard

from foresell.sources.files.inspection import inspect_file
from foresell.sources.files.leave_out import LeaveOut
from foresell.sources.files.mapping import Dialect, Mapping
from foresell.sources.files.staging import stage_file
from tests.spec.sources.conftest import HEADER, Stage

ROWS = "1,Zoë,2024-01-05,X,Mug,2,2.50\n2,Ann,2024-01-06,Y,Cup,1,3\n"
TEXT = HEADER + ROWS
WANTED = [("1", "Zoë", "X", 5.0), ("2", "Ann", "Y", 3.0)]
SHOWN = "order_key, customer_key, sku, amount::double"


@pytest.mark.parametrize(
    ("content", "first_line"),
    [
        pytest.param(TEXT, 2, id="comma"),
        pytest.param(TEXT.replace(",", ";"), 2, id="semicolon"),
        pytest.param(TEXT.replace(",", "\t"), 2, id="tab"),
        pytest.param(TEXT.replace(",", "|"), 2, id="bar"),
        pytest.param(TEXT.replace(",", ":"), 2, id="colon"),
        pytest.param(TEXT.replace(",", "^"), 2, id="caret"),
        pytest.param(TEXT.rstrip("\n"), 2, id="no line end at the end"),
        pytest.param(TEXT + "\n\n", 2, id="blank lines at the end"),
        pytest.param(TEXT.replace("\n", "\r\n"), 2, id="CRLF"),
        pytest.param(TEXT.replace("\n", "\r"), 2, id="CR"),
        pytest.param("sep=;\n" + TEXT.replace(",", ";"), 3, id="Excel's sep line"),
        pytest.param("Sales of January\n\n" + TEXT, 4, id="a title above"),
        pytest.param(TEXT.replace("\n", ",\n"), 2, id="a delimiter at each end"),
        pytest.param(HEADER + ROWS.replace("\n", ",\n"), 2, id="a delimiter at each end but the header's"),
        pytest.param(TEXT.replace("Mug", '"Mug, large"'), 2, id="quotes"),
        pytest.param(TEXT.replace("Mug", '"Mug ""large"""'), 2, id="doubled quotes"),
        pytest.param(TEXT.replace("Mug", r'"Mug \"large\", blue"'), 2, id="escaped quotes"),
        pytest.param(TEXT.replace("Mug", "'Mug, large'").replace(",X,", ",'X',"), 2, id="single quotes"),
        pytest.param(TEXT.replace("Mug", 'Mug 5"'), 2, id="an inch"),
        pytest.param(TEXT.replace("Zoë", " Zoë\t"), 2, id="blanks around"),
        pytest.param("\ufeff" + TEXT, 2, id="BOM"),
        pytest.param(TEXT.encode("utf-16"), 2, id="UTF-16"),
        pytest.param(TEXT.encode("utf-16-le"), 2, id="UTF-16 without a mark"),
        pytest.param(TEXT.encode("cp1252"), 2, id="cp1252"),
        pytest.param(gzip.compress(TEXT.encode()), 2, id="gz"),
        pytest.param(zstandard.compress(TEXT.encode()), 2, id="zst"),
        pytest.param(zstandard.compress(HEADER.encode()) + zstandard.compress(ROWS.encode()), 2, id="zst in frames"),
    ],
)
def test_written_so(stage: Stage, content: str | bytes, first_line: int) -> None:
    result = stage(content, SHOWN + ", line")
    assert result.lines == [(*row, first_line + at) for at, row in enumerate(WANTED)]
    assert result.rejects == []


@pytest.mark.parametrize(
    ("content", "fast"),
    [
        (TEXT, True),
        (TEXT.replace("\n", "\r\n"), True),
        (TEXT.replace(",", "\t"), True),
        ("\ufeff" + TEXT.replace("Mug", '"Mug, large"') + "\n\n", True),
        ("Sales\r\n\r\n" + TEXT.replace("\n", "\r\n"), True),
        (TEXT.replace("Mug", '"Mug\nlarge"'), False),
        (TEXT.replace("Mug,", ""), False),
    ],
)
def test_only_irregular_files_are_read_slowly(tmp_path: Path, content: str, fast: bool) -> None:
    (tmp_path / "sales.csv").write_bytes(content.encode())
    with stage_file(tmp_path / "sales.csv", workdir=tmp_path, memory_gib=0.5, threads=1) as staging:
        tables = staging.con.execute("select table_name from duckdb_tables()").fetchall()
    assert (("csv_rows",) in tables) == fast


def test_line_numbers_are_those_of_an_editor(stage: Stage) -> None:
    text = HEADER + (
        "1,A,2024-01-05,X,Mug,1,1\n"  # 2
        '2,A,2024-01-05,X,"Mug\nwith a\nstory",1,1\n'  # 3-5
        "3,A,2024-01-05\n"  # 6: ragged
        "\n"  # 7
        "4,A,2024-01-05,X,Mug,1,1,1,1\n"  # 8: ragged
        "5,A,never,X,Mug,1,1\n"  # 9
        '6,A,2024-01-05,X,"Mug\r\nagain",1,1\n'  # 10-11
        "7,A,2024-01-05,X,Mug,many,1\n"  # 12
    )
    result = stage(text, "line, order_key")
    assert result.lines == [(2, "1"), (3, "2"), (10, "6")]
    assert [(line, reason) for line, _, _, reason in result.rejects] == [
        (6, "3 cells, but the header has 7"),
        (8, "9 cells, but the header has 7"),
        (9, "not a date in the format of this column (YYYY-MM-DD)"),
        (12, "not a number in the format of this column"),
    ]


def test_a_late_accent_changes_the_encoding_of_the_whole(stage: Stage) -> None:
    text = HEADER + "".join(f"{i},Ann,2024-01-05,X,Mug,1,1\n" for i in range(10, 20_000)) + ROWS
    result = stage(text.encode("cp1252"), "customer_key")
    assert ("Zoë",) in result.lines
    assert result.staging.warnings[0].startswith("Encoding: Windows-1252. Wrong letters?")


def test_what_the_map_states_is_believed(stage: Stage) -> None:
    text = "a note\norder#customer#date#price\n1#'Ann#2024-01-05#2\n"
    mapping = Mapping(
        columns={"order_key": "order", "customer_key": "customer", "ordered_at": "date", "unit_price": "price"},
        dialect=Dialect(delimiter="#", quote="", header_line=2, encoding="latin-1"),
    )
    assert stage(text, "line, customer_key", mapping=mapping).lines == [(3, "'Ann")]


def test_workbook(stage: Stage, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "January"
    sheet["B2"] = "Sales of January"
    for at, row in enumerate(TEXT.splitlines()):
        cells = row.split(",")
        for column, cell in enumerate(cells, 2):
            numeric = at and column in (2, 7, 8)
            sheet.cell(4 + at, column, float(cell) if numeric else cell)
    sheet.cell(7, 2, "Total")
    sheet.cell(7, 8, 5.5)
    book.create_sheet("Notes").append(["nothing"])
    book.create_sheet("February").append(["order"])
    book["February"].append([1])
    book.save(tmp_path / "sales.xlsx")
    result = stage(tmp_path / "sales.xlsx", SHOWN + ", line")
    assert result.lines == [(*row, 5 + at) for at, row in enumerate(WANTED)]
    assert (result.rejects, result.staging.left_out) == ([], 1), "the total is no reject"
    assert result.staging.warnings == (
        "Only the sheet 'January' was read. For February, set sheet under [dialect] in the mapping.",
        "Rows left out: 1 (total).",
    )


def test_a_stated_sheet_with_real_dates(stage: Stage, tmp_path: Path) -> None:
    from datetime import datetime

    book = openpyxl.Workbook()
    book.active.append(["x", "y"])
    book.active.append([1, 2])
    sheet = book.create_sheet("Sales")
    sheet.append(["order", "customer", "date", "amount"])
    sheet.append([1001, 12346.0, datetime(2024, 1, 5, 10, 30), 2.5])  # noqa: DTZ001 - a shop's local time
    book.save(tmp_path / "sales.xlsx")
    mapping = Mapping(
        columns={"order_key": "order", "customer_key": "customer", "ordered_at": "date", "amount": "amount"},
        dialect=Dialect(sheet="Sales"),
    )
    result = stage(tmp_path / "sales.xlsx", "line, order_key, customer_key, ordered_at::varchar", mapping=mapping)
    assert result.lines == [(2, "1001", "12346", "2024-01-05 10:30:00")]


WIDE = 70


def _write_wide(path: Path, *, header: str, rows: list[str]) -> Path:
    """A table with 70 columns more that no field is known by: `extra_1` is filled where the others are blank."""
    extra = ",".join(f"extra_{at}" for at in range(1, WIDE + 1))
    lines = [
        f"{header},{extra}",
        *(f"{row}{',x' * WIDE if at % 2 else ',y' + ',' * (WIDE - 1)}" for at, row in enumerate(rows)),
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("header", "rows", "mapping"),
    [
        pytest.param("order,date,sku,quantity,price", ["1,2024-01-05,X,2,2.50", "2,2024-01-06,Y,1,3"], None, id="a customer is asked for"),
        pytest.param("order,customer,date,price", ["1,Ann,2024-01-05,2", ",,,", "2,Bob,2024-01-06,3"], None, id="undated rows"),
        pytest.param("order,customer,date,price,price_net", ["1,Ann,2024-01-05,2,1"], None, id="two prices"),
        pytest.param(
            "order,customer,date,price", ["1,Ann,2024-01-05,2", "2,Bob,2024-01-06,3"],
            Mapping(columns={"ordered_at": "date", "amount": "price", "category": "extra_3"}, leave_out=(LeaveOut("extra_2", "x", ("x",)),)),
            id="a rule on another column",
        ),
    ],
)  # fmt: skip
def test_columns_left_unread_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str, rows: list[str], mapping: Mapping | None
) -> None:
    path = _write_wide(tmp_path / "wide.csv", header=header, rows=rows)
    inspect = lambda: inspect_file(path, workdir=tmp_path, memory_gib=1, threads=1, mapping=mapping)  # noqa: E731
    narrow = inspect()
    monkeypatch.setattr("foresell.sources.files.delimited._WIDE", WIDE * 2)
    assert narrow == inspect()
    assert narrow.problem is None and narrow.rows == len(rows)


def test_a_wide_file_is_read_no_further_than_its_fields(tmp_path: Path) -> None:
    path = _write_wide(tmp_path / "wide.csv", header="order,customer,date,price", rows=["1,Ann,2024-01-05,2"] * 3)
    with stage_file(path, workdir=tmp_path, memory_gib=1, threads=1) as staging:
        read = [name for name, *_ in staging.con.execute("describe raw_rows").fetchall()]
    assert read == ["line", "c1", "c2", "c3", "c4"]
