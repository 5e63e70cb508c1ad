"""E-mail addresses in one spelling each, so that two accounts never look alike."""

from __future__ import annotations

import unicodedata

import idna

LONGEST = 254


def normalise_email(email: str) -> str | None:
    """The address as it is stored and compared; None when it is not one.

    In lower case, full-width and other compatibility characters replaced (Unicode NFKC), the domain as ASCII (IDNA 2008 with the
    mapping of UTS 46). The part before the @ must then be ASCII: letters of other scripts look like Latin ones.
    """
    plain = unicodedata.normalize("NFKC", email).strip().lower()
    name, _, domain = plain.rpartition("@")
    if not name.isascii() or "@" in name or not all(char.isprintable() and not char.isspace() for char in plain):
        return None
    try:
        domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return None
    address = f"{name}@{domain}"
    return address if name and domain and len(address) <= LONGEST else None
