"""Upgrades a database to this version of Foresell: migrations, and the data steps that need the keys of the home."""

from __future__ import annotations

from functools import partial

from foresell.privacy.seal_existing import seal_personal_data
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.store import upgrade
from foresell.store.upgrade import Upgrade


def upgrade_database(settings: Settings, *, backup: bool = True) -> Upgrade:
    """Apply the missing migrations, all or none of them, after a backup. Raises as store.upgrade.upgrade_database."""
    steps = {"seal_personal_data": partial(seal_personal_data, vault=vault_of(settings))}
    return upgrade.upgrade_database(settings, steps, backup=backup)
