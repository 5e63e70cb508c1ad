"""Reviews in the browser: on the page of their customer, and as shares on the page of sales."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from foresell.workflows.reviews import ReviewOptions, load_reviews
from tests.api.people import Person, invite, sql
from tests.support.browsing import Pages, faults_in_both, find_too_wide, open_page
from tests.support.served import Served

LONG = "Not worth the money. " + "x" * 400


@pytest.fixture
def reviewer(served: Served, tmp_path: Path) -> Iterator[str]:
    """A customer with eleven reviews of January, one of them in German, and one of February."""
    customer = served.customers["rep"][0]
    [(key, source)] = sql(
        served, f"select source_key, source from core.customer_records where customer_id = '{customer}' limit 1"
    )
    sql(served, "delete from feedback.reviews")
    file = tmp_path / "reviews.csv"
    texts = ["Sehr schön und gerne wieder", LONG, *["I love this mug"] * 9]
    rows = [f"R{n},{key},Blue mug,4,{text},2026-01-{n + 1:02}" for n, text in enumerate(texts)]
    rows.append(f"R99,{key},Blue mug,1,Terrible,2026-02-01")
    file.write_text("review_id,customer_id,product,rating,text,date\n" + "\n".join(rows) + "\n")
    load_reviews(served.settings, served.database, file, ReviewOptions(source, "own customers", "contract"))
    yield customer
    sql(served, "delete from feedback.reviews")


def test_without_reviews_the_pages_say_how_to_get_them(pages: Pages, served: Served, manager: Person) -> None:
    sql(served, "delete from feedback.reviews")  # of other tests
    page = pages(manager)
    open_page(page, f"/customers/{served.customers['rep'][0]}?tab=reviews")
    expect(page.get_by_text("No reviews yet")).to_be_visible()
    open_page(page, "/sales")
    expect(page.get_by_text("foresell reviews load")).to_be_visible()


def test_the_reviews_of_a_customer(pages: Pages, reviewer: str, manager: Person, served: Served) -> None:
    page = pages(manager)
    open_page(page, f"/customers/{reviewer}?tab=reviews")
    listed = page.locator("section[aria-label=Reviews] li")
    expect(listed).to_have_count(12)
    expect(listed.first).to_contain_text("negative")
    expect(listed.first).to_contain_text("Decided by “terrible” (−)")
    expect(listed.last).to_contain_text("not analysed")
    listed.first.get_by_text("Source and terms").click()
    expect(listed.first).to_contain_text("Terms: own customers. Legal basis: contract")
    assert faults_in_both(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert find_too_wide(page) == []
    analyst = pages(invite(served, "analyst"))
    open_page(analyst, f"/customers/{reviewer}?tab=reviews")
    expect(analyst.get_by_text("Your role does not see texts.").first).to_be_visible()
    expect(analyst.get_by_text("I love this mug")).to_have_count(0)


def test_shares_of_reviews_by_month_and_product(pages: Pages, reviewer: str, manager: Person) -> None:
    page = pages(manager)
    open_page(page, "/sales")
    card = page.locator("section", has_text="Positive reviews and mentions by month").last
    expect(card).to_contain_text("1 with fewer than 10 reviews left out")
    card.get_by_role("button", name="Show as table").click()
    expect(card.locator("tbody tr")).to_have_count(1)
    expect(card.locator("tbody tr")).to_contain_text("2026-01")
    expect(card.locator("tbody tr")).to_contain_text("82%")
    page.get_by_text("Product", exact=True).last.click()
    page.wait_for_url("**reviews=product*")
    expect(page.get_by_role("heading", name="Positive reviews and mentions by product")).to_be_visible()
    assert faults_in_both(page) == []
