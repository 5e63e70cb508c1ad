"""CSV files with every fault that exports, spreadsheets and editors put into them, and the account of their rows."""

from __future__ import annotations

import random
import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from foresell.errors import ForesellError
from foresell.sources.files.description import describe_inspection
from foresell.sources.files.inspection import inspect_file
from foresell.sources.files.staging import stage_file

LOAD_DAY = date(2025, 6, 30)
_HEADERS = (
    ["order", "customer", "date", "sku", "name", "quantity", "price"],
    ["Bestellnr", "Kunde", "Datum", "Artikel", "Bezeichnung", "Menge", "Preis"],
    ["Invoice No", "Customer ID", "Invoice Date", "Item", "Description", "Qty", "Amount"],
    ["pedido", "cliente", "fecha", "codigo", "producto", "cantidad", "importe"],
    ["Date", "Client", "Status", "Product", "Total", "Currency", "Note"],
)
_NAMES = ("Mug", "Zoë's cup", "Tasse groß", "Müsli", "Żółty kubek", "Pan 20cm")
_ODD_TEXTS = (
    "🫖 teapot 🇬🇧",
    "كوب أزرق",
    "ספל כחול",
    "\u202ereversed",
    "=SUM(A1:A9)",
    "&amp;lt;",
    "a\tb",
    "\ufeffx",
    "\u200b",
    "N/A",
    "'5",
)
_ODD_NUMBERS = ("-3", "1e3", "1E-2", "(12.50)", "12,50", "1.234,56", "1,234.56", "1 234,5", "£3.20", "¥500", "₿0.01", "XAF 500",
                "NaN", "inf", "-inf", "1e400", "--", "0", "9" * 40, "1.2.3", "½", "٣", "5-", "+7", "0x10", "")  # fmt: skip
_ODD_DATES = ("13/02/2024", "02/13/2024", "2024-02-30", "13.2.24", "45321", "20240213", "Feb 13, 2024", "2024-W07", "0000-00-00",
              "1900-01-00", "2924-01-01", "yesterday", "13/02/2024 25:61", "2024-02-13T10:00:00+14:00", "")  # fmt: skip

Cells = list[list[str]]


