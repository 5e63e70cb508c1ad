"""The key of connected sources is replaced while work goes on: everything opens, and the old key is gone."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from foresell.database import Database
from foresell.demo.imitations.quickbooks import QuickBooksImitation
from foresell.errors import Busy, ForesellError
from foresell.privacy.secret_box import key_number, secret_box_of
from foresell.store import sources
from foresell.workflows.connect import connect_imitation, replace_secret
from foresell.workflows.rotate_secrets import rotate_secrets
from foresell.workflows.sync import sync_source


def test_nothing_to_rotate(database: Database) -> None:
    assert rotate_secrets(database.settings, database) is None


def test_everything_is_sealed_with_the_new_key_while_the_source_is_read(database: Database) -> None:
    settings = database.settings
    with QuickBooksImitation(customers=20, invoices=60) as company:
        connection = connect_imitation(settings, database, "books", company.url, company.connection())
        assert sync_source(settings, database, connection).state == "done"
        old = sealed_values(database)
        ended, outcomes = threading.Event(), []

        def work() -> None:
            while not ended.is_set():
                with company.lock:
                    company.edit_sale()
                with suppress(Busy):  # the worker tries again, as after any other reader
                    outcomes.append(sync_source(settings, database, connection).state)
                replace_secret(settings, database, "books", f"secret {len(outcomes)}")

        thread = threading.Thread(target=work)
        thread.start()
        try:
            rotations = []
            while len(outcomes) < 12:
                rotations.append(rotate_secrets(settings, database))
        finally:
            ended.set()
            thread.join()
        assert set(outcomes) == {"done"}
        assert len(rotations) > 1 and all(rotation and rotation.busy == [] for rotation in rotations)
        last = rotate_secrets(settings, database)
        assert last is not None
        assert {key_number(sealed) for sealed in sealed_values(database).values()} == {last.key}
        assert secret_box_of(settings).key_numbers() == {last.key}
        for place, sealed in sealed_values(database).items():
            assert secret_box_of(settings).open(sealed, place)
        for place, sealed in old.items():
            with pytest.raises(ForesellError):
                secret_box_of(settings).open(sealed, place)
        assert sync_source(settings, database, connection, whole=True).mismatches == []


def test_a_source_that_is_being_read_keeps_its_key_until_the_next_rotation(database: Database) -> None:
    settings = database.settings
    with QuickBooksImitation(customers=3, invoices=3) as company:
        connection = connect_imitation(settings, database, "books", company.url, company.connection())
        before = secret_box_of(settings).key_numbers()
        with sources.open_sync(database, connection, None) as landing:
            rotation = rotate_secrets(settings, database, wait=0.3)
            assert rotation and (rotation.busy, rotation.destroyed) == (["books"], [])
            landing.finish(sources.SyncOutcome())
        assert before < secret_box_of(settings).key_numbers()
        again = rotate_secrets(settings, database)
        assert again and (again.busy, len(again.destroyed)) == ([], 2)
        assert sync_source(settings, database, connection).state == "done"


def sealed_values(database: Database) -> dict[str, bytes]:
    """Everything sealed, by the place at which it opens."""
    with database.connect() as con:
        secrets = con.execute(
            "select connection_id, secret from sources.connections where secret is not null"
        ).fetchall()
        documents = con.execute("select * from sources.documents where document is not null").fetchall()
    found = {sources.secret_place(row["connection_id"]): bytes(row["secret"]) for row in secrets}
    return found | {
        sources.document_place(row["connection_id"], row["stream"], row["key"]): bytes(row["document"])
        for row in documents
    }
