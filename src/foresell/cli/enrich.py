"""Commands on what directories propose about customers: enrich, and its decisions, rules, objections and pages."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from foresell.cli import printing
from foresell.cli.options import CustomerId, Json, Newest
from foresell.cli.session import open_home
from foresell.enrichment import hosts, proposals
from foresell.enrichment.fields import FIELDS
from foresell.enrichment.proposals import Decision
from foresell.errors import UsageError
from foresell.privacy.contacts import resolve_customer_id
from foresell.privacy.vault import vault_of
from foresell.workflows.enrich import decide_proposals, enrich_customers, object_for_customer
from foresell.workflows.websites import read_website

enrich_app = typer.Typer(help="Propose what directories and own pages say about customers, and decide on it.")
Ids = Annotated[list[int], typer.Argument(metavar="PROPOSAL...", help="Numbers, as `foresell enrich list` shows them.")]
Host = Annotated[str, typer.Argument(help="The host as in its address, such as www.bakery.example.")]
LISTED = {
    "proposal_id": "Proposal", "customer_id": "Customer", "field": "Field", "value": "Value", "source": "Source",
    "confidence": "Sure", "licence": "Licence", "retention_until": "Kept until", "state": "State",
}  # fmt: skip
RULES = {
    "field": "Field",
    "accepts": "Accepted by rule",
    "least_confidence": "If at least so sure",
    "sources": "Sources",
}
HOSTS = {
    "host": "Host", "terms_reviewed_on": "Terms reviewed", "purpose": "Purpose", "legal_basis": "Basis", "pages": "Pages",
    "stops": "Refusals", "closed_until": "Closed until", "tasks": "Open tasks",
}  # fmt: skip


class State(StrEnum):
    """What was decided."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Basis(StrEnum):
    """The legal basis (GDPR, Article 6)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate interest"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(enrich_app, name="enrich")


@enrich_app.callback(invoke_without_command=True)
def enrich(
    context: typer.Context,
    customer: Annotated[str | None, typer.Option(help="Only this customer.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be proposed; write nothing.")] = False,
    json: Json = False,
) -> None:
    """Find customers that are companies in the loaded directories, and propose what is not known of them.

    Nothing is changed about a customer until a proposal is accepted, by a person or by a rule that you turned on.
    """
    if context.invoked_subcommand is not None:
        return
    settings, database = open_home()
    customer_id = resolve_customer_id(database, customer) if customer else None
    done = enrich_customers(settings, database, customer_id=customer_id, dry_run=dry_run)
    if json:
        printing.print_json({name: getattr(done, name) for name in done.__slots__})
        return
    printing.print_text(
        f"{done.customers:,} customers compared, {done.matched:,} found in a directory; {done.persons:,} people left out,"
        f" {done.objected:,} who objected."
    )
    verb = "would be proposed" if dry_run else "proposed"
    fields = ", ".join(f"{name} {count:,}" for name, count in done.proposed.items())
    printing.print_text(f"{sum(done.proposed.values()):,} values {verb}{f': {fields}' if fields else ''}.")
    if done.accepted:
        printing.print_text(f"{done.accepted:,} accepted by rules.")
    if done.proposed and not dry_run:
        printing.print_text("Next: foresell enrich list")


@enrich_app.command("list")
def list_proposals(
    state: Annotated[State, typer.Option(help="Only these.")] = State.OPEN,
    field: Annotated[str | None, typer.Option(help=f"Only this field: {', '.join(FIELDS)}.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only about this customer.")] = None,
    limit: Newest = 25,
    json: Json = False,
) -> None:
    """List proposals with their source and licence, the oldest first."""
    settings, database = open_home()
    if field is not None:
        _check_field(field)
    customer_id = resolve_customer_id(database, customer) if customer else None
    with database.connect() as con:
        rows = proposals.list_proposals(
            con, vault_of(settings), state=state.value, field=field, customer_id=customer_id, limit=limit
        )
    if json:
        printing.print_json(rows)
    elif rows:
        shown = [{**row, "value": _show(row["value"]), "confidence": f"{row['confidence']:.1%}"} for row in rows]
        printing.print_table(shown, LISTED, plain_ids=["proposal_id"])
    else:
        printing.print_text("No proposals. Make some: foresell directories load PATH --kind osm, then foresell enrich")


def _show(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(part for part in value.values() if part)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@enrich_app.command("accept")
def accept(ids: Ids) -> None:
    """Accept proposals: from now on the customer's record shows them, with their source."""
    _decide(ids, "accepted")


@enrich_app.command("refuse")
def refuse(ids: Ids) -> None:
    """Refuse proposals: the same value is not proposed again."""
    _decide(ids, "refused")


@enrich_app.command("undo")
def undo(ids: Ids) -> None:
    """Undo decisions: the proposals are open again, and what was accepted is not shown any more."""
    _decide(ids, "open")


