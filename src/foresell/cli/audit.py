"""Commands on what was done and on personal data: the audit, erasing a person, the keys of contact data."""

from __future__ import annotations

from typing import Annotated

import typer

from foresell.access import audit, sealing
from foresell.cli import show
from foresell.cli.data import Json
from foresell.cli.session import open_home
from foresell.errors import AuditBroken, UsageError
from foresell.truth import erasing, people
from foresell.truth.database import Database
from foresell.vault.vault import vault_of

audit_app = typer.Typer(help="Who did what, and whether it still says so.", no_args_is_help=True)
keys_app = typer.Typer(help="The keys that contact data is sealed with.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(audit_app, name="audit")
    app.add_typer(keys_app, name="keys")
    app.command()(erase)


@audit_app.command()
def verify(json: Json = False) -> None:
    """Check every event of the audit against its seal and against the anchors outside the database."""
    settings, database = open_home()
    book = sealing.Book(settings.home)
    seal(database, book)
    with database.connect() as con:
        verdict = sealing.verify(con, book)
    if json:
        show.as_json(verdict)
    for finding in () if json else verdict.findings:
        show.say(finding.words)
    if not verdict.ok:
        raise AuditBroken(
            f"The audit is not as it was sealed: {verdict.findings[0].words}.",
            remedy="Keep the database and the home as they are, and find out who could write to them.",
        )
    if not json:
        show.say(f"{verdict.events:,} events in {verdict.seals:,} seals, all as they were; anchors in {book.anchors}")


@audit_app.command(name="list")
def show_audit(
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    action: Annotated[str | None, typer.Option(help="Only this action, such as contact.reveal.")] = None,
    json: Json = False,
) -> None:
    """List what was done, newest first."""
    _, database = open_home()
    with database.connect() as con:
        rows = audit.newest(con, limit=limit, action=action)
    if json:
        show.as_json(rows)
    else:
        columns = {
            "at": "when",
            "actor": "who",
            "via": "via",
            "action": "what",
            "subject": "to what",
            "event_id": "event",
        }
        show.table(rows, columns, plain_ids=["event_id"])


def erase(
    customer_id: Annotated[str, typer.Argument(help="Such as C000123, or the source's own key.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Erase who a customer is: name, place and contact data, for good. Orders and scores stay, under the number alone."""
    settings, database = open_home()
    found = people.resolve(database, customer_id)
    if not yes:
        if json:
            raise UsageError("With --json there is nobody to ask.", remedy="Add --yes.")
        typer.confirm(f"Erase who {found} is? This cannot be taken back.", abort=True)
    records = erasing.erase(database, vault_of(settings), found)
    if json:
        show.as_json({"customer_id": found, "records": records})
    else:
        show.say(f"{found} is a number now: {records} records erased, their keys destroyed.")


@keys_app.command()
def rotate(json: Json = False) -> None:
    """Wrap the key of every record by a new key-encryption key and destroy the old one."""
    settings, database = open_home()
    kek_id = erasing.rotate(database, vault_of(settings))
    if json:
        show.as_json({"kek_id": kek_id})
    else:
        show.say(
            f"Key {kek_id} wraps all others now; older ones are destroyed. Back up {settings.keys} apart from the database."
        )


@keys_app.command()
def restore(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """After a backup of the database was restored: let it open contact data again, but of nobody who was erased since."""
    settings, database = open_home()
    if not yes:
        if json:
            raise UsageError("With --json there is nobody to ask.", remedy="Add --yes.")
        typer.confirm("Was this database restored from a backup? Records whose key is gone are erased.", abort=True)
    opened, erased = erasing.restore(database, vault_of(settings))
    if json:
        show.as_json({"opened": opened, "erased": erased})
    else:
        show.say(f"{opened:,} records open again; {erased:,} were erased since the backup, and are again.")


def seal(database: Database, book: sealing.Book) -> None:
    """Seal what waits, as the worker does each second. What is broken is for `verify` to tell."""
    with database.connect() as con:
        con.autocommit = True
        try:
            while sealing.seal(con, book):
                pass
        except AuditBroken:
            return
