"""Reads IIF, the text files that QuickBooks Desktop exports: sales into order lines, and its lists of customers and items.

A row begins with its kind; a row of `!KIND` names the columns of those that follow. A transaction is a row TRNS, rows SPL that it
is split into, and ENDTRNS; its amounts add up to 0, so that a split of a sale is negative. Written by the format's description
and by files in public repositories; never compared with an installation of QuickBooks Desktop.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import duckdb
import pyarrow as pa

from foresell.errors import EmptySource
from foresell.sources.files import file_sniffing
from foresell.sources.files.fields import BY_NAME
from foresell.sources.files.mapping import Dialect
from foresell.sources.files.raw_rows import Column, RawRows, insert_rejects

#: Kinds of transactions that are sales, and what their numbers get in front: each of these kinds counts for itself.
SALES = {
    "INVOICE": "",
    "CREDIT MEMO": "",
    "CASH SALE": "Receipt ",
    "CASHSALE": "Receipt ",
    "CASH REFUND": "Refund ",
    "CASHREFUND": "Refund ",
}
#: Kinds of transactions that are no sales.
OTHERS = frozenset(
    {
        "PAYMENT", "RCPTPMT", "DEPOSIT", "GENERAL JOURNAL", "GENJRNL", "BILL", "BILL REFUND", "BILL CREDIT", "BILLPMT",
        "CHECK", "CREDIT CARD", "CCARD REFUND", "TRANSFER", "ESTIMATES", "ESTIMATE", "SALES ORDER", "SALESORD", "PURCHORD",
        "PURCHASE ORDER", "BEGINBALCHECK", "STMT CHG", "PAYCHECK", "LIAB CHECK", "YTD ADJ", "LIABILITY ADJ",
        "INVENTORY ADJUST", "INVADJ", "BUILD ASSEMBLY",
    }
)  # fmt: skip
ORDERS, CUSTOMERS, PRODUCTS = (
    "quickbooks-desktop-iif",
    "quickbooks-desktop-iif-customers",
    "quickbooks-desktop-iif-items",
)
LINES = ("Number", "Type", "Date", "Customer", "Item", "Memo", "Quantity", "Amount", "Address")
_TAX_ITEMS, _SILENT_ITEMS = ("COMPTAX", "STAX", "TAX", "GRPTAX"), ("SUBT", "PMT")
#: Accounts of splits that are no revenue, where the file has no list that says what they are.
_TAX_ACCOUNT, _COST_ACCOUNT = (
    re.compile(r"(?i)(sales|vat|gst|hst) tax|\b(vat|gst|hst)\b"),
    re.compile(r"(?i)cost of goods sold|^cogs\b|inventory asset"),
)
_TAX_ACCOUNTS, _COST_ACCOUNTS = ("OCLIAB",), ("COGS", "OCASSET")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row by its columns; `text` is what a message shows of it."""

    line: int
    kind: str
    cells: Mapping[str, str]
    text: str

    def get(self, column: str) -> str:
        return self.cells.get(column, "").strip()


@dataclass
class _Contents:
    """What a file holds: order lines as in LINES, customers and products by field, rejects, and what was left out."""

    lines: list[tuple[int, tuple[str | None, ...]]] = field(default_factory=list)
    customers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    products: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    has_sales: bool = False


def read_iif(
    con: duckdb.DuckDBPyConnection, opened: file_sniffing.OpenedFile, stated: Dialect
) -> tuple[RawRows, str, tuple[str, str]]:
    """Create `raw_rows`, and the tables `customers_read` and `products_read` from the lists that the file has.

    Returns the rows, the name of the format that maps them (orders, else customers, else items), and the two tables' names.
    Raises EmptySource for a file without sales, customers and items.
    """
    encoding = stated.encoding or _detect_encoding(opened)
    text = opened.path.read_bytes().decode(encoding, "replace").removeprefix("\ufeff").rstrip("\x1a")
    contents = _read_contents(text)
    insert_rejects(con, opened.name, contents.rejects)
    _create_table(con, "customers_read", "customers", contents.customers)
    _create_table(con, "products_read", "products", contents.products)
    notices = tuple(f"Left out: {count:,} {what}." for what, count in sorted(contents.left_out.items()))
    if contents.has_sales or (contents.rejects and not contents.customers and not contents.products):
        format, columns = ORDERS, LINES
        _create_raw(con, LINES, contents.lines)
    elif contents.customers or contents.products:
        format, table = (CUSTOMERS, "customers_read") if contents.customers else (PRODUCTS, "products_read")
        con.execute(f"create or replace view raw_rows as from {table}")
        columns = tuple(name for name, *_ in con.execute("describe raw_rows").fetchall() if name != "line")
    else:
        raise EmptySource(
            f"{opened.name} has no sales, customers or items. {' '.join(notices)}".strip(),
            remedy="Export transactions, or the lists of customers and items, as IIF; or the report Sales by Customer Detail.",
        )
    names = [f"c{i}" if format == ORDERS else name for i, name in enumerate(columns, 1)]
    raw = RawRows(
        kind="iif",
        columns=tuple(Column(name, header, "VARCHAR") for name, header in zip(names, columns, strict=True)),
        compression=opened.compression,
        encoding=encoding,
        line_ending="\r\n" if "\r\n" in text else "\n",
        dialect=Dialect(encoding=stated.encoding),
        warnings=notices,
    )
    return raw, format, ("customers_read", "products_read")


