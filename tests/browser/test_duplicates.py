"""Duplicates in the browser: decided by key and undone, merged from the list, split on the page; a merged id leads on."""

from __future__ import annotations

import re
from itertools import combinations, islice

import pytest
from playwright.sync_api import expect

from tests.api.identity import add_review, clean_identity, get, merge, pair, record_of
from tests.api.people import Person, invite
from tests.support.browsing import ROW, Pages, faults_in_both, open_page
from tests.support.served import Served

__all__ = ["clean_identity", "pair"]


@pytest.fixture(scope="module")
def steward(served: Served) -> Person:
    return invite(served, "steward")


def test_a_pair_is_decided_by_key_and_the_decision_is_undone(
    pages: Pages, served: Served, steward: Person, pair: tuple[str, str]
) -> None:
    kept, gone = sorted(pair, key=lambda each: record_of(served, each))
    add_review(served, *pair, value=1234)
    page = pages(steward)
    open_page(page, "/duplicates")
    expect(page.get_by_role("heading", name="Are these the same customer?")).to_be_visible()
    expect(page.get_by_role("list", name="Evidence").get_by_text("Same e-mail")).to_be_visible()
    assert faults_in_both(page) == []
    page.keyboard.press("s")
    expect(page.get_by_text("Same: merged into one customer")).to_be_visible()
    expect(page.get_by_text("No pairs to review")).to_be_visible()
    page.goto(f"/customers/{gone}")
    expect(page).to_have_url(re.compile(f"/customers/{kept}$"))
    open_page(page, "/duplicates?tab=decided")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("1 decision undone")).to_be_visible()
    open_page(page, "/duplicates")
    expect(page.get_by_role("heading", name="Are these the same customer?")).to_be_visible()


def test_another_stewards_decision_arrives_in_an_open_queue(
    pages: Pages, served: Served, steward: Person, pair: tuple[str, str]
) -> None:
    review = add_review(served, *pair)
    page = pages(steward)
    open_page(page, "/duplicates")
    expect(page.get_by_role("heading", name="Are these the same customer?")).to_be_visible()
    expect(page.get_by_text("Live")).to_be_visible()
    served.client("admin").post(f"/api/identity/reviews/{review}/decision", json={"verdict": "different"})
    expect(page.get_by_text("No pairs to review")).to_be_visible()


def test_equal_pairs_are_decided_together_after_their_number_was_confirmed(
    pages: Pages, served: Served, steward: Person
) -> None:
    ids = served.customers["unassigned"]
    for first in (0, 2, 4):
        add_review(served, ids[first], ids[first + 1])
    page = pages(steward)
    open_page(page, "/duplicates")
    page.get_by_role("button", name="All different").click()
    dialog = page.get_by_role("dialog", name="Decide on 3 pairs at once?")
    dialog.get_by_role("button", name="Keep them apart").click()
    expect(page.get_by_text("No pairs to review")).to_be_visible()


def test_a_long_queue_has_pages_and_leads_back_from_one_that_is_gone(
    pages: Pages, served: Served, steward: Person
) -> None:
    for place, ids in enumerate(islice(combinations(served.customers["unassigned"][:12], 2), 51)):
        add_review(served, *ids, value=100 - place, pattern=f"person {place}")
    page = pages(steward)
    open_page(page, "/duplicates")
    rows = page.get_by_role("listitem").filter(has=page.get_by_role("button", name=re.compile("and")))
    expect(page.get_by_text("Page 1 of 2")).to_be_visible()
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Next").click()
    expect(rows).to_have_count(1)
    expect(page.get_by_role("heading", name="Are these the same customer?")).to_be_visible()
    page.keyboard.press("d")
    expect(rows).to_have_count(50)
    expect(page).to_have_url(re.compile("page=1"))


def test_two_customers_are_merged_from_the_list_and_split_again(pages: Pages, steward: Person) -> None:
    page = pages(steward)
    open_page(page, "/customers")
    rows = page.locator(ROW)
    first, second = (str(rows.nth(place).get_attribute("data-row")) for place in (0, 1))
    for place in (0, 1):
        rows.nth(place).get_by_role("checkbox").check()
    page.get_by_role("button", name="Merge", exact=True).click()
    dialog = page.get_by_role("dialog", name="Merge 2 customers?")
    expect(dialog.get_by_text("Moves")).to_be_visible()
    assert faults_in_both(page) == []
    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_text(f"{second} merged into {first}")).to_be_visible()
    page.goto(f"/customers/{second}?tab=sources")
    expect(page).to_have_url(re.compile(f"/customers/{first}"))
    open_page(page, f"/customers/{first}?tab=sources")
    expect(page.get_by_role("heading", name="2 records")).to_be_visible()
    page.get_by_role("button", name="Split", exact=True).click()
    dialog = page.get_by_role("dialog", name=f"Split {first}")
    expect(dialog.get_by_role("button", name="Split off")).to_be_disabled()
    dialog.get_by_role("checkbox").last.check()
    expect(dialog.get_by_text(re.compile(r"^Moves .*\d and \d+ orders?\.$"))).to_be_visible()
    assert faults_in_both(page) == []
    dialog.get_by_role("checkbox").first.check()
    expect(dialog.get_by_text("Leave at least one record")).to_be_visible()
    dialog.get_by_role("checkbox").first.uncheck()
    dialog.get_by_role("button", name="Split off 1 record").click()
    expect(page.get_by_role("heading", name="1 record")).to_be_visible()


