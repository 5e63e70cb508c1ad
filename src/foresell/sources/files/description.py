"""An inspection in words, for a terminal."""

from __future__ import annotations

from foresell.sources.files.inspection import InspectedColumn, Inspection

_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", ":": "colon", " ": "blank"}


def describe_inspection(inspection: Inspection) -> str:
    """What `foresell inspect` prints: the file, its columns and their meaning, numbers and dates, rejects, what is open."""
    parts = [
        _format_head(inspection),
        _format_columns(inspection),
        _format_values(inspection),
        _format_outcome(inspection),
    ]
    parts += [f"! {warning}" for warning in inspection.warnings]
    if inspection.problem:
        parts.append(f"Not loadable as it is: {inspection.problem}\n  {inspection.remedy or ''}".rstrip())
    return "\n".join(part for part in parts if part)


def _format_head(inspection: Inspection) -> str:
    facts = [
        inspection.kind,
        inspection.compression,
        inspection.encoding,
        inspection.line_ending and f"lines end in {inspection.line_ending}",
    ]
    if delimiter := inspection.dialect.get("delimiter"):
        facts.append(f"{_NAMES.get(delimiter, delimiter)}-separated")
    if line := inspection.dialect.get("header_line"):
        facts.append(f"column names on line {line}")
    facts += [f"{key} {inspection.dialect[key]!r}" for key in ("sheet", "table") if key in inspection.dialect]
    read = f"read as {inspection.profile}, one row is {_ROW[inspection.mapping.rows]}"
    return f"{inspection.file}: {', '.join(fact for fact in facts if fact)}\n{read}\n"


_ROW = {"orders": "a line of an order", "customers": "a customer", "products": "a product"}


def _format_columns(inspection: Inspection) -> str:
    rows = [("column", "looks like", "is read as", "for example")]
    rows += [
        (column.header, column.type, _format_meaning(column), " | ".join(column.samples))
        for column in inspection.columns
    ]
    widths = [min(40, max(len(row[at]) for row in rows)) for at in range(3)]
    lines = ("  " + "  ".join(cell[:40].ljust(w) for cell, w in zip(row, widths, strict=False)) for row in rows)
    return "\n".join(f"{line}  {row[3][:70]}".rstrip() for line, row in zip(lines, rows, strict=True)) + "\n"


def _format_meaning(column: InspectedColumn) -> str:
    if column.field is None:
        return "-"
    unsure = column.confidence is not None and column.confidence < 0.9
    return f"{column.field} ({column.confidence:.0%} sure)" if unsure else column.field


def _format_values(inspection: Inspection) -> str:
    lines = [f"{field}: {evidence}" for field, evidence in inspection.date_evidence.items()]
    if inspection.decimal:
        grouped = f", thousands {inspection.thousands!r}" if inspection.thousands else ""
        lines.append(f"numbers: decimal mark {inspection.decimal!r}{grouped}")
    if inspection.currency:
        lines.append(f"currency: {inspection.currency}, from the signs")
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