def _detect_encoding(opened: file_sniffing.OpenedFile) -> str:
    """UTF-8 where the whole file is, else Windows-1252, which the program writes."""
    return "utf-8" if file_sniffing.measure_text(opened.path).utf8 else "cp1252"


def _create_raw(
    con: duckdb.DuckDBPyConnection, names: Sequence[str], rows: Sequence[tuple[int, Sequence[str | None]]]
) -> None:
    columns = [f"c{i}" for i in range(1, len(names) + 1)]
    cells = [pa.array([row[i] for _, row in rows], pa.string()) for i in range(len(names))]
    con.register("iif_read", pa.table([pa.array([line for line, _ in rows], pa.int64()), *cells], ["line", *columns]))
    con.execute("create or replace table raw_rows as from iif_read")
    con.unregister("iif_read")


def _create_table(
    con: duckdb.DuckDBPyConnection, table: str, rows: str, found: Sequence[tuple[int, Mapping[str, str]]]
) -> None:
    names = [f.name for f in BY_NAME.values() if rows in f.rows]
    cells = [pa.array([values.get(name) or None for _, values in found], pa.string()) for name in names]
    con.register("iif_read", pa.table([pa.array([line for line, _ in found], pa.int64()), *cells], ["line", *names]))
    con.execute(f"create or replace table {table} as from iif_read")
    con.unregister("iif_read")


def _read_contents(text: str) -> _Contents:
    contents = _Contents()
    accounts: dict[str, str] = {}
    items: dict[str, str] = {}
    blocks: list[list[_Row]] = []
    open_block: list[_Row] | None = None
    for row in _read_rows(text, contents):
        if row.kind in ("SPL", "ENDTRNS") and open_block is None:
            if "FAULT" not in row.cells:
                contents.rejects.append((row.line, row.text, f"{row.kind} without a TRNS before it"))
            continue
        if row.kind == "TRNS":
            if open_block is not None:
                _reject_block(contents, open_block, "the transaction has no ENDTRNS")
            open_block = [row]
        elif row.kind == "SPL":
            assert open_block is not None
            open_block.append(row)
        elif row.kind == "ENDTRNS":
            assert open_block is not None
            blocks.append(open_block)
            open_block = None
        elif row.kind == "CUST" and ":" in row.get("NAME"):
            contents.left_out["jobs of customers"] += 1
        elif row.kind == "CUST":
            contents.customers.append((row.line, _read_customer(row)))
        elif row.kind == "INVITEM":
            items[row.get("NAME")] = row.get("INVITEMTYPE").upper()
            if items[row.get("NAME")] not in (*_TAX_ITEMS, *_SILENT_ITEMS):
                contents.products.append((row.line, _read_item(row)))
        elif row.kind == "ACCNT":
            accounts[row.get("NAME")] = row.get("ACCNTTYPE").upper()
        elif row.kind != "HDR":
            contents.left_out["rows of other lists"] += 1
    if open_block is not None:
        _reject_block(contents, open_block, "the transaction has no ENDTRNS")
    _add_sales(contents, blocks, accounts, items)
    return contents


def _read_rows(text: str, contents: _Contents) -> Iterator[_Row]:
    """The rows below their headings; rows of an unknown shape become rejects, and spoil the transaction they stand in."""
    headings: dict[str, list[str]] = {"ENDTRNS": []}
    spoilt: int | None = None
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        cells = [_unquote(cell) for cell in line.split("\t")]
        kind = cells[0].strip().upper()
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        if kind.startswith("!"):
            headings[kind[1:]] = [cell.strip().upper() for cell in cells[1:]]
            continue
        names, shown = headings.get(kind), line[:200].replace("\0", "␀")
        fault = (
            f"no row !{kind[:20]} says what its columns are" if names is None
            else f"{len(cells)} cells, but !{kind} names {len(names) + 1}" if len(cells) > len(names) + 1
            else None
        )  # fmt: skip
        if fault or names is None:
            contents.rejects.append((number, shown, fault or ""))
            spoilt = number
            continue
        if kind == "TRNS":
            spoilt = None
        if kind == "ENDTRNS" and spoilt is not None:
            yield _Row(number, "SPL", {"FAULT": str(spoilt)}, shown)
            spoilt = None
        yield _Row(number, kind, dict(zip(names, cells[1:], strict=False)), shown)


