"""From `raw_rows` to the four staged tables: detect the value formats, parse, reject what does not fit, derive the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import duckdb

from foresell.errors import BadInput, EmptySource
from foresell.sources.files import amounts, column_questions, formats, item_lines, questions, typed_view
from foresell.sources.files.mapping import Mapping, apply_settings
from foresell.sources.files.questions import Question
from foresell.sources.files.raw_rows import Column, RawRows
from foresell.sources.files.typed_view import ValueFormats
from foresell.sql import named_queries
from foresell.types import Staging

_STEPS = ("foresell.sources.files", "steps.sql")
_NO_LIMIT = "2200-01-01"


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file whose rows are in `con` as `raw_rows`, and the mapping to interpret them with."""

    con: duckdb.DuckDBPyConnection
    name: str
    raw: RawRows
    mapping: Mapping
    explicit: tuple[str, str] | None = None  # names of separate tables of customers and products
    proposed: bool = False  # the mapping comes from the headers, not from a person or a known format


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A staged file, the mapping it was read with in the end, its value formats, and what is undecided about it."""

    staging: Staging
    mapping: Mapping
    decided: ValueFormats
    questions: tuple[Question, ...]


def interpret_rows(parsed: ParsedFile, load_day: date | None, *, accept_guesses: bool = False) -> Interpretation:
    """Fill the four staged tables from `raw_rows`; the caller adds source, hash and size.

    With `accept_guesses`, the likeliest answer to each question is taken and recorded in the mapping; otherwise the tables
    are filled by it too, and the questions are returned.
    """
    parsed.con.execute("create or replace temp table reader_rejects as from staged_rejects")
    guessed = parsed
    open_questions: dict[str, Question] = {}
    while True:  # an answer can raise another question; each is put once
        staging, decided, mapping, found = _interpret_once(guessed, load_day)
        new = [question for question in found if question.name not in open_questions]
        if not new:
            break
        open_questions |= {question.name: question for question in new}
        for question in new:
            settings = question.choices[question.guess].settings
            mapping = apply_settings(mapping, settings, accepted=question.name if accept_guesses else None)
        before, guessed = guessed.mapping, replace(guessed, mapping=mapping)
        if replace(mapping, accepted=before.accepted) == before:
            break  # the tables were filled by these answers
    if accept_guesses and open_questions:
        answers = (f"{q.text} Accepted: {q.choices[q.guess].label}." for q in open_questions.values())
        staging = replace(staging, warnings=(*staging.warnings, *answers))
    if open_questions and not accept_guesses:
        return Interpretation(staging, parsed.mapping, decided, tuple(open_questions.values()))
    return Interpretation(staging, mapping, decided, ())


def _interpret_once(parsed: ParsedFile, load_day: date | None) -> tuple[Staging, ValueFormats, Mapping, list[Question]]:
    con, mapping = parsed.con, parsed.mapping
    con.execute("create or replace table staged_rejects as from reader_rejects")
    ask_about_basis = mapping.basis is None and (parsed.proposed or mapping.format != formats.MAPPED)
    open_questions = column_questions.ask_about_columns(parsed.raw, mapping, proposed=parsed.proposed)
    mapping, more = column_questions.ask_about_totals(parsed.raw, mapping)
    parsed = replace(parsed, mapping=mapping)
    open_questions += more
    resolved = formats.resolve_columns(mapping, parsed.raw, parsed.name)
    read = _count_rows(parsed)
    limit = (load_day + timedelta(days=2)).isoformat() if load_day else _NO_LIMIT
    if mapping.latest:
        limit = min(limit, (date.fromisoformat(mapping.latest) + timedelta(days=1)).isoformat())
    decided = typed_view.create_view(con, parsed.raw, mapping, resolved, limit=limit, file=parsed.name)
    if read == decided.empty_rows:
        raise EmptySource(f"{parsed.name} holds only empty rows; nothing was read.", remedy="Export it again.")
    if mapping.report:
        _move_footers(con)
    extra = 0
    notices: tuple[str, ...] = ()
    if mapping.rows == "orders":
        mapping, notices, more = questions.ask_about_amounts(con, mapping, resolved)
        parsed = replace(parsed, mapping=mapping)
        for statement in amounts.build_macros(mapping, resolved):
            con.execute(statement)
        extra, added = _stage_orders(parsed, resolved, decided, limit)
        open_questions += [*more, *_ask_about_orders(parsed, resolved, ask_about_basis=ask_about_basis)]
        notices += _list_notices(parsed, resolved) + _settle_totals(con) + added
        con.execute(named_queries(*_STEPS)["rejected_orders"])
        _refuse_no_sales(parsed)
    else:
        _stage_keyed_rows(parsed, resolved, decided)
    rejected, left_out = con.execute(
        "select (select count(distinct line) from staged_rejects), (select count(*) from left_out)"
    ).fetchall()[0]
    warnings = (*parsed.raw.warnings, *decided.warnings, *notices)
    staging = Staging(
        con=con,
        source=mapping.source,
        format=mapping.format,
        rows=mapping.rows,
        file_name=parsed.name,
        file_bytes=0,
        file_sha256="",
        lines_read=read - decided.empty_rows - int(left_out) + extra,
        rejected=int(rejected),
        left_out=int(left_out),
        warnings=warnings,
    )
    return staging, decided, mapping, open_questions


def describe_left_out(con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The rows left out, a sentence for each reason."""
    rows = con.execute("select reason, count(*) from left_out group by 1 order by 2 desc, 1").fetchall()
    return tuple(f"Rows left out: {count:,} ({reason})." for reason, count in rows)


