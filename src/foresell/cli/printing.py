"""Output of the command line: text, tables, JSON, CSV files and progress bars."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from foresell import types
from foresell.delivery.csv_escape import escape_formula
from foresell.errors import UsageError

WIDE = 10_000  # nothing is cut in a pipe or a file
out = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=WIDE)
err = Console(stderr=True, highlight=False)

WRAPPED = ("advice", "meaning", "error", "finding", "reasons", "note", "reason")

Row = Mapping[str, Any]


def print_json(value: Any) -> None:
    """Print one JSON document to standard output."""
    sys.stdout.write(json.dumps(to_json_value(value), indent=2, ensure_ascii=False) + "\n")


def to_json_value(value: Any) -> Any:
    """A value that JSON can represent: exact amounts as numbers, dates and times in ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return to_json_value(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): to_json_value(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [to_json_value(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int)) else str(value)


def format_value(value: Any) -> str:
    """A value as text for a table."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 10 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)


def is_numeric(value: Any) -> bool:
    """Whether a value is aligned like a number: numbers, and percentages as text."""
    return isinstance(value, (int, float, Decimal)) or (isinstance(value, str) and value.endswith(" %"))


def print_table(
    rows: Sequence[Row], columns: Mapping[str, str], *, title: str | None = None, plain_ids: Iterable[str] = ()
) -> None:
    """A table with `columns` (key -> heading), numbers right-aligned, those of `plain_ids` without thousands separators.

    Sentences wrap. Where the terminal is too narrow, other text is cut with an ellipsis; numbers never are.
    """
    grid = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    ids = set(plain_ids)
    for place, (key, heading) in enumerate(columns.items()):
        widest = max((len(format_value(row.get(key))) for row in rows), default=0)
        numeric = any(is_numeric(row.get(key)) for row in rows)
        grid.add_column(
            heading,
            justify="right" if numeric else "left",
            no_wrap=key not in WRAPPED,
            overflow="ellipsis",
            min_width=widest if place == 0 or numeric else None,
        )
    for row in rows:
        grid.add_row(
            *(
                Text(str(row[key]) if key in ids and row.get(key) is not None else format_value(row.get(key)))
                for key in columns
            )
        )
    out.print(grid)


def print_text(text: str = "") -> None:
    """Print a line."""
    out.print(text, markup=False)


def print_note(text: str) -> None:
    """Print a remark that is not part of the result, to standard error."""
    err.print(text, markup=False, style="dim")


def write_csv(rows: Iterable[Row], columns: Sequence[str], file: Path) -> int:
    """Write rows to a CSV file (`-`: standard output), safe to open in a spreadsheet. Returns the number of rows.

    Raises UsageError when the folder does not exist or is not writable.
    """
    if str(file) == "-":
        return _write_rows(rows, columns, sys.stdout)
    try:
        with file.open("w", newline="", encoding="utf-8") as stream:
            return _write_rows(rows, columns, stream)
    except OSError as error:
        raise UsageError(f"Cannot write {file}: {error.strerror}.", remedy="Choose another file with -o.") from None


def _write_rows(rows: Iterable[Row], columns: Sequence[str], stream: TextIO) -> int:
    writer = csv.writer(stream)
    writer.writerow(columns)
    count = 0
    for row in rows:
        writer.writerow([_csv_value(row.get(column)) for column in columns])
        count += 1
    return count


def _csv_value(value: Any) -> Any:
    """Raw numbers and ISO dates; text that a spreadsheet would run as a formula gets an apostrophe."""
    value = to_json_value(value)
    return escape_formula(value) if isinstance(value, str) else value


class _Rate(ProgressColumn):
    """Units per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")


@contextmanager
def show_progress(visible: bool) -> Iterator[types.Progress]:
    """A bar per unit of work with count, rate and time left; nothing without a terminal or when not `visible`."""
    if not visible or not err.is_terminal:
        yield types.no_progress
        return
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24),
        TextColumn("{task.fields[count]}"), _Rate(), TimeRemainingColumn(compact=True),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def update(done: int, total: int | None, unit: str) -> None:
            if unit not in tasks:
                tasks[unit] = bars.add_task(unit, total=total, count="")
            count = f"{done:,}" + (f" of {total:,}" if total else "")
            bars.update(tasks[unit], completed=done, total=total, count=count)

        yield update
