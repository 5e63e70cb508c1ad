"""Commands around a new version of Foresell: upgrade, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foresell.cli import printing
from foresell.cli.installation import running_process
from foresell.cli.options import Yes, confirm
from foresell.errors import Busy
from foresell.settings import Settings, read_settings
from foresell.store.upgrade import restore_backup
from foresell.workflows.upgrade import upgrade_database


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (upgrade, restore):
        app.command()(command)


def upgrade(
    without_backup: Annotated[
        bool, typer.Option("--without-backup", help="Make no backup: you have one of your own.")
    ] = False,
) -> None:
    """Upgrade the database to this version of Foresell, after a backup of it.

    All of the upgrade is applied or, when a part of it fails, none. Going back: foresell restore, then the older version.
    """
    settings = _stopped_installation()
    done = upgrade_database(settings, backup=not without_backup)
    if done.backup:
        printing.print_text(f"Backup: {done.backup}")
    printing.print_text(
        f"The database now has schema {done.versions[-1]}." if done.versions else "The database is up to date."
    )


def restore(
    file: Annotated[Path, typer.Argument(help="A backup made by foresell upgrade.", exists=True, dir_okay=False)],
    yes: Yes = False,
) -> None:
    """Replace the embedded database by a backup. What was stored after the backup is lost.

    Afterwards, run the version of Foresell that made the backup, or upgrade again.
    """
    settings = _stopped_installation()
    confirm(
        f"Replace the database of {settings.home} by {file}? What was stored after it is lost.", yes=yes, json=False
    )
    version = restore_backup(settings, file.absolute())
    printing.print_text(f"The database is restored; it has schema {version}.")
    printing.print_text("If customers were erased since: foresell keys restore")


def _stopped_installation() -> Settings:
    settings = read_settings()
    if process_id := running_process(settings):
        raise Busy(f"Foresell is up on {settings.home} (process {process_id}).", remedy="Stop it first: foresell down")
    return settings
