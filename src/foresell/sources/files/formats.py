"""Export formats known by their headers. Each is one file in formats/; olist and documents join tables first."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path

import duckdb

from foresell.errors import BadInput
from foresell.sources.files import columnar, delimited, file_sniffing, proposal
from foresell.sources.files.fields import BY_NAME, find_missing, normalize_header, propose_columns
from foresell.sources.files.file_sniffing import name_some
from foresell.sources.files.header_words import is_month
from foresell.sources.files.mapping import Dialect, Mapping, build_mapping, override_mapping
from foresell.sources.files.raw_rows import Column, RawRows, drop_raw_rows, list_names
from foresell.sql import named_queries, read_sql

_DOCUMENTS = ("customers", "products", "transactions")
_OLIST = {
    "items": "olist_order_items_dataset.csv",
    "orders": "olist_orders_dataset.csv",
    "customers": "olist_customers_dataset.csv",
    "products": "olist_products_dataset.csv",
    "translation": "product_category_name_translation.csv",
}
_OLIST_COLUMNS = {
    "items": ("order_id", "product_id", "price", "freight_value"),
    "orders": ("order_id", "customer_id", "order_status", "order_purchase_timestamp"),
    "customers": ("customer_id", "customer_unique_id", "customer_zip_code_prefix", "customer_city", "customer_state"),
    "products": ("product_id", "product_category_name"),
    "translation": ("product_category_name", "product_category_name_english"),
}
#: The format of a file that is read by its column names or by a mapping of its own.
MAPPED = "mapped"


class ColumnMissing(BadInput):
    """The file lacks a column that its mapping names."""


@dataclass(frozen=True, slots=True)
class Format:
    """One platform's export: what people call it, where its headers were seen (files or documents), the headers that
    identify it, each in all its spellings (`A|B`), and how it is read."""

    name: str
    label: str
    seen: str
    headers: tuple[str, ...]
    mapping: Mapping

    def fits(self, columns: Sequence[Column]) -> bool:
        """Whether the file has every header that identifies this format."""
        return bool(self.headers) and all(find_column(columns, header) for header in self.headers)


@cache
def list_formats() -> dict[str, Format]:
    """Every known format by its name, in order of the name."""
    files = sorted(resources.files("foresell.sources.files").joinpath("formats").iterdir(), key=lambda file: file.name)
    return {
        format.name: format
        for file in files
        if (name := file.name).endswith(".toml")
        for format in [parse_format(file.read_text(encoding="utf-8"), name.removesuffix(".toml"))]
    }


def parse_format(text: str, name: str) -> Format:
    """A format from its TOML: a mapping with the table [format]. Raises BadInput naming the wrong key."""
    data = tomllib.loads(text)
    about = data.pop("format", {})
    unknown = set(about) - {"label", "seen", "headers"}
    if unknown or about.get("seen") not in ("files", "documents") or not isinstance(about.get("label"), str):
        raise BadInput(
            f"{name}: [format] needs label and seen (files or documents), and may have headers.",
            remedy=f"Correct [format] in formats/{name}.toml.",
        )
    mapping = override_mapping(build_mapping(data, name), format=name)
    return Format(name, about["label"], about["seen"], tuple(about.get("headers", ())), mapping)


def read_format(name: str) -> Mapping:
    """The mapping of a known format. Raises BadInput for an unknown name."""
    if name == MAPPED:
        return Mapping()
    if name not in list_formats():
        raise BadInput(
            f"There is no format {name!r}.", remedy=f"The formats are {', '.join([*list_formats(), MAPPED])}."
        )
    return list_formats()[name].mapping


def label_format(name: str) -> str | None:
    """What people call a format; None for a file mapped by its column names."""
    return list_formats()[name].label if name in list_formats() else None


def find_column(columns: Sequence[Column], header: str) -> Column | None:
    """The column a mapping names: an exact match, else the first of `A|B`, exactly or without case and punctuation.

    `A || B` is the first filled one of both in each row, `A + B` joins both with a blank between.
    """
    exact = {c.header: c for c in columns}
    if header in exact:
        return exact[header]
    if " || " in header:
        found = [column for part in header.split(" || ") if (column := find_column(columns, part.strip()))]
        return _combine(found, header, "coalesce({})") if len(found) > 1 else next(iter(found), None)
    loose = {normalize_header(c.header): c for c in reversed(columns)}
    for name in header.split("|"):
        if column := exact.get(name) or loose.get(normalize_header(name)):
            return column
        parts = [exact.get(part) or loose.get(normalize_header(part)) for part in name.split(" + ")]
        if len(parts) > 1 and all(parts):
            return _combine([part for part in parts if part], name, "nullif(concat_ws(' ', {}), '')")
    return None


def _combine(columns: Sequence[Column], header: str, function: str) -> Column:
    texts = ", ".join(f"nullif(trim({column.name}::varchar), '')" for column in columns)
    return Column(function.format(texts), header, "VARCHAR")


def choose_mapping(con: duckdb.DuckDBPyConnection | None, raw: RawRows, format: str | None) -> Mapping:
    """The mapping for a file without one: the format with the most headers found in it, else what its headers propose.

    Without a connection only the headers are looked at. A proposal may lack required fields: `resolve_columns` refuses it
    then.
    """
    if format and format != MAPPED:
        return read_format(format)
    fitting = [known for known in list_formats().values() if known.fits(raw.columns)] if format is None else []
    if fitting:
        return max(fitting, key=lambda known: len(known.headers)).mapping
    return proposal.propose_mapping(con, raw)


def choose_columns(columns: Sequence[Column], mapping: Mapping | None, format: str | None) -> set[str]:
    """The columns of `raw_rows` that the mapping, or the one their headers propose, names."""
    chosen = mapping or choose_mapping(None, RawRows("text", tuple(columns)), format)
    stated = [column for header in chosen.list_headers() if (column := find_column(columns, header))]
    return {name for column in stated for name in list_names(column)}


def resolve_columns(mapping: Mapping, raw: RawRows, file: str) -> dict[str, Column]:
    """Field -> column. Raises ColumnMissing naming the mapping's key, or BadInput where a required field has no column."""
    resolved = {field: find_column(raw.columns, header) for field, header in mapping.columns.items()}
    known = {field: column for field, column in resolved.items() if column is not None}
    absent = [field for field, column in resolved.items() if column is None]
    if absent and mapping.format == "mapped":
        raise ColumnMissing(
            f"{file} has no column {mapping.columns[absent[0]]!r}, which columns.{absent[0]} names.",
            remedy=f"Its columns are: {name_some([column.header for column in raw.columns])}. Correct columns.{absent[0]} in the mapping.",
        )
    lacking = find_missing(mapping.rows, known)
    if lacking and not (mapping.default_amount and lacking == find_missing("orders", ["ordered_at"])):
        raise _refuse_incomplete(mapping, raw, lacking, file)
    return known


