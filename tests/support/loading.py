"""Loads a staged source, or texts as files, into the store of a test's home, with that home's vault."""

from __future__ import annotations

from pathlib import Path

from foresell.database import Database
from foresell.privacy.vault import vault_of
from foresell.store.load import load_staging
from foresell.types import Batch, Staging
from foresell.workflows.load import load_file


def load(database: Database, staging: Staging) -> Batch:
    """Load as the pipeline does."""
    return load_staging(database, staging, vault_of(database.settings))


def load_texts(database: Database, folder: Path, **texts: str) -> None:
    """Load each text as a CSV file of the source `shop`, by the name of its parameter."""
    for name, text in texts.items():
        file = folder / f"{name}.csv"
        file.write_text(text)
        load_file(database.settings, database, file, source="shop")