def _add_everywhere(rng: random.Random, rows: Cells, texts: tuple[str, ...], columns: list[int]) -> None:
    for row in rng.sample(rows[1:], max(1, len(rows) // 4)):
        at = rng.choice(columns)
        if at < len(row):
            row[at] = rng.choice(texts)


def _cut_row(rng: random.Random, rows: Cells) -> None:
    row = rng.choice(rows[1:])
    del row[rng.randrange(len(row)) :]


def _double_header(rng: random.Random, rows: Cells) -> None:
    header = max(rows[:2], key=len)  # below a title
    first, second = rng.sample(range(len(header)), 2)
    header[second] = header[first]


def _empty_column(rng: random.Random, rows: Cells) -> None:
    at = rng.randrange(len(rows[0]) + 1)
    for place, row in enumerate(rows):
        row.insert(at, rng.choice(("", "Unnamed: 0")) if place == 0 else "")


#: Faults of cells and rows.
CELLS: dict[str, Callable[[random.Random, Cells], None]] = {
    "texts": lambda rng, rows: _add_everywhere(rng, rows, _ODD_TEXTS, list(range(len(rows[0])))),
    "numbers": lambda rng, rows: _add_everywhere(rng, rows, _ODD_NUMBERS, [5, 6, 4]),
    "dates": lambda rng, rows: _add_everywhere(rng, rows, _ODD_DATES, [2, 0]),
    "extra cells": lambda rng, rows: rng.choice(rows[1:]).extend(["", "x"] * rng.randint(1, 3)),
    "a cut row": _cut_row,
    "a repeated header": lambda rng, rows: rows.insert(rng.randint(1, len(rows)), list(rows[0])),
    "a total": lambda rng, rows: rows.append(["Total", *[""] * (len(rows[0]) - 2), "1,234.50"]),
    "a huge cell": lambda rng, rows: rng.choice(rows[1:]).__setitem__(0, "x" * rng.choice((70_000, 1_100_000))),
    "one name twice": _double_header,
    "an empty column": _empty_column,
    "empty rows": lambda rng, rows: rows.insert(rng.randint(1, len(rows)), [""] * len(rows[0])),
    "a title": lambda rng, rows: rows.insert(0, ["Sales report"]),
    "blanks": lambda rng, rows: _add_everywhere(rng, rows, (" x ", "\xa0", "a\n b"), list(range(len(rows[0])))),
    "no rows": lambda rng, rows: rows.__delitem__(slice(1, None)),
}


def _change_line(rng: random.Random, lines: list[str], change: Callable[[str], str]) -> None:
    at = rng.randrange(len(lines))
    lines[at] = change(lines[at])


#: Faults of lines.
LINES: dict[str, Callable[[random.Random, list[str]], None]] = {
    "an open quote": lambda rng, lines: _change_line(rng, lines, lambda line: line[:9] + '"' + line[9:]),
    "a quote before a cell": lambda rng, lines: _change_line(rng, lines, lambda line: '"' + line),
    "text after a quote": lambda rng, lines: _change_line(rng, lines, lambda line: '"a"b,' + line),
    "another delimiter": lambda rng, lines: _change_line(
        rng, lines, lambda line: re.sub("[,;\t]", rng.choice(",;|\t"), line)
    ),
    "blank lines": lambda rng, lines: lines.insert(rng.randrange(len(lines)), rng.choice(("", "   ", "\t"))),
    "a NUL": lambda rng, lines: _change_line(rng, lines, lambda line: line[:5] + "\0" + line[5:]),
    "a BOM inside": lambda rng, lines: _change_line(rng, lines, lambda line: "\ufeff" + line),
    "a backslash": lambda rng, lines: _change_line(rng, lines, lambda line: line + "\\"),
    "a line twice": lambda rng, lines: lines.append(rng.choice(lines)),
}

#: Faults of bytes.
BYTES: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "a BOM": lambda rng, content: b"\xef\xbb\xbf" * rng.randint(1, 2) + content,
    "foreign bytes": lambda rng, content: content.replace(
        b"e", rng.choice((b"\xe9", b"\xff", b"\xc3")), rng.randint(1, 3)
    ),
    "a cut end": lambda rng, content: content[: rng.randrange(1, len(content) + 1)],
    "a Ctrl-Z": lambda rng, content: content + b"\x1a",
    "NUL bytes at the end": lambda rng, content: content + b"\0" * rng.randint(1, 600),
}
_ENCODINGS = ("utf-8",) * 6 + ("cp1252", "utf-16", "utf-16-le", "cp1250", "latin-1", "utf-32")


@dataclass(frozen=True)
class Polluted:
    """A polluted file: its bytes, its text, and the faults put into it."""

    content: bytes
    faults: tuple[str, ...]


def pollute(seed: int) -> Polluted:
    """The file of a seed: up to 40 order lines with one to four faults."""
    rng = random.Random(seed)
    delimiter = rng.choice(",,,;;\t|")
    rows = _write_rows(rng)
    faults = rng.sample([*CELLS, *LINES, *BYTES, "mixed line ends"], rng.randint(1, 4))
    for name in faults:
        if name in CELLS and len(rows) > 2:
            CELLS[name](rng, rows)
    lines = [delimiter.join(_quote(rng, cell, delimiter) for cell in row) for row in rows]
    for name in faults:
        if name in LINES:
            LINES[name](rng, lines)
    end = rng.choice(("\n", "\n", "\r\n", "\r"))
    ends = [rng.choice(("\n", "\r\n", "\r")) if "mixed line ends" in faults else end for _ in lines]
    text = "".join(line + end for line, end in zip(lines, ends, strict=True))
    content = text.encode(rng.choice(_ENCODINGS), errors="replace")
    for name in faults:
        if name in BYTES:
            content = BYTES[name](rng, content)
    return Polluted(content, tuple(faults))


def _write_rows(rng: random.Random) -> Cells:
    header = list(rng.choice(_HEADERS))
    rows = [header]
    comma = rng.random() < 0.3
    for number in range(rng.randint(2, 40)):
        day = (date(2023, 1, 5) + timedelta(days=rng.randrange(700))).isoformat()
        money = f"{rng.randrange(1, 20_000) / 100:.2f}".replace(".", "," if comma else ".")
        if header[0] == "Date":
            rows.append(
                [day, f"c{number % 9}", rng.choice(("paid", "void", "?")), rng.choice(_NAMES), money, "EUR", ""]
            )
        else:
            rows.append(
                [f"{1000 + number // 2}", f"c{number // 2 % 9}", day, f"p{number % 7}", rng.choice(_NAMES), "2", money]
            )
    return rows


def _quote(rng: random.Random, cell: str, delimiter: str) -> str:
    if delimiter in cell or "\n" in cell or rng.random() < 0.05:
        return '"' + cell.replace('"', '""') + '"'
    return cell


@dataclass(frozen=True)
class Outcome:
    """What becomes of a file: loaded or refused (with `message`), and `fault`, what is wrong with that."""

    kind: str
    message: str = ""
    fault: str = ""


def try_load(content: bytes, folder: Path, *, inspect: bool = False) -> Outcome:
    """Stage a file, the likeliest answers taken, and account for its rows; any error but a ForesellError is a fault."""
    try:
        return _load(content, folder, inspect=inspect)
    except Exception as error:  # any error that a polluted file causes is the finding
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Outcome("crashed", fault=f"{type(error).__name__} in {place.name}: {str(error)[:300]}")


def _load(content: bytes, folder: Path, *, inspect: bool) -> Outcome:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "polluted.csv"
    path.write_bytes(content)
    limits = {"workdir": folder / "work", "memory_gib": 1.0, "threads": 1, "load_day": LOAD_DAY}
    try:
        if inspect:
            describe_inspection(inspect_file(path, **limits))  # type: ignore[arg-type]
        with stage_file(path, accept_guesses=True, **limits) as staging:  # type: ignore[arg-type]
            ask = lambda query: staging.con.execute(query).fetchall()  # noqa: E731
            found = {table: {line for (line,) in ask(f"select line from {table}")} for table in _TABLES}
            [(unexplained,)] = ask("select count(*) from staged_rejects where trim(reason) = ''")
            [(loaded,)] = ask("select count(*) from staged_lines")
            lines_read, rejected = staging.lines_read, staging.rejected
    except ForesellError as refusal:
        return Outcome("refused", refusal.message, "" if refusal.message and refusal.remedy else "no message or remedy")
    if unexplained or lines_read != loaded + rejected:
        return Outcome(
            "loaded", fault=f"{lines_read} read, {loaded} loaded, {rejected} rejected, {unexplained} for no reason"
        )
    twice = (found["staged_lines"] & found["staged_rejects"]) | (found["staged_lines"] & found["left_out"])
    return Outcome(
        "loaded",
        fault=f"lines {sorted(twice)} count twice" if twice else find_lost_line(content, set().union(*found.values())),
    )


_TABLES = ("staged_lines", "staged_rejects", "left_out")


def find_lost_line(content: bytes, accounted: set[int]) -> str:
    """What is lost of a file of which these lines are accounted for: the first line below the header that is in no table, and is neither blank nor part of the record before it."""
    text = _decode(content)
    lines = re.split("\r\n|\r|\n", text)
    start = min(accounted, default=len(lines) + 1)
    is_open = False
    for number, line in enumerate(lines, 1):
        if number < start:
            continue
        if number not in accounted and not is_open and re.sub(r"[\s,;|\t\"\0\x1a\ufeff\xa0]", "", line):
            return f"line {number} is in no table: {line[:80]!r}"
        is_open = _stays_open(line, is_open)
    return ""


def _stays_open(line: str, is_open: bool) -> bool:
    """Whether a quoted cell goes on in the next line; a quote inside a cell without quotes means nothing."""
    starts = True
    for mark in line:
        if is_open or (starts and mark == '"'):
            is_open ^= mark == '"'
            starts = not is_open  # a second quote opens it again
        else:
            starts = mark in ",;|\t"
    return is_open


def _decode(content: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if content[1:40:2].count(0) > 15:
        return content.decode("utf-16-le", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
