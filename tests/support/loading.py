"""Writes a staged source to the store of a test's home, with that home's vault."""

from __future__ import annotations

from foresell.database import Database
from foresell.privacy.vault import vault_of
from foresell.store.load import load_staging
from foresell.types import Batch, Staging


def load(database: Database, staging: Staging) -> Batch:
    """Load as the pipeline does."""
    return load_staging(database, staging, vault_of(database.settings))
