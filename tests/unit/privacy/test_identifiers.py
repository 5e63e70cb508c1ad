"""What counts as naming one customer in text that others wrote."""

from __future__ import annotations

import pytest

from foresell.privacy.identifiers import make_identifiers

ADA = make_identifiers(
    ["K-7781", "17"], ["Nightingale, Ada"], ["Nightingale"], ["ada@post.example"], ["+44 20 7946 0018"]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Nightingale, June", "[erased], June"),
        ("NIGHTINGALE  Ada", "[erased]"),
        ("Ask Nightingale", "Ask [erased]"),
        ("Ada of York, nightingales", "Ada of York, nightingales"),
        ("to Ada@post.example.", "to [erased]."),
        ("call 020 7946-0018 or (0044) 20 79460018", "call [erased] or [erased]"),
        ("call 020 7946 0019", "call 020 7946 0019"),
        ("order of k-7781", "order of [erased]"),
        ("17", "[erased]"),
        ("Top 17, K-77812", "Top 17, K-77812"),
    ],
)
def test_what_names_the_customer_is_replaced_and_nothing_else(text: str, expected: str) -> None:
    assert ADA.replace_in(text) == expected
    assert ADA.replace_in_json({"q": [text], "n": 17}) == {"q": [expected], "n": 17}


@pytest.mark.parametrize(
    ("cells", "key", "expected"),
    [
        (["K-7781", "x"], "K-7781", True),
        (["K-9", "Ada Nightingale"], "K-9", False),
        (["K-9", "ada@post.example"], "K-9", True),
        (["", "Ada", "Nightingale"], "", True),
        (["17", "mug"], None, True),
        (["mug", "3.50"], None, False),
    ],
)
def test_a_row_of_another_customer_key_is_not_theirs_for_the_name_alone(
    cells: list[str], key: str | None, expected: bool
) -> None:
    assert ADA.are_in_row(cells, key) is expected
