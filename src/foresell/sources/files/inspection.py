"""Inspects a file by staging it: its format, the meaning of its columns, the rows that would be rejected and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from foresell.errors import BadInput
from foresell.sources.files import formats, raw_rows, staging
from foresell.sources.files.fields import FIELDS, propose_columns
from foresell.sources.files.interpretation import Interpretation, ParsedFile, interpret_rows
from foresell.sources.files.mapping import Mapping, name_changes, write_mapping
from foresell.sources.files.questions import Question
from foresell.types import Progress, no_progress

_SAMPLE_ROWS, _SAMPLE_CELLS = 10_000, 500_000
_EXAMPLES = 3
_PREVIEW_ROWS = 10
_STATUS_WORDS = 12


LookUp = Callable[[duckdb.DuckDBPyConnection, Mapping, str], Sequence[Question]]


@dataclass(frozen=True, slots=True)
class InspectedColumn:
    """One column: its header, the kind of its first values, examples, the proposed field and the confidence (0 to 1)."""

    header: str
    type: str  # number | date | text | empty
    samples: tuple[str, ...]
    field: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class RejectReason:
    """One reason for rejects: how many lines, and the first ones as (line, column, value)."""

    reason: str
    lines: int
    examples: tuple[tuple[int, str | None, str | None], ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that are no lines of orders, by reason: `layout` (headings, totals, footers) or `rule` (what the mapping leaves out)."""

    kind: str
    reason: str
    rows: int
    lines: tuple[int, ...]  # the first ones


@dataclass(frozen=True, slots=True)
class StatusWord:
    """A word of the status column, the rows that have it, and the list of the mapping that says how they count."""

    word: str
    counts_as: str  # counted | cancelled | returned | partly_returned | left_out
    rows: int


@dataclass(frozen=True, slots=True)
class Money:
    """What the lines of one state (completed, returned or cancelled) and currency bring; cancelled ones do not count."""

    status: str
    currency: str | None
    orders: int
    amount: float


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was detected in a file: columns from their first 10,000 rows, or 500,000 cells; dates, numbers and rejects from all rows.

    `problem` says why the file cannot be loaded as it is, `remedy` what to do about it; both are None when it can.
    `fields` are the fields a column can fill; `preview` is the first rows as they would be loaded, by field.
    """

    file: str
    kind: str
    compression: str | None
    encoding: str | None
    line_ending: str | None
    dialect: dict[str, Any]
    columns: tuple[InspectedColumn, ...]
    format: str
    mapping: Mapping
    dates: dict[str, str]
    date_evidence: dict[str, str]
    decimal: str | None
    thousands: str | None
    currency: str | None
    rows: int
    orders: int | None
    customers: int | None
    products: int | None
    rejected: int
    rejects: tuple[RejectReason, ...]
    warnings: tuple[str, ...]
    label: str | None = None  # what people call the recognised format
    questions: tuple[Question, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    money: tuple[Money, ...] = ()
    status_words: tuple[StatusWord, ...] = ()  # the most frequent ones that a list of the mapping names
    problem: str | None = None
    remedy: str | None = None
    fields: tuple[dict[str, Any], ...] = tuple(
        {"name": f.name, "label": f.label, "rows": f.rows, "kind": f.kind, "meaning": f.meaning} for f in FIELDS
    )
    preview: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON. A choice has its settings twice: as in the TOML form, and as `changes` by the mapping's names."""
        plain = asdict(self)
        for question in plain["questions"]:
            for choice in question["choices"]:
                choice["changes"] = name_changes(choice["settings"])
        return plain


def inspect_file(
    path: Path,
    *,
    workdir: Path,
    memory_gib: float,
    threads: int,
    mapping: Mapping | None = None,
    format: str | None = None,
    dates: str | None = None,
    progress: Progress = no_progress,
    load_day: date | None = None,
    look_up: LookUp | None = None,
) -> Inspection:
    """What staging would find in a file, without failing where the mapping or the date order is still undecided.

    `look_up` adds questions about the staged tables, given their connection, the mapping and the file's SHA-256.
    Raises BadInput or EmptySource only for a file that cannot be read at all.
    """
    with staging.read_raw_rows(
        path,
        workdir=workdir,
        memory_gib=memory_gib,
        threads=threads,
        mapping=mapping,
        format=format,
        dates=dates,
        progress=progress,
    ) as (parsed, sha):
        described = _describe_file(parsed)
        try:
            with staging.translate_errors(parsed.name):
                interpreted = interpret_rows(parsed, load_day)
                raw_rows.name_places(parsed.con)
        except BadInput as problem:
            return replace(described, problem=problem.message, remedy=problem.remedy)
        found = _add_outcome(described, parsed, interpreted)
        added = look_up(parsed.con, interpreted.mapping, sha) if look_up else ()
        return replace(found, questions=(*found.questions, *added))


