"""An inspection as text for a terminal."""

from __future__ import annotations

from foresell.sources.files.fields import BY_NAME
from foresell.sources.files.file_sniffing import label_encoding
from foresell.sources.files.inspection import InspectedColumn, Inspection

_KINDS = {"text": "Text", "workbook": "Excel workbook", "parquet": "Parquet", "sqlite": "SQLite"}
_SEPARATORS = {
    ",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", ":": "colon", "^": "caret", "~": "tilde",
    ".": "point", "'": "apostrophe", "’": "apostrophe", " ": "space",
}  # fmt: skip
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
    return (
        f"{inspection.file}\nWhat we detected\n  File: {', '.join(fact for fact in facts if fact)}\n"
        f"  Format: {known if inspection.format == 'mapped' else inspection.format}; "
        f"each row is {_ROW[inspection.mapping.rows]}\n"
    )


def _format_columns(inspection: Inspection) -> str:
    rows = [("Column", "Values", "Field", "Examples")]
    rows += [
        (column.header, column.type, _format_meaning(column), " | ".join(column.samples))
        for column in inspection.columns
    ]
    widths = [min(40, max(len(row[at]) for row in rows)) for at in range(3)]
    lines = ("  " + "  ".join(cell[:40].ljust(w) for cell, w in zip(row, widths, strict=False)) for row in rows)
    return "\n".join(f"{line}  {row[3][:70]}".rstrip() for line, row in zip(lines, rows, strict=True)) + "\n"


def _format_meaning(column: InspectedColumn) -> str:
    """The field's label and its key in the mapping, with the confidence where it is low."""
    if column.field is None:
        return "-"
    meaning = f"{BY_NAME[column.field].label} ({column.field})"
    unsure = column.confidence is not None and column.confidence < 0.9
    return f"{meaning}, {column.confidence:.0%} sure" if unsure else meaning


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
    return "\n".join(f"  {line}" for line in lines)
