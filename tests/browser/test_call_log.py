"""A rep's call from the list to the log: number, outcome, note and follow-up in one dialog; seen, edited and undone later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from foresell.privacy.contacts import read_contacts
from foresell.privacy.vault import vault_of
from tests.api.people import Person, invite, sql
from tests.support.browsing import ROW, Pages, assign_customers, list_customers, open_page, serious_faults
from tests.support.served import Served

REVEALS = "select count(*) from audit.events where action = 'contact.reveal' and actor_id = %s and subject = %s"
TOMORROW = datetime.now(UTC).date() + timedelta(days=1)


@pytest.fixture(scope="module")
def rep(served: Served) -> Person:
    """A rep of a team of their own, with thirty customers whose phone number is known."""
    person = invite(served, "rep")
    put_in_team(served, person)
    contacts = read_contacts(served.database, vault_of(served.settings), served.customers["unassigned"])
    assign_customers(served, person, [each for each, known in contacts.items() if known["phone"]][:30])
    return person


@pytest.fixture(scope="module")
def leader(served: Served, rep: Person) -> Person:
    """The manager of the rep's team."""
    person = invite(served, "manager")
    put_in_team(served, person)
    return person


def put_in_team(served: Served, person: Person) -> None:
    sql(served, "insert into access.teams (name) values ('East') on conflict do nothing")
    sql(
        served,
        "update access.users set team_id = (select team_id from access.teams where name = 'East') where user_id = %s",
        person.user_id,
    )


def two_days_later(served: Served, customer: str) -> None:
    """As if the customer had been called the day before yesterday."""
    sql(
        served,
        "update engagement.follow_ups set due_on = current_date - 1, created_at = now() - interval '2 days'"
        " where customer_id = %s",
        customer,
    )
    sql(
        served,
        "update engagement.calls set called_at = now() - interval '2 days' where customer_id = %s",
        customer,
    )


def middle_of(element: Locator) -> float:
    box = element.bounding_box()
    assert box
    return box["y"] + box["height"] / 2


def row_of(customer: str) -> str:
    return f'[data-row="{customer}"]'


def test_a_call_from_the_list_to_the_log(pages: Pages, served: Served, rep: Person, leader: Person) -> None:
    page, watching = pages(rep), pages(leader)
    page.set_viewport_size({"width": 1280, "height": 800})
    open_page(page, "/")
    open_page(watching, "/")
    customer = list_customers(page)[0]
    name = page.locator(f"{row_of(customer)} [data-focus]").inner_text()
    [(reveals,)] = sql(served, REVEALS, rep.user_id, f"customer:{customer}")

    page.keyboard.press("j")
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name=f"Call with {name}")
    expect(dialog.locator("a[href^='tel:']")).to_be_visible()
    expect(dialog.get_by_label("Reached")).to_be_focused()
    assert sql(served, REVEALS, rep.user_id, f"customer:{customer}") == [(reveals + 1,)]
    number, log = page.locator(f"{row_of(customer)} a[href^='tel:']"), page.locator(f"{row_of(customer)} [data-log]")
    assert middle_of(number) == pytest.approx(middle_of(log), abs=1), "the number is on the line of the button"
    page.keyboard.press("2")
    dialog.get_by_label("Note").fill("wants the blue one")
    dialog.get_by_label("Task").fill("send the quote")
    expect(dialog.get_by_label("On", exact=True)).to_have_value(f"{TOMORROW:%d/%m/%Y}")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Will order: {name}, follow-up on")).to_be_visible()
    expect(page.locator(row_of(customer))).to_have_count(0)

    seen = watching.locator(row_of(customer))
    expect(seen).to_contain_text("Called by Robin Hill", timeout=15_000)
    expect(watching.locator("dl").first).to_contain_text("1")
    open_page(watching, "/calls")
    expect(watching.get_by_role("table")).to_contain_text("send the quote")

    open_page(page, "/calls")
    table = page.get_by_role("table")
    expect(table).to_contain_text("wants the blue one")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="CSV").click()
    _, line = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert customer in line and "wants the blue one" in line
    page.get_by_role("button", name=f"Edit call with {name}").click()
    dialog = page.get_by_role("dialog", name=f"Edit call with {name}")
    dialog.get_by_label("No answer").check()
    dialog.get_by_label("Note").fill("engaged")
    dialog.get_by_role("button", name="Save").click()
    expect(table).to_contain_text("No answer (edited)")
    assert serious_faults(page) == []

    two_days_later(served, customer)
    open_page(page, "/")
    first = page.locator(ROW).first
    expect(first).to_have_attribute("data-row", customer)
    expect(first).to_contain_text("Follow-up: send the quote")
    expect(first).to_contain_text("Overdue since")

    open_page(page, "/calls")
    page.get_by_role("button", name=f"Undo call with {name}").click()
    expect(page.get_by_text(f"Call to {name} removed")).to_be_visible()
    expect(page.get_by_text("No calls yet")).to_be_visible()
    left = "select count(*) from engagement.follow_ups where customer_id = %s and cancelled_at is null"
    assert sql(served, left, customer) == [(0,)]
