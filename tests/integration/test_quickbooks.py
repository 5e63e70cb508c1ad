"""QuickBooks Online, imitated: nothing missing, nothing stale, the money to the cent, with every fault of the service."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from foresell.database import Database
from foresell.demo.imitations.quickbooks import Habits, QuickBooksImitation
from foresell.privacy.secret_box import secret_box_of
from foresell.settings import Settings
from foresell.sources.connectors import catalogue
from foresell.store import sources
from foresell.store.batches import undo_batch
from foresell.workflows.erase import erase_customer
from foresell.workflows.sync import sync_source, try_source
from tests.support.connected import SHORT, OffsetPaging, held_sales, imitated, true_sales


def test_a_company_is_read_and_its_money_agrees_with_its_own_report(settings: Settings, database: Database) -> None:
    with imitated(settings, database) as (company, connection):
        first = sync_source(settings, database, connection)
        assert (first.state, first.error, first.warnings, first.mismatches) == ("done", None, [], [])
        assert first.totals_compared == len(company.revenue_by_month()) > 12
        assert held_sales(database) == true_sales(company)
        again = sync_source(settings, database, connection)
        assert (again.changed, again.deleted, again.batch_ids) == (0, 0, [])


def test_changes_deletions_and_voids_arrive(settings: Settings, database: Database) -> None:
    with imitated(settings, database) as (company, connection):
        sync_source(settings, database, connection)
        before = held_sales(database)
        changes = (company.edit_sale, company.delete_sale, company.edit_sale, company.delete_sale, company.void_sale)
        for change in changes:
            change()
        second = sync_source(settings, database, connection)
        assert (second.state, second.deleted, second.mismatches) == ("done", 2, [])
        held, true = held_sales(database), true_sales(company)
        assert {key: sale for key, sale in held.items() if key in true} == true
        gone = held.keys() - true.keys()
        assert len(gone) == 2 and all(held[key] == ("cancelled", before[key][1]) for key in gone)
        assert "cancelled" in {status for status, _ in true.values()}


def test_what_was_undone_comes_back_with_a_whole_reading_only(settings: Settings, database: Database) -> None:
    with imitated(settings, database, customers=5, invoices=30) as (company, connection):
        [batch] = sync_source(settings, database, connection).batch_ids
        undo_batch(database, batch)
        assert held_sales(database) == {}
        assert sync_source(settings, database, connection).batch_ids == []
        assert sync_source(settings, database, connection, whole=True).state == "done"
        assert held_sales(database) == true_sales(company)
        again = sync_source(settings, database, connection, whole=True)
        assert (again.state, again.batch_ids) == ("done", [])


def test_customers_come_with_their_contact_data_sealed(settings: Settings, database: Database) -> None:
    with imitated(settings, database) as (company, connection):
        sync_source(settings, database, connection)
    with database.connect() as con:
        rows = con.execute(
            "select name, city, country, contact is not null as sealed from core.customer_records"
        ).fetchall()
        kept = con.execute(
            "select count(*) from sources.documents where stream = 'customers' and document is not null"
        ).fetchall()
    assert len(rows) == len(company.rows["Customer"])
    assert {row["city"] for row in rows} == {"Leeds"} and all(row["sealed"] for row in rows)
    assert kept == [{"count": 0}]


def test_a_month_that_differs_from_the_report_is_a_warning(settings: Settings, database: Database) -> None:
    with imitated(settings, database) as (company, connection):
        company.revenue_by_month = lambda: {"2026-10": Decimal("1.00")}  # type: ignore[method-assign]
        first = sync_source(settings, database, connection)
        held = {order_month(company, key) for key in held_sales(database)}
    stated = {each["name"].removeprefix("revenue "): each["stated"] for each in first.mismatches}
    assert stated == {month: "1.00" if month == "2026-10" else "0.00" for month in held | {"2026-10"}}
    assert first.warnings == [f"{len(stated)} of {len(stated)} months differ from the source's own report."]


def order_month(company: QuickBooksImitation, key: str) -> str:
    """The month of a sale at the source, by its order key."""
    [entity] = [entity for entity, short in SHORT.items() if key.startswith(f"{short} ")]
    return str(company.rows[entity][key.rsplit(" ", 1)[1]]["TxnDate"][:7])


HABITS = {
    "edits between pages": Habits(page_limit=50, edits_between_pages=3),
    "edits and deletions between pages": Habits(page_limit=50, edits_between_pages=3, deletes_between_pages=1),
    "imported in one second": Habits(page_limit=50, rows_in_one_second=160),
    "imported in one second, in no order": Habits(page_limit=50, rows_in_one_second=160, is_unstable=True),
    "a count that is wrong once": Habits(page_limit=50, miscounts=1),
}


@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("fault_share", [0.0, 0.2])
def test_nothing_is_missing_or_stale(settings: Settings, database: Database, habit: str, fault_share: float) -> None:
    habits = dataclasses.replace(HABITS[habit])
    with imitated(settings, database, invoices=400, habits=habits, fault_share=fault_share, seed=7) as (
        company,
        connection,
    ):
        for _ in range(12):  # a sync that was given up is tried again later
            done = sync_source(settings, database, connection)
            habits.edits_between_pages = habits.deletes_between_pages = 0
            if done.state == "done":
                break
        assert done.state == "done", done.error
        delta = sync_source(settings, database, connection)
        assert delta.state == "done", delta.error
        held, true = held_sales(database), true_sales(company)
        assert {key: sale for key, sale in held.items() if sale[0] != "cancelled" or key in true} == true
        assert delta.mismatches == []


def test_the_control_that_pages_by_offset_misses_rows(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "QuickBooks", OffsetPaging)
    habits = Habits(page_limit=50, edits_between_pages=3)
    with imitated(settings, database, invoices=400, habits=habits, seed=7) as (company, connection):
        sync_source(settings, database, connection)
        assert true_sales(company).keys() - held_sales(database).keys(), "the imitation does not punish offset paging"


def test_killed_after_any_page_it_goes_on_without_loss(settings: Settings, database: Database) -> None:
    with imitated(settings, database, invoices=300, habits=Habits(page_limit=40)) as (company, connection):
        killed = 0
        for pages in range(1, 40):
            ended = subprocess.run(
                [sys.executable, "-c", KILLED_AFTER_A_PAGE, str(settings.home), str(connection), str(pages)],
                check=False,
            ).returncode
            with database.connect() as con:
                ahead = con.execute(CURSORS_AHEAD).fetchall()
            assert ahead == []
            if ended == 0:
                break
            assert ended == -signal.SIGKILL
            killed += 1
        assert killed > 10 and ended == 0
        assert held_sales(database) == true_sales(company)


KILLED_AFTER_A_PAGE = """
import os, sys, pathlib
from foresell.settings import Settings
from foresell.store.database import open_database
from foresell.workflows.sync import sync_source
left = int(sys.argv[3])
def progress(done, total, unit):
    global left
    left -= unit.startswith("records")
    if not left:
        os.kill(os.getpid(), 9)
