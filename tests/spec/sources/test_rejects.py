"""Which rows are rejected, with what reason; and which files are refused, with what remedy."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import openpyxl
import pytest

from foresell.errors import BadInput, EmptySource, ForesellError
from foresell.sources.files.mapping import Mapping
from foresell.sources.files.questions import OpenQuestions
from tests.spec.sources.conftest import HEADER, Stage

GOOD = "1,A,2024-01-05,X,Mug,2,2.50\n"
NOT_A_DATE = "not a date in the format of this column (YYYY-MM-DD)"
NOT_A_NUMBER = "not a number in the format of this column"


@pytest.mark.parametrize(
    ("row", "rejects"),
    [
        ("2,A,2024-01-05,X,Mug,80995,-2.5", []),
        ("2,,2024-01-05,X,Mug,1,1", []),  # an anonymous sale
        ("2,A,2024-01-05,,Mug,1,1", []),  # the name stands in for the code
        (",,,,,,", []),  # nothing at all: skipped
        ("2,A,soon,X,Mug,1,1", [("date", "soon", NOT_A_DATE)]),
        ("2,A,,X,Mug,1,1", [("date", None, "no date")]),
        (",A,2024-01-05,X,Mug,1,1", [("order", None, "no order number")]),
        ("2,A,2024-01-05,,,1,1", [("sku", None, "no product code")]),
        ("2,A,2024-01-05,X,Mug,,1", [("quantity", None, "no quantity")]),
        ("2,A,2024-01-05,X,Mug,1,", [("price", None, "no price")]),
        (
            "2,A,soon,,,x,1",
            [("date", "soon", NOT_A_DATE), ("quantity", "x", NOT_A_NUMBER), ("sku", None, "no product code")],
        ),
        ("Total,,,,,1,2.50", "left out as a total"),
        ("Grand total,,,,,,2.50", "left out as a total"),
        (",,,,,1,2.50", "left out as a total"),
        ("Total,2.50", "left out as a total"),
        ("2,A,2024-01-05", [(None, "2,A,2024-01-05", "3 cells, but the header has 7")]),
        ("2,A\0,2024-01-05,X,Mug,1,1", [(None, "2,A␀,2024-01-05,X,Mug,1,1", "NUL byte in the line")]),
        ("1,B,2024-01-05,X,Mug,1,1", "the order has two customers"),
        ('2,A,2024-01-05,X,"never closed,1,1', [(None, "", "text after a closing quote, or no closing quote")]),
        ('2,A,2024-01-05,X,"Mug" blue,1,1', [(None, "", "text after a closing quote, or no closing quote")]),
    ],
)
def test_one_row(stage: Stage, row: str, rejects: list[tuple[str | None, str | None, str]] | str) -> None:
    result = stage(HEADER + GOOD + row + "\n")
    if rejects == "the order has two customers":  # order 1 has no clear customer, so both lines are rejected
        assert [(line, column, value) for line, column, value, _ in result.rejects] == [
            (2, "customer", "A"),
            (3, "customer", "B"),
        ]
    elif rejects == "left out as a total":
        assert (result.rejects, result.staging.left_out) == ([], 1)
        assert "Rows left out: 1 (total)." in result.staging.warnings
    else:
        assert result.rejects == [(3, *reject) for reject in rejects]


def test_a_quote_that_swallows_lines_rejects_each_of_them(stage: Stage) -> None:
    result = stage(HEADER + GOOD + '2,A,2024-01-05,X,"never closed,1,1\n' + GOOD * 3)
    assert [line for line, *_ in result.rejects] == [3, 4, 5, 6]
    assert {reason for *_, reason in result.rejects} == {"quote opened on line 3 and not closed before line 6"}


def test_ten_megabytes_in_one_cell_cost_one_line(stage: Stage) -> None:
    result = stage(HEADER + GOOD + f'2,A,2024-01-05,X,"{"x" * 10_000_000}",1,1\n' + GOOD, "line")
    assert result.lines == [(2,), (4,)]
    assert result.rejects == [(3, None, "", "cell longer than 1 MiB")]


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("empty.csv", b"", EmptySource, "is empty"),
        ("header.csv", HEADER, EmptySource, "a header and no rows"),
        ("blank.csv", "\n\n\n", EmptySource, "holds no records"),
        ("noise.csv", random.Random(1).randbytes(5000), BadInput, "binary data"),
        ("paper.pdf", b"%PDF-1.7 ...", BadInput, "is a PDF"),
        ("page.csv", "<!DOCTYPE html>", BadInput, "is a web page"),
        ("data.json", '[{"order": 1}]', BadInput, "is JSON"),
        ("nohead.csv", GOOD * 2, BadInput, "line 1: these are values, not column names"),
        (
            "twice.csv",
            "order,price,customer,date,price\n1,2,A,2024-01-05,3\n",
            OpenQuestions,
            "Which column is the unit price",
        ),
        ("poor.csv", "order,colour\n1,blue\n", BadInput, "no column found for ordered_at and unit_price"),
        ("cut.csv.gz", gzip.compress((HEADER + GOOD * 500).encode())[:-12], BadInput, "damaged or cut off"),
        ("cut.parquet", b"PAR1" + b"x" * 500, BadInput, "cut.parquet is damaged"),
        ("cut.xlsx", b"PK\x03\x04" + b"x" * 500, BadInput, "as a workbook: it is damaged or cut off, or"),
        ("cut.db", b"SQLite format 3\0" + b"x" * 500, BadInput, "cannot be read as a SQLite file"),
    ],
)
def test_refused_files(stage: Stage, name: str, content: str | bytes, error: type[ForesellError], says: str) -> None:
    with pytest.raises(error) as caught:
        stage(content, name=name)
    assert says in caught.value.message
    assert name.removesuffix(".gz") in caught.value.message
    assert caught.value.remedy


def test_missing_file_and_folder(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no file"):
        stage(tmp_path / "nowhere.csv")
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadInput, match="a folder without tables"):
        stage(tmp_path / "folder")


def test_a_column_without_a_name_gets_one(stage: Stage) -> None:
    result = stage("order,,customer,date,price\n1,x,A,2024-01-05,2\n")
    assert len(result.lines) == 1
    assert result.staging.warnings == ("line 1: columns without a name are called column_2.",)


def test_a_map_that_names_no_column_of_the_file(stage: Stage) -> None:
    mapping = Mapping(columns={"customer_key": "Buyer", "ordered_at": "date", "unit_price": "price"})
    with pytest.raises(BadInput, match=r"has no column 'Buyer', which columns.customer_key names"):
        stage(HEADER + GOOD, mapping=mapping)


def test_a_wrong_encoding_is_named_with_its_line(stage: Stage) -> None:
    from foresell.sources.files.mapping import Dialect

    mapping = Mapping(dialect=Dialect(encoding="utf-8"))
    with pytest.raises(BadInput, match="is not UTF-8 from about line"):
        stage((HEADER + GOOD.replace("Mug", "Tée")).encode("latin-1"), mapping=mapping)


def test_keys_keep_their_zeros_and_lose_the_float(stage: Stage) -> None:
    rows = "00123,12346.0,2024-01-05,007,Mug,1,1\n2,nan,2024-01-05,8,,1,1\n3,😀 שלום,2024-01-05,85123a,مرحبا,1,1\n"
    result = stage(HEADER + rows, "order_key, customer_key, sku")
    assert result.lines == [("00123", "12346", "007"), ("2", None, "8"), ("3", "😀 שלום", "85123a")]


def test_password(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(BadInput, match=r"locked\.xlsx cannot be read as a workbook"):
        stage(tmp_path / "locked.xlsx")


def test_empty_workbook(stage: Stage, tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "new.xlsx")
    with pytest.raises(EmptySource, match="holds no sheet"):
        stage(tmp_path / "new.xlsx")
