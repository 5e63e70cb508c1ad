"""A mapping: how the columns of a file become canonical fields. Known formats and your own mappings are the same TOML."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import tomli_w

from foresell.errors import BadInput, UsageError
from foresell.sources.files.fields import ROWS, list_fields


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written. None: detect it. `header_line` counts from 1."""

    delimiter: str | None = None
    quote: str | None = None  # "" means that quotes have no meaning
    escape: str | None = None
    encoding: str | None = None
    header_line: int | None = None
    sheet: str | None = None
    table: str | None = None


@dataclass(frozen=True, slots=True)
class ExtraLine:
    """A column whose sum over an order becomes an extra line of that order, such as freight."""

    column: str
    sku: str
    name: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a file becomes canonical rows; `columns` is canonical field -> header in the file."""

    source: str = "shop"
    rows: str = "orders"
    columns: dict[str, str] = field(default_factory=dict)
    dialect: Dialect = Dialect()
    date_order: str | None = None  # dmy | mdy | ymd
    date_format: str | None = None  # strptime, such as %d.%m.%Y %H:%M
    decimal: str | None = None  # . | ,
    currency: str | None = None
    country: str | None = None
    cancelled: tuple[str, ...] = ("cancelled", "canceled", "unavailable", "void", "voided", "storniert", "annulé")
    returned: tuple[str, ...] = ("returned", "refunded", "refund", "return", "retoure")
    cancelled_order_prefix: tuple[str, ...] = ()
    returned_order_prefix: tuple[str, ...] = ()
    non_product_skus: tuple[str, ...] = ("(?i)(postage|shipping|freight|delivery|versand|porto)",)  # whole code
    extra_lines: tuple[ExtraLine, ...] = ()
    format: str = "mapped"

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: stored with the batch, so that the same file read the same way is recognised."""
        return asdict(self)


# Each setting's place in the TOML file: table, key, attribute, type, comment.
_SETTINGS: tuple[tuple[str, str, str, type, str], ...] = (
    ("dates", "order", "date_order", str, "dmy, mdy or ymd, where the dates alone do not tell"),
    ("dates", "format", "date_format", str, "or the exact format, such as %d.%m.%Y %H:%M"),
    ("numbers", "decimal", "decimal", str, "the decimal mark: . or ,"),
    ("defaults", "currency", "currency", str, "where no column states it, such as EUR"),
    ("defaults", "country", "country", str, "where no column states it"),
    ("values", "cancelled", "cancelled", list, "values of the status column that mean cancelled"),
    ("values", "returned", "returned", list, "values of the status column that mean returned"),
    (
        "values",
        "cancelled_order_prefix",
        "cancelled_order_prefix",
        list,
        "prefixes of order numbers that mark cancelled orders",
    ),
    (
        "values",
        "returned_order_prefix",
        "returned_order_prefix",
        list,
        "prefixes of order numbers that mark credit notes",
    ),
    (
        "values",
        "non_product_skus",
        "non_product_skus",
        list,
        "regular expressions of product codes: postage, fees, adjustments",
    ),
)
_CHOICES = {"date_order": ("dmy", "mdy", "ymd"), "decimal": (".", ",")}
_DIALECT_HINTS = {
    "delimiter": "between cells, such as , ; or \\t",
    "quote": 'around cells; "" if quotes have no meaning',
    "escape": "before a quote inside a cell",
    "encoding": "such as utf-8 or cp1252",
    "header_line": "the line with the column names, counted from 1",
    "sheet": "of a workbook",
    "table": "of a SQLite file",
}


def read_mapping(path: Path) -> Mapping:
    """Read the mapping in a TOML file. Raises BadInput naming the file and the wrong key."""
    try:
        return parse_mapping(path.read_text(encoding="utf-8"), path.name)
    except FileNotFoundError:
        raise BadInput(
            f"There is no mapping file {path}.", remedy="Write one with foresell inspect FILE --save-map."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"The mapping {path} cannot be read: {error}.", remedy="Check the path and its permissions."
        ) from None


