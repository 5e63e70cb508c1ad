"""The view `mapped_rows`: every canonical field as the file writes it, and the macros that parse it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import duckdb

from foresell.sources.files import amounts, dates, formats, numbers, row_layout, status_words
from foresell.sources.files.fields import BY_NAME, FIELDS
from foresell.sources.files.leave_out import LeaveOut
from foresell.sources.files.mapping import Mapping
from foresell.sources.files.raw_rows import Column, RawRows, list_read_columns, read_columns
from foresell.sql import named_queries, quote_text

#: Fields that describe a customer and may occur on each line.
DESCRIBED = ("name", "email", "phone", "address", "city", "region", "postcode", "country")
_KEYS = ("customer_key", "order_key", "sku")
_PRICES = ("unit_price", "amount")
EMPTY_TABLES = """
create or replace table staged_lines (line bigint, order_key varchar, customer_key varchar, ordered_at timestamp, status varchar,
    sku varchar, quantity decimal(14, 3), unit_price decimal(14, 4), amount decimal(18, 4), country varchar,
    currency varchar);
create or replace table staged_customers (customer_key varchar, name varchar, email varchar, phone varchar, address varchar,
    city varchar, region varchar, postcode varchar, country varchar, signup_date date, lines struct(name bigint, email bigint,
    phone bigint, address bigint, city bigint, region bigint, postcode bigint, country bigint, signup_date bigint));
create or replace table staged_products (sku varchar, name varchar, category varchar, category_derived boolean, kind varchar,
    list_price decimal(14, 4))
