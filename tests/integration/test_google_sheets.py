"""Google Sheets, imitated: only what changed is loaded, a change of its headings loads nothing, and gone rows wait for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from foresell.database import Database
from foresell.demo.imitations.google_sheets import (
    ACCOUNT,
    SPREADSHEET,
    Cell,
    GoogleSheetsImitation,
    Refusals,
    Shown,
    Tab,
    make_sales,
)
from foresell.settings import Settings
from foresell.sources.connectors import catalogue, google_sheets
from foresell.sources.connectors.google_sheets import GoogleSheet
from foresell.store import sources
from foresell.store.batches import undo_batch
from foresell.workflows.connect import connect_sheet, replace_mapping
from foresell.workflows.sync import sync_source, try_source

Rows = list[list[Cell]]
#: What is held of one order: day, status, net amount.
Held = tuple[datetime, str, Decimal]


class Sheet:
    """A connected imitation, and what the store holds of it."""

    def __init__(self, settings: Settings, database: Database, google: GoogleSheetsImitation, tab: str) -> None:
        self.settings, self.database, self.google = settings, database, google
        self.connection_id = connect_sheet(
            settings, database, "sheet", SPREADSHEET, tab, google.key_file, imitation_url=google.url
        )

    def sync(self) -> sources.SyncOutcome:
        return sync_source(self.settings, self.database, self.connection_id)

    def held(self) -> dict[str, Held]:
        """By order number."""
        with self.database.connect() as con:
            rows = con.execute(
                "select o.order_key, o.ordered_at, o.status, sum(i.amount) as amount from core.orders as o"
                " join core.order_items as i using (order_id) group by o.order_id"
            ).fetchall()
        return {row["order_key"]: (row["ordered_at"], row["status"], row["amount"]) for row in rows}

    def state(self) -> dict[str, Any]:
        with self.database.connect() as con:
            return sources.find_connection(con, "sheet")

    def questions(self) -> list[dict[str, Any]]:
        with self.database.connect() as con:
            return sources.list_held_changes(con)

    def decide(self, *, accept: bool) -> None:
        [question] = self.questions()
        with self.database.connect() as con:
            sources.decide_held(con, question["held_id"], accept=accept, user_id=None)


@contextmanager
def connected(
    settings: Settings, database: Database, tab: Tab | None = None, *, rows: int = 60, **imitation: Any
) -> Iterator[Sheet]:
    tab = tab or make_sales(rows)
    with GoogleSheetsImitation([tab, Tab("Notes", [["nothing"]])], **imitation) as google:
        yield Sheet(settings, database, google, tab.title)


def true_sales(rows: Rows) -> dict[str, Held]:
    """What the sheet says, by order number: columns Order, Date, Customer, E-mail, Product, Quantity, Price, Paid."""
    found: dict[str, Held] = {}
    for order, day, _, _, _, quantity, price, _ in rows[1:]:
        assert isinstance(day, date) and isinstance(quantity, int) and isinstance(price, Shown)
        moment = datetime.combine(day, time())
        found[str(order)] = (moment, "completed", quantity * Decimal(str(price.value)))
    return found


def test_a_tab_is_read_once_for_each_change_of_its_content(settings: Settings, database: Database) -> None:
    with connected(settings, database) as sheet:
        first = sheet.sync()
        assert (first.state, first.error, first.warnings, first.records) == ("done", None, [], 60)
        assert sheet.held() == true_sales(sheet.google.tabs[0].rows)
        assert sheet.state()["settings"]["reached"] == "Sales (imitation), tab Sales"

        calls = len(sheet.google.calls)
        same = sheet.sync()
        assert (same.state, same.records, same.batch_ids) == ("done", 0, [])
        assert [call.path for call in sheet.google.calls[calls:]] == ["/token", f"/drive/v3/files/{SPREADSHEET}"]

        sheet.google.share()
        shared = sheet.sync()
        assert (shared.state, shared.records, shared.batch_ids) == ("done", 0, [])
        calls = len(sheet.google.calls)
        sheet.sync()
        assert len(sheet.google.calls) - calls == 2, "the version that sharing brought is not remembered"


def test_rows_are_edited_added_and_removed(settings: Settings, database: Database) -> None:
    with connected(settings, database) as sheet:
        sheet.sync()
        rows = sheet.google.edit()
        rows[3][5] = 77
        rows.append(
            ["S-9000", date(2026, 11, 2), "New One", "new@example.com", "Lamp", 2, Shown(10.5, "10,50 €"), True]
        )
        [gone] = [row.pop(0) for row in [[rows.pop(10)]]]
        done = sheet.sync()
        assert (done.state, done.changed, done.deleted, done.warnings) == ("done", 2, 1, [])
        held, true = sheet.held(), true_sales(rows)
        assert {key: sale for key, sale in held.items() if key in true} == true
        key = str(gone[0])
        assert held.keys() - true.keys() == {key} and held[key][1] == "cancelled"

        undo_batch(database, done.batch_ids[0])
        assert sheet.held()[key][1] == "completed" and "S-9000" not in sheet.held()


def test_an_order_that_comes_back_counts_again(settings: Settings, database: Database) -> None:
    with connected(settings, database) as sheet:
        sheet.sync()
        rows = sheet.google.edit()
        gone = rows.pop(7)
        assert sheet.sync().deleted == 1
        sheet.google.edit().append(gone)
        assert (sheet.sync().state, sheet.held()) == ("done", true_sales(rows))


def sort(rows: Rows) -> None:
    rows[1:] = sorted(rows[1:], key=lambda row: (str(row[4]), str(row[0])))


def test_sorted_rows_change_nothing(settings: Settings, database: Database) -> None:
    with connected(settings, database) as sheet:
        sheet.sync()
        before = sheet.held()
        sort(sheet.google.edit())
        done = sheet.sync()
        assert (done.state, done.records, done.changed, done.deleted) == ("done", 60, 0, 0)
        assert sheet.held() == before


class KeyedByRow(GoogleSheet):
    """The control: a client that takes a row's number for its key."""

    def _read_rows(self, tab: Any) -> list[list[str]]:
        header, *rows = super()._read_rows(tab)
        return [["Row", *header], *([str(number), *row] for number, row in enumerate(rows))]


