"""Write contracts/events: the JSON Schema of each type and version of event, TypeScript types, and check that no released
version changed in a way that breaks what is sent or stored already.

    python -m scripts.event_contracts             writes the files
    python -m scripts.event_contracts --release   also keeps the schemas as they are as released
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foresell.events.contract import CloudEvent
from foresell.events.types import TYPES

FOLDER = Path(__file__).parents[1] / "contracts" / "events"
RELEASED = FOLDER / "released.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
#: What narrows a value: removing one, or loosening it, breaks nothing.
LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def make_schemas() -> dict[str, Schema]:
    """By file below contracts/events its schema."""
    schemas = {"envelope.json": _complete(CloudEvent.model_json_schema(), "urn:foresell:event")}
    for name, versions in TYPES.items():
        for number, model in enumerate(versions, 1):
            schemas[f"{name}/{number}.json"] = _complete(
                model.model_json_schema(), f"urn:foresell:event:{name}:{number}"
            )
    return schemas


def _complete(schema: Schema, urn: str) -> Schema:
    return {"$schema": DIALECT, "$id": urn, **schema}


def find_breaks(old: Schema, new: Schema) -> list[str]:
    """Why a value that `old` takes could be refused by `new`, or a reader of `old` could misread what `new` takes."""
    return list(_compare(old, new, old, new, ""))


def _compare(old: Schema, new: Schema, old_root: Schema, new_root: Schema, path: str) -> Iterator[str]:
    old, new = _resolve(old, old_root), _resolve(new, new_root)
    where = path or "the event"
    if "anyOf" in old or "anyOf" in new:
        yield from _compare_choices(old, new, old_root, new_root, path)
        return
    if old.get("type") != new.get("type") and not (old.get("type") == "integer" and new.get("type") == "number"):
        yield f"{where}: the type changed from {old.get('type')} to {new.get('type')}"
    for name in ("pattern", "format", "x-personal"):
        if new.get(name) != old.get(name) and (name == "x-personal" or new.get(name) is not None):
            yield f"{where}: {name} changed"
    for name in LOWER_BOUNDS:
        if name in new and new[name] > old.get(name, float("-inf")):
            yield f"{where}: {name} grew"
    for name in UPPER_BOUNDS:
        if name in new and new[name] < old.get(name, float("inf")):
            yield f"{where}: {name} fell"
    allowed = new.get("enum", [new["const"]] if "const" in new else None)
    if allowed is not None:
        before = old.get("enum", [old["const"]] if "const" in old else None)
        if before is None or not set(before) <= set(allowed):
            yield f"{where}: values are no longer taken"
    yield from _compare_parts(old, new, old_root, new_root, path)


def _compare_parts(old: Schema, new: Schema, old_root: Schema, new_root: Schema, path: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, schema in before.items():
        part = f"{path}.{name}".lstrip(".")
        if name not in after:
            yield f"{part}: the field is gone"
        else:
            yield from _compare(schema, after[name], old_root, new_root, part)
    for name in set(new.get("required", ())) - set(old.get("required", ())):
        yield f"{f'{path}.{name}'.lstrip('.')}: the field became required"
    for name in ("items", "additionalProperties"):
        if isinstance(old.get(name), dict) and isinstance(new.get(name), dict):
            yield from _compare(old[name], new[name], old_root, new_root, f"{path}[]")
        elif new.get(name) is False and old.get(name, True) is not False:
            yield f"{path or 'the event'}: unknown fields are no longer taken"


def _compare_choices(old: Schema, new: Schema, old_root: Schema, new_root: Schema, path: str) -> Iterator[str]:
    """Each choice of the old one must be taken by some choice of the new one."""
    for choice in old.get("anyOf", [old]):
        found = [list(_compare(choice, other, old_root, new_root, path)) for other in new.get("anyOf", [new])]
        if all(found):
            yield min(found, key=len)[0]
    if old.get("x-personal") != new.get("x-personal"):
        yield f"{path or 'the event'}: x-personal changed"


def _resolve(schema: Schema, root: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found = root
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return {**found, **{name: value for name, value in schema.items() if name != "$ref"}}


def check_released(schemas: dict[str, Schema], released: dict[str, Schema]) -> list[str]:
    """What breaks a released version: one that is gone, or one that changed other than by more optional fields."""
    breaks = [f"{file}: the released version is gone" for file in released.keys() - schemas.keys()]
    for file in released.keys() & schemas.keys():
        breaks += [f"{file}: {why}" for why in find_breaks(released[file], schemas[file])]
    return sorted(breaks)


def make_typescript(schemas: dict[str, Schema]) -> str:
    """The types as TypeScript: one per type and version, and a map of the newest ones."""
    lines = ["// Generated from the JSON Schemas by scripts/event_contracts.py."]
    newest: dict[str, str] = {}
    for file, schema in schemas.items():
        if "/" not in file:
            continue
        name, _, version = file.removesuffix(".json").partition("/")
        title = f"{schema['title']}V{version}"
        newest[name] = title
        lines += ["", f"/** {schema['description']} */", f"export type {title} = {_type(schema, schema)}"]
    lines += ["", "/** By type the data of its newest version. */", "export type EventData = {"]
    lines += [f"  '{name}': {title}" for name, title in newest.items()] + ["}", ""]
    return "\n".join(lines)


def _type(schema: Schema, root: Schema) -> str:
    schema = _resolve(schema, root)
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each, root) for each in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(f"'{value}'" for value in schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        return f"Array<{_type(schema['items'], root)}>"
    if kind == "object" and "properties" not in schema:
        return f"Record<string, {_type(schema['additionalProperties'], root)}>"
    if kind == "object":
        required = schema.get("required", ())
        fields = (f"{n}{'' if n in required else '?'}: {_type(s, root)}" for n, s in schema["properties"].items())
        return "{ " + "; ".join(fields) + " }"
    return {"integer": "number", "number": "number", "boolean": "boolean", "null": "null"}.get(str(kind), "string")


def make_files() -> dict[Path, str]:
    """By file its text."""
    schemas = make_schemas()
    files = {FOLDER / file: json.dumps(schema, indent=1) + "\n" for file, schema in schemas.items()}
    return files | {FOLDER / "types.ts": make_typescript(schemas)}


def main() -> int:
    """Write the files, unless a released version would break."""
    schemas = make_schemas()
    released = json.loads(RELEASED.read_text(encoding="utf-8")) if RELEASED.exists() else {}
    if breaks := check_released(schemas, released):
        print("A released version may only gain optional fields. Make a new version instead:", *breaks, sep="\n  ")
        return 1
    for file, text in make_files().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    if "--release" in sys.argv:
        RELEASED.write_text(json.dumps(schemas, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
