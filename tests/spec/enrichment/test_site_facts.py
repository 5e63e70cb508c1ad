"""What a page says about a business in JSON-LD: as a table of pages, and what is left out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from foresell.enrichment.site_facts import read_facts

BAKERY = '{"@type": "Bakery", "name": "Alder Bakery", "telephone": "01904 555900"}'
FACTS = {"name": "Alder Bakery", "phone": "01904 555900"}
PAGES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "one object": (BAKERY, [FACTS]),
    "in a list": (f"[{BAKERY}]", [FACTS]),
    "in a graph": (f'{{"@context": "https://schema.org", "@graph": [{{"@type": "WebSite"}}, {BAKERY}]}}', [FACTS]),
    "as the main entity of a page": (f'{{"@type": "WebPage", "mainEntity": {BAKERY}}}', [FACTS]),
    "of several types, one with its address": (
        '{"@type": ["Thing", "https://schema.org/LocalBusiness"], "name": "Alder Bakery", "telephone": ["01904 555900"]}',
        [FACTS],
    ),
    "in a comment": (f"<!-- {BAKERY} -->", [FACTS]),
    "with a line break in a text": (BAKERY.replace("Alder Bakery", "Alder\n Bakery"), [FACTS]),
    "with an address, a place and hours": (
        '{"@type": "Store", "name": "A", "address": {"streetAddress": "8 High St", "postalCode": "YO1 7HH",'
        ' "addressCountry": {"name": "GB"}}, "geo": {"latitude": 53.9, "longitude": -1.1}, "openingHoursSpecification":'
        ' {"dayOfWeek": ["Monday", "http://schema.org/Tuesday"], "opens": "09:00:00", "closes": "17:00"}}',
        [
            {
                "name": "A", "street": "8 High St", "postcode": "YO1 7HH", "country": "GB", "latitude": 53.9, "longitude": -1.1,
                "opening_hours": "Mo,Tu 09:00-17:00",
            }
        ],
    ),
    "a person": ('{"@type": "Person", "name": "Emma Cooper", "telephone": "01904 555777"}', []),
    "a business and its founder": (
        '{"@type": "Bakery", "name": "Alder Bakery", "founder": {"@type": "Person", "name": "Emma Cooper"}}',
        [{"name": "Alder Bakery"}],
    ),
    "a product": ('{"@type": "Product", "name": "Bread"}', []),
    "without a name": ('{"@type": "Bakery", "telephone": "01904 555900"}', []),
    "a name that is an object": ('{"@type": "Bakery", "name": {"@value": "Alder"}}', []),
    "cut off": (BAKERY[:-5], []),
    "no JSON": ("var bakery = 1", []),
    "empty": ("", []),
    "a number": ("7", []),
}  # fmt: skip


def read(*scripts: str) -> list[dict[str, Any]]:
    page = "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)
    return read_facts(LexborHTMLParser(f"<html><body>{page}</body></html>"))


@pytest.mark.parametrize("case", PAGES)
def test_what_a_page_says(case: str) -> None:
    script, facts = PAGES[case]
    assert read(script) == facts


def test_a_broken_script_hides_no_other_and_depth_is_bounded() -> None:
    assert read("{", BAKERY) == [FACTS]
    deep = BAKERY
    for _ in range(40):
        deep = f'{{"@type": "WebPage", "mainEntity": {deep}}}'
    assert read(deep) == []
    assert read("[" * 100_000) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["@type", "@graph", "name", "telephone", "address", "geo", "openingHoursSpecification", "dayOfWeek",
                         "parentOrganization", "opens", "closes", "addressCountry"]),
        inner | st.just("Store"), max_size=6,
    ),
    max_leaves=25,
)  # fmt: skip


@given(JSON)
@settings(max_examples=300, deadline=None)
def test_any_json_is_read_without_an_error_and_every_fact_has_a_name(value: Any) -> None:
    script = json.dumps(value).replace("<", "\\u003c")
    for facts in read(script):
        assert facts["name"] and all(isinstance(each, str | int | float) for each in facts.values())
