"""Commands on reviews and mentions: reviews, reviews load, reviews summary."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from foresell.cli import printing
from foresell.cli.options import Json, Newest, Segment
from foresell.cli.session import open_home
from foresell.errors import UsageError
from foresell.feedback import reviews
from foresell.feedback.reviews import PARTS
from foresell.feedback.summary import LEAST
from foresell.privacy.contacts import resolve_customer_id
from foresell.workflows.reviews import ReviewLoad, ReviewOptions, load_reviews

reviews_app = typer.Typer(help="List reviews and mentions, load them, and see what share of them is positive.")
Product = Annotated[str | None, typer.Option(help="Only of this product: its number or name.")]
SHOWN_REJECTS = 5
LISTED = {
    "written_at": "Written", "source": "Source", "customer_id": "Customer", "product": "Product", "stars": "Rating",
    "sentiment": "Sentiment", "probability": "P(positive)", "words": "Words that decided", "language": "Language",
}  # fmt: skip


class KindName(StrEnum):
    """What the rows of a file are."""

    REVIEW = "review"
    MENTION = "mention"


class Basis(StrEnum):
    """The legal basis on which texts about people are kept (GDPR, Article 6)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate interest"


class By(StrEnum):
    """What a summary is divided by."""

    ALL, MONTH, PRODUCT, SEGMENT, SOURCE = PARTS


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(reviews_app, name="reviews")


@reviews_app.callback(invoke_without_command=True)
def list_reviews(
    context: typer.Context,
    customer: Annotated[str | None, typer.Option(help="Only by this customer.")] = None,
    product: Product = None,
    limit: Newest = 25,
    json: Json = False,
) -> None:
    """List reviews and mentions, the newest first, with their sentiment. Texts are shown on the customer's page only."""
    if context.invoked_subcommand is not None:
        return
    _, database = open_home()
    customer_id = resolve_customer_id(database, customer) if customer else None
    with database.connect() as con:
        rows = reviews.list_reviews(con, customer_id=customer_id, product=product, limit=limit)
    if json:
        printing.print_json(rows)
    elif rows:
        printing.print_table([_describe(row) for row in rows], LISTED)
    else:
        printing.print_text(
            "No reviews. Load them: foresell reviews load FILE --source NAME --licence TERMS --legal-basis BASIS"
        )


@reviews_app.command("load")
def load(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV or Excel file.")],
    source: Annotated[str, typer.Option(help="The name of the source, such as trustpilot.")],
    licence: Annotated[
        str, typer.Option(help="On what terms you have the texts, in words, such as 'own customers'; kept with each.")
    ],
    legal_basis: Annotated[
        Basis, typer.Option("--legal-basis", help="On what basis you keep texts about people (GDPR, Article 6).")
    ],
    kind: Annotated[KindName, typer.Option(help="What a row is.")] = KindName.REVIEW,
    keep_days: Annotated[int, typer.Option("--keep-days", min=1, max=3650, help="Days until they are deleted.")] = 1095,
    no_text: Annotated[
        bool,
        typer.Option("--no-text", help="The licence forbids to keep texts: keep rating, sentiment and words only."),
    ] = False,
    customers_of: Annotated[
        str | None,
        typer.Option("--customers-of", help="The source whose customer numbers the file has (default: NAME)."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="FIELD=HEADER, where a column is not recognized; may be repeated."),
    ] = None,
    best_rating: Annotated[int, typer.Option("--best-rating", min=1, max=100, help="The best rating there is.")] = 5,
    dates: Annotated[str | None, typer.Option(help="How ambiguous dates are read: dmy, mdy or ymd.")] = None,
    max_rejected: Annotated[
        float, typer.Option("--max-rejected", min=0, max=100, help="Percent of rows that may be rejected.")
    ] = 2.0,
    json: Json = False,
) -> None:
    """Load reviews or mentions from a file, and find their sentiment. The same file again changes nothing.

    A review is joined to its customer by the customer's number in the source, otherwise by e-mail. Only texts of known
    customers are kept, encrypted; of the others rating and sentiment are. English is analysed, other languages are counted.
    """
    settings, database = open_home()
    options = ReviewOptions(
        source=source,
        kind=kind.value,
        licence=licence,
        legal_basis=legal_basis.value,
        keep_days=keep_days,
        keeps_text=not no_text,
        customers_of=customers_of,
        columns=_read_columns(column or []),
        best_rating=best_rating,
        dates=dates,
        max_rejected=max_rejected,
    )
    done = load_reviews(settings, database, path, options)
    if json:
        printing.print_json({name: getattr(done, name) for name in done.__slots__ if name != "rejects_file"})
    else:
        _print_load(done)