def _refuse_incomplete(mapping: Mapping, raw: RawRows, lacking: list[str], file: str) -> BadInput:
    months = [column.header for column in raw.columns if is_month(column.header)]
    if mapping.rows == "orders" and len(months) > 1:
        return BadInput(
            f"{file} has a column for each of {name_some(months)}: it is not known what one row is.",
            remedy="Bring it into rows of customer, date and amount (in a spreadsheet: Unpivot), then load that.",
        )
    return BadInput(
        f"{file}: no column found for {' and '.join(lacking)}. The columns are {name_some([column.header for column in raw.columns])}.",
        remedy="Run foresell inspect FILE --save-map FILE.toml, fill in [columns], and load with --map FILE.toml."
        + (
            ' Is each row a customer or a product? Set rows = "customers" or "products".'
            if mapping.rows == "orders"
            else ""
        ),
    )


def is_olist(path: Path) -> bool:
    """Whether a folder holds Olist's tables."""
    return path.is_dir() and all((path / _OLIST[table]).is_file() for table in ("items", "orders", "customers"))


def read_olist(con: duckdb.DuckDBPyConnection, folder: Path, workdir: Path) -> RawRows:
    """Create the view `raw_rows`: one row per order item with its order, person and product (see olist.sql)."""
    warnings: list[str] = []
    raw = RawRows("text", ())
    for table, file in reversed(_OLIST.items()):  # the items come last, because only their rejects are kept
        con.execute("truncate staged_rejects")
        if not (folder / file).is_file():
            blank = ", ".join(f"null::varchar as {name}" for name in _OLIST_COLUMNS[table])
            con.execute(f"create or replace table olist_{table} as select 0::bigint as line, {blank} limit 0")
            continue
        opened = file_sniffing.open_file(folder / file, workdir)
        raw = delimited.read_delimited(con, opened, Dialect(), workdir)
        wanted = [(name, find_column(raw.columns, name)) for name in _OLIST_COLUMNS[table]]
        if absent := [name for name, column in wanted if column is None]:
            raise BadInput(f"{file} has no column {absent[0]!r}.", remedy="Fetch Olist's files again.")
        cells = ", ".join(f"trim({column.name}) as {name}" for name, column in wanted if column)
        con.execute(f"create or replace table olist_{table} as select line, {cells} from raw_rows")
        drop_raw_rows(con)
        (bad,) = con.execute("select count(distinct line) from staged_rejects").fetchall()[0]
        if bad and table != "items":
            warnings.append(f"{file}: {bad:,} lines could not be read; order items that refer to them are rejected.")
    for statement in named_queries("foresell.sources.files", "olist.sql").values():
        con.execute(statement)
    return replace(raw, columns=_describe_columns(con), warnings=tuple(warnings))


def is_documents(opened: file_sniffing.OpenedFile) -> bool:
    """Whether a SQLite file has the tables customers, products and transactions."""
    return set(_DOCUMENTS) <= set(columnar.list_sqlite_tables(opened))


def read_documents(con: duckdb.DuckDBPyConnection, opened: file_sniffing.OpenedFile) -> RawRows:
    """Create the view `raw_rows`, one row per transaction with its product, and the tables `customers_read`, `products_read`."""
    for table, target in (
        ("transactions", "transactions_read"),
        ("products", "products_read"),
        ("customers", "customers_read"),
    ):
        headers = columnar.copy_table(con, opened, table, "copied")
        rows = table if table != "transactions" else "orders"
        found = {f: header for f, (header, _) in propose_columns(headers, rows).items()}
        if lacking := find_missing(rows, found):
            raise BadInput(
                f"{opened.name}: the table {table} has no column for {' and '.join(lacking)}.",
                remedy="Load the table with a mapping that sets table = ... under [dialect].",
            )
        named = [f"c{headers.index(header) + 1} as {field}" for field, header in found.items()]
        named += [f"null::varchar as {f.name}" for f in BY_NAME.values() if rows in f.rows and f.name not in found]
        con.execute(f"create or replace table {target} as select line, {', '.join(named)} from copied")
    con.execute(read_sql("foresell.sources.files", "documents.sql"))
    return RawRows("sqlite", _describe_columns(con), opened.compression)


def _describe_columns(con: duckdb.DuckDBPyConnection) -> tuple[Column, ...]:
    described = con.execute("describe raw_rows").fetchall()
    return tuple(Column(name, name, type_) for name, type_, *_ in described if name != "line")