def parse_mapping(text: str, name: str) -> Mapping:
    """Parse a mapping; `name` is the file named in errors. Raises BadInput naming the wrong key."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{name} is not valid TOML: {error}.", remedy="Correct the line it names.") from None
    take = _KeyReader(name, data)
    values: dict[str, Any] = {}
    for table, key, attribute, kind, _ in _SETTINGS:
        if (value := take(f"{table}.{key}", kind, _CHOICES.get(attribute))) not in (None, ""):
            values[attribute] = value
    dialect = {f.name: take(f"dialect.{f.name}", int if f.name == "header_line" else str) for f in fields(Dialect)}
    rows = take("rows", str, ROWS) or "orders"
    mapping = Mapping(
        source=take("source", str) or "shop",
        rows=rows,
        columns=_parse_columns(name, take("columns", dict) or {}, rows),
        dialect=Dialect(**dialect),
        extra_lines=_parse_extra_lines(name, take("extra_lines", list) or ()),
        **values,
    )
    take.refuse_unknown_keys()
    for pattern in mapping.non_product_skus:
        try:
            re.compile(pattern)
        except re.error as error:
            raise _mapping_error(
                name, "values.non_product_skus", f"{pattern!r} is not a regular expression ({error})"
            ) from None
    return mapping


def _mapping_error(name: str, key: str, what: str) -> BadInput:
    return BadInput(f"{name}: {key}: {what}.", remedy=f"Correct {key} in {name}.")


class _KeyReader:
    """Takes known keys out of the parsed TOML; keys left over are unknown or misspelt."""

    def __init__(self, name: str, data: dict[str, Any]) -> None:
        self.name, self.data = name, data

    def __call__(self, key: str, kind: type[Any], choices: tuple[str, ...] | None = None) -> Any:
        table, _, leaf = key.rpartition(".")
        place = self.data.get(table, {}) if table else self.data
        if not isinstance(place, dict):
            raise _mapping_error(self.name, table, "must be a table, written [" + table + "]")
        value = place.pop(leaf, None)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is list and leaf != "extra_lines" and not _is_all_text(value)):
            words = {str: "text", int: "a whole number", list: "a list of texts", dict: "a table"}
            raise _mapping_error(self.name, key, f"must be {words[kind]}, not {value!r}")
        if choices and value and value not in choices:
            raise _mapping_error(self.name, key, f"must be one of {', '.join(choices)}, not {value!r}")
        return tuple(value) if kind is list else value

    def refuse_unknown_keys(self) -> None:
        for key, value in self.data.items():
            if not isinstance(value, dict) or key not in ("dialect", "dates", "numbers", "defaults", "values"):
                raise _mapping_error(self.name, key, "is not a key of a mapping")
            for leaf in value:
                raise _mapping_error(self.name, f"{key}.{leaf}", "is not a key of a mapping")


def _is_all_text(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


def _parse_columns(name: str, columns: dict[str, Any], rows: str) -> dict[str, str]:
    known = [f.name for f in list_fields(rows)]
    for key, value in columns.items():
        if key not in known:
            raise _mapping_error(name, f"columns.{key}", f"is not a field of {rows}; the fields are {', '.join(known)}")
        if not isinstance(value, str):
            raise _mapping_error(name, f"columns.{key}", "must be the name of a column")
    return {key: value for key, value in columns.items() if value}


def _parse_extra_lines(name: str, entries: tuple[Any, ...]) -> tuple[ExtraLine, ...]:
    wanted = {f.name for f in fields(ExtraLine)}
    for entry in entries:
        if not isinstance(entry, dict) or set(entry) != wanted or not _is_all_text(list(entry.values())):
            raise _mapping_error(name, "extra_lines", "each needs exactly column, sku and name")
    return tuple(ExtraLine(**entry) for entry in entries)


def write_mapping(mapping: Mapping, path: Path) -> None:
    """Write a mapping as a commented TOML file that `read_mapping` reads back equal; unset keys are commented out."""
    path.write_text(render_mapping(mapping), encoding="utf-8")


def render_mapping(mapping: Mapping) -> str:
    """The commented TOML of a mapping."""
    lines = [
        "# How a file becomes customers, products and orders. Check it, then: foresell load FILE --map THIS",
        _render_line(
            "source", mapping.source, "the system the file comes from: files with the same source belong together"
        ),
        _render_line("rows", mapping.rows, "what one row is: orders (an order line), customers or products"),
        "\n[columns]  # canonical field = column of the file",
    ]
    lines += [_render_line(f.name, mapping.columns.get(f.name), f.meaning) for f in list_fields(mapping.rows)]
    lines.append("\n[dialect]  # how the file is written; detected where not set")
    lines += [_render_line(key, getattr(mapping.dialect, key), hint) for key, hint in _DIALECT_HINTS.items()]
    table = ""
    for place, key, attribute, _, hint in _SETTINGS:
        lines += [f"\n[{place}]"] if place != table else []
        lines.append(_render_line(key, getattr(mapping, attribute), hint))
        table = place
    for extra in mapping.extra_lines:
        lines.append("\n[[extra_lines]]\n" + tomli_w.dumps(asdict(extra)).rstrip())
    return "\n".join(lines) + "\n"


def _render_line(key: str, value: object, hint: str) -> str:
    if value is None:
        return f'# {key} = ""  # {hint}'
    shown = list(value) if isinstance(value, tuple) else value
    written = tomli_w.dumps({key: shown}).strip().replace("\n    ", " ").replace(",\n]", " ]").replace("\n]", " ]")
    return f"{written}  # {hint}"


def override_mapping(mapping: Mapping, *, source: str | None = None, format: str | None = None) -> Mapping:
    """The mapping with another source and format. Raises UsageError for a source name with unsafe characters."""
    name = mapping.source if source is None else source
    if not re.fullmatch(r"\w[\w .&-]{0,79}", name):
        raise UsageError(
            f"{name!r} is not a valid source name.",
            remedy="Use letters, digits, spaces, dots and dashes, such as shop or web-2.",
        )
    return replace(mapping, source=name, format=format or mapping.format)