def test_two_customers_are_explained_and_a_value_is_pinned(
    pages: Pages, served: Served, steward: Person, pair: tuple[str, str]
) -> None:
    kept, gone = pair
    add_review(served, kept, gone)
    page = pages(steward)
    open_page(page, f"/customers/{kept}?tab=sources")
    page.get_by_role("button", name="Compare with another").click()
    dialog = page.get_by_role("dialog", name=f"Compare {kept} with another customer")
    dialog.get_by_role("textbox", name="The other customer").fill(gone)
    dialog.get_by_role("button", name="Compare").click()
    expect(dialog.get_by_text("They are two customers.")).to_be_visible()
    expect(dialog.get_by_role("list", name="Evidence").get_by_text("Same e-mail")).to_be_visible()
    assert faults_in_both(page) == []
    page.keyboard.press("Escape")
    merge(served.client("admin"), kept, gone)
    open_page(page, f"/customers/{kept}?tab=sources")
    page.locator("summary").filter(has_text="Name").click()
    page.get_by_role("button", name="Always use").last.click()
    expect(page.get_by_text("This value is shown from now on")).to_be_visible()
    expect(page.get_by_text("pinned", exact=True)).to_be_visible()
    assert faults_in_both(page) == []
    page.get_by_role("button", name="Unpin").click()
    expect(page.get_by_text("The rules choose this value again")).to_be_visible()


def test_rules_are_previewed_applied_and_undone(pages: Pages, served: Served, manager: Person, steward: Person) -> None:
    client = served.client("admin")
    rows = get(client, "/api/customers", limit=50)["data"]
    names = {row["customer_id"]: row["name"] for row in rows if row["name"]}
    first, second = min(names), max(names, key=lambda each: len(names[each]))
    merge(client, first, second)
    assert get(client, f"/api/customers/{first}/golden-record")["groups"][0]["values"]["name"] == names[first]
    before = [row["methods"] for row in get(client, "/api/identity/survivorship-rules")["data"]]
    page = pages(manager)
    open_page(page, "/duplicates?tab=rules")
    preview = page.get_by_role("button", name="Preview")
    expect(preview).to_be_disabled()
    page.locator("summary").filter(has_text="Name").click()
    page.get_by_role("checkbox", name="The longest value").check()
    expect(page.get_by_text("not saved")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(preview).to_be_disabled()
    page.get_by_role("checkbox", name="The longest value").check()
    for _ in before[0]:
        page.get_by_role("button", name="Move The longest value up").click()
    preview.click()
    dialog = page.get_by_role("dialog", name="Apply these rules?")
    expect(dialog.get_by_text("This would change what is shown of 1 of 1 customers")).to_be_visible()
    expect(dialog.get_by_role("row").filter(has_text=names[second])).to_have_count(1)
    assert faults_in_both(page) == []
    dialog.get_by_role("button", name="Cancel").click()
    assert [row["methods"] for row in get(client, "/api/identity/survivorship-rules")["data"]] == before
    preview.click()
    dialog.get_by_role("button", name="Apply").click()
    toast = page.get_by_text("This changed what is shown of 1 of 1 customers")
    expect(toast).to_be_visible()
    assert get(client, f"/api/customers/{first}/golden-record")["groups"][0]["values"]["name"] == names[second]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone")).to_be_visible()
    assert [row["methods"] for row in get(client, "/api/identity/survivorship-rules")["data"]] == before
    page = pages(steward)
    open_page(page, "/duplicates?tab=rules")
    expect(page.get_by_role("button", name="Preview")).to_have_count(0)
    assert faults_in_both(page) == []


def test_a_refused_preview_says_why(pages: Pages, manager: Person) -> None:
    page = pages(manager)
    page.route("**/survivorship-rules?dry_run=true", lambda route: route.fulfill(status=500, json={"error": "Broken"}))
    open_page(page, "/duplicates?tab=rules")
    page.locator("summary").filter(has_text="Phone").click()
    page.get_by_role("checkbox", name="The longest value").check()
    page.get_by_role("button", name="Preview").click()
    dialog = page.get_by_role("dialog", name="Apply these rules?")
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(dialog.get_by_role("button", name="Apply")).to_be_disabled()


def test_quality_says_what_is_missing_most_and_models_when_they_ask(pages: Pages, steward: Person) -> None:
    page = pages(steward)
    open_page(page, "/duplicates?tab=quality")
    missing = page.get_by_role("region", name="What is missing most")
    expect(missing.get_by_role("row")).to_have_count(7)
    expect(page.get_by_text("complete on average; goal 80%")).to_be_visible()
    assert faults_in_both(page) == []
    open_page(page, "/duplicates?tab=models")
    expect(page.get_by_text("From 6.6 bits of evidence. About 99 to 1 that they are the same.").first).to_be_visible()
    assert faults_in_both(page) == []


def test_who_may_not_decide_sees_no_duplicates_page(pages: Pages, served: Served) -> None:
    page = pages(invite(served, "analyst"))
    page.goto("/duplicates")
    expect(page.get_by_text("You do not have access to Duplicates")).to_be_visible()
    expect(page.get_by_role("link", name="Duplicates")).to_have_count(0)
