"""How the command line shows things: tables for people, JSON for machines, bars while they wait."""

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
from foresell.errors import UsageError

WIDE = 10_000  # into a pipe or a file nothing is cut
out = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=WIDE)
err = Console(stderr=True, highlight=False)

WRAPPED = ("advice", "meaning", "error", "finding", "reasons", "note", "reason")

Row = Mapping[str, Any]


def as_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n")


def plain(value: Any) -> Any:
    """A value as JSON knows it: exact money as numbers, days and times in ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int)) else str(value)


def words(value: Any) -> str:
    """A value as a person reads it in a table."""
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


def table(
    rows: Sequence[Row], columns: Mapping[str, str], *, title: str | None = None, plain_ids: Iterable[str] = ()
) -> None:
    """A table with `columns` (key -> heading); numbers to the right; ids in `plain_ids` without thousands marks.

    Sentences wrap; everything else stays on its line, cut with an ellipsis where the terminal is too narrow.
    """
    grid = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    ids = set(plain_ids)
    for place, (key, heading) in enumerate(columns.items()):
        widest = max((len(words(row.get(key))) for row in rows), default=0)
        numeric = any(isinstance(row.get(key), (int, float, Decimal)) for row in rows)
        grid.add_column(
            heading,
            justify="right" if numeric else "left",
            no_wrap=key not in WRAPPED,
            overflow="ellipsis",
            min_width=widest if place == 0 else None,
        )
    for row in rows:
        grid.add_row(
            *(
                Text(str(row[key]) if key in ids and row.get(key) is not None else words(row.get(key)))
                for key in columns
            )
        )
    out.print(grid)


def say(text: str = "") -> None:
    """A line for people."""
    out.print(text, markup=False)


def note(text: str) -> None:
    """A remark that is not part of the answer: to standard error."""
    err.print(text, markup=False, style="dim")


def write_csv(rows: Iterable[Row], columns: Sequence[str], file: Path) -> int:
    """Write rows to a CSV file (or `-` for standard output), safe to open in a spreadsheet. Returns how many.

    Raises UsageError when the folder does not exist or may not be written.
    """
    if str(file) == "-":
        return _csv(rows, columns, sys.stdout)
    try:
        with file.open("w", newline="", encoding="utf-8") as stream:
            return _csv(rows, columns, stream)
    except OSError as error:
        raise UsageError(f"Cannot write {file}: {error.strerror}.", remedy="Choose another place with -o.") from None


def _csv(rows: Iterable[Row], columns: Sequence[str], stream: TextIO) -> int:
    writer = csv.writer(stream)
    writer.writerow(columns)
    count = 0
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
        count += 1
    return count


def _cell(value: Any) -> Any:
    """Raw numbers and ISO days; text that a spreadsheet would run as a formula gets an apostrophe."""
    value = plain(value)
    if isinstance(value, str) and value.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value


class _Rate(ProgressColumn):
    """Units per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")


@contextmanager
def progress(visible: bool) -> Iterator[types.Progress]:
    """A bar per unit of work with count, rate and time left; silent when not on a terminal or not wanted."""
    if not visible or not err.is_terminal:
        yield types.no_progress
        return
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24),
        TextColumn("{task.fields[count]}"), _Rate(), TimeRemainingColumn(compact=True),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True) as bars:
        known: dict[str, Any] = {}

        def update(done: int, total: int | None, unit: str) -> None:
            if unit not in known:
                known[unit] = bars.add_task(unit, total=total, count="")
            count = f"{done:,}" + (f" of {total:,}" if total else "")
            bars.update(known[unit], completed=done, total=total, count=count)

        yield update