def test_the_control_that_keys_by_row_number_sees_changes_in_sorted_rows(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "GoogleSheet", KeyedByRow)
    with connected(settings, database) as sheet:
        replace_mapping(database, "sheet", MAPPING.replace('"Order"', '"Row"'))
        sheet.sync()
        sort(sheet.google.edit())
        assert sheet.sync().changed > 10, "sorting does not punish a row number as key"


MAPPING = """
source = "sheet"
[columns]
order_key = "Order"
ordered_at = "Date"
customer_key = "E-mail"
name = "Customer"
product_name = "Product"
quantity = "Quantity"
unit_price = "Price"
[dialect]
header_line = 1
"""


def move(rows: Rows) -> None:
    for row in rows:
        row.insert(0, row.pop(6))


def add_column(rows: Rows) -> None:
    rows[0].append("Remark")


def leave_blank(rows: Rows) -> None:
    for row in rows:
        row.insert(2, None)
    rows[1][2] = "a note without a heading"


@pytest.mark.parametrize("change", [move, add_column, leave_blank])
def test_headings_that_move_or_are_added_change_nothing(
    settings: Settings, database: Database, change: Callable[[Rows], None]
) -> None:
    with connected(settings, database) as sheet:
        sheet.sync()
        before = sheet.held()
        change(sheet.google.edit())
        done = sheet.sync()
        assert (done.state, done.error, done.changed, done.deleted) == ("done", None, 0, 0)
        assert sheet.held() == before


def rename(rows: Rows) -> None:
    rows[0][6] = "Sum"


def remove_heading(rows: Rows) -> None:
    rows[0][6] = None


def lose_headings(rows: Rows) -> None:
    del rows[0]


@pytest.mark.parametrize("change", [rename, remove_heading, lose_headings])
def test_a_heading_that_is_missing_loads_nothing_until_it_is_back(
    settings: Settings, database: Database, change: Callable[[Rows], None]
) -> None:
    with connected(settings, database) as sheet:
        sheet.sync()
        before, rows = sheet.held(), [list(row) for row in sheet.google.tabs[0].rows]
        altered = sheet.google.edit()
        altered[4][5] = 999  # what must not be loaded
        change(altered)
        done = sheet.sync()
        assert (done.state, done.connection_state, done.batch_ids) == ("failed", "needs you", [])
        assert done.error and "has no column" in done.error and done.remedy and "sources mapping sheet" in done.remedy
        assert (sheet.state()["reason"], sheet.held()) == ("drift", before)

        sheet.google.edit()[:] = rows
        with database.connect() as con:
            sources.set_state(con, sheet.connection_id, "due")
        assert (sheet.sync().state, sheet.held()) == ("done", before)


def test_a_doubled_heading_keeps_the_first_column(settings: Settings, database: Database) -> None:
    with connected(settings, database) as sheet:
        sheet.sync()
        before = sheet.held()
        rows = sheet.google.edit()
        for row in rows:
            row.append(row[6] if row is rows[0] else 1)
        done = sheet.sync()
        assert (done.state, done.changed, done.deleted) == ("done", 0, 0) and sheet.held() == before


