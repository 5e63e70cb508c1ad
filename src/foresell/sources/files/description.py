"""An inspection as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from foresell.sources.files.fields import BY_NAME
from foresell.sources.files.file_sniffing import label_encoding, name_some
from foresell.sources.files.inspection import InspectedColumn, Inspection
from foresell.sources.files.questions import Question

_KINDS = {"text": "Text", "workbook": "Excel workbook", "parquet": "Parquet", "sqlite": "SQLite"}
_SEPARATORS = {
    ",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", ":": "colon", "^": "caret", "~": "tilde",
    ".": "point", "'": "apostrophe", "’": "apostrophe", " ": "space",
}  # fmt: skip
_STATES = {"completed": "sold", "returned": "returned", "cancelled": "cancelled, counts for nothing"}
_SHORT_LIST = 5
#: A terminal's width, and what a column's header, kind and field may take of it; an example has some space in any case.
_SCREEN, _WIDEST, _LEAST_SPACE = 80, (28, 7, 40), 12
_MOST_UNUSED = 12
_ROW = {"orders": "an order line", "customers": "a customer", "products": "a product"}


def describe_inspection(inspection: Inspection) -> str:
    """The output of `foresell inspect`: file format, columns, dates and numbers, rejects, warnings, problem and remedy."""
    parts = [
        _format_head(inspection),
        _format_columns(inspection),
        _format_values(inspection),
        _format_outcome(inspection),
    ]
    parts += [f"! {warning}" for warning in inspection.warnings]
    parts += [_format_question(question) for question in inspection.questions]
    if inspection.questions:
        parts.append("Not loaded before these are answered: with --save-map in a mapping, or by --accept-guesses.")
    if inspection.problem:
        parts.append(f"Cannot be loaded yet: {inspection.problem}\n  {inspection.remedy or ''}".rstrip())
    return "\n".join(part for part in parts if part)


def _format_head(inspection: Inspection) -> str:
    dialect = inspection.dialect
    delimiter, line = dialect.get("delimiter"), dialect.get("header_line")
    facts = [
        _KINDS[inspection.kind],
        inspection.compression and f"compressed ({inspection.compression})",
        inspection.encoding and f"encoding {label_encoding(inspection.encoding)}",
        delimiter and f"separator: {_SEPARATORS.get(delimiter, delimiter)}",
        inspection.line_ending and f"line endings {inspection.line_ending}",
        line and f"column names on line {line}",
        *(f"{key} {dialect[key]!r}" for key in ("sheet", "table") if key in dialect),
    ]
    known = "not a known format, mapped by column names"
    shown = f"recognised as {inspection.label}" if inspection.label else known
    return (
        f"{inspection.file}\nWhat we detected\n  File: {', '.join(fact for fact in facts if fact)}\n"
        f"  Format: {shown}; "
        f"each row is {_ROW[inspection.mapping.rows]}\n"
    )


def _format_columns(inspection: Inspection) -> str:
    """A row for each column that is used, and the names of the others."""
    used = [column for column in inspection.columns if column.field]
    rows = [("Column", "Values", "Field"), *((column.header, column.type, _format_meaning(column)) for column in used)]
    unused = [column.header for column in inspection.columns if not column.field]
    widths = [min(most, max(len(row[at]) for row in rows)) for at, most in enumerate(_WIDEST)]
    lines = ["  " + "  ".join(cell[:w].ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    space = max(_LEAST_SPACE, _SCREEN - len(lines[0]) - 2)
    examples = ["Examples", *(_fit_examples(column.samples, space) for column in used)]
    table = [f"{line}  {example}".rstrip() for line, example in zip(lines, examples, strict=True)]
    if unused:
        table.append(f"  Not used: {name_some([header[: _WIDEST[0]] for header in unused], _MOST_UNUSED)}")
    return "\n".join(table) + "\n"


def _fit_examples(samples: Sequence[str], space: int) -> str:
    """The first examples that fit as a whole: a number that is cut reads as another one."""
    shown = ""
    for sample in samples:
        longer = f"{shown} | {sample}" if shown else sample
        if len(longer) > space:
            return shown or f"{sample[: space - 1]}…"
        shown = longer
    return shown


def _format_meaning(column: InspectedColumn) -> str:
    """The field's label and its key in the mapping."""
    return f"{BY_NAME[column.field].label} ({column.field})" if column.field else "-"


def _format_values(inspection: Inspection) -> str:
    lines = [f"{BY_NAME[field].label}: {evidence}" for field, evidence in inspection.date_evidence.items()]
    if inspection.decimal:
        mark = "comma" if inspection.decimal == "," else "point"
        separator = inspection.thousands and _SEPARATORS.get(inspection.thousands, inspection.thousands)
        lines.append(f"Numbers: decimal {mark}" + (f", thousands separator: {separator}" if separator else ""))
    if inspection.currency:
        lines.append(f"Currency: {inspection.currency}, from the currency signs")
    return "\n".join(f"  {line}" for line in lines)


def _format_outcome(inspection: Inspection) -> str:
    counts = [
        f"{count:,} {name}"
        for count, name in (
            (inspection.orders, "orders"),
            (inspection.customers, "customers"),
            (inspection.products, "products"),
        )
        if count
    ]
    lines = [f"{inspection.rows:,} rows" + (f": {', '.join(counts)}" if counts else "")]
    if inspection.problem is None:
        lines.append(f"{inspection.rejected:,} would be rejected")
    for reject in inspection.rejects:
        examples = "; ".join(f"line {line:,}: {value!r}" for line, _, value in reject.examples)
        lines.append(f"    {reject.lines:,} x {reject.reason} ({examples})")
    lines += [
        f"{left.rows:,} left out: {left.reason} (line {', '.join(f'{line:,}' for line in left.lines)})"
        for left in inspection.left_out
    ]
    if inspection.questions and inspection.money:
        lines.append("With the likely answers:")
    lines += [
        f"{money.amount:,.2f} {money.currency or ''}".rstrip()
        + f" in {money.orders:,} {'order' if money.orders == 1 else 'orders'}: {_STATES[money.status]}"
        for money in inspection.money
    ]
    return "\n".join(f"  {line}" for line in lines)


def _format_question(question: Question) -> str:
    """A question with its choices as lines of a mapping, the likeliest marked."""
    lines = [f"? {question.text} {question.evidence}"]
    for at, choice in enumerate(question.choices):
        likely = " (likely)" if at == question.guess and len(question.choices) > 1 else ""
        keys = ", ".join(
            f"{key} = {value!r}" if not isinstance(value, list) or len(value) <= _SHORT_LIST else key
            for key, value in choice.settings.items()
        )
        lines.append(f"    {choice.label}{likely}: {keys}")
    return "\n".join(lines)