if __name__ == "__main__":
    settings = Settings(home=pathlib.Path(sys.argv[1]), memory_gib=1.0, threads=2)
    sync_source(settings, open_database(settings), int(sys.argv[2]), progress=progress)
"""
#: Streams whose cursor is past the newest record that is held: (stream, cursor).
CURSORS_AHEAD = """
select s.stream, s.cursor from sources.streams as s
where s.cursor::jsonb ? 'last' and (s.cursor::jsonb ->> 'last')::timestamptz
    > (select max(d.updated_at) from sources.documents as d where d.stream = s.stream)
"""


@pytest.mark.parametrize(
    ("habits", "state", "words"),
    [
        (Habits(revoked=True, access_seconds=1), "needs you", "sign-in"),
        (Habits(faults_in_200=1), "needs you", "code 4000"),
    ],
)
def test_what_cannot_pass_waits_for_a_person_after_one_call(
    settings: Settings, database: Database, habits: Habits, state: str, words: str
) -> None:
    with imitated(settings, database, habits=habits) as (company, connection):
        if habits.revoked:
            company.access_tokens.clear()
        outcome = sync_source(settings, database, connection)
        assert (outcome.state, outcome.connection_state) == ("failed", state)
        assert outcome.error and words in outcome.error and outcome.remedy
        assert len(company.calls) <= 2
        with database.connect() as con:
            [row] = sources.list_connections(con)
        assert (row["state"], row["last_error"]) == (state, outcome.error)


def test_tokens_are_renewed_once_and_saved_before_their_use(settings: Settings, database: Database) -> None:
    with imitated(settings, database) as (company, connection):
        company.access_tokens.clear()
        assert sync_source(settings, database, connection).state == "done"
        assert company.renewals == 1
        kinds = [call.path for call in company.calls]
        assert kinds.count("/oauth2/v1/tokens/bearer") == 1
        again = sync_source(settings, database, connection)  # by the saved token
        assert (again.state, company.renewals) == ("done", 1)


def test_too_many_calls_wait_as_long_as_the_service_asks(settings: Settings, database: Database) -> None:
    with imitated(settings, database, fault_share=1.0) as (_, connection):
        outcome = sync_source(settings, database, connection)
    assert (outcome.state, outcome.connection_state) == ("failed", "throttled")
    assert outcome.wait and outcome.wait >= 1


def test_a_dry_run_writes_nothing(settings: Settings, database: Database) -> None:
    with imitated(settings, database) as (_, connection):
        found = try_source(settings, database, connection)
    assert found.reached == "Office Supplies (imitation)" and found.records["customers"] == 50
    with database.connect() as con:
        [[rows]] = [list(row.values()) for row in con.execute("select count(*) from sources.documents").fetchall()]
    assert rows == 0


def test_an_erased_customer_is_in_no_document_and_does_not_come_back(settings: Settings, database: Database) -> None:
    with imitated(settings, database, customers=8, invoices=60) as (company, connection):
        sync_source(settings, database, connection)
        key = company.rows["Invoice"][min(company.rows["Invoice"])]["CustomerRef"]["value"]
        with database.connect() as con:
            [row] = con.execute("select customer_id from core.customer_records where source_key = %s", [key]).fetchall()
        orders = held_sales(database)
        erased = erase_customer(settings, database, row["customer_id"])
        assert erased.files.documents > 1
        assert named_in_documents(settings, database, connection, key) == []
        for customer in company.rows["Customer"].values():  # it is edited at the source, and everything is read again
            company.save("Customer", {**customer, "GivenName": "Renamed"})
        company.edit_sale()
        again = sync_source(settings, database, connection, whole=True)
        assert again.state == "done" and again.mismatches == []
        assert named_in_documents(settings, database, connection, key) == []
        with database.connect() as con:
            rows = con.execute(
                "select name, contact from core.customer_records where customer_id = %s", [row["customer_id"]]
            )
            assert [(each["name"], each["contact"]) for each in rows] == [(None, None)]
        assert orders.keys() == held_sales(database).keys()


def named_in_documents(settings: Settings, database: Database, connection: int, key: str) -> list[str]:
    """Documents that have the number of a customer: as their key, or in their content."""
    box, found = secret_box_of(settings), []
    with database.connect() as con:
        rows = con.execute("select stream, key, document from sources.documents").fetchall()
    for row in rows:
        if row["stream"] == "customers" and row["key"] == key:
            found.append(row["stream"])
        if row["document"] is not None:
            place = sources.document_place(connection, row["stream"], row["key"])
            if json.loads(box.open(bytes(row["document"]), place)).get("Customer") == key:
                found.append(f"{row['stream']} {row['key']}")
    return found


#: What a sale may look like: the fields that are other than usual, and what is said of it; None: it is loaded.
ODD_SALES = {
    "no date": ({"TxnDate": None}, "has no date"),
    "a date that is none": ({"TxnDate": "31/12/2026"}, "has no date"),
    "no lines": ({"Line": None}, "its lines come to 0.0000"),
    "lines that do not come to the total": ({"TotalAmt": 999_999.99}, "its total without tax is"),
    "a total that is a word": ({"TotalAmt": "a lot"}, "missing"),
    "an amount that is a word": (
        {"Line": [{"DetailType": "SalesItemLineDetail", "Amount": "a lot"}]},
        "missing or too large",
    ),
    "an amount that is too large": (
        {"TotalAmt": 1e15, "TxnTaxDetail": {}, "Line": [{"DetailType": "SalesItemLineDetail", "Amount": 1e15}]},
        "missing or too large",
    ),
    "no customer": ({"CustomerRef": None}, None),
    "an unknown kind of line": (
        {"Line": [{"DetailType": "TaxLineDetail", "Amount": 1}], "TotalAmt": 0, "TxnTaxDetail": {}},
        None,
    ),
    "names that are SQL": ({"DocNumber": "'; drop table x; --", "CurrencyRef": {"value": "\u202e"}}, None),
}


@pytest.mark.parametrize("odd", ODD_SALES)
def test_an_odd_sale_is_set_aside_with_the_reason_and_the_others_are_loaded(
    settings: Settings, database: Database, odd: str
) -> None:
    changed, reason = ODD_SALES[odd]
    with imitated(settings, database, customers=5, invoices=20) as (company, connection):
        company.revenue_by_month = dict  # type: ignore[method-assign]
        key = min(company.rows["Invoice"], key=int)
        company.save("Invoice", {"Id": key, **changed})
        done = sync_source(settings, database, connection)
    assert done.state == "done", done.error
    assert (f"Invoice {key}" in held_sales(database)) == (reason is None)
    assert len(held_sales(database)) == 20 - (reason is not None)
    assert not reason or any(reason in warning for warning in done.warnings), done.warnings


@pytest.mark.parametrize(
    ("entity", "broken", "state"),
    [
        ("Invoice", {"MetaData": {"LastUpdatedTime": "2026-11-01T00:00:00Z", "CreateTime": 5}}, "done"),
        ("Invoice", {"Line": "none"}, "failed"),
        ("Invoice", {"CustomerRef": "12"}, "failed"),
        ("Customer", {"PrimaryEmailAddr": "a@b.example"}, "done"),
        ("Customer", {"BillAddr": ["1 Mill Lane"]}, "done"),
    ],
)
def test_records_of_another_form_stop_the_sync_with_a_sentence(
    settings: Settings, database: Database, entity: str, broken: dict[str, Any], state: str
) -> None:
    with imitated(settings, database, customers=5, invoices=20) as (company, connection):
        company.rows[entity][min(company.rows[entity], key=int)].update(broken)
        done = sync_source(settings, database, connection)
    assert done.state == state, done.error
    if state == "failed":
        assert done.connection_state == "needs you" and "another form" in str(done.error)
