"""Contact data: sealed before it is stored, opened for a stated purpose, permanently deleted when erased."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from psycopg.rows import dict_row

from foresell.access.principal import act_for
from foresell.database import Database
from foresell.engagement.notes import seal_notes
from foresell.errors import ForesellError, NotFound
from foresell.privacy import erasure
from foresell.privacy.contacts import read_contacts
from foresell.privacy.vault import Vault, vault_of
from foresell.store import batches, repairs
from foresell.types import Staging
from tests.support.loading import load
from tests.support.staged import stage_lines
from tests.support.store_dump import dump

ORDERS = """
    A1  anna  2026-01-05  ok  mug   2   3.50
    A2  bob   2026-01-07  ok  mug   4   3.50
    A3  cleo  2026-01-08  ok  mug   1   3.50
"""
ANNA = {"email": "anna@post.example", "phone": "+44 20 7946 0018", "address": "12 Canary Wharf"}


def with_contacts(text: str, name: str = "orders.csv", **contacts: dict[str, str]) -> Staging:
    """A staged source whose customers have contact data."""
    staging = stage_lines(text, name=name)
    for key, fields in contacts.items():
        for field, value in fields.items():
            staging.con.execute(f"update staged_customers set {field} = ? where customer_key = ?", [value, key])
    digest = f"{hash(str(contacts)) & (2**256 - 1):064x}"
    return Staging(
        staging.con, "shop", "mapped", "orders", name, 1, digest, staging.lines_read, staging.rejected
    )  # fmt: skip


@pytest.fixture
def vault(database: Database) -> Vault:
    return vault_of(database.settings)


def contact(database: Database, vault: Vault, customer_id: str) -> dict[str, str | None]:
    found = read_contacts(database, vault, [customer_id])[customer_id]
    return {field: found[field] for field in ("email", "phone", "address")}


def read_value(database: Database, query: str) -> object:
    with database.connect() as con:
        row = con.execute(query.encode()).fetchone()
    assert row
    return next(iter(row.values()))


def test_contact_data_is_stored_sealed_and_opens_again(database: Database, vault: Vault) -> None:
    load(database, with_contacts(ORDERS, anna=ANNA, bob={"email": "bob@post.example"}))
    assert contact(database, vault, "C000001") == ANNA
    assert contact(database, vault, "C000002") == {"email": "bob@post.example", "phone": None, "address": None}
    assert contact(database, vault, "C000003") == {"email": None, "phone": None, "address": None}
    assert read_value(database, "select count(*) from privacy.data_keys") == 2
    assert read_value(database, "select count(*) from audit.events where action = 'contact.reveal'") == 3
    assert "post.example" not in str(dump(database)) and "Wharf" not in str(dump(database))


def test_a_newer_file_changes_what_differs_and_undo_brings_the_old_back(database: Database, vault: Vault) -> None:
    load(database, with_contacts(ORDERS, anna=ANNA))
    before = dump(database)
    same = load(database, with_contacts("A4 anna 2026-02-01 ok mug 1 3.50", anna={"phone": ANNA["phone"]}))
    assert same.customers_changed == 0, "a part of what is known changes nothing"
    newer = load(database, with_contacts("A5 anna 2026-02-02 ok mug 1 3.50", anna={"email": "anna@new.example"}))
    assert newer.customers_changed == 1
    assert contact(database, vault, "C000001") == {**ANNA, "email": "anna@new.example"}
    batches.undo_batch(database, newer.batch_id or 0)
    assert contact(database, vault, "C000001") == ANNA
    batches.undo_batch(database, same.batch_id or 0)
    assert dump(database) == before


def test_undoing_the_first_contact_data_leaves_no_key(database: Database, vault: Vault) -> None:
    load(database, stage_lines(ORDERS))
    batch = load(database, with_contacts("A4 anna 2026-02-01 ok mug 1 3.50", anna=ANNA))
    assert read_value(database, "select count(*) from privacy.data_keys") == 1
    batches.undo_batch(database, batch.batch_id or 0)
    assert read_value(database, "select count(*) from privacy.data_keys") == 0
    assert contact(database, vault, "C000001")["email"] is None


def test_orders_without_contact_data_leave_it_alone(database: Database, vault: Vault) -> None:
    load(database, with_contacts(ORDERS, anna=ANNA))
    load(database, stage_lines("A4 anna 2026-02-01 ok mug 1 3.50", customers="anna Annabel GB"))
    assert contact(database, vault, "C000001") == ANNA


def test_an_envelope_opens_in_its_own_place_only(database: Database, vault: Vault) -> None:
    load(database, with_contacts(ORDERS, anna=ANNA, bob={"email": "bob@post.example"}))
    with database.connect() as con:
        con.execute(
            "update customer_records set contact = (select contact from customer_records where record_id = 1) where record_id = 2"
        )
    with pytest.raises(ForesellError, match="does not open"):
        contact(database, vault, "C000002")
    with database.connect("owner") as con:
        con.execute(
            "update privacy.data_keys set wrapped_key = (select wrapped_key from privacy.data_keys where record_id = 1) where record_id = 2"
        )
    with pytest.raises(ForesellError, match="does not open"):
        contact(database, vault, "C000002")


def test_rotation_keeps_everything_readable_and_destroys_the_old_key(database: Database, vault: Vault) -> None:
    load(database, with_contacts(ORDERS, anna=ANNA))
    keys = database.settings.keys
    assert (keys / "kek-1").stat().st_mode & 0o777 == 0o600
    assert erasure.rotate_keys(database, vault) == 2
    assert not (keys / "kek-1").exists() and (keys / "kek-2").exists()
    assert contact(database, vault, "C000001") == ANNA
    load(database, with_contacts("A4 anna 2026-02-01 ok mug 1 3.50", anna={"email": "anna@new.example"}))
    assert contact(database, vault, "C000001") == {**ANNA, "email": "anna@new.example"}


class Killed(BaseException):
    """The process is gone here."""


@pytest.mark.parametrize("moment", ["make_kek", "rewrap", "destroy_keys_before"])
@pytest.mark.parametrize("after", [False, True])
def test_rotation_killed_anywhere_loses_nothing(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch, moment: str, after: bool
) -> None:
    load(database, with_contacts(ORDERS, anna=ANNA))
    real = getattr(Vault, moment)

    def dies(self: Vault, *arguments: object) -> object:
        if after:
            list(real(self, *arguments) or ())
        raise Killed

    monkeypatch.setattr(Vault, moment, dies)
    with pytest.raises(Killed):
        erasure.rotate_keys(database, vault)
    monkeypatch.undo()
    assert contact(database, vault, "C000001") == ANNA
    repairs.destroy_unused_keys(database, vault)
    assert contact(database, vault, "C000001") == ANNA
    kek_id = erasure.rotate_keys(database, vault)
    assert contact(database, vault, "C000001") == ANNA
    assert {file.name for file in database.settings.keys.glob("kek-*")} == {f"kek-{kek_id}"}


def test_a_missing_key_is_reported_and_not_replaced(database: Database, vault: Vault) -> None:
    load(database, with_contacts(ORDERS, anna=ANNA))
    (database.settings.keys / "kek-1").unlink()
    with pytest.raises(ForesellError, match="kek-1 is missing"):
        load(database, with_contacts("A4 dora 2026-02-01 ok mug 1 3.50", dora={"email": "dora@post.example"}))


def test_erasing_a_person_leaves_the_orders_and_nothing_brings_the_person_back(
    database: Database, vault: Vault
) -> None:
    load(database, with_contacts(ORDERS, anna=ANNA))
    newer = load(database, with_contacts("A4 anna 2026-02-01 ok mug 1 3.50", anna={"email": "anna@new.example"}))
    orders = read_value(database, "select count(*) from transactions where customer_id = 'C000001'")
    assert erasure.erase_customer(database, vault, "C000001").records == 1
    gone = {"email": None, "phone": None, "address": None}
    assert contact(database, vault, "C000001") == gone
    assert read_value(database, "select count(*) from transactions where customer_id = 'C000001'") == orders
    again = load(
        database, with_contacts("A5 anna 2026-02-02 ok mug 1 3.50", name="again.csv", anna={**ANNA, "name": "Anna"})
    )
    assert contact(database, vault, "C000001") == gone
    assert read_value(database, "select count(*) from customer_records where name is not null") == 0
    batches.undo_batch(database, again.batch_id or 0)
    batches.undo_batch(database, newer.batch_id or 0)
    assert contact(database, vault, "C000001") == gone
    with pytest.raises(NotFound):
        erasure.erase_customer(database, vault, "C999999")


def test_the_first_note_of_a_home_without_contact_data_makes_its_key(database: Database, vault: Vault) -> None:
    """And a user who may not see the customer gets no key, neither to read nor to write."""
    load(database, stage_lines(ORDERS))
    with database.connect() as con:
        for name in ("rep", "stranger"):
            con.execute("insert into access.users (name, email) values (%s, %s)", [name, f"{name}@shop.example"])
        con.execute("insert into access.user_roles values (1, 'rep'), (2, 'rep')")
        con.execute("insert into access.customer_owners (customer_id, user_id) values ('C000001', 1)")

    async def run(user_id: int, texts: list[str]) -> tuple[list[bytes | None], list[dict[str, object]]]:
        async with await psycopg.AsyncConnection.connect(database.conninfo("web"), row_factory=dict_row) as con:
            await act_for(con, user_id)
            sealed = await seal_notes(con, vault, "C000001", texts)
            keys = await (await con.execute("select * from engagement.note_keys('{C000001}')")).fetchall()
        return sealed, keys

    [first], keys = asyncio.run(run(1, ["Gate code 4711"]))
    [second], same = asyncio.run(run(1, ["Ask for Ann"]))
    assert keys == same and vault.key_numbers() == [1]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        asyncio.run(run(2, ["Nosy"]))
    assert asyncio.run(run(2, [])) == ([], [])
    erasure.rotate_keys(database, vault)
    _, rotated = asyncio.run(run(1, []))
    opened = vault.open_texts([{**rotated[0], "note": first, "task": second}], ["note", "task"])
    assert opened == [{"customer_id": "C000001", "note": "Gate code 4711", "task": "Ask for Ann"}]


def test_the_console_cannot_read_contact_data(database: Database) -> None:
    load(database, with_contacts(ORDERS, anna=ANNA))
    for what in ("select contact from customer_records", "select email_index from customer_records",
                 "select * from privacy.data_keys", "select * from audit.events", "select * from access.users"):  # fmt: skip
        with pytest.raises(ForesellError), database.connect("reader") as con:
            con.execute(what.encode())
    with database.connect("reader") as con:
        assert con.execute("select source_key, name from customer_records").fetchall()
