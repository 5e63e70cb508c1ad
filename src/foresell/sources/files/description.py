"""An inspection in words, for a terminal."""

from __future__ import annotations

from foresell.sources.files.inspection import ColumnFound, Inspection

_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", ":": "colon", " ": "blank"}


def describe(found: Inspection) -> str:
    """What `foresell inspect` prints: the file, its columns and their meaning, numbers and dates, rejects, what is open."""
    parts = [_head(found), _columns(found), _values(found), _outcome(found)]
    parts += [f"! {warning}" for warning in found.warnings]
    if found.problem:
        parts.append(f"Not loadable as it is: {found.problem}\n  {found.remedy or ''}".rstrip())
    return "\n".join(part for part in parts if part)


def _head(found: Inspection) -> str:
    facts = [found.kind, found.compression, found.encoding, found.line_ending and f"lines end in {found.line_ending}"]
    if delimiter := found.dialect.get("delimiter"):
        facts.append(f"{_NAMES.get(delimiter, delimiter)}-separated")
    if line := found.dialect.get("header_line"):
        facts.append(f"column names on line {line}")
    facts += [f"{key} {found.dialect[key]!r}" for key in ("sheet", "table") if key in found.dialect]
    read = f"read as {found.profile}, one row is {_ROW[found.mapping.rows]}"
    return f"{found.file}: {', '.join(fact for fact in facts if fact)}\n{read}\n"


_ROW = {"orders": "a line of an order", "customers": "a customer", "products": "a product"}


def _columns(found: Inspection) -> str:
    rows = [("column", "looks like", "is read as", "for example")]
    rows += [(column.header, column.type, _meaning(column), " | ".join(column.samples)) for column in found.columns]
    widths = [min(40, max(len(row[at]) for row in rows)) for at in range(3)]
    lines = ("  " + "  ".join(cell[:40].ljust(w) for cell, w in zip(row, widths, strict=False)) for row in rows)
    return "\n".join(f"{line}  {row[3][:70]}".rstrip() for line, row in zip(lines, rows, strict=True)) + "\n"


def _meaning(column: ColumnFound) -> str:
    if column.field is None:
        return "-"
    unsure = column.confidence is not None and column.confidence < 0.9
    return f"{column.field} ({column.confidence:.0%} sure)" if unsure else column.field


def _values(found: Inspection) -> str:
    lines = [f"{field}: {evidence}" for field, evidence in found.date_evidence.items()]
    if found.decimal:
        grouped = f", thousands {found.thousands!r}" if found.thousands else ""
        lines.append(f"numbers: decimal mark {found.decimal!r}{grouped}")
    if found.currency:
        lines.append(f"currency: {found.currency}, from the signs")
    return "\n".join(f"  {line}" for line in lines)


def _outcome(found: Inspection) -> str:
    counts = [
        f"{count:,} {name}"
        for count, name in (
            (found.orders, "orders"),
            (found.customers, "customers"),
            (found.products, "products"),
        )
        if count
    ]
    lines = [f"{found.rows:,} rows" + (f": {', '.join(counts)}" if counts else "")]
    if found.problem is None:
        lines.append(f"{found.rejected:,} would be rejected")
    for reject in found.rejects:
        examples = "; ".join(f"line {line:,}: {value!r}" for line, _, value in reject.examples)
        lines.append(f"    {reject.lines:,} x {reject.reason} ({examples})")
    return "\n".join(f"  {line}" for line in lines)
