"""Writing a staged source to the truth of a test's own home, with that home's vault."""

from __future__ import annotations

from foresell.database import Database
from foresell.privacy.vault import vault_of
from foresell.store import load as truth_load
from foresell.types import Batch, Staging


def load(database: Database, staging: Staging) -> Batch:
    """As the pipeline does it."""
    return truth_load.load(database, staging, vault_of(database.settings))
