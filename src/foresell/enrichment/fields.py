"""The fields that are proposed about a customer, which source is asked first, and what a value must be like to be proposed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

Directory = Literal["companies-house", "gleif", "overture", "osm"]
Source = Literal["companies-house", "gleif", "overture", "osm", "website"]
Field = Literal[
    "phone",
    "website",
    "opening_hours",
    "category",
    "coordinates",
    "company_number",
    "lei",
    "parent",
    "address",
    "country",
]
LegalBasis = Literal["consent", "contract", "legitimate interest"]
DIRECTORIES: tuple[Directory, ...] = get_args(Directory)
#: In the sequence in which they are asked: registries, Overture, OpenStreetMap, the customer's own page.
SOURCES: tuple[Source, ...] = get_args(Source)
FIELDS: tuple[Field, ...] = get_args(Field)
#: The parts of an address, taken from one entry together.
ADDRESS_PARTS = ("street", "city", "region", "postcode")
#: What an accepted value adds to the golden record; the other fields are shown with the customer.
RECORD_FIELDS = ("phone", "address", "country")
#: Raised when a rule that makes or checks a value changes.
TRANSFORM_VERSION = "1"

_LONGEST = 300
#: Pages about a business that are not its own.
_NOT_OWN = (
    "facebook.com", "instagram.com", "twitter.com", "x.com", "tiktok.com", "linkedin.com", "youtube.com", "tripadvisor.com",
    "yelp.com", "google.com", "goo.gl", "linktr.ee", "wikipedia.org", "booking.com", "blogspot.com", "wordpress.com",
)  # fmt: skip
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_CATEGORY = re.compile(r"[a-z0-9][a-z0-9_=:;& .-]{1,79}")
_OPENING = re.compile(
    r"(?:24/7|(?:(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|off|closed|open"
    r"|week|easter|sunrise|sunset|unknown|year)|[0-9:,;+|\s/\[\]()-]|\"[^\"]{0,40}\")+)"
)
_NUMBER = re.compile(r"(?=[A-Z0-9 ./-]{4,20}$)(?=(?:.*[0-9]){3})[A-Z0-9][A-Z0-9 ./-]*")
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms the entries of a directory are held. keep_days: after the file was made or fetched."""

    licence: str
    attribution: str
    legal_basis: LegalBasis = "legitimate interest"
    purpose: str = "complete the records of business customers"
    keep_days: int = 365


#: Of Overture the licence is read from each row.
TERMS: Mapping[Directory, Terms] = {
    "companies-house": Terms("OGL-UK-3.0", "Contains information of Companies House, Open Government Licence v3.0"),
    "gleif": Terms("CC0-1.0", "Global LEI index, GLEIF (no endorsement)"),
    "overture": Terms("per row", "© Overture Maps Foundation"),
    "osm": Terms("ODbL-1.0", "© OpenStreetMap contributors"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One business in a directory. details: phone, website, email, opening_hours, category, latitude, longitude,
    company_number, lei, parent, street, city, region, postcode, country (ISO 3166 alpha-2), as the directory writes them;
    absent where it says nothing."""

    directory: Directory
    key: str
    name: str
    details: Mapping[str, Any]
    origin: str
    licence: str
    attribution: str
    fetched_at: datetime


@dataclass(slots=True)
class Reading:
    """What reading a directory file rejected, by reason."""

    rejected: dict[str, int] = field(default_factory=dict)

    def reject(self, reason: str) -> Entry | None:
        """Count a row that is left out, and return None for it."""
        self.rejected[reason] = self.rejected.get(reason, 0) + 1
        return None


def find_value(name: Field, details: Mapping[str, Any]) -> Any:
    """What details propose for a field, None where they say nothing usable. Address: by part; coordinates: two numbers.

    Telephone numbers and addresses are checked further where customers' own are (identity.normalization).
    """
    if name == "address":
        parts = {part: _clean(details.get(part)) for part in ADDRESS_PARTS}
        return parts if parts["street"] and (parts["city"] or parts["postcode"]) else None
    if name == "coordinates":
        return _read_coordinates(details.get("latitude"), details.get("longitude"))
    text = _clean(details.get(name))
    if text is None:
        return None
    return _CHECKS[name](text) if name in _CHECKS else text


def is_lei(text: str) -> bool:
    """Whether a legal entity identifier has the right form and check digits (ISO 17442, modulo 97)."""
    return bool(_LEI.fullmatch(text)) and int("".join(str(int(sign, 36)) for sign in text)) % 97 == 1


def read_host(website: str) -> str | None:
    """The host of a web address, without www.; None where it has none that is public."""
    try:
        host = (urlsplit(website).hostname or "").removeprefix("www.")
    except ValueError:
        return None
    return host if _HOST.fullmatch(host) else None


def _read_website(text: str) -> str | None:
    """The address with its scheme; None for pages that are not a business's own."""
    address = text if "://" in text else f"https://{text}"
    host = read_host(address)
    if host is None or not address.lower().startswith(("http://", "https://")):
        return None
    if any(host == other or host.endswith(f".{other}") for other in _NOT_OWN):
        return None
    return None if "@" in urlsplit(address).netloc else address


def _read_coordinates(latitude: Any, longitude: Any) -> list[float] | None:
    try:
        place = [round(float(latitude), 6), round(float(longitude), 6)]
    except (TypeError, ValueError):
        return None
    is_possible = -90 <= place[0] <= 90 and -180 <= place[1] <= 180 and any(place)
    return place if is_possible else None


def _clean(value: Any) -> str | None:
    """Text without control characters and needless spaces; None where it is empty or too long to be one value."""
    if value is None:
        return None
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in str(value)).split())
    return text if 0 < len(text) <= _LONGEST else None


def _matching(pattern: re.Pattern[str]) -> Any:
    return lambda text: text if pattern.fullmatch(text) else None


_CHECKS: Mapping[str, Any] = {
    "website": _read_website,
    "opening_hours": _matching(_OPENING),
    "category": lambda text: _matching(_CATEGORY)(text.lower()),
    "company_number": lambda text: _matching(_NUMBER)(text.upper()),
    "lei": lambda text: text.upper() if is_lei(text.upper()) else None,
    "country": lambda text: text.upper() if re.fullmatch("[A-Za-z]{2}", text) else None,
}
