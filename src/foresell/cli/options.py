"""Arguments and options that several commands share, and the confirmation they ask for."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from foresell.errors import UsageError

CustomerId = Annotated[
    str, typer.Argument(help="A customer number such as C000123, or the customer's ID in a source system.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Newest = Annotated[int, typer.Option("--limit", min=1, help="How many to show, newest first.")]

Segment = Annotated[str | None, typer.Option(help="Only this segment.")]
From = Annotated[str | None, typer.Option("--from", help="Last order on or after this day, YYYY-MM-DD.")]
To = Annotated[str | None, typer.Option("--to", help="Last order on or before this day, YYYY-MM-DD.")]
Category = Annotated[str | None, typer.Option(help="Only customers who bought from this product category.")]
Limit = Annotated[int | None, typer.Option(min=1, help="How many (default: the first 25 on screen, all in a file).")]
Contacts = Annotated[bool, typer.Option("--contacts", help="Include names and contact details. This is logged.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write a CSV file (- for standard output).")]

SCREENFUL = 25


def row_limit(limit: int | None, *, complete: bool) -> int | None:
    """How many rows to fetch: those asked for, else all when `complete` (a file, JSON), else a screenful."""
    return limit or (None if complete else SCREENFUL)


def parse_day(text: str | None, option: str) -> date | None:
    """A day given on the command line as YYYY-MM-DD. Raises UsageError naming the option."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option} {text!r} is not a day.", remedy="Write it as YYYY-MM-DD, such as 2011-12-10."
        ) from None


def confirm(question: str, *, yes: bool, json: bool) -> None:
    """Ask before changing something. Raises UsageError when --json leaves no way to ask, typer.Abort on "no"."""
    if yes:
        return
    if json:
        raise UsageError("With --json, Foresell cannot ask for confirmation.", remedy="Add --yes.")
    typer.confirm(question, abort=True)