def _unquote(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _reject_block(contents: _Contents, block: Sequence[_Row], reason: str) -> None:
    contents.rejects += [(row.line, row.text, reason) for row in block if "FAULT" not in row.cells]


def _add_sales(
    contents: _Contents, blocks: Sequence[Sequence[_Row]], accounts: Mapping[str, str], items: Mapping[str, str]
) -> None:
    numbers: dict[str, int] = {}
    unnumbered: Counter[str] = Counter()
    for block in blocks:
        head = block[0]
        kind = head.get("TRNSTYPE").upper()
        if kind not in SALES:
            contents.has_sales = contents.has_sales or kind not in OTHERS
            if kind in OTHERS:
                contents.left_out[f"transactions that are no sales ({kind.lower()})"] += 1
            else:
                _reject_block(contents, block, f"{kind[:40] or 'no kind'} is no kind of transaction that is known")
            continue
        contents.has_sales = True
        number = _number_of(head, kind, unnumbered)
        if fault := _find_fault(block, number, numbers):
            _reject_block(contents, block, fault)
            continue
        numbers[number] = head.line
        for split in block[1:]:
            if what := _is_no_revenue(split, accounts, items):
                contents.left_out[f"splits of {what}"] += 1
            elif _amount(split) or split.get("INVITEM"):
                contents.lines.append((split.line, _read_split(head, split, number, kind)))


def _number_of(head: _Row, kind: str, unnumbered: Counter[str]) -> str:
    """The number of a sale; without one, what sets it apart, and which of several alike it is."""
    if number := head.get("DOCNUM"):
        return SALES[kind] + number
    key = " ".join((SALES[kind] or kind.capitalize(), head.get("DATE"), head.get("NAME"), head.get("AMOUNT")))
    unnumbered[key] += 1
    return f"{' '.join(key.split())} #{unnumbered[key]}"


def _find_fault(block: Sequence[_Row], number: str, numbers: Mapping[str, int]) -> str | None:
    """Why a transaction cannot be loaded: all of it is rejected, because a part of an order never replaces the whole."""
    if spoilt := next((row.cells["FAULT"] for row in block if "FAULT" in row.cells), None):
        return f"line {spoilt} of the same transaction was rejected"
    amounts = [(row, _amount(row)) for row in block]
    if unread := next((row for row, amount in amounts if amount is None), None):
        return f"line {unread.line}: AMOUNT {unread.get('AMOUNT')[:20]!r} is no number"
    if total := sum((amount for _, amount in amounts if amount), Decimal(0)):
        return f"the transaction of line {block[0].line} does not add up to 0, but to {total:,.2f}"
    if number in numbers:
        return f"the number {number} is that of the transaction on line {numbers[number]} too"
    return None


def _is_no_revenue(split: _Row, accounts: Mapping[str, str], items: Mapping[str, str]) -> str | None:
    """What a split of a sale is that is no revenue: tax, cost of goods, or a subtotal; None for revenue."""
    account, item = split.get("ACCNT"), items.get(split.get("INVITEM"), "")
    stated = accounts.get(account)
    if item in _TAX_ITEMS or split.get("EXTRA").upper() == "AUTOSTAX" or stated in _TAX_ACCOUNTS:
        return "sales tax"
    if item in _SILENT_ITEMS:
        return "subtotals and payments"
    if stated in _COST_ACCOUNTS:
        return "cost of goods"
    if stated is None and _TAX_ACCOUNT.search(account):
        return "sales tax"
    return "cost of goods" if stated is None and _COST_ACCOUNT.search(account) else None


def _read_split(head: _Row, split: _Row, number: str, kind: str) -> tuple[str | None, ...]:
    """One order line. The amount of a split is turned; the quantity has its sign, as some programs leave it out."""
    amount = -(_amount(split) or Decimal(0))
    quantity = _to_number(split.get("QNTY"))
    if not quantity:
        quantity = Decimal(1)
    quantity = abs(quantity) if amount >= 0 else -abs(quantity)
    item = split.get("INVITEM") or split.get("MEMO") or split.get("ACCNT")
    address = ", ".join(filter(None, (head.get(f"ADDR{i}") for i in range(2, 6))))
    values = (
        number, kind.lower(), head.get("DATE"), _customer_of(head.get("NAME")), item, split.get("MEMO"), f"{quantity:f}",
        f"{amount:f}", address,
    )  # fmt: skip
    return tuple(value or None for value in values)


def _customer_of(name: str) -> str:
    """The customer of `Customer:Job`."""
    return name.split(":", 1)[0].strip()


def _read_customer(row: _Row) -> dict[str, str]:
    person = " ".join(filter(None, (row.get("FIRSTNAME"), row.get("LASTNAME"))))
    return {
        "customer_key": row.get("NAME"),
        "name": row.get("COMPANYNAME") or person or row.get("NAME"),
        "email": row.get("EMAIL"),
        "phone": row.get("PHONE1"),
        "address": ", ".join(filter(None, (row.get(f"BADDR{i}") for i in range(2, 6)))),
    }


def _read_item(row: _Row) -> dict[str, str]:
    return {
        "sku": row.get("NAME"),
        "product_name": row.get("DESC") or row.get("NAME"),
        "category": row.get("NAME").split(":", 1)[0] if ":" in row.get("NAME") else "",
        "list_price": "" if row.get("PRICE").endswith("%") else row.get("PRICE"),
    }


def _amount(row: _Row) -> Decimal | None:
    """The amount of a row, 0 where it is empty; None for what is no number."""
    return Decimal(0) if not row.get("AMOUNT") else _to_number(row.get("AMOUNT"))


def _to_number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
