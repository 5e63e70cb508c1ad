"""What is undecided about the columns of a file: which field each is, and what the money in it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from foresell.sources.files import amounts, formats
from foresell.sources.files.fields import BY_NAME, CERTAIN, propose_columns
from foresell.sources.files.header_words import is_plain_id, name_field, split_words
from foresell.sources.files.mapping import Mapping
from foresell.sources.files.questions import Choice, Question
from foresell.sources.files.raw_rows import Column, RawRows, list_names, read_columns
from foresell.sql import named_queries

#: Fields whose column is a question when two headers name them equally well.
_CONTESTED = ("ordered_at", "amount", "unit_price", "quantity")
_CENTS = frozenset({"cent", "cents", "minor"})
#: Words that say of a price that it is the unit's, and those that may mean the line.
_UNIT = frozenset({"unit", "each", "per", "single"})
_LINE = frozenset({"item", "line", "product"})
_MOST_CANDIDATES, _FEW_ROWS = 6, 50
#: Columns whose different values are counted in one query: each takes memory.
_AT_ONCE = 12


def ask_about_columns(raw: RawRows, mapping: Mapping, *, proposed: bool) -> list[Question]:
    """Columns that headers do not settle: part of a header is known, or two headers fit. Of a `proposed` mapping all such
    columns, of another one those it calls undecided, and of a known format those it does not have under their usual name."""
    open_questions = [
        question for question in _ask_about_every_column(raw, mapping) if proposed or question.name in mapping.undecided
    ]
    return open_questions + _ask_about_absent_columns(raw, mapping)


def _ask_about_absent_columns(raw: RawRows, mapping: Mapping) -> list[Question]:
    """Fields of a known format whose column is absent, or that are the first filled of several columns of which one is absent,
    where another header names them."""
    if mapping.format == formats.MAPPED:
        return []
    places = {field: formats.find_column(raw.columns, header) for field, header in mapping.columns.items()}
    used = {column.name for header in mapping.list_headers() if (column := formats.find_column(raw.columns, header))}
    free = [column.header for column in raw.columns if column.name not in used]
    absent = {field for field, column in places.items() if column is None or _lacks_part(raw, mapping.columns[field])}
    return [
        _ask_about_header(
            field, header, f"The columns of the {formats.label_format(mapping.format)} are otherwise named."
        )
        for field, (header, sure) in propose_columns(free, mapping.rows).items()
        if sure >= CERTAIN and field in absent
    ]


def _lacks_part(raw: RawRows, header: str) -> bool:
    parts = header.split(" || ")
    return len(parts) > 1 and not all(formats.find_column(raw.columns, part.strip()) for part in parts)


def _ask_about_every_column(raw: RawRows, mapping: Mapping) -> list[Question]:
    headers = [column.header for column in raw.columns]
    found = propose_columns(headers, mapping.rows)
    open_questions = []
    for field, header in mapping.columns.items():
        sure = found[field][1] if found.get(field, ("",))[0] == header else 1.0
        rivals = [
            other for other in headers if other not in mapping.columns.values() and name_field(other, {field}) == field
        ]
        again = [
            other for other in headers if other.startswith(f"{header} (") and other not in mapping.columns.values()
        ]
        label = BY_NAME[field].label.lower()
        if again or (rivals and sure < 1.0 and field in _CONTESTED):
            choices = [header, *again, *(rival for rival in rivals if rival not in again)]
            open_questions.append(
                Question(
                    f"columns.{field}",
                    f"Which column is the {label}: {', '.join(map(repr, choices))}?",
                    "More than one fits.",
                    tuple(Choice(choice, {f"columns.{field}": choice}) for choice in choices),
                )
            )
        elif field == "order_key" and is_plain_id(header):
            evidence = "Without an order number, an order is what a customer buys at one date and time."
            open_questions.append(_ask_about_header(field, header, evidence))
        elif sure < CERTAIN:
            in_cents = _CENTS & set(split_words(header))
            evidence = "It seems to be in cents; amounts are read as they stand." if in_cents else ""
            open_questions.append(_ask_about_header(field, header, evidence or "Only a part of its name is known."))
    return open_questions


def _ask_about_header(field: str, header: str, evidence: str) -> Question:
    return Question(
        f"columns.{field}",
        f"Is the column {header!r} the {BY_NAME[field].label.lower()}?",
        evidence,
        (Choice("Yes", {f"columns.{field}": header}), Choice("No, leave it out", {f"columns.{field}": None})),
    )


def ask_about_totals(raw: RawRows, mapping: Mapping) -> tuple[Mapping, list[Question]]:
    """An orders file that states no lines, only the subtotal or the total of each order: (mapping that uses it, questions)."""
    present = {field: formats.find_column(raw.columns, header) for field, header in mapping.columns.items()}
    has = {field for field, column in present.items() if column}
    if mapping.rows != "orders" or has & {"amount", "unit_price"} or not has & {"order_subtotal", "order_total"}:
        return mapping, []
    field = "order_subtotal" if "order_subtotal" in has else "order_total"
    columns = {**mapping.columns, "amount": mapping.columns[field]}
    del columns[field]
    columns.pop("order_discount", None)  # both are after discounts
    extras = tuple(extra for extra in ("tax", "shipping") if extra in has) if field == "order_total" else ()
    subtract = mapping.subtract if mapping.subtract is not None else extras
    mapping = replace(mapping, columns=columns, basis=amounts.AMOUNT, subtract=subtract)
    if field == "order_subtotal" or extras:
        return mapping, []
    header = next(column.header for column in (present[field],) if column)
    question = Question(
        "columns.amount",
        f"Does the {header!r} of an order count as its sales?",
        "The file states no lines and no amount without tax and shipping.",
        (Choice("Yes", {"columns.amount": header, "amounts.basis": amounts.AMOUNT}),),
    )
    return mapping, [question]


def ask_about_prices(con: duckdb.DuckDBPyConnection, resolved: dict[str, Column]) -> list[Question]:
    """A price of an item, which some systems state for the unit and others for the line, where no amount tells."""
    price = resolved.get("unit_price")
    if price is None or "quantity" not in resolved or {"amount", "order_subtotal", "order_total"} & set(resolved):
        return []
    words = set(split_words(price.header))
    if not words & _LINE or words & _UNIT:
        return []
    (several,) = con.execute("select count(*) from staged_lines where abs(quantity) <> 1").fetchall()[0]
    if not several:
        return []
    return [
        Question(
            "columns.unit_price",
            f"Is {price.header!r} the price of one unit, or of the whole line?",
            f"{several:,} lines have another quantity than 1, and no column states an amount.",
            (
                Choice("Of one unit", {"columns.unit_price": price.header}),
                Choice("Of the line", {"columns.amount": price.header, "columns.unit_price": None}),
            ),
        )
    ]


def ask_about_subtotals(con: duckdb.DuckDBPyConnection, resolved: dict[str, Column]) -> list[Question]:
    """A subtotal that the lines of its order do not add up to: it may be the line's own, or be before discounts."""
    if "order_subtotal" not in resolved:
        return []
    orders, different = con.execute(
        """select count(*), count(*) filter (
            abs(lines_total - order_value) > 0.011 and abs(lines_total - off_order - order_value) > 0.011
        ) from order_sums"""
    ).fetchall()[0]
    if different * 100 <= orders:
        return []
    header = resolved["order_subtotal"].header
    return [
        Question(
            "columns.order_subtotal",
            f"Do the goods of a whole order cost its {header!r}?",
            f"Its lines add up to something else in {different:,} of {orders:,} orders.",
            (
                Choice("Yes, after all discounts", {"columns.order_subtotal": header}),
                Choice("No, only the lines count", {"columns.order_subtotal": None}),
            ),
        )
    ]


