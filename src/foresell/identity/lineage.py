"""Where a value shown of a customer is from: standard form, value of the source, record, batch and place, and why this record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from foresell.db import Row
from foresell.identity.golden import FieldGroup
from foresell.identity.standard_forms import RULES, RuleId

LineageField = Literal[
    "name", "email", "phone", "address", "city", "region", "postcode", "country", "signup_date"
]  # the bits of quality.value_origins, in their sequence
FIELDS: tuple[LineageField, ...] = get_args(LineageField)
GROUP_OF: Mapping[LineageField, FieldGroup] = {
    "name": "name", "email": "email", "phone": "phone", "address": "address", "city": "address", "region": "address",
    "postcode": "address", "country": "country", "signup_date": "signup_date",
}  # fmt: skip


def trace_value(field: LineageField, group: Row, origins: Sequence[Row]) -> Row:
    """The lineage of one field of a golden record.

    group: its group, a row of `describe_golden_record`. origins: rows of quality.origins_of, the newest batch first. state as
    of the group, or missing where the record has no value in this field. Returns field, state, value, standard, rule, record,
    origin (null where missing), earlier (other batches that brought a value of this field and record), chosen_by.
    """
    name = "street" if field == "address" else field
    value = group["values"].get(name)
    is_there = group["state"] == "hidden" or value is not None
    record = group["record_id"] if is_there else None
    bit = 1 << FIELDS.index(field)
    steps = [_describe_origin(field, row) for row in origins if row["record_id"] == record and row["fields"] & bit]
    standard = group["standard"].get(field)
    return {
        "field": field,
        "state": group["state"] if is_there else "missing",
        "value": value,
        "standard": standard,
        "rule": _find_rule(field, standard.rule if standard else None) if is_there else None,
        "record": {key: group[key] for key in ("record_id", "source", "source_key")} if record is not None else None,
        "origin": steps[0] if steps else None,
        "earlier": steps[1:],
        "chosen_by": group["rule"] if is_there else None,
        "others": list(group["differing_sources"]) if is_there else [],
    }


def write_sentence(lineage: Row) -> str:
    """The lineage as a sentence: "From orders.csv, line 17, in batch 12 of 2026-03-03. ..."."""
    origin = lineage["origin"]
    if origin is None:
        return "No source has it."
    record = lineage["record"]
    place = f"{origin['call']} of {record['source']}" if origin["call"] else origin["file"]
    line = f", line {origin['line']:,}" if origin["line"] is not None else ""
    rule = lineage["rule"]
    by = f" Shown by rule {rule['rule']} v{rule['version']}." if rule else " Shown as the source writes it."
    return (
        f"From {place}{line}, record {record['source_key']} of {record['source']}, in batch {origin['batch_id']} of"
        f" {origin['loaded_at']:%Y-%m-%d}. {lineage['chosen_by']}{by}"
    )


def _describe_origin(field: LineageField, row: Row) -> Row:
    """The batch and place of one value. The line is in `file`: a part of the batch's file, where it has parts."""
    lines = row["lines"]
    line = lines[FIELDS.index(field)] if lines else row["line"]
    file = row["file_name"]
    for first, last, part, before in row["parts"] or ():
        if line is not None and first <= line <= last:
            file, line = part, line - before
            break
    return {
        **{key: row[key] for key in ("batch_id", "loaded_at", "format")},
        "file": file,
        "line": line,
        "call": row["origin"],
        "fetched_at": row["fetched_at"],
    }


def _find_rule(field: LineageField, rule: RuleId | None) -> dict[str, Any] | None:
    """The rule by which the field is shown. That of a name is known only where the name is shown."""
    found = next((each for each in RULES.values() if each.rule == (rule or field)), None)
    return (
        {"rule": found.rule, "version": found.version, "sentence": found.sentence, "data": found.data}
        if found
        else None
    )
