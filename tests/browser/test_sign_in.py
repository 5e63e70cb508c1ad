"""Signing in and out, and confirming with the second factor."""

from __future__ import annotations

import csv
from pathlib import Path

import pyotp
from playwright.sync_api import Page, expect

from foresell.database import Database
from foresell.privacy.contacts import read_contacts
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from tests.api.people import PHRASE, Person, invite, rewind_totp, sql, with_totp
from tests.support.browsing import ROW, Pages, assign_customers, list_customers, open_page, sign_in
from tests.support.served import Served, running

WRONG_PHRASE = "not the right phrase"


def test_sign_in_returns_to_the_address(pages: Pages, served: Served) -> None:
    page = pages(None)
    page.goto("/customers?segment=Loyal")
    sign_in(page, invite(served, "analyst"), PHRASE)
    page.wait_for_url("**/customers?segment=Loyal")
    page.wait_for_selector(ROW)


def test_a_new_user_learns_their_sign_in_name_and_chooses_a_password(pages: Pages, served: Served) -> None:
    person = invite(served, "analyst", password=None)
    page = pages(None)
    page.goto(f"/sign-in?next=/segments#token={person.link}")
    page.get_by_role("button", name="Continue").click()
    name = page.get_by_label("You sign in as")
    expect(name).to_have_value(person.email)
    expect(name).to_have_attribute("autocomplete", "username")
    assert "token" not in page.url
    person.email = f"chosen-{person.email}"
    name.fill(person.email)
    page.get_by_label("New password").fill(PHRASE)
    page.get_by_role("button", name="Save and continue").click()
    page.wait_for_url("**/segments")
    again = pages(None)
    again.goto("/segments")
    sign_in(again, person, PHRASE)
    again.wait_for_url("**/segments")
    again.wait_for_selector("main h1")
    again.goto(f"/sign-in#token={person.link}")
    again.get_by_role("button", name="Continue").click()
    expect(again.get_by_role("alert")).to_contain_text("Ask your administrator for a new one")
    open_page(again, "/me?tab=sign-in")
    expect(again.get_by_text(f"You sign in as {person.email}")).to_be_visible()
    username = again.locator("form:has(input[autocomplete=new-password]) input[autocomplete=username]")
    expect(username).to_have_value(person.email)
    assert username.get_attribute("hidden") is None, "password managers skip hidden fields"


def test_the_sign_in_page_says_where_a_link_is(pages: Pages, served: Served) -> None:
    page = pages(None)
    page.goto("/sign-in")
    expect(page.get_by_text("Ask your administrator for a one-time link")).to_be_visible()
    command = page.get_by_text("foresell users link")
    expect(command).to_be_hidden()
    page.get_by_text("I am the administrator").click()
    expect(command).to_be_visible()
    expect(page.locator("input[autocomplete~=username]")).to_have_attribute("name", "username")


def test_a_new_installation_says_where_the_first_link_is(pages: Pages, settings: Settings, database: Database) -> None:
    with running(settings) as url:
        page = pages(None, url)
        page.goto("/")
        expect(page.get_by_role("heading", name="Welcome to Foresell")).to_be_visible()
        expect(page.get_by_text("printed in the terminal where Foresell was started")).to_be_visible()
        assert page.locator("input").count() == 0
        page.context.close()


def test_a_wrong_password_says_nothing_about_the_account(pages: Pages, manager: Person) -> None:
    messages = []
    for email in (manager.email, "unknown@foresell.example"):
        page = pages(None)
        page.goto("/")
        page.fill("input[type=email]", email)
        page.fill("input[type=password]", WRONG_PHRASE)
        page.keyboard.press("Enter")
        alert = page.get_by_role("alert")
        expect(alert).not_to_be_empty()
        messages.append(alert.inner_text())
        assert page.locator(ROW).count() == 0
        assert page.url.endswith("/sign-in")
    assert messages[0] == messages[1]


def test_sign_in_never_leads_to_another_site(pages: Pages, served: Served) -> None:
    page = pages(None)
    page.goto("/sign-in?next=//elsewhere.example/x")
    sign_in(page, invite(served, "analyst"), PHRASE)
    page.wait_for_selector("main h1")
    assert page.url.startswith(f"{served.url}/") and "elsewhere" not in page.url


def enter_code(page: Page, label: str, code: str) -> None:
    page.get_by_label(label).fill(code)
    page.keyboard.press("Enter")


def test_an_authenticator_app_is_set_up_at_the_first_sign_in_and_required(pages: Pages, served: Served) -> None:
    person = invite(served, "manager", enrolled=False)
    page = pages(None)
    page.goto("/me?tab=sign-in")
    sign_in(page, person, PHRASE)
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    page.goto("/customers")
    page.wait_for_url("**/second-factor?next=*")
    page.goto("/second-factor?next=/me?tab=sign-in")
    page.get_by_role("button", name="Authenticator app").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_alt_text("QR code of the key")).to_be_visible()
    totp = pyotp.TOTP(dialog.locator("code").inner_text().replace(" ", ""))
    wrong = str((int(totp.now()) + 500_000) % 1_000_000).zfill(6)
    enter_code(page, "Code from the app", wrong)
    expect(dialog).to_contain_text("wrong")
    enter_code(page, "Code from the app", totp.now())
    expect(page.get_by_role("dialog", name="Your recovery codes")).to_be_visible()
    recovery = page.locator("output").inner_text().split()
    assert len(recovery) == 10
    page.keyboard.press("Escape")
    expect(page.get_by_text("10 codes left")).to_be_visible()

    rewind_totp(served, person.user_id)
    other = pages(None)
    other.goto("/segments")
    sign_in(other, person, PHRASE)
    enter_code(other, "Code from your authenticator", wrong)
    expect(other.get_by_role("alert")).to_contain_text("wrong")
    enter_code(other, "Code from your authenticator", totp.now())
    other.wait_for_url("**/segments")
    other.wait_for_selector("main h1")

    third = pages(None)
    for expected in (True, False):
        third.context.clear_cookies()
        third.goto("/segments")
        sign_in(third, person, PHRASE)
        third.get_by_role("button", name="Use a recovery code").click()
        enter_code(third, "Recovery code", recovery[0])
        if expected:
            third.wait_for_url("**/segments")
            third.wait_for_selector("main h1")
        else:
            expect(third.get_by_role("alert")).to_contain_text("used before")
            assert "/sign-in" in third.url


