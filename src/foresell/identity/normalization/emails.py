"""E-mail addresses: what reaches the same mailbox is written the same, and what is no evidence is left out."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import idna

from foresell.identity.normalization.text import MOST, fold, is_repetition
from foresell.identity.normalization.word_lists import invert, read_words, split_words

_WORDS = read_words("mailboxes")
PUBLIC = frozenset(split_words(_WORDS["public"]["domains"]))
_SAME = invert(_WORDS["same"])
_DOTS = frozenset(split_words(_WORDS["rules"]["dots"]))
_HYPHEN = frozenset(split_words(_WORDS["rules"]["hyphen"]))
_ROLES = frozenset(split_words(_WORDS["role"]["words"]))
_PLACEHOLDERS = read_words("placeholders")["mailboxes"]
_NO_USERS = frozenset(split_words(_PLACEHOLDERS["words"]))
_NO_DOMAINS = frozenset(split_words(_PLACEHOLDERS["domains"]))
_NO_ENDINGS = frozenset(split_words(_PLACEHOLDERS["endings"]))

_NO_USERS_NUMBERED = frozenset(("test", "none", "noemail"))
#: Where a role of several words begins: no-reply, do-not-reply, customer.service.
_ROLE_BEGINNINGS = frozenset(role[:size] for role in _ROLES for size in range(2, len(role)))

_ADDRESS = re.compile(
    r"[a-z0-9!#$%&*+/=?^_{|}~.-]{1,64}@(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}"
)
_HOST = re.compile(r"^(?:www|mail|email|smtp|mx\d?)\.(?=[^.]+\.)")
_APART = re.compile(r"[._-]+")
_AROUND = " \t\r\n<>()[]\"',;:."


class _Provider(NamedTuple):
    """`domain`: under its usual name; `own_domain`: None for public providers; `ignored`: "." where dots in the part before
    the @ do not matter, "-" where what follows a hyphen does not."""

    domain: str
    own_domain: str | None
    ignored: str


class Mailbox(NamedTuple):
    """`domain`: of an own mail server, None for public providers."""

    email: str | None = None
    user: str | None = None
    domain: str | None = None


NO_MAILBOX = Mailbox()


def normalize_email(text: str | None, own_domains: frozenset[str] = frozenset()) -> Mailbox:
    """The mailbox of an address: tags ("+shop"), and dots where the provider ignores them, removed; domains in ASCII.

    Nothing for placeholders, malformed addresses and `own_domains`, those of the company that uses Foresell. Mailboxes
    of a role (info@, orders@) have their domain only.
    """
    if not text or "@" not in text:
        return NO_MAILBOX
    address = text[-MOST:].lower() if text.isascii() else _encode(text[-MOST:])
    address = address.strip(_AROUND)
    if not _ADDRESS.fullmatch(address):
        found = _ADDRESS.search(address.replace("mailto:", " "))
        if found is None or address.count("@") > 1:
            return NO_MAILBOX
        address = found[0]
    user, _, domain = address.rpartition("@")
    provider = _read_domain(domain)
    if provider is None or domain in own_domains:
        return NO_MAILBOX
    user = _strip_tag(user, provider)
    if user in _NO_USERS or is_repetition(user) or user.rstrip("0123456789") in _NO_USERS_NUMBERED:
        return NO_MAILBOX
    if is_role(user):
        return Mailbox(None, None, provider.own_domain)
    return Mailbox(f"{user}@{provider.domain}", user, provider.own_domain)


def is_address(text: str) -> bool:
    """Whether a text is one e-mail address as a whole, its domain in any script."""
    return bool(_ADDRESS.fullmatch(text.lower() if text.isascii() else _encode(text)))


@lru_cache(maxsize=65_536)
def _read_domain(domain: str) -> _Provider | None:
    """None for domains of placeholders."""
    if domain in _NO_DOMAINS or domain.rpartition(".")[2] in _NO_ENDINGS:
        return None
    domain = _SAME.get(domain, domain)
    ignored = "." if domain in _DOTS else "-" if domain in _HYPHEN else ""
    return _Provider(domain, None if domain in PUBLIC else _HOST.sub("", domain), ignored)


def is_role(user: str) -> bool:
    """Whether a mailbox belongs to a role, not to a person: info, sales.uk, office2."""
    if user.isalpha():
        return user in _ROLES
    first, *rest = _APART.split(user, maxsplit=1)
    if first.rstrip("0123456789") in _ROLES:
        return True
    return bool(rest) and first in _ROLE_BEGINNINGS and _APART.sub("", user) in _ROLES


def _strip_tag(user: str, provider: _Provider) -> str:
    bare = user.partition("+")[0] or user if "+" in user else user
    if provider.ignored == ".":
        bare = bare.replace(".", "") or bare
    elif provider.ignored == "-":
        bare = bare.partition("-")[0] or bare
    return bare.strip(".") or bare


def _encode(text: str) -> str:
    """The address in ASCII: NFKC, the domain in Punycode, letters of other scripts before the @ transliterated."""
    user, _, domain = unicodedata.normalize("NFKC", text).strip().rpartition("@")
    if not domain.isascii():
        try:
            domain = idna.encode(domain.strip(_AROUND), uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            return ""
    return f"{fold(user)}@{domain}".lower()
