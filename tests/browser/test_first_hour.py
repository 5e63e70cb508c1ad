"""The first hour of each role: what they find, and the first thing they do."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.api.people import Person, invite, sql
from tests.support.browsing import ROW, Pages, open_page
from tests.support.served import Served


@pytest.fixture(autouse=True)
def restore(served: Served) -> Iterator[None]:
    yield
    sql(served, "delete from engagement.assignment_rules")
    sql(served, "delete from access.customer_owners where customer_id = any(%s)", served.customers["unassigned"])
    sql(served, "update core.company_settings set name = null, currency = null, changed_at = null")
    sql(served, "update core.company_settings set checklist_dismissed_at = null")


def join_team(served: Served, *people: Person) -> None:
    """Put them into a team of their own."""
    [(team,)] = sql(served, "insert into access.teams (name) values (%s) returning team_id", people[0].email)
    for person in people:
        sql(
            served,
            "update access.users set team_id = %s, name = %s where user_id = %s",
            team,
            person.email,
            person.user_id,
        )


def choose(page: Page, label: str, option: str) -> None:
    """Pick an option of a field that takes several."""
    page.get_by_label(label).first.click()
    page.get_by_role("option", name=option).click()
    page.keyboard.press("Escape")


def test_a_manager_assigns_by_rule_and_the_new_reps_have_customers(pages: Pages, served: Served) -> None:
    manager, ann, ben = invite(served, "manager"), invite(served, "rep"), invite(served, "rep")
    join_team(served, manager, ann, ben)
    unassigned = served.customers["unassigned"]  # other tests may have given some of them an owner
    sql(served, "delete from access.customer_owners where customer_id = any(%s) returning customer_id", unassigned)
    waiting = pages(ann)
    open_page(waiting, "/")
    expect(waiting.get_by_text("No customers are assigned to you yet")).to_be_visible()
    expect(waiting.get_by_text("Ask your manager")).to_be_visible()

    page = pages(manager)
    open_page(page, "/")
    expect(page.get_by_text("No customers are assigned to your team yet")).to_be_visible()
    page.get_by_role("link", name="Assignment").first.click()
    page.get_by_role("button", name="Add a rule").click()
    choose(page, "Assign to", ann.email)
    choose(page, "Assign to", ben.email)
    count = len(unassigned)
    expect(page.get_by_text(f"{count} of {count} unassigned customers would be assigned")).to_be_visible()
    page.get_by_label("Customers per user, at most").fill("10")
    expect(page.get_by_text(f"{count - 20} match, but no one has capacity left")).to_be_visible()
    page.get_by_role("button", name="Assign 20 customers").click()
    dialog = page.get_by_role("dialog", name="Assign 20 customers?")
    expect(dialog.get_by_text(f"{ann.email}: 10 customers")).to_be_visible()
    dialog.get_by_role("button", name="Assign").click()
    expect(page.get_by_text("Assigned 20 customers to 2 users")).to_be_visible()

    open_page(waiting, "/customers")
    expect(waiting.locator(ROW)).to_have_count(10)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Assignment undone")).to_be_visible()
    assert sql(served, "select count(*) from access.customer_owners where user_id = %s", ann.user_id) == [(0,)]


def test_an_administrator_sets_up_the_company(pages: Pages, served: Served) -> None:
    page = pages(invite(served, "admin"))
    open_page(page, "/")
    page.get_by_role("link", name="Setup").click()
    step = page.get_by_role("listitem").filter(has_text="company\u2019s name")
    expect(step.get_by_role("img", name="Open")).to_be_visible()
    step.get_by_role("link", name="Company settings").click()
    page.get_by_label("Company name").fill("Hill & Sons")
    page.get_by_label("Fiscal year starts in").select_option("April")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Foresell, home")).to_have_text("Hill & Sons")
    page.get_by_role("link", name="Setup").click()
    expect(step.get_by_role("img", name="Done")).to_be_visible()
    page.get_by_role("button", name="Hide checklist").click()
    page.wait_for_selector(ROW)
    expect(page.get_by_role("link", name="Setup")).to_have_count(0)


def test_an_analyst_previews_a_change_of_the_segment_rules(pages: Pages, served: Served) -> None:
    page = pages(invite(served, "analyst"))
    open_page(page, "/segments?tab=rules")
    expect(page.get_by_label("Segment name").first).to_be_editable()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()


def test_a_marketer_downloads_a_list_without_contact_details(pages: Pages, served: Served) -> None:
    page = pages(invite(served, "marketer"))
    open_page(page, "/customers?segment=Loyal")
    page.keyboard.press("e")
    expect(page.get_by_label("Include e-mail, phone and address")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows and {row["Segment"] for row in rows} == {"Loyal"}


def test_a_steward_finds_the_import(pages: Pages, served: Served) -> None:
    page = pages(invite(served, "steward"))
    page.goto("/")
    page.get_by_role("link", name="Import").first.click()
    expect(page.get_by_role("heading", name="Import", exact=False).first).to_be_visible()
    expect(page.locator("input[type=file]")).to_have_count(1)


def test_date_fields_follow_the_chosen_locale(pages: Pages, served: Served) -> None:
    person = invite(served, "analyst")
    assert person.browser.patch("/api/me", json={"preferences": {"locale": "de-DE"}}).status_code == 200
    page = pages(person)
    open_page(page, "/sales?from=2026-03-01")
    field = page.get_by_label("From", exact=True)
    expect(field).to_have_value("01.03.2026")
    field.fill("02.04.2026")
    page.wait_for_url("**from=2026-04-02*")
    field.fill("32.04.2026")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Write the date as 31.12.2026")).to_be_visible()
