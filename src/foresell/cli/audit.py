"""Commands on the audit log: audit list, audit verify."""

from __future__ import annotations

from typing import Annotated

import typer

from foresell.audit import record, seals
from foresell.cli import printing
from foresell.cli.options import Json, Newest
from foresell.cli.session import open_home
from foresell.errors import AuditBroken
from foresell.store.database import Database

audit_app = typer.Typer(help="List the audit log, or verify that it was not changed.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(audit_app, name="audit")


@audit_app.command("verify")
def verify_audit(json: Json = False) -> None:
    """Verify the audit log against its seals and the anchors stored outside the database."""
    settings, database = open_home()
    book = seals.Book(settings.home)
    seal_pending(database, book)
    with database.connect() as con:
        verdict = seals.verify(con, book)
    if json:
        printing.print_json(verdict)
    for finding in () if json else verdict.findings:
        printing.print_text(finding.words)
    if not verdict.ok:
        raise AuditBroken(
            f"The audit log was changed: {verdict.findings[0].words}.",
            remedy="Preserve the database and the home folder as evidence, and find out who could write to them.",
        )
    if not json:
        printing.print_text(
            f"No changes found: {verdict.events:,} events in {verdict.seals:,} seals. Anchors: {book.anchors}"
        )


@audit_app.command(name="list")
def list_events(
    limit: Newest = 20,
    action: Annotated[str | None, typer.Option(help="Only this action, such as contact.reveal.")] = None,
    json: Json = False,
) -> None:
    """List the audit log, newest first."""
    _, database = open_home()
    with database.connect() as con:
        rows = record.newest(con, limit=limit, action=action)
    if json:
        printing.print_json(rows)
    else:
        columns = {
            "at": "Time", "actor": "User", "via": "Via", "action": "Action", "subject": "Target", "event_id": "Event",
        }  # fmt: skip
        printing.print_table(rows, columns, plain_ids=["event_id"])


def seal_pending(database: Database, book: seals.Book) -> None:
    """Seal new events, as the worker does every second. A broken seal is reported by the verification."""
    with database.connect() as con:
        con.autocommit = True
        try:
            while seals.seal(con, book):
                pass
        except AuditBroken:
            return