def test_a_merged_heading_names_each_of_its_columns(settings: Settings, database: Database) -> None:
    tab = make_sales(60)
    for row in tab.rows:
        row.insert(3, None)
    tab.rows[0][3] = None
    tab.merges = [{"startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 2, "endColumnIndex": 4}]
    with connected(settings, database, tab) as sheet:
        replace_mapping(database, "sheet", MAPPING)
        done = sheet.sync()
        assert (done.state, done.error, len(sheet.held())) == ("done", None, 60)
    assert google_sheets.name_columns(["Customer", "Customer", None, "Sum"], 4) == [
        "Customer", "Customer (2)", "column_C", "Sum",
    ]  # fmt: skip


def test_dates_and_times_are_read_in_the_time_of_the_sheet(settings: Settings, database: Database) -> None:
    tab = make_sales(60)
    moments = [
        datetime.fromisoformat(f"2026-{each}") for each in ("03-29T02:30:00", "10-25T02:30:01", "07-04T23:59:59")
    ]
    for row, moment in zip(tab.rows[1:4], moments, strict=True):
        row[1] = moment
    for row in tab.rows:
        row.insert(2, time(9, 45))  # a time alone
    tab.rows[0][2] = "At"
    with connected(settings, database, tab) as sheet:
        assert sheet.sync().state == "done"
        held = sheet.held()
    assert [held[f"S-{number}"][0] for number in (1000, 1001, 1002)] == moments


def test_a_number_that_could_be_a_date_stays_a_number(settings: Settings, database: Database) -> None:
    """The price 45,000.00 is also the serial number of 2023-03-15."""
    tab = make_sales(60)
    for row in tab.rows[1:]:
        row[6] = Shown(45_000, "45.000,00 €")
    with connected(settings, database, tab) as sheet:
        assert sheet.sync().state == "done"
        assert sheet.held() == true_sales(tab.rows)


def test_most_cells_of_a_column_say_what_it_is(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the control, which takes the first row's word for it, loads nothing."""
    with connected(settings, database, rows=120) as sheet:
        rows = sheet.google.tabs[0].rows
        rows[1][6] = Shown(45_000, "15.03.2023")  # a price that someone formatted as a date
        rows[2][1] = "to be confirmed"
        replace_mapping(database, "sheet", MAPPING)
        done = sheet.sync()
        assert (done.state, len(sheet.held())) == ("done", 119)
        assert sheet.held()["S-1000"][2] % 45_000 == 0

        monkeypatch.setattr(
            google_sheets,
            "looks_like_dates",
            lambda values, shown: bool(google_sheets._SHOWN_AS_DATE.search(str(shown[0]))),
        )
        sheet.google.edit()[5][5] = 8
        assert sheet.sync().state == "failed", "the imitation does not punish a look at the first row"


def test_an_error_in_a_cell_is_a_reject_and_its_order_is_not_gone(settings: Settings, database: Database) -> None:
    with connected(settings, database, rows=120) as sheet:
        sheet.sync()
        before = sheet.held()
        sheet.google.edit()[5][6] = "#N/A"
        done = sheet.sync()
        assert (done.state, done.changed, done.deleted) == ("done", 0, 0)
        assert done.warnings == ["Sales: 1 rows were rejected."]
        assert sheet.held() == before


def test_a_row_without_an_order_number_drops_nothing(settings: Settings, database: Database) -> None:
    """Which order it belongs to is not known, so none is taken for gone."""
    with connected(settings, database, rows=120) as sheet:
        sheet.sync()
        before = sheet.held()
        rows = sheet.google.edit()
        rows[5][0] = None
        rows.pop(9)
        done = sheet.sync()
        assert (done.state, done.deleted, sheet.held()) == ("done", 0, before)
        assert any("2 orders are not in" in warning for warning in done.warnings), done.warnings


def test_half_the_rows_gone_waits_for_a_person(settings: Settings, database: Database) -> None:
    with connected(settings, database) as sheet:
        sheet.sync()
        before = sheet.held()
        rows = sheet.google.edit()
        rows[4][5] = 999
        removed = rows[31:]
        del rows[31:]
        for _ in range(2):  # asked once
            held = sheet.sync()
            assert (held.state, held.connection_state, held.batch_ids, held.deleted) == ("held", "held", [], 0)
            [question] = sheet.questions()
            assert (question["gone"], question["held"], sheet.held()) == (30, 60, before)

        sheet.decide(accept=False)
        refused = sheet.sync()
        assert (refused.state, refused.changed, refused.deleted) == ("done", 1, 0)
        assert {status for _, status, _ in sheet.held().values()} == {"completed"}
        assert sheet.held() == true_sales([*rows, *removed])


def test_gone_rows_that_a_person_accepts_are_cancelled(settings: Settings, database: Database) -> None:
    with connected(settings, database) as sheet:
        sheet.sync()
        rows = sheet.google.edit()
        del rows[31:]
        sheet.sync()
        sheet.decide(accept=True)
        accepted = sheet.sync()
        assert (accepted.state, accepted.deleted) == ("done", 30)
        counted = {key: sale for key, sale in sheet.held().items() if sale[1] != "cancelled"}
        assert counted == true_sales(rows) and len(sheet.held()) == 60
        assert sheet.questions() == []


def test_rows_that_are_back_before_anyone_decided_close_the_question(settings: Settings, database: Database) -> None:
    with connected(settings, database) as sheet:
        sheet.sync()
        before, rows = sheet.held(), sheet.google.edit()
        removed = rows[31:]
        del rows[31:]
        assert sheet.sync().state == "held"
        sheet.google.edit().extend(removed)
        assert (sheet.sync().state, sheet.held(), sheet.questions()) == ("done", before, [])


@pytest.mark.parametrize("left", [0, 1])
def test_an_empty_tab_drops_nothing(settings: Settings, database: Database, left: int) -> None:
    with connected(settings, database, rows=15) as sheet:
        sheet.sync()
        before = sheet.held()
        del sheet.google.edit()[left:]
        done = sheet.sync()
        assert (done.state, done.connection_state, done.deleted) == ("failed", "needs you", 0)
        assert done.error and "Sales" in done.error and done.remedy
        assert sheet.held() == before


LOST = {
    "not shared any more": Refusals(access=403),
    "deleted, or never shared": Refusals(access=404),
}


@pytest.mark.parametrize("how", [*LOST, "in the bin", "the tab renamed", "the key disabled"])
def test_access_that_is_lost_waits_for_a_person_and_keeps_what_is_held(
    settings: Settings, database: Database, how: str
) -> None:
    with connected(settings, database) as sheet:
        sheet.sync()
        before, calls = sheet.held(), len(sheet.google.calls)
        google, says, reason = sheet.google, ACCOUNT, "permission"
        match how:
            case "in the bin":
                google.is_trashed, says = True, "bin"
            case "the tab renamed":
                google.edit()
                google.tabs[0].title, says, reason = "Sales 2026", "Its tabs are Notes, Sales 2026", "drift"
            case "the key disabled":
                google.refusals.key_is_disabled, says, reason = True, "foresell sources secret", "authentication"
            case _:
                google.refusals = LOST[how]
        done = sheet.sync()
        assert (done.state, done.connection_state, done.reason) == ("failed", "needs you", reason)
        assert says in f"{done.error} {done.remedy}"
        assert len(google.calls) - calls <= 3 and sheet.held() == before


@pytest.mark.parametrize("as_drive", [False, True])
def test_too_many_calls_wait_and_go_on(settings: Settings, database: Database, as_drive: bool) -> None:
    with connected(settings, database) as sheet:
        sheet.google.refusals = Refusals(too_many=10_000, as_drive=as_drive)
        calls = len(sheet.google.calls)
        storm = sheet.sync()
        assert (storm.state, storm.connection_state) == ("failed", "throttled")
        assert storm.wait and storm.wait >= 60
        assert len(sheet.google.calls) - calls <= 8, "a storm of calls"
        sheet.google.refusals = Refusals()
        assert (sheet.sync().state, len(sheet.held())) == ("done", 60)


def test_a_token_that_ended_is_replaced_once(settings: Settings, database: Database) -> None:
    with connected(settings, database) as sheet:

        class Ended(GoogleSheet):
            """Its token ends after the first call."""

            def _version(self) -> str:
                version = super()._version()
                sheet.google.access_tokens.clear()
                return version

        given = sheet.google.tokens_given
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(catalogue, "GoogleSheet", Ended)
            done = sheet.sync()
        assert (done.state, len(sheet.held())) == ("done", 60)
        whole = 1  # the source is made known first
        assert sheet.google.tokens_given - given == 1 + whole, "one more token than without"


def test_with_a_fifth_of_calls_failing_all_rows_arrive(settings: Settings, database: Database) -> None:
    with connected(settings, database) as sheet:
        sheet.google.fault_share = 0.2
        for _ in range(12):  # a sync that was given up is tried again later
            if (done := sheet.sync()).state == "done":
                break
        assert done.state == "done", done.error
        assert sheet.held() == true_sales(sheet.google.tabs[0].rows)


def test_a_dry_run_writes_nothing(settings: Settings, database: Database) -> None:
    with connected(settings, database) as sheet:
        found = try_source(settings, database, sheet.connection_id)
        assert (found.reached, found.records, sheet.held()) == ("Sales (imitation), tab Sales", {"rows": 60}, {})