def ask_about_repeated_amounts(con: duckdb.DuckDBPyConnection, resolved: dict[str, Column]) -> list[Question]:
    """An amount that is the same on all lines of each order: the order's total, perhaps."""
    amount = resolved.get("amount")
    if amount is None or "order_key" not in resolved or {"unit_price", "order_subtotal"} & set(resolved):
        return []
    several, constant, added, once = con.execute(
        named_queries("foresell.sources.files", "amounts.sql")["count_repeated_amounts"]
    ).fetchall()[0]
    if not several or constant < several:
        return []
    return [
        Question(
            "amounts.basis",
            f"Is {amount.header!r} the total of the order?",
            f"It repeats within all {several:,} orders of several lines: {once:,.2f} or {added:,.2f} in all.",
            (
                Choice("Yes, count it once", {"amounts.basis": amounts.ORDER}),
                Choice("No, each line brings it", {"amounts.basis": amounts.AMOUNT}),
            ),
            guess=0 if several > 1 else 1,
        )
    ]


def ask_about_missing_customers(
    con: duckdb.DuckDBPyConnection, raw: RawRows, mapping: Mapping, resolved: dict[str, Column]
) -> list[Question]:
    """No header names the customer, but columns without another use could be it: their values repeat, or the rows are few."""
    if "customer_key" in resolved or mapping.heading:
        return []
    used = {name for column in resolved.values() for name in list_names(column)}
    free = [column for column in raw.columns if column.name not in used]
    fitting: list[str] = []
    for first in range(0, len(free), _AT_ONCE):
        fitting += _find_repeating(con, raw, free[first : first + _AT_ONCE])
        if len(fitting) >= _MOST_CANDIDATES:
            break
    if not fitting:
        return []
    choices = [Choice(repr(header), {"columns.customer_key": header}) for header in fitting[:_MOST_CANDIDATES]]
    return [
        Question(
            "columns.customer_key",
            "Which column names the customer?",
            "No header says so. Without customers, all sales are anonymous.",
            (*choices, Choice("None of them", {"columns.customer_key": None})),
            guess=len(choices),
        )
    ]


def _find_repeating(con: duckdb.DuckDBPyConnection, raw: RawRows, columns: Sequence[Column]) -> list[str]:
    """The headers of columns that half of the rows fill, with values that repeat, or any where the rows are few."""
    read_columns(con, raw, columns)
    counts = ", ".join(f"count(clean({c.name})), count(distinct clean({c.name}))" for c in columns)
    rows, *seen = con.execute(f"select count(*), {counts} from raw_rows").fetchall()[0]
    return [
        column.header
        for column, filled, values in zip(columns, seen[::2], seen[1::2], strict=True)
        if filled * 2 > rows and values > 1 and (values < filled or rows < _FEW_ROWS)
    ]
