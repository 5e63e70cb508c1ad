"""Pairs of records decided on at the command line, as a user types it."""

from __future__ import annotations

import pytest
from tests.support.shell import Shell
from tests.support.two_sources import load_contacts, open_review

from foresell.database import Database
from foresell.settings import Settings


@pytest.fixture
def foresell(settings: Settings, database: Database) -> Shell:
    return Shell(settings.home)


def test_a_pair_is_decided_listed_and_reopened(foresell: Shell, database: Database) -> None:
    for source in ("shop", "crm"):
        load_contacts(database, source, [{"customer_key": "1", "name": "Ann Lee"}])
    review = str(open_review(database))
    assert "decide REVIEW same|different|unsure" in foresell("identity", "review")
    assert "C000002 was merged into C000001. Undo: foresell identity reopen 1" in foresell(
        "identity", "decide", review, "same"
    )
    assert "same" in foresell("identity", "review", "--decided")
    assert "waits for a decision again" in foresell("identity", "reopen", review)
    assert "Decided: different." in foresell("identity", "decide", review, "different")
    assert "Review 1 is not open." in foresell("identity", "decide", review, "same", code=8)


def test_a_merge_of_a_merged_number_is_a_merge_of_its_customer(foresell: Shell, database: Database) -> None:
    for source in ("shop", "crm", "till"):
        load_contacts(database, source, [{"customer_key": "1", "name": "Ann Lee"}])
    foresell("identity", "merge", "C000001", "C000002", "--yes")
    assert "C000001 merged into C000003." in foresell("identity", "merge", "c000003", "c000002", "--yes")
