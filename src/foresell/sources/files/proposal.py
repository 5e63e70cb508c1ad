"""The mapping proposed for a file of no known format: from its headers, and from its values where headers do not tell."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from foresell.sources.files import status_words
from foresell.sources.files.fields import CERTAIN, find_missing, normalize_header, propose_columns
from foresell.sources.files.header_words import is_month, is_plain_id
from foresell.sources.files.mapping import Mapping
from foresell.sources.files.raw_rows import Column, RawRows, read_columns

#: Fields whose column alone says that rows are sales, and fields that describe a customer.
_SALES = frozenset({"order_key", "quantity", "unit_price", "amount", "order_subtotal", "order_total"})
_CONTACT = frozenset({"name", "email", "phone", "address", "city", "region", "postcode", "country"})
_CATALOGUE = frozenset({"product_name", "category", "list_price", "kind"})
#: A column of words with more different values than this is no status and no type.
_MOST_WORDS = 40
_DOCUMENTS = frozenset({"invoice", "sales receipt", "cash sale", "sale", "order", "payment", "rechnung", "facture",
                        "factura", "fattura", "fatura", "factuur", "faktura", "charge"})  # fmt: skip


def propose_mapping(con: duckdb.DuckDBPyConnection | None, raw: RawRows) -> Mapping:
    """What one row is, and field -> header. It may lack required fields, and some columns may be uncertain."""
    headers = [column.header for column in raw.columns]
    rows = guess_rows(headers)
    columns = {field: header for field, (header, _) in propose_columns(headers, rows).items()}
    by_header = {column.header: column for column in raw.columns}
    if rows == "products":
        return Mapping(rows=rows, columns=columns)
    if "name" not in columns and (name := _join_names(headers)):
        columns["name"] = name
    if "customer_key" not in columns:
        _find_customer(con, raw, columns, rows)
    if rows == "orders" and "order_key" not in columns:
        free = [header for header in headers if is_plain_id(header) and header not in columns.values()]
        columns |= {"order_key": free[0]} if free else {}
    for field, words in (("status", _status_words()), ("type", {*status_words.CREDIT_TYPES, *_DOCUMENTS})):
        if con and field in columns and not _has_words(con, raw, by_header[columns[field]], words):
            del columns[field]
    return Mapping(rows=rows, columns=columns)


def guess_rows(headers: Sequence[str]) -> str:
    """What one row of a file with these headers is: orders, customers or products; orders where they do not tell.

    A file with a column that only sales have is never a list of customers or products.
    """
    found = {
        rows: {field for field, (_, sure) in propose_columns(headers, rows).items() if sure >= CERTAIN}
        for rows in ("orders", "customers", "products")
    }
    if not find_missing("orders", found["orders"]):
        return "orders"
    sales = found["orders"] & _SALES - {"unit_price"} or sum(map(is_month, headers)) > 1
    if not sales and not {"customer_key", "email"} & found["customers"]:
        return "products" if "sku" in found["products"] and found["products"] & _CATALOGUE else "orders"
    if not sales and "unit_price" not in found["orders"]:
        described = found["customers"] & _CONTACT
        if len(described) > ("customer_key" not in found["customers"]) and "sku" not in found["orders"]:
            return "customers"
    return "orders"


def _join_names(headers: Sequence[str]) -> str | None:
    """`First name + Last name`, where a file has both."""
    by_text = {normalize_header(header): header for header in headers}
    for first, last in (("firstname", "lastname"), ("firstname", "surname"), ("givenname", "familyname"), ("vorname", "nachname"),
                        ("prenom", "nom"), ("nombre", "apellidos"), ("nome", "cognome"), ("nome", "sobrenome"),
                        ("voornaam", "achternaam"), ("imie", "nazwisko"), ("fornamn", "efternamn"), ("billingfirstname", "billinglastname")):  # fmt: skip
        if first in by_text and last in by_text:
            return f"{by_text[first]} + {by_text[last]}"
    return None


def _find_customer(con: duckdb.DuckDBPyConnection | None, raw: RawRows, found: dict[str, str], rows: str) -> None:
    """The customer's key where no header names one: the e-mail, an `id` that repeats, or the name."""
    used = {*found.values()}
    if "email" in found:
        found["customer_key"] = found["email"]
        return
    plain = [column for column in raw.columns if is_plain_id(column.header) and column.header not in used]
    if plain and (rows == "customers" or (con and "order_key" in found and _repeats(con, raw, plain[0]))):
        found["customer_key"] = plain[0].header
    elif "name" in found and " + " not in found["name"]:
        found["customer_key"] = found["name"]


def _repeats(con: duckdb.DuckDBPyConnection, raw: RawRows, column: Column) -> bool:
    read_columns(con, raw, [column])
    (repeats,) = con.execute(f"select count({column.name}) > count(distinct {column.name}) from raw_rows").fetchall()[0]
    return bool(repeats)


def _has_words(con: duckdb.DuckDBPyConnection, raw: RawRows, column: Column, words: set[str]) -> bool:
    read_columns(con, raw, [column])
    cell = column.name
    found = con.execute(
        f"select distinct lower(trim({cell}::varchar)) from raw_rows where {cell} is not null limit {_MOST_WORDS + 1}"
    ).fetchall()
    return len(found) <= _MOST_WORDS and any(word in words for (word,) in found)


def _status_words() -> set[str]:
    return {
        *status_words.COUNTED, *status_words.CANCELLED, *status_words.RETURNED, *status_words.PARTLY_RETURNED,
        *status_words.LEFT_OUT,
    }  # fmt: skip
