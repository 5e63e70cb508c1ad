"""Commands on social accounts: social, social accounts, social watch, social handle."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from foresell.cli import printing
from foresell.cli.options import Json, Newest
from foresell.cli.session import open_home
from foresell.feedback import social
from foresell.feedback.summary import LEAST
from foresell.privacy.contacts import resolve_customer_id
from foresell.workflows.connect import watch as watch_source
from foresell.workflows.social import forget_handle, keep_handle

social_app = typer.Typer(help="See posts of social accounts, what they reached, and what their comments say.")
POSTS = {
    "posted_at": "Posted", "account": "Account", "product_type": "Kind", "likes": "Likes", "comments": "Comments", "first": "At first",
    "reached": "Reach", "positive": "Positive", "negative": "Negative", "caption": "Caption",
}  # fmt: skip
ACCOUNTS = {
    "account": "Account",
    "source": "Source",
    "followers": "Followers",
    "first": "At first",
    "posts": "Posts",
    "read_at": "Read",
}
SHOWN_CHARACTERS = 60


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(social_app, name="social")


@social_app.callback(invoke_without_command=True)
def list_posts(
    context: typer.Context,
    account: Annotated[str | None, typer.Option(help="Only of this account.")] = None,
    limit: Newest = 25,
    json: Json = False,
) -> None:
    """List posts, the newest first, with likes and comments now and at first, and the shares of sentiments of their comments."""
    if context.invoked_subcommand is not None:
        return
    _, database = open_home()
    with database.connect() as con:
        rows = social.list_posts(con, social.normalize_handle(account) if account else None, limit)
    if json:
        printing.print_json(rows)
    elif rows:
        printing.print_table([_describe(row) for row in rows], POSTS)
        printing.print_note(f"Shares of sentiments are shown for {LEAST} comments or more.")
    else:
        printing.print_text("No posts. Connect an account: foresell connect instagram --help")


@social_app.command("accounts")
def list_accounts(json: Json = False) -> None:
    """List social accounts, own ones first, with their followers now and at first."""
    _, database = open_home()
    with database.connect() as con:
        rows = social.list_accounts(con)
    if json:
        printing.print_json(rows)
    elif rows:
        first = [{**row, "first": row["history"][0]["followers"] if row["history"] else None} for row in rows]
        printing.print_table(first, ACCOUNTS)
    else:
        printing.print_text("No accounts. Connect one: foresell connect instagram --help")


@social_app.command("watch")
def watch(
    name: Annotated[str, typer.Argument(help="The name of the source.")],
    account: Annotated[list[str] | None, typer.Option(help="Another business account; may be repeated.")] = None,
    hashtag: Annotated[list[str] | None, typer.Option(help="A hashtag; may be repeated, up to 30.")] = None,
) -> None:
    """Read these accounts and hashtags from now on, instead of those before. Thirty different hashtags are allowed in seven days."""
    settings, database = open_home()
    watch_source(settings, database, name, account or (), hashtag or ())
    printing.print_text(
        f"{name} reads {len(account or ())} other accounts and {len(hashtag or ())} hashtags from now on."
    )


@social_app.command("handle")
def handle(
    customer: Annotated[str, typer.Argument(help="The customer: an id, or a number in a source.")],
    user_name: Annotated[str, typer.Argument(help="The user name that you know of this customer.")],
    forget: Annotated[bool, typer.Option("--forget", help="Forget it instead.")] = False,
) -> None:
    """Keep the user name of a customer: what it writes is then joined to the customer, with its text.

    Only a keyed hash is kept. What was read before is joined with: foresell sync NAME --whole
    """
    settings, database = open_home()
    customer_id = resolve_customer_id(database, customer)
    if forget:
        found = forget_handle(settings, database, user_name)
        printing.print_text("It is forgotten." if found else "It was not kept.")
        return
    keep_handle(settings, database, customer_id, user_name)
    printing.print_text(f"Comments by this user name are of {customer_id} from now on.")


def _describe(row: dict[str, Any]) -> dict[str, Any]:
    shares = {
        name: f"{row['sentiment'][name]['share']:.0%}" if row["sentiment"][name] else None
        for name in ("positive", "negative")
    }
    first = row["history"][0]["likes"] if row["history"] else None
    caption = (row["caption"] or "")[:SHOWN_CHARACTERS] or None
    return {**row, **shares, "first": first, "reached": row["insights"].get("reach"), "caption": caption}