def _refuse_no_sales(parsed: ParsedFile) -> None:
    """Raises BadInput where all rows of the file are left out."""
    query = "select (select count(*) from staged_lines) + (select count(*) from staged_rejects)"
    left_out = describe_left_out(parsed.con)
    if left_out and not parsed.con.execute(query).fetchall()[0][0]:
        raise BadInput(
            f"No row of {parsed.name} is a sale. {' '.join(left_out)}",
            remedy="Do some of them count? Say so under [values] or [[leave_out]] in a mapping: foresell inspect FILE --save-map.",
        )


def _settle_totals(con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Take total rows out of the rejects and compare each with the lines above it: a notice for each that differs."""
    steps = named_queries(*_STEPS)
    if con.execute("select count(*) from staged_rejects").fetchall()[0][0]:
        con.execute(steps["take_out_totals"])
        con.execute(steps["take_out_footers"])
        con.execute("delete from staged_rejects where line in (select line from left_out where kind = 'layout')")
    if not con.execute("select count(*) from left_out where reason = 'total'").fetchall()[0][0]:
        return ()
    return tuple(
        f"The total on line {line:,}, {stated:,.2f}, differs from its lines, {every:,.2f}."
        for line, stated, every in con.execute(steps["compare_totals"]).fetchall()
    )


def _move_footers(con: duckdb.DuckDBPyConnection) -> None:
    """Records of a report that are too short for its table, below the last dated row: what it prints at its end."""
    ends = "line > (select max(line) from mapped_rows where ordered_at is not null) and column_name is null"
    short = "regexp_matches(reason, '^\\d+ cells, but the header has')"
    con.execute(
        f"insert into left_out select distinct line, 'layout', 'footer' from staged_rejects where {ends} and {short}"
    )
    con.execute("delete from staged_rejects where line in (select line from left_out where reason = 'footer')")


def _ask_about_orders(parsed: ParsedFile, resolved: dict[str, Column], *, ask_about_basis: bool) -> list[Question]:
    con, mapping = parsed.con, parsed.mapping
    guesses = []
    if ask_about_basis and (parsed.proposed or not {"sku", "product_name", "type"} & set(resolved)):
        guesses += column_questions.ask_about_repeated_amounts(con, resolved)
    if parsed.proposed:
        guesses += column_questions.ask_about_prices(con, resolved)
        guesses += column_questions.ask_about_subtotals(con, resolved)
        guesses += column_questions.ask_about_missing_customers(con, parsed.raw, mapping, resolved)
    return [
        *guesses,
        *questions.ask_about_percentages(con, resolved),
        *questions.ask_about_words(con, mapping, resolved, proposed=parsed.proposed),
        *questions.ask_about_headings(con, mapping, resolved),
        *questions.ask_about_customers(con, mapping, resolved),
        *questions.ask_about_credit_notes(con, mapping, resolved),
        *questions.ask_about_currencies(con, mapping),
        *questions.ask_about_last_day(con, mapping),
    ]


def _list_notices(parsed: ParsedFile, resolved: dict[str, Column]) -> tuple[str, ...]:
    con, mapping, notices = parsed.con, parsed.mapping, []
    if "customer_key" not in resolved and mapping.heading != "customer_key":
        notices.append("No column names the customer: all sales are anonymous.")
    elif parsed.proposed and resolved.get("customer_key") == resolved.get("name", ...):
        notices.append("Customers are told apart by their names: two of the same name count as one.")
    if "status" in resolved and mapping.partly_returned:
        (partly,) = con.execute(
            """select count(distinct order_key) from (
                select order_key, max(status) as status, max(refund::varchar) as refund from mapped_rows group by 1
            ) where refund is null and list_contains($words, status_word(status))""",
            {"words": list(mapping.partly_returned)},
        ).fetchall()[0]
        if partly:
            notices.append(
                f"No column says how much was refunded of the orders refunded in part ({partly:,}): they count in full."
            )
    return tuple(notices)


def _count_rows(parsed: ParsedFile) -> int:
    query = "select (select count(*) from raw_rows), (select count(distinct line) from staged_rejects)"
    rows, rejected = parsed.con.execute(query).fetchall()[0]
    if not rows and not rejected:
        raise EmptySource(f"{parsed.name} holds a header and no rows; nothing was read.", remedy="Export it again.")
    return int(rows) + int(rejected)


def _stage_orders(
    parsed: ParsedFile, resolved: dict[str, Column], decided: ValueFormats, limit: str
) -> tuple[int, tuple[str, ...]]:
    """(lines that the file has not, notices about lines)."""
    con, steps = parsed.con, named_queries(*_STEPS)
    con.execute(steps["stage_lines"])
    if "status" in resolved:
        con.execute(steps["complete_unsold_lines"])
    con.execute(steps["find_incomplete_lines"])
    if con.execute("select count(*) from incomplete_lines").fetchall()[0][0]:
        last_day = (date.fromisoformat(limit) - timedelta(days=1)).isoformat()
        shown = decided.dates["ordered_at"].label
        con.execute(
            steps["find_problems"].replace("{totals}", typed_view.build_totals_condition(resolved)),
            {"dates": shown, "last_day": last_day},
        )
        _move_rejects(parsed)
    amounts.find_credited_customers(con, parsed.mapping, resolved)
    if set(amounts.choose_subtracted(parsed.mapping, resolved)) & set(resolved):
        con.execute(steps["find_unreadable_discounts"])
        _move_rejects(parsed)
    if "order_key" in resolved:
        con.execute(steps["find_two_customers"])
        _move_rejects(parsed)
        if con.execute("select count(*) from staged_rejects").fetchall()[0][0]:
            con.execute(steps["hold_back_orders"])
            _move_rejects(parsed)
    amounts.settle_orders(con, parsed.mapping, resolved)
    amounts.settle_currency(con, parsed.mapping)
    _move_rejects(parsed)
    added, notices = _split_items(parsed)
    extra = _add_extra_lines(parsed)
    if extra:
        notices += (f"{extra:,} lines were added for {', '.join(e.name for e in parsed.mapping.extra_lines)}.",)
    packed = item_lines.DESCRIBED if added is not None else ""
    con.execute(steps["stage_products"].replace("{packed}", packed))
    for line in parsed.mapping.extra_lines if extra else ():
        con.execute(steps["insert_extra_product"], {"sku": line.sku, "name": line.name})
    con.execute(steps["stage_customers"])
    _add_descriptions(parsed, resolved)
    return (added or 0) + extra, notices


def _move_rejects(parsed: ParsedFile) -> None:
    con = parsed.con
    if con.execute("select count(*) from problems").fetchall()[0][0]:
        con.execute(named_queries(*_STEPS)["insert_rejects"], {"file": parsed.name})
        con.execute("delete from staged_lines where line in (select line from problems)")
    con.execute("drop table problems")


def _split_items(parsed: ParsedFile) -> tuple[int | None, tuple[str, ...]]:
    """(lines added for the items in one cell, None where no column holds items; notices)."""
    items = parsed.mapping.items
    column = formats.find_column(parsed.raw.columns, items.column) if items else None
    if items is None or column is None:
        return None, ()
    return item_lines.split_lines(parsed.con, parsed.raw, items, column)


def _add_extra_lines(parsed: ParsedFile) -> int:
    added = 0
    for at, extra in enumerate(parsed.mapping.extra_lines):
        if formats.find_column(parsed.raw.columns, extra.column):
            step = named_queries(*_STEPS)["insert_extra_lines"].replace("{extra}", f"extra_{at}")
            added += parsed.con.execute(step, {"sku": extra.sku}).fetchall()[0][0]
    return added


def _add_descriptions(parsed: ParsedFile, resolved: dict[str, Column]) -> None:
    """Add what separate tables and descriptive columns say about customers and products."""
    con = parsed.con
    if described := [name for name in typed_view.DESCRIBED if name in resolved and name != "country"]:
        con.execute(typed_view.build_customers_step("mapped_rows", described, keep_all=False))
    if parsed.explicit:
        customers, products = parsed.explicit
        con.execute(typed_view.build_customers_step(customers, [*typed_view.DESCRIBED, "signup_date"], keep_all=True))
        con.execute(typed_view.build_catalogue_step(products, "clean_key(sku)"))


def _stage_keyed_rows(parsed: ParsedFile, resolved: dict[str, Column], decided: ValueFormats) -> None:
    """Stage a file of customers or products: the first row of each key is kept, the others are rejected."""
    con = parsed.con
    con.execute(typed_view.EMPTY_TABLES)
    key = "customer_key" if parsed.mapping.rows == "customers" else "sku"
    dated = "signup_date" if "signup_date" in resolved else None
    con.execute(typed_view.build_key_problems(key, dated))
    con.execute(named_queries(*_STEPS)["insert_rejects"], {"file": parsed.name})
    con.execute(
        "create or replace temp view kept as select * from mapped_rows where line not in (select line from problems)"
    )
    if key == "customer_key":
        con.execute(typed_view.build_customers_step("kept", [*typed_view.DESCRIBED, "signup_date"], keep_all=True))
        if parsed.explicit:
            con.execute(typed_view.build_catalogue_step(parsed.explicit[1], "clean_key(sku)"))
    else:
        con.execute(typed_view.build_catalogue_step("kept", "sku"))