"""


@dataclass(frozen=True, slots=True)
class ValueFormats:
    """The detected formats: per number field and per date field, with warnings for the user."""

    numbers: dict[str, numbers.NumberFormat]
    dates: dict[str, dates.DateFormat]
    empty_rows: int
    warnings: tuple[str, ...]


def create_view(
    con: duckdb.DuckDBPyConnection,
    raw: RawRows,
    mapping: Mapping,
    resolved: dict[str, Column],
    *,
    limit: str,
    file: str,
) -> ValueFormats:
    """Create `mapped_rows`, `field_headers`, `category_words` and every macro the steps call; detect number and date formats.

    Raises BadInput where the file is ambiguous and the mapping does not decide it.
    """
    for name, statement in named_queries("foresell.sources.files", "macros.sql").items():
        if name != ("clean_plain" if raw.odd_blanks else "clean"):
            con.execute(statement)
    empty = _create_mapped_rows(con, raw, mapping, resolved)
    rules = _find_rules(raw, mapping)
    read_columns(con, raw, [column for _, columns in rules for column in columns])
    notices = row_layout.arrange_rows(con, raw, mapping, resolved, rules)
    headers = {field: column.header for field, column in resolved.items()}
    number_headers = {f: h for f, h in headers.items() if BY_NAME[f].kind == "number"}
    number_headers |= {f"extra_{i}": e.column for i, e in enumerate(mapping.extra_lines)}
    read_numbers = numbers.detect_number_formats(
        con, number_headers, stated=mapping.decimal, delimiter=raw.dialect.delimiter, file=file
    )
    read_dates = {
        field: dates.detect_date_format(
            con,
            field,
            header,
            order=mapping.date_order,
            format_=mapping.date_format,
            time_zone=mapping.time_zone,
            decimal_comma=any(n.decimal == "," for n in read_numbers.values()),
            file=file,
        )
        for field, header in headers.items()
        if BY_NAME[field].kind == "time"
    }
    _create_macros(con, mapping, resolved, read_numbers, read_dates, limit)
    _create_tables(con, headers)
    warnings = notices + tuple(w for n in read_numbers.values() for w in n.warnings)
    warnings += tuple(w for d in read_dates.values() for w in d.warnings)
    warnings += _warn_of_rounding(con, number_headers)
    if empty:
        warnings += (f"{empty:,} empty rows were skipped.",)
    return ValueFormats(read_numbers, read_dates, empty, warnings)


def _create_mapped_rows(
    con: duckdb.DuckDBPyConnection, raw: RawRows, mapping: Mapping, resolved: dict[str, Column]
) -> int:
    extras = {f"extra_{i}": formats.find_column(raw.columns, e.column) for i, e in enumerate(mapping.extra_lines)}
    shown = [f"{_select_field(field.name, resolved)} as {field.name}" for field in FIELDS]
    shown += [f"{column.name if column else 'null::varchar'} as {name}" for name, column in extras.items()]
    read_columns(con, raw, [*resolved.values(), *(column for column in extras.values() if column)])
    key = next((resolved[field].name for field in ("customer_key", "sku", "ordered_at") if field in resolved), "")
    empty, blank = _count_empty_rows(con, list_read_columns(con, raw), key)
    if empty and raw.whole:
        read_columns(con, raw, raw.columns)
        empty, blank = _count_empty_rows(con, raw.columns, key)
    kept = f" where not ({blank})" if empty else ""
    con.execute(f"create or replace temp view mapped_rows as select line, {', '.join(shown)} from raw_rows{kept}")
    return empty


def _find_rules(raw: RawRows, mapping: Mapping) -> list[tuple[LeaveOut, list[Column]]]:
    """The rules whose columns the file has, with these columns."""
    found = [
        (rule, [formats.find_column(raw.columns, condition.column) for condition in rule.conditions])
        for rule in mapping.leave_out
    ]
    present = [(rule, [column for column in columns if column]) for rule, columns in found]
    return [(rule, columns) for rule, columns in present if len(columns) == len(rule.conditions)]


def _count_empty_rows(con: duckdb.DuckDBPyConnection, columns: Sequence[Column], key: str) -> tuple[int, str]:
    """(rows whose cells are all blank, SQL for `this row is one`); the column `key` is looked at first."""
    blank = " and ".join(f"clean({c.name}) is null" for c in sorted(columns, key=lambda c: c.name != key))
    (empty,) = con.execute(f"select count(*) from raw_rows where {blank}").fetchall()[0]
    return int(empty), blank


def _select_field(field: str, resolved: dict[str, Column]) -> str:
    cell = _select_cell(field, resolved.get(field))
    if field == "ordered_at" and "order_time" in resolved:
        return f"nullif(concat_ws(' ', {cell}, {_select_cell('order_time', resolved['order_time'])}), '')"
    return cell


def _select_cell(field: str, column: Column | None) -> str:
    if column is None:
        return "null::varchar"
    if field == "customer_key":
        return f"clean_customer_key({column.name})"
    if field in _KEYS:
        return f"clean_key({column.name})"
    if field in ("name", "product_name") and column.type == "VARCHAR":
        return f"unescape_html(clean({column.name}))"
    if field in ("postcode", "phone") and column.type == "VARCHAR":  # Shopify keeps leading zeros by an apostrophe
        return f"ltrim(clean({column.name}), chr(39))"
    if BY_NAME[field].kind == "text" or column.type == "VARCHAR":
        return f"clean({column.name})" if BY_NAME[field].kind == "text" else f"nullif({column.name}, '')"
    return column.name


def _create_tables(con: duckdb.DuckDBPyConnection, headers: dict[str, str]) -> None:
    con.execute("create or replace temp table field_headers (field varchar, header varchar)")
    con.executemany("insert into field_headers values (?, ?)", [[f, h] for f, h in headers.items()])
    words = resources.files("foresell.sources.files").joinpath("category_words.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in words.splitlines()[1:]]
    con.execute(
        "create or replace temp table category_words as select position, category, unnest(string_split(words, ' ')) as word "
        "from (select unnest($positions) as position, unnest($categories) as category, unnest($words) as words)",
        {"positions": list(range(len(rows))), "categories": [r[0] for r in rows], "words": [r[1] for r in rows]},
    )


def _create_macros(
    con: duckdb.DuckDBPyConnection,
    mapping: Mapping,
    resolved: dict[str, Column],
    read_numbers: dict[str, numbers.NumberFormat],
    read_dates: dict[str, dates.DateFormat],
    limit: str,
) -> None:
    number_fields = [f.name for f in FIELDS if f.kind == "number"]
    extra_fields = [f"extra_{i}" for i in range(len(mapping.extra_lines))]
    statements = numbers.build_number_macros(read_numbers, [*number_fields, *extra_fields])
    for field in (f.name for f in FIELDS if f.kind == "time"):
        statements += dates.build_date_macros(read_dates.get(field), field, limit)
    sign = next((n.currency for n in read_numbers.values() if n.currency), None)
    currency = mapping.currency or sign
    statements += [
        f"create or replace temp macro order_of(o, c, t) as {'o' if 'order_key' in resolved else _ORDER}",
        f"create or replace temp macro sku_of(s, n) as {_build_sku(resolved)}",
        f"create or replace temp macro quantity_of(q) as {'to_number_quantity(q)' if 'quantity' in resolved else mapping.default_quantity or '1'}",
        f"create or replace temp macro has_price() as {'true' if 'unit_price' in resolved else 'false'}",
        *amounts.build_macros(mapping, resolved),
        f"create or replace temp macro status_of(o, s, y, r) as {_build_status(mapping, resolved)}",
        f"create or replace temp macro customer_of(c) as {_build_customer(mapping)}",
        f"create or replace temp macro country_of(c) as coalesce(c, {quote_text(mapping.country)})",
        f"create or replace temp macro currency_of(c) as coalesce(upper(c), {quote_text(currency)})",
        f"create or replace temp macro is_non_product(s) as {_build_non_product(mapping)}",
    ]
    for statement in statements:
        con.execute(statement)


_ORDER = "coalesce(c, 'anonymous') || ' ' || strftime(t, '%Y-%m-%d %H:%M:%S')"


def _build_sku(resolved: dict[str, Column]) -> str:
    if "sku" in resolved:
        return "coalesce(s, n)"
    return "n" if "product_name" in resolved else "'SALE'"


def _build_status(mapping: Mapping, resolved: dict[str, Column]) -> str:
    """The state of a line; `credit` (by number or type) and `returned` become returned once their sign is known."""
    cases = [f"when starts_with(o, {quote_text(prefix)}) then 'cancelled'" for prefix in mapping.cancelled_order_prefix]
    cases += [
        f"when starts_with(o, {quote_text(prefix)}) then 'credit'" for prefix in mapping.returned_order_prefix or ()
    ]
    if "status" in resolved:
        for words, meaning in (
            (mapping.cancelled, "cancelled"),
            (mapping.returned, "returned"),
            (mapping.left_out, "left_out"),
        ):
            cases += [f"when status_word(s) in ({_list_words(words)}) then '{meaning}'"] if words else []
    if "type" in resolved and mapping.credit_types:
        cases.append(f"when status_word(y) in ({_list_words(mapping.credit_types)}) then 'credit'")
    if "type" in resolved and mapping.left_out:
        cases.append(f"when status_word(y) in ({_list_words(mapping.left_out)}) then 'left_out'")
    if "returned" in resolved:
        cases.append(f"when status_word(r) in ({_list_words(status_words.YES)}) then 'returned'")
    return f"case {' '.join(cases)} else 'completed' end" if cases else "'completed'"


def _list_words(words: Sequence[str]) -> str:
    return ", ".join(quote_text(word.lower()) for word in words)


def _build_customer(mapping: Mapping) -> str:
    if not mapping.placeholders:
        return "c"
    return f"case when lower(c) not in ({_list_words(mapping.placeholders)}) then c end"


def _build_non_product(mapping: Mapping) -> str:
    patterns = "|".join(f"(?:{pattern})" for pattern in mapping.non_product_skus)
    return f"regexp_full_match(s, {quote_text(patterns)})" if patterns else "false"


def _warn_of_rounding(con: duckdb.DuckDBPyConnection, headers: dict[str, str]) -> tuple[str, ...]:
    """A warning for each money column with more decimals than are stored."""
    fields = [f for f in headers if f in _PRICES]
    if not fields:
        return ()
    rounds = [f"count(*) filter (to_number_{f}({f}) <> to_number_{f}({f})::decimal(18, 4))" for f in fields]
    counts = con.execute(f"select {', '.join(rounds)} from mapped_rows").fetchall()[0]
    return tuple(
        f"Column {headers[f]!r}: {count:,} values have more than 4 decimals and were rounded."
        for f, count in zip(fields, counts, strict=True)
        if count
    )


def build_totals_condition(resolved: dict[str, Column]) -> str:
    """SQL for `this row is the total under the table`: a text says so, or it is the last row and has only numbers."""
    words = f"(?i)(^|[|])\\s*{row_layout.TOTAL_WORDS}\\b"
    texts = ", ".join(f"c.{f}::varchar" for f in resolved if BY_NAME[f].kind != "number")
    last = "c.line = (select max(line) from mapped_rows) and c.ordered_at is null and c.customer_key is null"
    return f"(regexp_matches(concat_ws('|', {texts}), '{words}') or ({last} and c.order_key is null))"


def build_customers_step(table: str, fields: Sequence[str], *, keep_all: bool) -> str:
    """The statement that adds customer data in `table` to `staged_customers`; `keep_all`: also customers without a sale."""
    mapped = {f: f"max_by({f}, line) filter ({f} is not null)" for f in DESCRIBED if f in fields}
    if "signup_date" in fields:
        mapped["signup_date"] = "max_by(to_time_signup_date(signup_date)::date, line) filter (signup_date is not null)"
    blank = {f: "null::date" if f == "signup_date" else "null::varchar" for f in (*DESCRIBED, "signup_date")}
    lines = ", ".join(
        f"{f} := {f'max(line) filter ({f} is not null)' if f in mapped else 'null::bigint'}" for f in blank
    )
    columns = {**blank, **mapped, "lines": f"struct_pack({lines})"}
    last = ", ".join(f"{expression} as {name}" for name, expression in columns.items())
    step = named_queries("foresell.sources.files", "steps.sql")["merge_customers"]
    for key, value in (
        ("table", table),
        ("key", "clean_customer_key(customer_key)"),
        ("last", last),
        ("keep_all", "true" if keep_all else "false"),
        ("country", "country_of(d.country)" if keep_all else "d.country"),
    ):
        step = step.replace("{" + key + "}", value)
    return step


def build_catalogue_step(table: str, sku: str) -> str:
    """The statement that merges a separate product table into `staged_products`."""
    step = named_queries("foresell.sources.files", "steps.sql")["merge_catalogue"]
    return step.replace("{table}", table).replace("{sku}", sku)


def build_key_problems(key: str, dated: str | None) -> str:
    """SQL for the `problems` of a file of customers or products: no key, a repeated key, an unreadable date."""
    dates_part = (
        f"""union all select line, '{dated}', {dated}::varchar, 'not a date in the format of this column, or out of range'
        from mapped_rows where {dated} is not null and to_time_{dated}({dated}) is null"""
        if dated
        else ""
    )
    return f"""create or replace temp table problems as
        select line, '{key}' as field, null::varchar as value, 'no key' as reason from mapped_rows where {key} is null
        union all
        select line, '{key}', {key}, 'same key as on line ' || first_line
        from (select line, {key}, min(line) over (partition by {key}) as first_line from mapped_rows where {key} is not null)
        where line > first_line {dates_part}"""
