"""Commands on personal data: erase, keys rotate, keys restore."""

from __future__ import annotations

import typer

from foresell.cli import printing
from foresell.cli.options import CustomerId, Json, Yes, confirm
from foresell.cli.session import open_home
from foresell.privacy import erasure
from foresell.privacy.contacts import resolve_customer_id
from foresell.privacy.vault import vault_of

keys_app = typer.Typer(help="Manage the keys that encrypt contact details.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(erase)
    app.add_typer(keys_app, name="keys")


def erase(customer_id: CustomerId, yes: Yes = False, json: Json = False) -> None:
    """Permanently erase a customer's personal data.

    Deletes name, address and contact details. Orders and scores stay, without a name.
    """
    settings, database = open_home()
    customer = resolve_customer_id(database, customer_id)
    confirm(f"Permanently erase the personal data of {customer}? This cannot be undone.", yes=yes, json=json)
    records = erasure.erase_customer(database, vault_of(settings), customer)
    if json:
        printing.print_json({"customer_id": customer, "records": records})
    else:
        printing.print_text(f"Personal data of {customer} erased: {records} records; their keys are destroyed.")


@keys_app.command("rotate")
def rotate_keys(json: Json = False) -> None:
    """Create a new key-encryption key, re-encrypt all record keys with it, and destroy the old one."""
    settings, database = open_home()
    kek_id = erasure.rotate_keys(database, vault_of(settings))
    if json:
        printing.print_json({"kek_id": kek_id})
    else:
        printing.print_text(
            f"All record keys are now encrypted with key {kek_id}; older keys are destroyed."
            f" Back up {settings.keys} separately from the database."
        )


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
