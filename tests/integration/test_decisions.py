"""Decisions about pairs at the command line: what each answer moves, and that undoing it leaves everything as before."""

from __future__ import annotations

import pytest

from foresell.database import Database
from foresell.errors import ReviewNotFound
from foresell.identity import decisions
from foresell.identity.decisions import Verdict
from tests.support.identity_faults import find_faults
from tests.support.two_sources import customer_of, load_contacts, merge_records, open_review

BOTH = (("shop", "1"), ("crm", "1"))


def read_state(database: Database) -> tuple[tuple[str, ...], list[str], list[str]]:
    """The customers of BOTH, why reviews are closed, and the verdicts in force."""
    with database.connect() as con:
        assert list(find_faults(con)) == []
        closed = con.execute("select coalesce(closed_because, 'open') as state from identity.reviews").fetchall()
        live = con.execute("select verdict from identity.decisions where revoked_at is null order by 1").fetchall()
    customers = tuple(customer_of(database, *record) for record in BOTH)
    return customers, [row["state"] for row in closed], [row["verdict"] for row in live]


@pytest.mark.parametrize(
    ("merged", "verdict", "after", "moved"),
    [
        (False, "same", ("C000001", "C000001"), "merge"),
        (False, "different", ("C000001", "C000002"), None),
        (False, "unsure", ("C000001", "C000002"), None),
        (True, "same", ("C000001", "C000001"), None),
        (True, "different", ("C000001", "C000002"), "split"),
        (True, "unsure", ("C000001", "C000001"), None),
    ],
)
def test_a_decision_moves_what_it_says_and_reopening_takes_it_back(
    database: Database, merged: bool, verdict: Verdict, after: tuple[str, str], moved: str | None
) -> None:
    for source, key in BOTH:
        load_contacts(database, source, [{"customer_key": key, "name": "Ann Lee"}])
    if merged:
        merge_records(database, *BOTH)
        with database.connect() as con:  # as a run merges, without a decision
            con.execute("update identity.decisions set revoked_at = now()")
    review, before = open_review(database), read_state(database)
    with database.connect() as con:
        done = decisions.decide_review(con, review, verdict, reason="they called")
    assert (done["review_id"], done["kind"]) == (review, moved)
    assert read_state(database) == (after, ["decided"], [verdict])
    with database.connect() as con:
        [listed] = decisions.list_decided(con, limit=5)
    assert (listed["review_id"], listed["verdict"], listed["by"]) == (review, verdict, "command line")
    with database.connect() as con:
        decisions.reopen_review(con, review)
    assert read_state(database) == (before[0], ["open"], [])


def test_what_is_decided_or_open_already_is_refused(database: Database) -> None:
    for source, key in BOTH:
        load_contacts(database, source, [{"customer_key": key, "name": "Ann Lee"}])
    review = open_review(database)
    with database.connect() as con, pytest.raises(ReviewNotFound, match="has no decision"):
        decisions.reopen_review(con, review)
    with database.connect() as con:
        decisions.decide_review(con, review, "unsure")
    with database.connect() as con, pytest.raises(ReviewNotFound, match="is not open"):
        decisions.decide_review(con, review, "same")