def add_virtual_authenticator(page: Page) -> None:
    """A device with a fingerprint reader, simulated by Chromium."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_signs_in_and_confirms(pages: Pages, served: Served) -> None:
    person = invite(served, "manager", enrolled=False)
    assign_customers(served, person, served.customers["unassigned"][:5])
    page = pages(None, served.url.replace("127.0.0.1", "localhost"))
    add_virtual_authenticator(page)
    page.goto("/me?tab=sign-in")
    sign_in(page, person, PHRASE)
    page.get_by_role("button", name="Passkey on this device").click()
    expect(page.get_by_role("dialog", name="Your recovery codes")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Remove passkey Passkey")).to_be_visible()

    def sign_out() -> None:
        page.get_by_role("button", name="Account of").click()
        page.get_by_role("menuitem", name="Sign out").click()

    sign_out()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("button", name="Account of")).to_be_visible()
    sign_out()
    sign_in(page, person, PHRASE)
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    expect(page.get_by_label("Recovery code")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("button", name="Account of")).to_be_visible()

    sql(
        served,
        "update access.sessions set second_factor_at = now() - interval '1 hour' where user_id = %s",
        person.user_id,
    )
    page.goto("/customers")
    page.wait_for_selector(ROW)
    page.keyboard.press("e")
    page.get_by_label("Include e-mail, phone and address").check()
    page.get_by_role("button", name="Download").click()
    dialog = page.get_by_role("dialog", name="Confirm with your second factor")
    with page.expect_download():
        dialog.get_by_role("button", name="Use a passkey").click()


def test_an_export_with_contact_data_needs_the_second_factor(pages: Pages, served: Served) -> None:
    person = invite(served, "manager", enrolled=False)
    assign_customers(served, person, served.customers["unassigned"][5:12])
    totp, _ = with_totp(person)
    page = pages(None)
    page.goto("/customers")
    sign_in(page, person, PHRASE)
    rewind_totp(served, person.user_id)
    enter_code(page, "Code from your authenticator", totp.now())
    page.wait_for_selector(ROW)
    sql(
        served,
        "update access.sessions set second_factor_at = now() - interval '1 hour' where user_id = %s",
        person.user_id,
    )
    page.reload()
    page.wait_for_selector(ROW)
    rows = list_customers(page)
    page.keyboard.press("e")
    page.get_by_label("Include e-mail, phone and address").check()
    page.get_by_role("button", name="Download").click()
    dialog = page.get_by_role("dialog", name="Confirm with your second factor")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Code from your authenticator app").fill("000000")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("did not prove")
    rewind_totp(served, person.user_id)
    dialog.get_by_label("Code from your authenticator app").fill(totp.now())
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        exported = {row["Customer ID"]: row["E-mail"] for row in csv.DictReader(file)}
    known = read_contacts(served.database, vault_of(served.settings), rows)
    assert exported == {customer: known[customer]["email"] or "" for customer in rows}


def test_an_expired_session_is_announced_and_sign_in_leads_back(pages: Pages, served: Served) -> None:
    person = invite(served, "analyst")
    page = pages(person)
    open_page(page, "/customers?segment=Loyal&sort=monetary")
    rows = list_customers(page)
    sql(served, "update access.sessions set expires_at = now() where user_id = %s", person.user_id)
    page.wait_for_timeout(1_100)  # a server caches sessions for a second
    page.get_by_role("link", name="Model").click()
    dialog = page.get_by_role("dialog", name="Your session has expired")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    page.go_back()
    dialog.get_by_role("button", name="Sign in again").click()
    page.wait_for_url("**/sign-in?next=*")
    sign_in(page, person, PHRASE)
    page.wait_for_url("**/customers?segment=Loyal&sort=monetary")
    page.wait_for_selector(ROW)
    assert list_customers(page) == rows


def test_all_other_devices_are_signed_out_from_one(pages: Pages, served: Served) -> None:
    person = invite(served, "analyst")
    here, there, elsewhere = pages(person), pages(person), pages(person)
    for page in (there, elsewhere):
        open_page(page, "/segments")
    open_page(here, "/me?tab=devices")
    here.get_by_role("button", name="Sign out all others").click()
    expect(here.get_by_text("signed out")).to_be_visible()
    for page in (there, elsewhere):  # their live streams end with their sessions, before anyone clicks
        expect(page.get_by_role("dialog", name="Your session has expired")).to_be_visible()
    here.get_by_role("link", name="Customers", exact=True).click()
    here.wait_for_selector(ROW)
    here.get_by_role("button", name="Account of").click()
    here.get_by_role("menuitem", name="Sign out").click()
    here.wait_for_url("**/sign-in")
    here.go_back()
    here.wait_for_url("**/sign-in*")
    assert here.locator(ROW).count() == 0
