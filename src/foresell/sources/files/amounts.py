"""What the lines of an order bring: goods without tax and shipping, less discounts and refunds, returns negative."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from foresell.sources.files.mapping import Mapping
from foresell.sources.files.raw_rows import Column
from foresell.sql import named_queries

AMOUNT, PRODUCT, ORDER = "amount", "quantity x price", "order total"
_SQL = ("foresell.sources.files", "amounts.sql")
#: The share of lines that must agree before one reading of the money columns counts as certain.
_AGREEING = 0.99


def build_macros(mapping: Mapping, resolved: dict[str, Column]) -> list[str]:
    """SQL that creates `price_of(q, p, a)` and `amount_of(q, p, a, d, t, s)` from quantity, price, amount, discount, tax
    and shipping: the amount stated or computed, less what the mapping subtracts, towards zero."""
    from_amount = "try_cast(case when q = 0 then a else a / q end as decimal(14, 4))"
    product = "try_cast(q * p as decimal(18, 4))"
    if "amount" not in resolved and "unit_price" not in resolved and mapping.default_amount:
        price, base = f"{mapping.default_amount}::decimal(14, 4)", f"{mapping.default_amount}::decimal(18, 4)"
    elif "amount" not in resolved:
        price, base = "p", product
    elif "unit_price" not in resolved:
        price, base = from_amount, "a"
    else:
        price = f"coalesce(p, {from_amount})"
        base = f"coalesce({product}, a)" if mapping.basis == PRODUCT else f"coalesce(a, {product})"
    letters = {"discount": "d", "tax": "t", "shipping": "s"}
    taken = [letters[field] for field in choose_subtracted(mapping, resolved) if field in resolved]
    if taken:
        off = " + ".join(f"coalesce(abs({letter}), 0)" for letter in taken)
        base = f"{base} - sign({base}) * ({off})"
    return [
        f"create or replace temp macro price_of(q, p, a) as {price}",
        f"create or replace temp macro amount_of(q, p, a, d, t, s) as {base}",
    ]


def choose_subtracted(mapping: Mapping, resolved: dict[str, Column]) -> tuple[str, ...]:
    """The fields taken off a line: as the mapping says, else the discount off quantity x price."""
    if mapping.subtract is not None:
        return mapping.subtract
    return ("discount",) if "amount" not in resolved or mapping.basis == PRODUCT else ()


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the money columns of a file agree: lines with all of them, and the lines each reading fits."""

    lines: int
    line: int  # amount = quantity x price
    net: int  # ... less the discount
    gross: int  # ... less the discount, with tax and shipping
    order: int  # the amount is the total of the order, repeated on its lines
    by_amount: float
    by_product: float

    def fits(self, count: int) -> bool:
        """Whether a reading holds for practically all lines."""
        return self.lines > 0 and count >= _AGREEING * self.lines


def compare_money(con: duckdb.DuckDBPyConnection) -> Agreement:
    """Compare amount with quantity x price, line by line and order by order, to the rounding of the price."""
    return Agreement(*con.execute(named_queries(*_SQL)["compare_money"]).fetchall()[0])


def settle_orders(con: duckdb.DuckDBPyConnection, mapping: Mapping, resolved: dict[str, Column]) -> None:
    """Give returns their sign, take out orders that never became sales, and bring lines to their order's goods and refund.

    Changes `staged_lines` and `left_out`.
    """
    steps = named_queries(*_SQL)
    if mapping.basis == ORDER and "order_key" in resolved:
        con.execute(steps["part_order_totals"])
    if {"status", "type", "returned"} & set(resolved) or mapping.returned_order_prefix:
        con.execute(steps["take_out_unsold"])
        con.execute("delete from staged_lines where status = 'left_out'")
        con.execute(steps["settle_returned_lines"])
        con.execute("update staged_lines set status = 'cancelled' where status = 'returned' and amount > 0")
        signed = con.execute("select coalesce(bool_or(amount < 0), false) from staged_lines where status = 'credit'")
        if not signed.fetchall()[0][0]:
            con.execute(
                "update staged_lines set quantity = -abs(quantity), amount = -abs(amount) where status = 'credit'"
            )
        con.execute("update staged_lines set status = 'returned' where status = 'credit'")
    if {"order_subtotal", "order_discount", "refund"} & set(resolved):
        con.execute(steps["sum_orders"])
        con.execute(steps["cancel_refunded_orders"])
        con.execute(steps["scale_lines"])


def find_credited_customers(con: duckdb.DuckDBPyConnection, mapping: Mapping, resolved: dict[str, Column]) -> None:
    """Bring credit notes and refunds to the customer of the sale they undo, or part them from a sale of the same number."""
    if "type" in resolved and {"order_key", "customer_key"} <= set(resolved):
        con.execute(named_queries(*_SQL)["find_credited_customers"], {"refunds": mapping.refunds_name_shop})


def settle_currency(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> None:
    """Leave out the lines in other currencies, or convert them; those without a rate are in the table `problems`."""
    steps = named_queries(*_SQL)
    con.execute("create or replace temp table problems (line bigint, field varchar, value varchar, reason varchar)")
    if mapping.only_currency:
        con.execute(steps["take_out_other_currencies"], {"currency": mapping.only_currency.upper()})
        con.execute("delete from staged_lines where line in (select line from left_out)")
    if mapping.rates and mapping.into_currency:
        into = mapping.into_currency.upper()
        con.execute("create or replace temp table rates (currency varchar, rate decimal(18, 9))")
        con.executemany(
            "insert into rates values (?, ?)",
            [[code.upper(), rate] for code, rate in {**mapping.rates, into: "1"}.items()],
        )
        con.execute(steps["find_lines_without_rate"])
        con.execute(steps["convert_lines"], {"currency": into})
