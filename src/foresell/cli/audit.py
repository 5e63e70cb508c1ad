"""Commands on what was done and on personal data: the audit, erasing a person, the keys of contact data."""

from __future__ import annotations

from typing import Annotated

import typer

from foresell.audit import record, seals
from foresell.cli import printing
from foresell.cli.data import Json
from foresell.cli.session import open_home
from foresell.errors import AuditBroken, UsageError
from foresell.privacy.vault import vault_of
from foresell.store import customer_contacts, erasure
from foresell.store.database import Database

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
    book = seals.Book(settings.home)
    seal_pending(database, book)
    with database.connect() as con:
        verdict = seals.verify(con, book)
    if json:
        printing.as_json(verdict)
    for finding in () if json else verdict.findings:
        printing.say(finding.words)
    if not verdict.ok:
        raise AuditBroken(
            f"The audit is not as it was sealed: {verdict.findings[0].words}.",
            remedy="Keep the database and the home as they are, and find out who could write to them.",
        )
    if not json:
        printing.say(
            f"{verdict.events:,} events in {verdict.seals:,} seals, all as they were; anchors in {book.anchors}"
        )


@audit_app.command(name="list")
def show_audit(
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    action: Annotated[str | None, typer.Option(help="Only this action, such as contact.reveal.")] = None,
    json: Json = False,
) -> None:
    """List what was done, newest first."""
    _, database = open_home()
    with database.connect() as con:
        rows = record.newest(con, limit=limit, action=action)
    if json:
        printing.as_json(rows)
    else:
        columns = {
            "at": "when",
            "actor": "who",
            "via": "via",
            "action": "what",
            "subject": "to what",
            "event_id": "event",
        }
        printing.table(rows, columns, plain_ids=["event_id"])


def erase(
    customer_id: Annotated[str, typer.Argument(help="Such as C000123, or the source's own key.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Erase who a customer is: name, place and contact data, for good. Orders and scores stay, under the number alone."""
    settings, database = open_home()
    found = customer_contacts.resolve(database, customer_id)
    if not yes:
        if json:
            raise UsageError("With --json there is nobody to ask.", remedy="Add --yes.")
        typer.confirm(f"Erase who {found} is? This cannot be taken back.", abort=True)
    records = erasure.erase(database, vault_of(settings), found)
    if json:
        printing.as_json({"customer_id": found, "records": records})
    else:
        printing.say(f"{found} is a number now: {records} records erased, their keys destroyed.")


@keys_app.command()
def rotate(json: Json = False) -> None:
    """Wrap the key of every record by a new key-encryption key and destroy the old one."""
    settings, database = open_home()
    kek_id = erasure.rotate(database, vault_of(settings))
    if json:
        printing.as_json({"kek_id": kek_id})
    else:
        printing.say(
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
    opened, erased = erasure.restore(database, vault_of(settings))
    if json:
        printing.as_json({"opened": opened, "erased": erased})
    else:
        printing.say(f"{opened:,} records open again; {erased:,} were erased since the backup, and are again.")


def seal_pending(database: Database, book: seals.Book) -> None:
    """Seal what waits, as the worker does each second. What is broken is for `verify` to tell."""
    with database.connect() as con:
        con.autocommit = True
        try:
            while seals.seal(con, book):
                pass
        except AuditBroken:
            return
