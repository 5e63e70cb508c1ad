"""Reviews and mentions in a CSV or Excel file: columns recognized by their headers, values checked row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from foresell.errors import BadInput, EmptySource, TooManyRejects, UsageError
from foresell.sources.files import mapping as mappings
from foresell.sources.files.dates import build_date_macros, detect_date_format
from foresell.sources.files.fields import FIELDS, normalize_header
from foresell.sources.files.file_sniffing import name_some
from foresell.sources.files.interpretation import ParsedFile
from foresell.sources.files.raw_rows import Column, read_columns
from foresell.sources.files.rejects import locate_rejects, save_rejects
from foresell.sources.files.staging import read_raw_rows, translate_errors
from foresell.types import no_progress

_OF_ORDERS = {field.name: field.headers for field in FIELDS}
#: Headers of each field without case and punctuation; the earlier field wins a contested column.
HEADERS: Mapping[str, Sequence[str]] = {
    "key": ("reviewid", "reviewkey", "commentid", "mentionid", "ratingid", "feedbackid", "id", "bewertungsid"),
    "rating": ("rating", "stars", "score", "starrating", "reviewrating", "note", "bewertung", "sterne", "punkte"),
    "title": ("title", "headline", "reviewtitle", "subject", "summary", "titel", "betreff"),
    "text": (
        "text", "review", "reviewtext", "reviewbody", "comment", "comments", "body", "content", "message", "feedback",
        "mention", "kommentar", "bewertungstext",
    ),
    "language": ("language", "lang", "locale", "languagecode", "sprache", "langue"),
    "customer_key": _OF_ORDERS["customer_key"],
    "email": (*_OF_ORDERS["email"], "revieweremail", "authoremail"),
    "written_at": (
        "writtenat", "reviewdate", "reviewedat", "publishedat", "submittedat", "postedat", "commentdate",
        *_OF_ORDERS["ordered_at"],
    ),
    "product": (*_OF_ORDERS["sku"], "asin", *_OF_ORDERS["product_name"]),
}  # fmt: skip
LONGEST_TEXT = 20_000
_RATING = re.compile(r"(\d+(?:[.,]\d+)?)(?:\s*(?:/|of|out of|von)\s*\d+)?(?:\s*(?:stars?|sterne?n?))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One row of the file, as it was written; `written_at` is the source's local time. `key` may be missing."""

    line: int
    key: str | None
    customer_key: str | None
    email: str | None
    product: str | None
    rating: float | None
    text: str | None
    language: str | None
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is not loaded: which field of it, and why."""

    line: int
    field: str
    value: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """A file that was read. `columns`: header by field; `lines`: how many rows it has."""

    name: str
    lines: int
    columns: Mapping[str, str]
    rows: Sequence[ReviewRow]
    rejects: Sequence[Reject]
    rejects_file: Path | None


@contextmanager
def read_reviews(
    path: Path,
    *,
    workdir: Path,
    rejects_folder: Path,
    source: str,
    stated: Mapping[str, str],
    best_rating: int,
    load_day: date,
    dates: str | None,
    memory_gib: float,
    threads: int,
) -> Iterator[ReviewFile]:
    """The rows of a CSV or Excel file, checked; rejected ones are written to a file of `rejects_folder`.

    `stated`: headers by field, where they are not recognized; `dates`: dmy, mdy or ymd. Raises BadInput for a file that
    cannot be read or has no date, or neither text nor rating; EmptySource.
    """
    with read_raw_rows(
        path,
        workdir=workdir,
        memory_gib=memory_gib,
        threads=threads,
        mapping=mappings.Mapping(source=source),
        format=None,
        dates=dates,
        progress=no_progress,
    ) as (read, digest):
        columns = recognize_columns([column.header for column in read.raw.columns], stated, read.name)
        with translate_errors(read.name):
            listed = _list_rows(read, columns, load_day)
        rows, rejects = _check_rows(listed, best_rating)
        rejects += _read_broken(read.con)
        if not rows and not rejects:
            raise EmptySource(f"{read.name} holds no rows; nothing was written.", remedy="Check the export.")
        file = None
        if rejects:
            read.con.execute("delete from staged_rejects")
            values = [
                (read.name, each.line, each.field, each.value, each.reason) for each in sorted(rejects, key=_line)
            ]
            read.con.executemany("insert into staged_rejects values (?, ?, ?, ?, ?)", values)
            file = save_rejects(read.con, locate_rejects(rejects_folder, source, read.name, digest))
        yield ReviewFile(read.name, len(rows) + len(rejects), columns, rows, sorted(rejects, key=_line), file)


def recognize_columns(headers: Sequence[str], stated: Mapping[str, str], name: str) -> dict[str, str]:
    """Header by field. Raises UsageError for a stated field or header that there is not, BadInput where a needed one lacks."""
    for field, header in stated.items():
        if field not in HEADERS:
            raise UsageError(f"There is no field {field!r}.", remedy=f"Choose from: {', '.join(HEADERS)}.")
        if header not in headers:
            raise UsageError(f"{name} has no column {header!r}.", remedy=f"Its columns are: {name_some(headers)}.")
    free = {normalize_header(header): header for header in reversed(headers) if header not in stated.values()}
    found = dict(stated)
    for field, names in HEADERS.items():
        words = (normalize_header(field), *names)
        if field not in found and (word := next((each for each in words if each in free), None)) is not None:
            found[field] = free.pop(word)
    if "text" not in found and "title" in found:
        found["text"] = found.pop("title")
    if "written_at" not in found or not {"text", "rating"} & found.keys():
        raise BadInput(
            f"{name}: no column with {'the date' if 'written_at' not in found else 'the text or rating'} of a review was found.",
            remedy=f"Name it: --column {'written_at' if 'written_at' not in found else 'text'}=HEADER. Its columns are: {name_some(headers)}.",
        )
    return found


def check_rejects(file: ReviewFile, max_rejected: float) -> None:
    """Raises TooManyRejects above `max_rejected` percent of the lines, naming the first."""
    share = 100 * len(file.rejects) / file.lines
    if share > max_rejected or not file.rows:
        first = file.rejects[0]
        raise TooManyRejects(
            f"{file.name}: {len(file.rejects):,} of {file.lines:,} lines ({share:.1f} %) were rejected, more than the"
            f" {max_rejected:g} % allowed; nothing was written. The first: line {first.line}, {first.field}: {first.reason}.",
            remedy=f"See {file.rejects_file}; correct the file or allow more: --max-rejected.",
        )


def read_rating(text: str) -> float | None:
    """A rating such as 4, 4.5, 4,5, 4/5, "4 stars" or ★★★★☆; None where it is none."""
    text = text.strip()
    if text and not text.strip("★⭐☆\ufe0f "):
        return float(text.count("★") + text.count("⭐"))
    match = _RATING.fullmatch(text)
    return float(match.group(1).replace(",", ".")) if match else None


def _list_rows(read: ParsedFile, columns: Mapping[str, str], load_day: date) -> list[dict[str, Any]]:
    """All rows as text by field, with written_at as a time: null where it is none, then date_fault says why."""
    con = read.con
    by_header = {column.header: column for column in read.raw.columns}
    chosen = {field: by_header[header] for field, header in columns.items()}
    read_columns(con, read.raw, list(chosen.values()))
    listed = ", ".join(f"{_as_text(field, column)} as {field}" for field, column in chosen.items())
    con.execute(f"create or replace temp view mapped_rows as select line, {listed} from raw_rows")
    dates = detect_date_format(
        con,
        "written_at",
        columns["written_at"],
        order=read.mapping.date_order,
        format_=None,
        decimal_comma=False,
        file=read.name,
    )
    for macro in build_date_macros(dates, "written_at", (load_day + timedelta(days=2)).isoformat()):
        con.execute(macro)
    others = ", ".join(field for field in chosen if field != "written_at")
    cursor = con.execute(
        f"""select line, {others}, written_at::varchar as date_text, to_time_written_at(written_at) as written_at,
            date_fault_written_at(written_at, 'read as {dates.family}') as date_fault
        from mapped_rows order by line"""
    )
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _as_text(field: str, column: Column) -> str:
    return column.name if field == "written_at" else f"nullif(trim({column.name}::varchar), '')"


def _check_rows(listed: Sequence[dict[str, Any]], best_rating: int) -> tuple[list[ReviewRow], list[Reject]]:
    rows: list[ReviewRow] = []
    rejects: list[Reject] = []
    seen: dict[str, ReviewRow] = {}
    for each in listed:
        if not any(value for name, value in each.items() if name not in ("line", "date_fault")):
            continue
        checked = _check_row(each, best_rating)
        if isinstance(checked, ReviewRow) and checked.key is not None:
            earlier = seen.setdefault(checked.key, checked)
            if earlier is not checked:
                reason = f"the review of line {earlier.line} has this key"
                checked = Reject(checked.line, "key", checked.key, reason)
        if isinstance(checked, Reject):
            rejects.append(checked)
        else:
            rows.append(checked)
    return rows, rejects


def _check_row(each: Mapping[str, Any], best_rating: int) -> ReviewRow | Reject:
    line, stated = each["line"], each.get("rating")
    rating = read_rating(stated) if stated else None
    text = ". ".join(part.rstrip(". ") for part in (each.get("title"), each.get("text")) if part) or None
    text = each.get("text") if not each.get("title") else text
    if each["written_at"] is None:
        return Reject(line, "written_at", each["date_text"], each["date_fault"] if each["date_text"] else "no date")
    if stated and (rating is None or rating > best_rating):
        reason = "not a rating" if rating is None else f"above the best rating, {best_rating} (--best-rating)"
        return Reject(line, "rating", stated, reason)
    if text is None and rating is None:
        return Reject(line, "text", None, "neither a text nor a rating")
    if text is not None and len(text) > LONGEST_TEXT:
        return Reject(line, "text", None, f"longer than {LONGEST_TEXT:,} characters")
    return ReviewRow(
        line,
        each.get("key"),
        each.get("customer_key"),
        each.get("email"),
        each.get("product"),
        rating,
        text,
        each.get("language"),
        each["written_at"],
    )


def _read_broken(con: duckdb.DuckDBPyConnection) -> list[Reject]:
    """The records that could not become rows at all. Their content is not kept: it may be a text."""
    found = con.execute("select line, coalesce(column_name, 'row'), reason from staged_rejects").fetchall()
    return [Reject(line, field, None, reason) for line, field, reason in found]


def _line(reject: Reject) -> int:
    return reject.line
