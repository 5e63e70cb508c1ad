"""Every page as every role: the pages request nothing the API refuses, and the console stays clean."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.api.people import invite
from tests.support.browsing import PATHS, Pages, assign_customers, open_page, wait_until_still
from tests.support.served import Served

ROLES = ("rep", "manager", "analyst", "marketer", "steward", "admin")


@pytest.mark.parametrize("role", ROLES)
def test_no_page_requests_what_its_role_is_refused(pages: Pages, served: Served, role: str) -> None:
    person = invite(served, role)
    customer = served.customers["unassigned"][0]
    if role == "rep":
        assign_customers(served, person, [customer])
    page = pages(person)
    faults: list[str] = []
    page.on("response", lambda got: faults.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    for path in (*PATHS, "/segments?tab=movement", "/segments?tab=rules", "/admin?tab=company"):
        page.goto(path)
        page.wait_for_selector("main > *")
        wait_until_still(page)
        expect(page.locator("header a[href='/runs']").get_by_text("Data to")).to_be_visible()
    if role != "manager":
        open_page(page, f"/customers/{customer}")
    assert faults == [], role