def save_mapping(inspection: Inspection, path: Path) -> None:
    """Write the proposed mapping, with the detected dialect, as a commented file to edit."""
    write_mapping(complete_mapping(inspection), path)


def complete_mapping(inspection: Inspection) -> Mapping:
    """The proposed mapping, with the detected dialect: it reads the same file, and later ones, in the same way."""
    numbers = inspection.decimal if inspection.decimal != "." else None
    order = next((f for f in inspection.dates.values() if f in ("dmy", "mdy")), None)
    mapping = inspection.mapping
    headers = {c.header for c in inspection.columns}
    named = {f: next((p for p in h.split("|") if p in headers), h) for f, h in mapping.columns.items()}
    found = {key: value for key, value in inspection.dialect.items() if value is not None}
    return replace(
        mapping,
        columns=named,
        dialect=replace(mapping.dialect, **found),
        decimal=mapping.decimal or numbers,
        date_order=mapping.date_order or order,
        currency=mapping.currency or inspection.currency,
        undecided=tuple(question.name for question in inspection.questions if question.name.startswith("columns.")),
    )


def _describe_file(parsed: ParsedFile) -> Inspection:
    raw, mapping = parsed.raw, parsed.mapping
    proposed = propose_columns([c.header for c in raw.columns], mapping.rows)
    by_column = {
        name: (field, proposed[field][1] if proposed.get(field, ("",))[0] == column.header else 1.0)
        for field, header in reversed(mapping.columns.items())  # of two fields of a column the first is shown
        if (column := formats.find_column(raw.columns, header)) is not None
        for name in raw_rows.list_names(column)
    }
    sampled = _sample_columns(parsed)
    columns = tuple(
        InspectedColumn(c.header, *sampled.get(c.name, ("empty", ())), *by_column.get(c.name, (None, None)))
        for c in raw.columns
    )
    (rows,) = parsed.con.execute("select count(*) from raw_rows").fetchall()[0]
    return Inspection(
        file=parsed.name,
        kind=raw.kind,
        compression=raw.compression,
        encoding=raw.encoding,
        line_ending={"\n": "LF", "\r\n": "CRLF", "\r": "CR", None: None}[raw.line_ending],
        dialect={key: value for key, value in asdict(raw.dialect).items() if value is not None},
        columns=columns,
        format=mapping.format,
        mapping=mapping,
        dates={},
        date_evidence={},
        decimal=None,
        thousands=None,
        currency=None,
        rows=int(rows),
        orders=None,
        customers=None,
        products=None,
        rejected=0,
        rejects=(),
        warnings=raw.warnings,
        label=formats.label_format(mapping.format),
    )


