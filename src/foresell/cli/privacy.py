"""Commands on personal data: erase, keys rotate, keys restore."""

from __future__ import annotations

from dataclasses import asdict

import typer

from foresell.cli import printing
from foresell.cli.options import CustomerId, Json, Yes, confirm
from foresell.cli.session import open_home
from foresell.privacy import erasure
from foresell.privacy.contacts import resolve_customer_id
from foresell.privacy.erasure import REMAINS
from foresell.privacy.vault import vault_of
from foresell.workflows.erase import erase_customer
from foresell.workflows.rotate_secrets import rotate_secrets

#: What the counts of an erasure are called.
PLACES = {
    "contacts": "Contact details of records", "notes": "Notes and tasks",
    "reviews": "Reviews and mentions", "proposals": "Proposals of directories", "saved_views": "Saved views",
    "answers": "Kept answers to requests", "events": "Events with something personal", "upload_rows": "Rows of uploaded files", "uploads": "Whole uploaded files",
    "documents": "Documents of connected sources",
    "rejected_rows": "Rejected rows",
}  # fmt: skip
keys_app = typer.Typer(
    help="Manage the keys that encrypt contact details and the secrets of connected sources.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(erase)
    app.add_typer(keys_app, name="keys")


def erase(customer_id: CustomerId, yes: Yes = False, json: Json = False) -> None:
    """Permanently erase a customer's personal data, wherever Foresell keeps it, and say what remains.

    Name, address, contact details, notes of calls, texts of reviews and numbers in sources, also in saved views, uploaded
    files and rejected rows. Orders and scores stay, without a name. Repeat it when it was interrupted.
    """
    settings, database = open_home()
    customer = resolve_customer_id(database, customer_id)
    confirm(f"Permanently erase the personal data of {customer}? This cannot be undone.", yes=yes, json=json)
    done = erase_customer(settings, database, customer)
    if json:
        remains = [{"what": what, "until": until} for what, until in REMAINS]
        counts = {"customer_id": customer, "records": done.records, "removed": done.removed(), "exports": done.exports}
        printing.print_json({**counts, "remains": remains})
        return
    printing.print_text(f"Personal data of {customer} erased: {done.records} records; their keys are destroyed.")
    rows = [{"place": PLACES[place], "removed": count} for place, count in done.removed().items()]
    printing.print_table(rows, {"place": "Removed from", "removed": "Count"})
    printing.print_table([{"what": w, "until": u} for w, u in REMAINS], {"what": "What remains", "until": "How long"})
    printing.print_text(f"Exports that had {customer} in them: {done.exports} (foresell audit list --action export)")


@keys_app.command("rotate")
def rotate_keys(json: Json = False) -> None:
    """Replace the keys of customers and of connected sources: encrypt what they protect anew, and destroy the old ones.

    Everything may go on meanwhile. A source that is being read for long keeps its old key until you repeat this.
    """
    settings, database = open_home()
    kek_id = erasure.rotate_keys(database, vault_of(settings))
    rotation = rotate_secrets(settings, database)
    if json:
        printing.print_json({"kek_id": kek_id, "sources": asdict(rotation) if rotation else None})
        return
    printing.print_text(f"All record keys are now encrypted with key {kek_id}; older keys are destroyed.")
    if rotation:
        printing.print_text(
            f"Secrets and records of connected sources ({rotation.sealed:,}) are now sealed with key {rotation.key}."
        )
        if rotation.busy:
            printing.print_note(f"Not yet of {', '.join(rotation.busy)}, being read now: repeat this command.")
    printing.print_text(f"Back up {settings.keys} separately from the database.")


@keys_app.command("restore")
def restore_keys(yes: Yes = False, json: Json = False) -> None:
    """After restoring a database backup: make contact details readable again, except of customers erased since."""
    settings, database = open_home()
    confirm("Was this database restored from a backup? Records without a key are erased.", yes=yes, json=json)
    opened, erased = erasure.restore_keys(database, vault_of(settings))
    if json:
        printing.print_json({"opened": opened, "erased": erased})
    else:
        printing.print_text(
            f"{opened:,} records are readable again. {erased:,} were erased after the backup and have been erased again."
        )
