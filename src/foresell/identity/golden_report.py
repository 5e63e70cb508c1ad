"""The golden record of one customer as it is shown: per group of fields the values, as far as the rights go, and where they are from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foresell.db import Row
from foresell.identity.golden import GROUPS, FieldGroup, describe_rule
from foresell.identity.standard_forms import standardise_values

#: What stands for a sealed value that is on file.
SEALED, SEALED_EMAIL = "•••", "•••@•••"
#: The bit of a sealed field in `on_file`.
BITS: Mapping[str, int] = {"email": 1, "phone": 2, "address": 4}


def describe_golden_record(
    sources: Sequence[Row], choices: Sequence[Row], pins: Sequence[Row], *, names: bool
) -> list[Row]:
    """One row per group of fields: field_group, state, values, record_id, source, source_key, changed_at, rule, agree, differ,
    differing_sources, sources, pin, standard.

    sources, choices, pins: rows of the statements of the same names in golden.sql. names: whether names may be shown.
    """
    chosen = {row["field_group"]: row for row in choices} or _only_choices(sources)
    pinned = {row["field_group"]: row for row in pins}
    return [_describe_group(group, sources, chosen.get(group), pinned.get(group), names) for group in GROUPS]


def has_values(source: Row, group: FieldGroup) -> bool:
    """Whether a record has values in a group."""
    if group == "name":
        return bool(source["has_name"])
    if group in BITS and source["on_file"] & BITS[group]:
        return True
    names = {"address": ("city", "region", "postcode"), "country": ("country",), "signup_date": ("signup_date",)}
    return any(source[name] is not None for name in names.get(group, ()))


def _only_choices(sources: Sequence[Row]) -> dict[str, Row]:
    """The choices of a customer with one record; of one with several whose records moved a moment ago, the first that has it."""
    return {
        group: {"record_id": having[0], "rule": "only one" if len(sources) == 1 else "oldest", "agreeing": having[:1],
                "differing": having[1:]}
        for group in GROUPS
        if (having := [source["record_id"] for source in sources if has_values(source, group)])
    }  # fmt: skip


def _describe_group(group: FieldGroup, sources: Sequence[Row], choice: Row | None, pin: Row | None, names: bool) -> Row:
    shown = {source["record_id"]: source for source in sources}
    first = shown.get(choice["record_id"]) if choice else None
    if choice is None or first is None:
        missing = dict.fromkeys(("record_id", "source", "source_key", "changed_at", "rule"))
        listed = [_describe_source(group, source, "nothing", names) for source in sources]
        return {"field_group": group, "state": "missing", "values": {}, **missing, "agree": 0, "differ": 0,
                "differing_sources": [], "sources": listed, "pin": _without_group(pin), "standard": {}}  # fmt: skip
    relations = dict.fromkeys(choice["differing"], "differs") | dict.fromkeys(choice["agreeing"], "agrees")
    relations[first["record_id"]] = "chosen"
    agree, differ = len(choice["agreeing"]), len(choice["differing"])
    others = [source for source in sources if source is not first]
    return {
        "field_group": group,
        "state": "hidden" if group == "name" and not names else "on file" if group in ("email", "phone") else "shown",
        "values": _values(group, first, names),
        **{name: first[name] for name in ("record_id", "source", "source_key", "changed_at")},
        "rule": describe_rule(
            choice["rule"],
            agree=agree,
            records=agree + differ,
            source=first["source"],
            reason=pin["reason"] if pin else None,
        ),
        "agree": agree,
        "differ": differ,
        "differing_sources": sorted({shown[each]["source"] for each in choice["differing"] if each in shown}),
        "sources": [
            _describe_source(group, source, relations.get(source["record_id"], "nothing"), names)
            for source in (first, *others)
        ],
        "pin": _without_group(pin),
        "standard": _standardise(group, first, names),
    }


def _describe_source(group: FieldGroup, source: Row, relation: str, names: bool) -> Row:
    known = {name: source[name] for name in ("record_id", "source", "source_key", "changed_at")}
    return {**known, "relation": relation, "values": _values(group, source, names)}


def _values(group: FieldGroup, source: Row, names: bool) -> dict[str, Any]:
    if group == "name":
        return {"name": source["name"] if names else None}
    if group in ("email", "phone"):
        mask = SEALED_EMAIL if group == "email" else SEALED
        return {group: mask if has_values(source, group) else None}
    if group == "address":
        street = SEALED if source["on_file"] & BITS["address"] else None
        return {"street": street, **{name: source[name] for name in ("city", "region", "postcode")}}
    return {group: source[group]}


def _standardise(group: FieldGroup, source: Row, names: bool) -> Row:
    """By field, the standard form of the values that are shown; sealed ones have theirs when they are revealed."""
    if group in BITS and group != "address":
        return {}
    return dict(standardise_values(_values(group, source, names), source["country"]))


def _without_group(pin: Row | None) -> Row | None:
    return pin and {name: value for name, value in pin.items() if name != "field_group"}
