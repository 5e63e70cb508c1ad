"""One spelling per e-mail address, and none that looks like another."""

from __future__ import annotations

import pytest

from foresell.access.email import normalise_email

ADDRESSES = """
ada@shop.example            ada@shop.example
Ada@Shop.Example            ada@shop.example
ａｄａ@shop.example          ada@shop.example
ada@ｓｈｏｐ．example         ada@shop.example
ada+north@shop.example      ada+north@shop.example
ada@localhost               ada@localhost
ada@bücher.example          ada@xn--bcher-kva.example
ada@BÜCHER。example          ada@xn--bcher-kva.example
аda@shop.example            -
ada@shop@shop.example       -
ada                         -
@shop.example               -
ada@                        -
a\u200bda@shop.example       -
ada@\u200b.example           -
ada@-ü-.example             -
"""


@pytest.mark.parametrize(("given", "stored"), [line.split() for line in ADDRESSES.strip().splitlines()])
def test_addresses(given: str, stored: str) -> None:
    assert normalise_email(given) == (None if stored == "-" else stored)


def test_what_is_too_long_or_has_a_gap_is_no_address() -> None:
    assert normalise_email(f"{'a' * 250}@b.example") is None
    assert normalise_email("ada smith@shop.example") is None
    assert normalise_email(" ada@shop.example\n") == "ada@shop.example"