def _sample_columns(parsed: ParsedFile) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The kind of each column and its first different values, by the column's name in `raw_rows`."""
    rows = min(_SAMPLE_ROWS, _SAMPLE_CELLS // len(parsed.raw.columns))
    cells = ", ".join(f"{column.name}::varchar as {column.name}" for column in parsed.raw.columns)
    source = (
        parsed.raw.whole and f"(select row_number() over () as line, * from (from {parsed.raw.whole} limit {rows}))"
    )
    found = parsed.con.execute(
        rf"""with cells as (
            select name, trim(v) as v, count(*) as times, min(line) as first_line
            from (unpivot (select line, {cells} from {source or "raw_rows"} limit {rows}) on columns(* exclude line) into name name value v)
            where trim(v) <> '' group by all
        )
        select name, sum(times), coalesce(sum(times) filter (regexp_full_match(v, '[-+(]?\s*\p{{Sc}}?\s*[-+]?[\d., '']+\)?\s*(\p{{Sc}}|-)?')), 0),
            coalesce(sum(times) filter (regexp_full_match(v, '\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}([T ,].*)?')), 0),
            min_by(v, first_line, {_EXAMPLES})
        from cells group by name"""
    ).fetchall()
    return {
        name: (
            "date" if day > 0.9 * filled else "number" if number > 0.9 * filled else "text",
            tuple(sample[:80] for sample in samples),
        )
        for name, filled, number, day, samples in found
    }


def _add_outcome(described: Inspection, parsed: ParsedFile, read: Interpretation) -> Inspection:
    con, decided, staging = parsed.con, read.decided, read.staging
    counts = [con.execute(query).fetchall()[0][0] for query in _COUNTS]
    written = [n for n in decided.numbers.values() if not n.plain]
    return replace(
        described,
        mapping=read.mapping,
        dates={field: d.family for field, d in decided.dates.items()},
        date_evidence={field: f"{d.label}: {d.evidence}" for field, d in decided.dates.items()},
        decimal=written[0].decimal if written else ".",
        thousands=next((n.thousands for n in written if n.thousands), None),
        currency=next((n.currency for n in written if n.currency), None),
        rows=staging.lines_read + staging.left_out,
        orders=counts[0],
        customers=counts[1],
        products=counts[2],
        rejected=staging.rejected,
        rejects=_list_rejects(parsed),
        warnings=staging.warnings,
        questions=read.questions,
        left_out=tuple(
            LeftOut(kind, reason, rows, tuple(lines)) for kind, reason, rows, lines in con.execute(_LEFT_OUT).fetchall()
        ),
        money=tuple(Money(*row) for row in con.execute(_MONEY).fetchall()),
        status_words=_list_status_words(parsed, read.mapping),
        preview=_build_preview(parsed),
    )


_LEFT_OUT = f"""select kind, reason, count(*), list(line order by line)[:{_EXAMPLES}] from left_out
group by 1, 2 order by 3 desc, 2"""
_MONEY = """select status, currency, count(distinct order_key), sum(amount)::double from staged_lines
group by 1, 2 order by status = 'cancelled', 3 desc"""
_COUNTS = (
    "select count(distinct order_key) from staged_lines",
    "select count(*) from staged_customers",
    "select count(*) from staged_products",
)


def _list_status_words(parsed: ParsedFile, mapping: Mapping) -> tuple[StatusWord, ...]:
    if mapping.rows != "orders":
        return ()
    listed = {  # a word in two lists counts as the last of them says
        word.lower(): name
        for name in ("counted", "partly_returned", "left_out", "returned", "cancelled")
        for word in getattr(mapping, name)
    }
    found = parsed.con.execute(
        f"""select status_word(status), count(*) from mapped_rows
        where list_contains($words, status_word(status)) group by 1 order by 2 desc, 1 limit {_STATUS_WORDS}""",
        {"words": list(listed)},
    ).fetchall()
    return tuple(StatusWord(word, listed[word], rows) for word, rows in found)


def _list_rejects(parsed: ParsedFile) -> tuple[RejectReason, ...]:
    rows = parsed.con.execute(
        f"""select reason, count(distinct line), list((line, column_name, value) order by line)[:{_EXAMPLES}]
        from staged_rejects group by reason order by 2 desc, 1"""
    ).fetchall()
    return tuple(RejectReason(reason, lines, tuple(tuple(e) for e in examples)) for reason, lines, examples in rows)


_STAGED = {
    "orders": "staged_lines order by line",
    "customers": "staged_customers order by customer_key",
    "products": "staged_products order by sku",
}


def _build_preview(parsed: ParsedFile) -> tuple[dict[str, Any], ...]:
    """The first staged rows; columns that are empty in all of them are left out."""
    cursor = parsed.con.execute(f"from {_STAGED[parsed.mapping.rows]} limit {_PREVIEW_ROWS}")
    names = [name for name, *_ in cursor.description or ()]
    rows = cursor.fetchall()
    filled = [at for at, name in enumerate(names) if name != "line" and any(row[at] is not None for row in rows)]
    return tuple({names[at]: _to_json_value(row[at]) for at in filled} for row in rows)


def _to_json_value(value: Any) -> Any:
    """As JSON: numbers as numbers, dates and times as text."""
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, (str, int, float)) else str(value)
