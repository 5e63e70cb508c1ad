"""What a page says about a business in schema.org (JSON-LD): the facts of the organisation only, never of people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from selectolax.lexbor import LexborHTMLParser

#: Types whose facts are read, besides those that end like them.
_TYPES = frozenset({
    "organization", "corporation", "localbusiness", "store", "restaurant", "hotel", "cafeorcoffeeshop", "bakery", "barorpub",
    "professionalservice", "autorepair", "dentist", "physician", "attorney", "lodgingbusiness", "foodestablishment",
    "homeandconstructionbusiness", "medicalbusiness", "financialservice", "automotivebusiness", "shoppingcenter",
})  # fmt: skip
_ENDINGS = ("business", "store", "organization", "shop", "service", "restaurant")
_COMMENT = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*.*?\*/)|(?:-->|//\s*\]\]>)\s*$", re.DOTALL)
_DAYS = {
    "monday": "Mo",
    "tuesday": "Tu",
    "wednesday": "We",
    "thursday": "Th",
    "friday": "Fr",
    "saturday": "Sa",
    "sunday": "Su",
}
#: Nodes that are looked at in one page, and how deep.
_MOST_NODES, _DEEPEST = 2_000, 12


def read_facts(tree: LexborHTMLParser) -> list[dict[str, Any]]:
    """The businesses that a page describes, each with the details of an entry and its name. Broken JSON is left out."""
    found = []
    for script in tree.css('script[type="application/ld+json"]'):
        for node in _walk(_parse(script.text() or "")):
            if _is_business(node) and (facts := _read_business(node)):
                found.append(facts)
    return found


def _parse(text: str) -> Any:
    """The JSON of a script; None where it cannot be read. Comments around it and line breaks in texts are let pass."""
    bare = _COMMENT.sub("", text.strip()).strip().rstrip(";")
    try:
        return json.loads(bare, strict=False)
    except (ValueError, RecursionError):
        return None


def _walk(value: Any, depth: int = 0, seen: list[int] | None = None) -> Iterator[Mapping[str, Any]]:
    """Every object in lists, @graph and the main entity of a page."""
    seen = seen if seen is not None else []
    if depth > _DEEPEST or len(seen) > _MOST_NODES:
        return
    if isinstance(value, list):
        for each in value:
            yield from _walk(each, depth + 1, seen)
    elif isinstance(value, dict):
        seen.append(1)
        yield value
        for name in ("@graph", "mainEntity", "about", "publisher"):
            if name in value:
                yield from _walk(value[name], depth + 1, seen)


def _is_business(node: Mapping[str, Any]) -> bool:
    kinds = node.get("@type")
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        name = str(kind).rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower()
        if name in _TYPES or name.endswith(_ENDINGS):
            return True
    return False


def _read_business(node: Mapping[str, Any]) -> dict[str, Any] | None:
    name = _text(node.get("name")) or _text(node.get("legalName"))
    if not name:
        return None
    address = _one(node.get("address"))
    place = address if isinstance(address, Mapping) else {}
    geo = _one(node.get("geo"))
    geo = geo if isinstance(geo, Mapping) else {}
    parent = _one(node.get("parentOrganization"))
    country = _one(place.get("addressCountry"))
    details = {
        "name": name, "phone": _text(node.get("telephone")), "website": _text(node.get("url")),
        "opening_hours": _read_hours(node), "latitude": geo.get("latitude"), "longitude": geo.get("longitude"),
        "lei": _text(node.get("leiCode")), "parent": _text(parent.get("name")) if isinstance(parent, Mapping) else None,
        "street": _text(place.get("streetAddress")), "city": _text(place.get("addressLocality")),
        "region": _text(place.get("addressRegion")), "postcode": _text(place.get("postalCode")),
        "country": _text(country.get("name") if isinstance(country, Mapping) else country),
    }  # fmt: skip
    return {key: value for key, value in details.items() if value not in (None, "")}


def _read_hours(node: Mapping[str, Any]) -> str | None:
    """Opening hours as OpenStreetMap writes them: "Mo-Fr 09:00-17:00; Sa 10:00-12:00"."""
    stated = node.get("openingHours")
    if stated:
        return "; ".join(str(each).strip() for each in (stated if isinstance(stated, list) else [stated]))
    parts = []
    specified = node.get("openingHoursSpecification") or []
    for each in specified if isinstance(specified, list) else [specified]:
        if not isinstance(each, Mapping) or not each.get("opens") or not each.get("closes"):
            continue
        days = each.get("dayOfWeek")
        names = [
            _DAYS.get(str(day).rsplit("/", 1)[-1].lower(), "") for day in (days if isinstance(days, list) else [days])
        ]
        if all(names):
            parts.append(f"{','.join(names)} {str(each['opens'])[:5]}-{str(each['closes'])[:5]}")
    return "; ".join(parts) or None


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _text(value: Any) -> str | None:
    one = _one(value)
    return " ".join(str(one).split())[:300] if isinstance(one, str | int) and not isinstance(one, bool) else None
