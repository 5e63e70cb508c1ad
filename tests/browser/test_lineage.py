"""Where a value is from, and how it is written, on the customer's page and with the batch."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.api.people import Person, invite, sql
from tests.support.browsing import Pages, open_page, serious_faults
from tests.support.served import Served


@pytest.fixture(scope="module")
def steward(served: Served) -> Person:
    return invite(served, "steward")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_value_says_where_it_is_from(pages: Pages, served: Served, steward: Person, width: int) -> None:
    [(customer,)] = sql(
        served,
        "select customer_id from core.customer_records where country is not null and phone_index is not null limit 1",
    )
    page = pages(steward)
    page.set_viewport_size({"width": width, "height": 900})
    open_page(page, f"/customers/{customer}?tab=sources")
    country = page.locator("details").filter(has_text="Country")
    country.locator("summary").first.click()
    country.get_by_role("button", name="Where does this come from?").click()
    steps = page.get_by_role("region", name="Where Country comes from")
    expect(steps).to_contain_text("country v1")
    expect(steps).to_contain_text("Batch")
    assert serious_faults(page) == []


def test_a_batch_says_which_columns_differ(pages: Pages, served: Served, steward: Person) -> None:
    difference = {"column": "country", "figure": "share", "part": "France", "value": 0.61, "usual": 0.04}
    sql(
        served,
        "update quality.batch_profiles set compared_with = '{1,2,3,4,5,6,7,8}', differences = %s"
        " where (batch_id, stream) = (select batch_id, stream from quality.batch_profiles order by batch_id desc limit 1) returning 1",
        json.dumps([difference]),
    )
    page = pages(steward)
    open_page(page, "/import")
    page.get_by_text("1 column differs from the last 8 batches").click()
    expect(page.get_by_text("country: 61% are France, usually 4.0%")).to_be_visible()
    assert serious_faults(page) == []
    sql(served, "update quality.batch_profiles set compared_with = '{}', differences = '[]' returning 1")