def _decide(ids: list[int], decision: Decision) -> None:
    settings, database = open_home()
    changed = decide_proposals(settings, database, ids, decision)
    word = {"accepted": "accepted", "refused": "refused", "open": "open again"}[decision]
    printing.print_text(f"{len(changed):,} of {len(set(ids)):,} proposals {word}.")


@enrich_app.command("rule")
def rule(
    field: Annotated[str | None, typer.Argument(help=f"The field: {', '.join(FIELDS)}.")] = None,
    on: Annotated[
        bool | None, typer.Option("--on/--off", help="Whether proposals are accepted without a person.")
    ] = None,
    least: Annotated[
        float | None, typer.Option("--least", min=0.5, max=0.9999, help="Only those that are at least so sure.")
    ] = None,
    json: Json = False,
) -> None:
    """Show the rules, or change one: whether proposals for a field are accepted without a person. All are off at first."""
    _, database = open_home()
    with database.connect() as con:
        if field is not None:
            _check_field(field)
            if on is None:
                raise UsageError("Say --on or --off.", parameter="on")
            proposals.SQL.run(
                con, "proposals.change_rule", field=field, accepts=on, least_confidence=least, sources=None
            )
        rows = proposals.SQL.rows(con, "proposals.rules")
    if json:
        printing.print_json(rows)
    else:
        printing.print_table([{**row, "sources": ", ".join(row["sources"])} for row in rows], RULES)


@enrich_app.command("object")
def record_objection(customer: CustomerId) -> None:
    """Record that a customer objected: what was proposed or accepted is deleted, and nothing is proposed again.

    Only keyed hashes of what the customer is known by are kept.
    """
    settings, database = open_home()
    customer_id = resolve_customer_id(database, customer)
    count = object_for_customer(settings, database, customer_id)
    printing.print_text(f"Recorded by {count} identifiers. Nothing is proposed about {customer_id} any more.")


@enrich_app.command("allow")
def allow(
    host: Host,
    terms: Annotated[str, typer.Option(help="What the review of its terms of use found, in a sentence.")],
    purpose: Annotated[str, typer.Option(help="What its pages are read for.")],
    contact: Annotated[
        str, typer.Option(help="An https or e-mail address that the owner of the pages can reach you by.")
    ],
    legal_basis: Annotated[Basis, typer.Option("--legal-basis", help="On what basis (GDPR, Article 6).")],
    reviewed_on: Annotated[str | None, typer.Option("--reviewed-on", help="When, YYYY-MM-DD (default: today).")] = None,
) -> None:
    """Allow the pages of a host to be read, after you reviewed its terms. No host is read without this."""
    _, database = open_home()
    try:
        day = datetime.strptime(reviewed_on, "%Y-%m-%d").replace(tzinfo=UTC).date() if reviewed_on else None
    except ValueError:
        raise UsageError("Give the day as YYYY-MM-DD.", parameter="reviewed-on") from None
    with database.connect() as con:
        hosts.allow_host(
            con,
            host.lower(),
            reviewed_on=day or datetime.now(UTC).date(),
            note=terms,
            contact=contact,
            purpose=purpose,
            legal_basis=legal_basis.value,
        )
    printing.print_text(f"{host} may be read: at most 20 pages at a time, one in 5 seconds, as its robots.txt allows.")


@enrich_app.command("forbid")
def forbid(host: Host) -> None:
    """Read no page of a host any more."""
    _, database = open_home()
    with database.connect() as con:
        was_allowed = hosts.withdraw_host(con, host.lower())
    printing.print_text(f"{host} is not read any more." if was_allowed else f"{host} was not allowed.")


@enrich_app.command("hosts")
def list_hosts(json: Json = False) -> None:
    """List the hosts whose pages may be read, with refusals and open tasks."""
    _, database = open_home()
    with database.connect() as con:
        rows = hosts.list_hosts(con)
    if json:
        printing.print_json(rows)
    elif rows:
        printing.print_table(rows, HOSTS)
    else:
        printing.print_text("No host is allowed. Review its terms, then: foresell enrich allow HOST")


@enrich_app.command("website")
def website(customer: CustomerId, json: Json = False) -> None:
    """Read the accepted website of a customer, and propose what it says of the business in schema.org. Takes 5 seconds a page."""
    settings, database = open_home()
    done = read_website(settings, database, resolve_customer_id(database, customer))
    if json:
        printing.print_json({name: getattr(done, name) for name in done.__slots__})
        return
    pages = ", ".join(f"{count} {status}" for status, count in done.pages.items()) or "none"
    printing.print_text(
        f"{done.host}: pages {pages}. {sum(done.proposed.values()):,} values proposed. {done.reason}".strip()
    )


def _check_field(name: str) -> None:
    if name not in FIELDS:
        raise UsageError(f"There is no field {name}.", remedy=f"Use one of: {', '.join(FIELDS)}.", parameter="field")