@reviews_app.command("summary")
def summary(
    by: Annotated[By, typer.Option(help="What to divide by.")] = By.ALL,
    product: Product = None,
    segment: Segment = None,
    json: Json = False,
) -> None:
    """Show the share of positive, negative, unsure and not analysed reviews, with 95 % intervals, and by month.

    Shares are shown for ten reviews or more.
    """
    _, database = open_home()
    with database.connect() as con:
        groups = reviews.summarize(con, by.value, product, segment)
        months = reviews.summarize(con, "month", product, segment) if by is By.ALL else []
    if json:
        printing.print_json({"by": by.value, "data": groups, "by_month": months})
        return
    for title, rows in ((None, groups), ("By month", months)):
        if rows:
            printing.print_table([_describe_group(each) for each in rows], _summary_columns(), title=title)
    if not groups:
        printing.print_text(
            "No reviews. Load them: foresell reviews load FILE --source NAME --licence TERMS --legal-basis BASIS"
        )
    elif any(not each["enough"] for each in (*groups, *months)):
        printing.print_note(f"Shares are shown for {LEAST} reviews or more.")


def _read_columns(stated: list[str]) -> dict[str, str]:
    """Raises UsageError for one that is not FIELD=HEADER."""
    pairs = [each.partition("=") for each in stated]
    if wrong := [each for each, (_, sign, header) in zip(stated, pairs, strict=True) if not sign or not header]:
        raise UsageError(f"--column {wrong[0]!r} is not FIELD=HEADER.", remedy="Write it as --column text=Comment.")
    return {name.strip(): header for name, _, header in pairs}


def _print_load(done: ReviewLoad) -> None:
    printing.print_text(
        f"{done.file_name}: {done.lines:,} lines: {done.added:,} new, {done.changed:,} changed, {done.unchanged:,} unchanged,"
        f" {done.left_out:,} of erased customers left out, {len(done.rejects):,} rejected. {done.joined:,} have a customer."
    )
    if done.sentiments:
        printing.print_text(", ".join(f"{count:,} {name}" for name, count in sorted(done.sentiments.items())) + ".")
    printing.print_text("Columns: " + ", ".join(f"{field} = {header}" for field, header in done.columns.items()))
    if not done.joined and {"customer_key", "email"} & done.columns.keys():
        printing.print_note(
            f"No customer of the source {done.source} has these numbers or e-mails: name the source that does, --customers-of SOURCE."
        )
    for each in done.rejects[:SHOWN_REJECTS]:
        printing.print_note(f"Line {each.line}, {each.field}: {each.reason}.")
    if done.rejects_file:
        printing.print_note(f"All rejected lines: {done.rejects_file}")
    if done.expired:
        printing.print_note(f"{done.expired:,} reviews were deleted: their retention had ended.")


def _describe(row: dict[str, Any]) -> dict[str, Any]:
    stars = None if row["rating"] is None else f"{row['rating']:g} of {row['best_rating']}"
    words = ", ".join(f"{each['word']} {each['points']:+.1f}" for each in row["words"])
    return {**row, "stars": stars, "words": words or None}


def _summary_columns() -> dict[str, str]:
    names = {"positive": "Positive", "negative": "Negative", "not_sure": "Not sure", "not_analysed": "Not analysed"}
    return {"part": "", "n": "Reviews", **names}


def _describe_group(group: dict[str, Any]) -> dict[str, Any]:
    shares = {
        name: f"{group[name]['share']:.0%} ({group[name]['low']:.0%} to {group[name]['high']:.0%})"
        if group[name]
        else None
        for name in ("positive", "negative", "not_sure", "not_analysed")
    }
    return {"part": group["part"] or "(none)", "n": group["n"], **shares}
