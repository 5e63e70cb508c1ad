"""Contact data on the pages: masked, shown on request, written down, masked again."""

from __future__ import annotations

from playwright.sync_api import expect

from foresell.privacy.contacts import read_contacts
from foresell.privacy.vault import vault_of
from tests.api.people import Person, sql
from tests.support.browsing import PANEL, Pages, open_page
from tests.support.served import Served

REVEALS = "select count(*) from audit.events where action = 'contact.reveal' and actor_id = %s and subject = %s"


def test_a_reveal_is_written_down_and_ends_with_the_page(pages: Pages, served: Served, manager: Person) -> None:
    known_contacts = read_contacts(served.database, vault_of(served.settings), served.customers["rep"])
    customer, known = next((id_, each) for id_, each in known_contacts.items() if each["email"])
    subject = f"customer:{customer}"
    page = pages(manager)
    for path, part in ((f"/customers/{customer}", "main"), (f"/customers?open={customer}", PANEL)):
        [(before,)] = sql(served, REVEALS, manager.user_id, subject)
        open_page(page, path)
        held = page.locator(part)
        expect(held.get_by_text("•••").first).to_be_visible()
        expect(held).not_to_contain_text(known["email"])
        assert known["email"] not in page.content()
        page.get_by_role("button", name="Show contact details").click()
        expect(held.get_by_role("link", name=known["email"])).to_be_visible()
        assert sql(served, REVEALS, manager.user_id, subject) == [(before + 1,)]
        page.get_by_role("link", name="Segments").click()
        page.wait_for_url("**/segments")
        page.get_by_role("heading", name="Segments", level=1).wait_for()
        page.go_back()
        expect(held.get_by_text("•••").first).to_be_visible()
        assert known["email"] not in page.content()
        assert sql(served, REVEALS, manager.user_id, subject) == [(before + 1,)]
