"""Writing a staged source to the truth of a test's own home, with that home's vault."""

from __future__ import annotations

from foresell.records import Batch, Staging
from foresell.truth import load as truth_load
from foresell.truth.database import Database
from foresell.vault.vault import vault_of


def load(database: Database, staging: Staging) -> Batch:
    """As the pipeline does it."""
    return truth_load.load(database, staging, vault_of(database.settings))
