"""Commands on the audit log: audit list, audit verify."""

from __future__ import annotations

from typing import Annotated

import typer

from foresell.audit import record
from foresell.audit import verify as verification
from foresell.audit.anchors import AnchorLog
from foresell.audit.seal import seal_events
from foresell.cli import printing
from foresell.cli.options import Json, Newest
from foresell.cli.session import open_home
from foresell.database import Database
from foresell.errors import AuditBroken
from foresell.privacy.contacts import resolve_customer_id

audit_app = typer.Typer(help="List the audit log, or verify that it was not changed.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(audit_app, name="audit")


@audit_app.command("verify")
def verify_audit(json: Json = False) -> None:
    """Verify the audit log against its seals and the anchors stored outside the database."""
    settings, database = open_home()
    anchors = AnchorLog(settings.home)
    seal_pending(database, anchors)
    with database.connect() as con:
        report = verification.verify_audit(con, anchors)
    if json:
        printing.print_json(report)
    for finding in () if json else report.findings:
        printing.print_text(finding.message)
    if not report.ok:
        raise AuditBroken(
            f"The audit log was changed: {report.findings[0].message}.",
            remedy="Preserve the database and the home folder as evidence, and find out who could write to them.",
        )
    if not json:
        printing.print_text(
            f"No changes found: {report.events:,} events in {report.seals:,} seals. Anchors: {anchors.file}"
        )


@audit_app.command(name="list")
def list_events(
    limit: Newest = 20,
    action: Annotated[str | None, typer.Option(help="Only this action, such as contact.reveal.")] = None,
    customer: Annotated[
        str | None,
        typer.Option(help="Only events that concern this customer, such as C000123 or the source's own key."),
    ] = None,
    json: Json = False,
) -> None:
    """List the audit log, newest first."""
    _, database = open_home()
    customer_id = customer and resolve_customer_id(database, customer)
    with database.connect() as con:
        rows = record.list_events_sync(con, limit=limit, action=action, customer=customer_id)
    if json:
        printing.print_json(rows)
    else:
        columns = {
            "at": "Time", "actor": "User", "via": "Via", "action": "Action", "subject": "Target",
            "customer_count": "Customers", "event_id": "Event",
        }  # fmt: skip
        printing.print_table(rows, columns, plain_ids=["event_id"])


def seal_pending(database: Database, anchors: AnchorLog) -> None:
    """Seal new events, as the worker does every second. A broken seal is reported by the verification."""
    with database.connect() as con:
        con.autocommit = True
        try:
            while seal_events(con, anchors):
                pass
        except AuditBroken:
            return
