"""For any content of the cells, each record is a line or a reject under its own line number, and only our errors are raised."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import ForesellError
from foresell.sources.files.mapping import Dialect, Mapping
from foresell.sources.files.staging import stage_file

HEADERS = ["order", "customer", "date", "sku", "amount"]
COLUMNS = {"order_key": "order", "customer_key": "customer", "ordered_at": "date", "sku": "sku", "amount": "amount"}
DECIDED = {"placeholders": (), "returned_order_prefix": (), "fill_down": (), "report": False}
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=8)
ODD = st.sampled_from(
    ["", " ", "\n", "\r", "\r\n", '"', "'", ",", ";", "\t", "nan", "Total", "\ufeff", "\0", "1,5", "٣", "£1"]
)
CELL = st.one_of(TEXT, ODD, st.sampled_from(["7", "2024-01-05", "05/01/2024", "2.50"]))
GOOD = st.tuples(
    WORDS, WORDS, st.sampled_from(["2024-01-05", "2024-02-29 10:30"]), WORDS, st.sampled_from(["1", "-2.5"])
)
ROW = st.one_of(GOOD.map(list), st.lists(CELL, min_size=5, max_size=5), st.lists(CELL, max_size=7))
WRITER = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from([",", ";", "\t", "|"]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    }
)


def to_csv(rows: list[list[str]], options: dict[str, object]) -> str:
    out = io.StringIO()
    csv.writer(out, **options).writerows([HEADERS, *rows])  # type: ignore[arg-type]
    return out.getvalue()


def lines_of(text: str, options: dict[str, object]) -> list[int]:
    """The line each record begins on, by the standard library's own count; blank records are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=str(options["delimiter"]))
    found, end = [], 0
    for cells in reader:
        if any(cell.strip(" \t\r\n\xa0") for cell in cells):
            found.append(end + 1)
        end = reader.line_num
    return found[1:]


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=8), options=WRITER)
def test_nothing_is_lost_and_nothing_else_is_raised(rows: list[list[str]], options: dict[str, object]) -> None:
    text = to_csv(rows, options)
    dialect = Dialect(delimiter=str(options["delimiter"]), quote='"', encoding="utf-8")
    mapping = Mapping(columns=COLUMNS, dialect=dialect, **DECIDED)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "grid.csv"
        file.write_bytes(text.encode())
        try:
            with stage_file(file, workdir=Path(folder) / "w", memory_gib=0.5, threads=1, mapping=mapping) as staged:
                kept = [
                    line for (line,) in staged.con.execute("select line from staged_lines order by line").fetchall()
                ]
                lost = [
                    line
                    for (line,) in staged.con.execute(
                        "select distinct line from staged_rejects order by line"
                    ).fetchall()
                ]
                rest = [line for (line,) in staged.con.execute("select distinct line from left_out").fetchall()]
                assert staged.lines_read == len(kept) + len(lost) == len(kept) + staged.rejected
                assert staged.left_out == len(rest)
                assert not (set(kept) | set(rest)) & set(lost) and not set(kept) & set(rest)
                assert sorted(kept + lost + rest) == lines_of(text, options)
        except ForesellError as error:
            assert error.message
            assert error.remedy


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(GOOD, min_size=1, max_size=8), options=WRITER)
def test_well_formed_rows_come_out_as_they_went_in(rows: list[tuple[str, ...]], options: dict[str, object]) -> None:
    clean = [(f"o{i}", *(cell.strip(" \n\xa0") for cell in row[1:])) for i, row in enumerate(rows)]
    wanted = [(order, sku or "blank", float(amount)) for order, _, _, sku, amount in clean]
    clean = [(order, customer, day, sku or "blank", amount) for order, customer, day, sku, amount in clean]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "grid.csv"
        file.write_bytes(to_csv([list(row) for row in clean], options).encode())
        dialect = Dialect(delimiter=str(options["delimiter"]), quote='"')
        mapping = Mapping(columns=COLUMNS, dialect=dialect, **DECIDED)  # type: ignore[arg-type]
        with stage_file(file, workdir=Path(folder) / "w", memory_gib=0.5, threads=1, mapping=mapping) as staged:
            query = "select order_key, sku, amount::double from staged_lines order by line"
            assert staged.con.execute(query).fetchall() == wanted
