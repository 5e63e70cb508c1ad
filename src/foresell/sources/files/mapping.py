"""A mapping: how the columns of a file become canonical fields. Known formats and your own mappings are the same TOML."""

from __future__ import annotations

import re
import tomllib
import zoneinfo
from collections.abc import Mapping as Settings
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import tomli_w

from foresell.errors import BadInput, UsageError
from foresell.sources.files import status_words
from foresell.sources.files.fields import ROWS, list_fields
from foresell.sources.files.leave_out import LeaveOut, parse_rules, render_rule
from foresell.sources.files.packed_items import PackedItems, parse_items, render_items


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
    time_zone: str | None = None
    latest: str | None = None  # the last day that is no typing error
    default_quantity: str | None = None
    default_amount: str | None = None
    counted: tuple[str, ...] = status_words.COUNTED
    cancelled: tuple[str, ...] = status_words.CANCELLED
    returned: tuple[str, ...] = status_words.RETURNED
    partly_returned: tuple[str, ...] = status_words.PARTLY_RETURNED
    left_out: tuple[str, ...] = status_words.LEFT_OUT
    credit_types: tuple[str, ...] = status_words.CREDIT_TYPES
    refunds_name_shop: bool = False  # the payer of a refund is the shop, not the customer
    placeholders: tuple[str, ...] | None = None  # None: not decided
    cancelled_order_prefix: tuple[str, ...] = ()
    returned_order_prefix: tuple[str, ...] | None = None  # None: not decided
    non_product_skus: tuple[str, ...] = ("(?i)(postage|shipping|freight|delivery|versand|porto)",)  # whole code
    extra_lines: tuple[ExtraLine, ...] = ()
    fill_down: tuple[str, ...] | None = None  # None: not decided
    report: bool | None = None  # None: where headings and totals stand between the rows
    heading: str | None = None  # the field that the headings of a report fill
    leave_out: tuple[LeaveOut, ...] = ()
    items: PackedItems | None = None  # None: a row is one line
    basis: str | None = None  # amount | quantity x price | order total; None: the one that fits the file
    subtract: tuple[str, ...] | None = None  # None: the discount from quantity x price, nothing from an amount
    only_currency: str | None = None
    into_currency: str | None = None
    rates: dict[str, str] = field(default_factory=dict)
    accepted: tuple[str, ...] = ()  # questions whose best guess was accepted unseen
    undecided: tuple[str, ...] = ()  # columns that are only guesses, such as columns.amount: nothing is loaded yet
    format: str = "mapped"

    def list_headers(self) -> list[str]:
        """Each header that the mapping names."""
        stated = [
            *self.columns.values(),
            *(condition.column for rule in self.leave_out for condition in rule.conditions),
        ]
        stated += [extra.column for extra in self.extra_lines] + ([self.items.column] if self.items else [])
        return [part for header in stated for choice in header.split(" || ") for part in choice.split(" + ")]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: stored with the batch, so that the same file read the same way is recognised."""
        return asdict(self)


# Each setting's place in the TOML file: table, key, attribute, type, comment.
_SETTINGS: tuple[tuple[str, str, str, type, str], ...] = (
    ("dates", "order", "date_order", str, "dmy, mdy or ymd, where the dates alone do not tell"),
    ("dates", "format", "date_format", str, "or the exact format, such as %d.%m.%Y %H:%M"),
    ("dates", "time_zone", "time_zone", str, "such as Europe/Berlin: times with an offset become its local time"),
    ("dates", "latest", "latest", str, "the last day that is no typing error, such as 2024-12-31"),
    ("numbers", "decimal", "decimal", str, "the decimal mark: . or ,"),
    ("layout", "fill_down", "fill_down", list, "fields that stand only on the first line of an order"),
    ("layout", "report", "report", bool, "true where headings, totals and footers stand between the rows"),
    ("layout", "heading", "heading", str, "the field that the headings between the rows name, such as customer_key"),
    (
        "amounts",
        "basis",
        "basis",
        str,
        "what a line brings: amount, quantity x price, or order total: its part of an amount that the lines of an order repeat",
    ),
    ("amounts", "subtract", "subtract", list, "fields to take off it: discount, tax, shipping"),
    ("currency", "only", "only_currency", str, "leave out lines in any other currency"),
    ("currency", "into", "into_currency", str, "the currency that rates convert into"),
    ("currency", "rates", "rates", dict, 'units of it for one of each currency, such as { EUR = "1.08" }'),
    ("defaults", "currency", "currency", str, "where no column states it, such as EUR"),
    ("defaults", "country", "country", str, "where no column states it"),
    ("defaults", "quantity", "default_quantity", str, 'where no column states it: "1" unless set'),
    ("defaults", "amount", "default_amount", str, "of each row, where no column states it"),
    ("values", "counted", "counted", list, 'values of the status column that count as sales; "*": all others'),
    ("values", "cancelled", "cancelled", list, "values that mean cancelled"),
    ("values", "returned", "returned", list, "values that mean returned"),
    ("values", "partly_returned", "partly_returned", list, "values that mean returned in part, by an unknown amount"),
    ("values", "left_out", "left_out", list, "values of orders that never became sales, such as drafts"),
    ("values", "credit_types", "credit_types", list, "values of the type column that mean credit note or refund"),
    ("values", "refunds_name_shop", "refunds_name_shop", bool, "true where a refund names the shop, not the customer"),
    ("values", "placeholders", "placeholders", list, "customer numbers that stand for no customer, such as Guest"),
    ("values", "cancelled_order_prefix", "cancelled_order_prefix", list, "how the numbers of cancelled orders begin"),
    ("values", "returned_order_prefix", "returned_order_prefix", list, "how the numbers of credit notes begin"),
    (
        "values",
        "non_product_skus",
        "non_product_skus",
        list,
        "regular expressions of product codes: postage, fees, adjustments",
    ),
)
#: What each setting of a mapping means, by its attribute.
SETTING_MEANINGS = {attribute: meaning for _, _, attribute, _, meaning in _SETTINGS}
_TABLES = ("dialect", *dict.fromkeys(table for table, *_ in _SETTINGS))
_CHOICES = {
    "date_order": ("dmy", "mdy", "ymd"),
    "decimal": (".", ","),
    "basis": ("amount", "quantity x price", "order total"),
    "heading": ("customer_key", "name", "order_key", "product_name", "sku"),
}
#: Fields whose value is one per order, so that it can be filled down; and those that `subtract` may name.
ORDER_FIELDS = ("order_key", "customer_key", "ordered_at", "order_time", "status", "type", "currency", "name", "email",
                "phone", "address", "city", "region", "postcode", "country")  # fmt: skip
SUBTRACTED = ("discount", "tax", "shipping")
_NAMED_FIELDS = {"fill_down": ORDER_FIELDS, "subtract": SUBTRACTED}
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
    return build_mapping(data, name)


def build_mapping(data: dict[str, Any], name: str) -> Mapping:
    """The mapping in parsed TOML, which it empties. Raises BadInput naming the wrong key."""
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
        items=parse_items(take("items", dict), partial(_mapping_error, name)),
        leave_out=parse_rules(take("leave_out", list) or (), partial(_mapping_error, name)),
        accepted=take("accepted", list) or (),
        undecided=take("undecided", list) or (),
        **values,
    )
    take.refuse_unknown_keys()
    _check_values(name, mapping)
    return mapping


def _check_values(name: str, mapping: Mapping) -> None:
    for pattern in mapping.non_product_skus:
        try:
            re.compile(pattern)
        except re.error as error:
            what = f"{pattern!r} is not a regular expression ({error})"
            raise _mapping_error(name, "values.non_product_skus", what) from None
    for table, key, attribute, *_ in _SETTINGS:
        for field_name in getattr(mapping, attribute) or () if attribute in _NAMED_FIELDS else ():
            if field_name not in _NAMED_FIELDS[attribute]:
                choices = ", ".join(_NAMED_FIELDS[attribute])
                raise _mapping_error(name, f"{table}.{key}", f"{field_name!r} must be one of {choices}")
    numbers = {"defaults.quantity": mapping.default_quantity, "defaults.amount": mapping.default_amount}
    numbers |= {f"currency.rates.{code}": rate for code, rate in mapping.rates.items()}
    for key, value in numbers.items():
        if value is not None and not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", str(value)):
            raise _mapping_error(name, key, f'must be a number in quotes, such as "1.08", not {value!r}')
    for key, value, pattern, example in (
        ("currency.only", mapping.only_currency, r"[A-Za-z]{3}", "EUR"),
        ("currency.into", mapping.into_currency, r"[A-Za-z]{3}", "EUR"),
    ):
        if value is not None and not re.fullmatch(pattern, value):
            raise _mapping_error(name, key, f"must be written like {example}, not {value!r}")
    try:
        date.fromisoformat(mapping.latest or "2024-12-31")
    except ValueError:
        raise _mapping_error(
            name, "dates.latest", f"must be a day written like 2024-12-31, not {mapping.latest!r}"
        ) from None
    if mapping.time_zone and mapping.time_zone not in zoneinfo.available_timezones():
        raise _mapping_error(
            name, "dates.time_zone", f"{mapping.time_zone!r} is no time zone; write it like Europe/Berlin"
        )
    if mapping.heading and mapping.report is False:
        raise _mapping_error(
            name, "layout.heading", "and report = false contradict each other: only reports have headings"
        )
    if mapping.rates and not mapping.into_currency:
        raise _mapping_error(name, "currency.into", "is needed with rates: the currency they convert into")


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
        is_tables = leaf in ("extra_lines", "leave_out")
        if not isinstance(value, kind) or (kind is list and not is_tables and not _is_all_text(value)):
            words = {
                str: "text",
                int: "a whole number",
                bool: "true or false",
                list: "a list of texts",
                dict: "a table",
            }
            raise _mapping_error(self.name, key, f"must be {words[kind]}, not {value!r}")
        if choices and value and value not in choices:
            raise _mapping_error(self.name, key, f"must be one of {', '.join(choices)}, not {value!r}")
        return tuple(value) if kind is list else value

    def refuse_unknown_keys(self) -> None:
        for key, value in self.data.items():
            if not isinstance(value, dict) or key not in _TABLES:
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
    ]
    if mapping.undecided:
        lines.append(
            _render_line("undecided", mapping.undecided, "guesses: check these columns, then delete this line")
        )
    if mapping.accepted:
        lines.append(_render_line("accepted", mapping.accepted, "questions whose likeliest answer was taken"))
    lines.append("\n[columns]  # canonical field = column of the file")
    lines += [_render_line(f.name, mapping.columns.get(f.name), f.meaning) for f in list_fields(mapping.rows)]
    lines.append("\n[dialect]  # how the file is written; detected where not set")
    lines += [_render_line(key, getattr(mapping.dialect, key), hint) for key, hint in _DIALECT_HINTS.items()]
    table = ""
    for place, key, attribute, _, hint in _SETTINGS:
        lines += [f"\n[{place}]"] if place != table else []
        lines.append(_render_line(key, getattr(mapping, attribute), hint))
        table = place
    lines += ["\n[[extra_lines]]\n" + tomli_w.dumps(asdict(extra)).rstrip() for extra in mapping.extra_lines]
    lines += [render_rule(rule) for rule in mapping.leave_out]
    lines += [render_items(mapping.items)] if mapping.items else []
    return "\n".join(lines) + "\n"


def _render_line(key: str, value: object, hint: str) -> str:
    if value is None:
        return f'# {key} = ""  # {hint}'
    if isinstance(value, dict):
        written = ", ".join(tomli_w.dumps({name: text}).strip() for name, text in value.items())
        return f"{key} = {{ {written} }}  # {hint}"
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


def apply_settings(mapping: Mapping, settings: Settings[str, Any], *, accepted: str | None = None) -> Mapping:
    """The mapping with keys of its TOML form set, such as {"amounts.basis": "amount"}; None takes a column out.

    `accepted` is the question whose guess this is, where no one chose it.
    """
    changes = name_changes(settings)
    columns = {**mapping.columns, **changes.pop("columns", {})}
    values: dict[str, Any] = {
        attribute: tuple(value) if isinstance(value, list) else value for attribute, value in changes.items()
    }
    values["undecided"] = tuple(name for name in mapping.undecided if name not in settings)
    if accepted:
        values["accepted"] = (*mapping.accepted, accepted)
    return replace(mapping, columns={name: header for name, header in columns.items() if header}, **values)


def name_changes(settings: Settings[str, Any]) -> dict[str, Any]:
    """Keys of the TOML form by the names of a Mapping: {"values.counted": []} becomes {"counted": []}.

    Columns are under `columns`, by field; None takes one out.
    """
    places = {f"{table}.{key}": attribute for table, key, attribute, *_ in _SETTINGS}
    columns = {key.removeprefix("columns."): value for key, value in settings.items() if key.startswith("columns.")}
    others = {places.get(key, key): value for key, value in settings.items() if not key.startswith("columns.")}
    return {**others, "columns": columns} if columns else others
