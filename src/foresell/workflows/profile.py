"""Profiles a batch while it is loaded: what it brought, and what differs from earlier batches of its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from foresell.identity.standard_forms import FIELDS, standardise
from foresell.quality.profile import profile_staging
from foresell.quality.profiles import save_profiles
from foresell.store.load import Profile

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc


def profile_batch(rows: str) -> Profile:
    """The step of a load that profiles its batch. rows: what a row of the file is (types.Staging)."""

    def profile(cur: adbc.Cursor, con: duckdb.DuckDBPyConnection, batch_id: int) -> tuple[str, ...]:
        return save_profiles(cur, batch_id, profile_staging(con, rows, is_valid))

    return profile


def is_valid(column: str, value: str, country: str | None) -> bool:
    """Whether a value has a standard form."""
    for field in FIELDS:
        if field == column:
            return standardise(field, value, country).standard is not None
    return True
