"""What is undecided about a file: each a question with its evidence, choices as settings of the mapping, and the best guess.

Nothing is loaded while a question is open. Choosing an answer sets the same keys that a mapping file has.
"""

from __future__ import annotations

from collections.abc import Mapping as Settings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb

from foresell.errors import BadInput
from foresell.sources.files import amounts, status_words
from foresell.sources.files.header_words import split_words
from foresell.sources.files.mapping import Mapping
from foresell.sources.files.raw_rows import Column
from foresell.sql import named_queries

_SQL = ("foresell.sources.files", "questions.sql")
_MOST_SHOWN = 8
#: A zero that has this share of the orders, or more, is a question.
_COMMON_ZERO = 0.2
_DAYS_APART = 180
_PERCENT = frozenset({"percent", "pct", "percentage", "prozent", "pourcentage", "porcentaje", "percentuale"})
#: Words of a header that say its amounts are without tax and shipping.
_NET = frozenset({"net", "netto", "netta", "nette", "nettes", "neto", "netos", "neta", "netas", "nettowert", "subtotal",
                  "zwischensumme", "ht", "excl"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: its label and the keys of the mapping it sets, such as {"amounts.basis": "amount"}."""

    label: str
    settings: Settings[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """One thing undecided. `guess` is the index of the likeliest choice, the one `--accept-guesses` takes."""

    name: str
    text: str
    evidence: str
    choices: tuple[Choice, ...]
    guess: int = 0


class OpenQuestions(BadInput):
    """The file leaves something undecided, and a guess could load wrong numbers."""

    def __init__(self, file: str, questions: Sequence[Question]) -> None:
        open_questions = " ".join(f"{question.text} {question.evidence}" for question in questions)
        super().__init__(
            f"{file}: {open_questions}",
            remedy="Answer on the Import page, or run foresell inspect FILE --save-map FILE.toml, correct it and load with "
            "--map FILE.toml. --accept-guesses takes the likeliest answers.",
        )
        self.questions = tuple(questions)


def ask_about_amounts(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, resolved: dict[str, Column]
) -> tuple[Mapping, tuple[str, ...], list[Question]]:
    """Which of amount and quantity x price a line brings: (mapping with the decision, notices, questions)."""
    if mapping.basis or mapping.subtract is not None or "amount" not in resolved:
        return mapping, (), []
    extras = [field for field in ("tax", "shipping") if field in resolved]
    header = resolved["amount"].header
    if not {"quantity", "unit_price"} <= set(resolved):
        if _NET & set(split_words(header)):
            return mapping, (), []
        return mapping, (), _ask_about_extras(resolved, extras) if extras and "order_subtotal" not in resolved else []
    seen = amounts.compare_money(con)
    if not seen.lines or seen.fits(seen.line):
        with_discount = "discount" in resolved and seen.lines and not seen.fits(seen.net)
        return _decide(mapping, amounts.AMOUNT, ("discount",) if with_discount else ()), (), []
    if seen.fits(seen.net):
        return _decide(mapping, amounts.AMOUNT, ()), (), []
    for count, what in ((seen.gross, "includes tax or shipping"), (seen.order, "is the total of the whole order")):
        if seen.fits(count):
            notice = f"Column {header!r} {what}: the lines count as quantity x price instead."
            return _decide(mapping, amounts.PRODUCT, ("discount",)), (notice,), []
    question = Question(
        "amounts.basis",
        f"Does a line bring its {header!r}, or quantity x price?",
        f"They agree on {seen.line:,} of {seen.lines:,} lines: {seen.by_amount:,.2f} or {seen.by_product:,.2f} in all.",
        (
            Choice(f"Its {header!r}", {"amounts.basis": amounts.AMOUNT}),
            Choice("Quantity x price", {"amounts.basis": amounts.PRODUCT}),
        ),
        guess=1 if seen.order > seen.line else 0,
    )
    return mapping, (), [question]


def _decide(mapping: Mapping, chosen: str, subtract: tuple[str, ...]) -> Mapping:
    return replace(mapping, basis=chosen, subtract=subtract)


def _ask_about_extras(resolved: dict[str, Column], extras: Sequence[str]) -> list[Question]:
    named = " and ".join(repr(resolved[field].header) for field in extras)
    amount = resolved["amount"].header
    return [
        Question(
            "amounts.subtract",
            f"Does {amount!r} include {named}?",
            "Tax and shipping are no part of a sale, and no other column tells.",
            (Choice("Yes", {"amounts.subtract": list(extras)}), Choice("No", {"amounts.subtract": []})),
        )
    ]


def ask_about_percentages(con: duckdb.DuckDBPyConnection, resolved: dict[str, Column]) -> list[Question]:
    """A discount in per cent, which is no amount that could be taken off."""
    if "discount" not in resolved:
        return []
    header = resolved["discount"].header
    (signs,) = con.execute("select count(*) from mapped_rows where contains(discount::varchar, '%')").fetchall()[0]
    if not signs and "%" not in header and not _PERCENT & set(split_words(header)):
        return []
    return [
        Question(
            "columns.discount",
            f"Are the prices already less the discount in {header!r}?",
            "It is in per cent. Only amounts can be taken off: otherwise turn it into one in the file.",
            (Choice("Yes, leave the column out", {"columns.discount": None}),),
        )
    ]


def ask_about_words(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, resolved: dict[str, Column], *, proposed: bool
) -> list[Question]:
    """Words of the status and type columns that no list names, and in a `proposed` mapping payments among invoices."""
    open_questions = []
    known = {
        "status": (
            *mapping.counted,
            *mapping.cancelled,
            *mapping.returned,
            *mapping.partly_returned,
            *mapping.left_out,
        ),
        "type": (*mapping.counted, *mapping.credit_types, *status_words.SALE_TYPES),
    }
    for field, words in known.items():
        if field not in resolved or "*" in mapping.counted or (field == "type" and not mapping.credit_types):
            continue
        listed = [word.lower() for word in words]
        unknown = con.execute(
            f"""select status_word({field}), count(*) from mapped_rows
            where {field} is not null and not list_contains($known, status_word({field})) group by 1 order by 2 desc, 1""",
            {"known": listed},
        ).fetchall()
        if field == "type" and proposed:
            unknown += _find_payments(con)
        if unknown:
            open_questions.append(_ask_about_unknown(resolved[field].header, field, mapping, unknown))
    return open_questions


def _find_payments(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    """The payments of a file that also has the invoices they are for."""
    found = con.execute(
        "select status_word(type), count(*) from mapped_rows where type is not null group by 1"
    ).fetchall()
    has_invoices = any(word in status_words.INVOICE_TYPES for word, _ in found)
    return [(word, count) for word, count in found if has_invoices and word in status_words.PAYMENT_TYPES]


def _ask_about_unknown(header: str, field: str, mapping: Mapping, unknown: list[tuple[str, int]]) -> Question:
    words = [text for text, _ in unknown]
    shown = ", ".join(f"{word} ({count:,})" for word, count in unknown[:_MOST_SHOWN])
    more = f" and {len(unknown) - _MOST_SHOWN:,} more" if len(unknown) > _MOST_SHOWN else ""
    choices = [
        Choice("They count as sales", {"values.counted": [*mapping.counted, *words]}),
        Choice("They are cancelled", {"values.cancelled": [*mapping.cancelled, *words]}),
        Choice("They are returns", {"values.returned": [*mapping.returned, *words]}),
        Choice("Leave them out", {"values.left_out": [*mapping.left_out, *words]}),
    ]
    if field == "type":
        choices = [
            choices[0],
            Choice("They are credit notes", {"values.credit_types": [*mapping.credit_types, *words]}),
            choices[3],
        ]
    payments = field == "type" and set(words) <= set(status_words.PAYMENT_TYPES)
    return Question(
        f"values.{field}",
        f"What do these words in the column {header!r} mean: {shown}{more}?",
        "They may pay the invoices in the same file." if payments else "They are not among the known words.",
        tuple(choices),
        guess=2 if payments else 0,
    )


def ask_about_customers(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, resolved: dict[str, Column]
) -> list[Question]:
    """Customer numbers that may stand for no customer, such as Guest or 0."""
    if mapping.placeholders is not None or "customer_key" not in resolved:
        return []
    con.execute(named_queries(*_SQL)["count_customer_orders"])
    found = con.execute(
        """select customer_key, orders from customer_orders where list_contains($words, lower(customer_key))
        order by 2 desc, 1""",
        {"words": list(status_words.PLACEHOLDERS)},
    ).fetchall()
    zeros, share, numbers = con.execute(named_queries(*_SQL)["count_zeros"]).fetchall()[0]
    if zeros and (found or (share >= _COMMON_ZERO and numbers > 5)):
        found += con.execute(
            """select customer_key, orders from customer_orders where regexp_full_match(customer_key, '0+|-1|9{4,}')
            order by 2 desc, 1"""
        ).fetchall()
    if not found:
        return []
    words = [text for text, _ in found]
    shown = ", ".join(f"{word} ({count:,} orders)" if count != 1 else f"{word} (1 order)" for word, count in found)
    return [
        Question(
            "values.placeholders",
            f"Do these customers stand for sales without a customer: {shown}?",
            f"They stand in the column {resolved['customer_key'].header!r}.",
            (
                Choice("Yes, they are anonymous sales", {"values.placeholders": words}),
                Choice("No, they are customers", {"values.placeholders": []}),
            ),
        )
    ]


def ask_about_credit_notes(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, resolved: dict[str, Column]
) -> list[Question]:
    """A rare beginning of order numbers that credit notes often have, with positive amounts."""
    if mapping.returned_order_prefix is not None or "order_key" not in resolved:
        return []
    found = con.execute(
        named_queries(*_SQL)["count_credit_prefixes"], {"prefixes": list(status_words.CREDIT_PREFIXES)}
    ).fetchall()
    if not found:
        return []
    prefixes = [prefix for prefix, *_ in found]
    shown = ", ".join(f"{prefix}... ({count:,})" for prefix, count, _ in found)
    return [
        Question(
            "values.returned_order_prefix",
            f"Are the orders whose numbers begin like this credit notes: {shown}?",
            f"Most begin otherwise, such as {found[0][2]!r}.",
            (
                Choice("Yes, subtract them", {"values.returned_order_prefix": prefixes}),
                Choice("No, they are sales", {"values.returned_order_prefix": []}),
            ),
        )
    ]


def ask_about_headings(con: duckdb.DuckDBPyConnection, mapping: Mapping, resolved: dict[str, Column]) -> list[Question]:
    """Headings between the rows of a report, where no column names the customer."""
    if mapping.heading or "customer_key" in resolved or mapping.report is False:
        return []
    found = con.execute("select heading from heading_texts order by line limit 3").fetchall()
    if not found:
        return []
    return [
        Question(
            "layout.heading",
            f"Do the headings between the rows name the customers, such as {', '.join(repr(text) for (text,) in found)}?",
            "No column names them.",
            (
                Choice("Yes", {"layout.report": True, "layout.heading": "customer_key"}),
                Choice("No, they name the products", {"layout.report": True, "layout.heading": "product_name"}),
                Choice("Neither", {"layout.report": False}),
            ),
        )
    ]


def ask_about_currencies(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> list[Question]:
    """Lines in several currencies, which cannot be added up."""
    if mapping.only_currency or mapping.rates:
        return []
    found = con.execute(
        "select currency, count(*) from staged_lines group by 1 having currency is not null order by 2 desc, 1"
    ).fetchall()
    if len(found) < 2:
        return []
    shown = ", ".join(f"{code} ({count:,} lines)" if count != 1 else f"{code} (1 line)" for code, count in found)
    return [
        Question(
            "currency.only",
            f"Amounts are in several currencies: {shown}. Which one counts?",
            "They cannot be added up. To convert them instead, give rates under [currency] in the mapping.",
            tuple(Choice(f"Only {code}", {"currency.only": code}) for code, _ in found[:_MOST_SHOWN]),
        )
    ]


def ask_about_last_day(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> list[Question]:
    """A last day far from the days before it: one typing error would move the day of all figures."""
    if mapping.latest:
        return []
    last, before, orders = con.execute(
        named_queries(*_SQL)["find_lone_last_days"], {"days_apart": _DAYS_APART}
    ).fetchall()[0]
    if last is None:
        return []
    return [
        Question(
            "dates.latest",
            f"Is {last:%Y-%m-%d} the true date of the last {'order' if orders == 1 else f'{orders:,} orders'}?",
            f"The order before is of {before:%Y-%m-%d}. Every figure would count from the last one.",
            (
                Choice(f"No, reject what is after {before:%Y-%m-%d}", {"dates.latest": before.isoformat()}),
                Choice("Yes", {"dates.latest": date(last.year, last.month, last.day).isoformat()}),
            ),
        )
    ]
