"""A made-up directory of businesses, as an extract of OpenStreetMap would list them: most companies of the demo shop, and others.

Nothing in it is of OpenStreetMap, and no business in it exists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from foresell.demo.people import Party, draw_parties, draw_traits, new_company
from foresell.demo.places import countries
from foresell.demo.rng import RandomChoices
from foresell.demo.shop import CHUNK, Shop, stream

#: Of the shop's companies, the share that is listed; strangers for each of them; how often a part of an entry is known.
LISTED, STRANGERS, KNOWN = 0.7, 1.0, 0.75
HOURS = ("Mo-Fr 09:00-17:00", "Mo-Sa 08:00-18:00", "Mo-Fr 07:30-16:00; Sa 09:00-12:00")


def write_directory(shop: Shop, file: Path) -> int:
    """Write the directory as GeoJSON. Returns how many businesses it lists."""
    features = [
        _make_feature(choices, party, number)
        for choices, parties in _draw_listed(shop)
        for number, party in enumerate(parties)
    ]
    for number, feature in enumerate(features):
        feature["id"] = f"node/{number + 1}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False))
    return len(features)


def _draw_listed(shop: Shop) -> Iterator[tuple[RandomChoices, list[Party]]]:
    taken: set[str] = set()
    for chunk in range(-(-shop.customers // CHUNK)):
        parties = draw_parties(shop, draw_traits(shop, chunk), taken, chunk)
        choices = RandomChoices(stream(shop, "directory", chunk))
        own = [each for each in parties[: shop.customers - chunk * CHUNK] if each.company]
        listed = [each for each in own if choices.chance(LISTED)]
        others = [new_company(choices, choices.pick(countries()), taken) for _ in range(int(len(own) * STRANGERS))]
        yield choices, [*listed, *others]


def _make_feature(choices: RandomChoices, party: Party, number: int) -> dict[str, Any]:
    """An entry: the name without its legal form at times, some parts unknown."""
    shown = replace(party, last="") if choices.chance(0.4) and not party.last.startswith(("&", "e ")) else party
    street, _, house = party.street.rpartition(" ")
    domain = party.email.partition("@")[2]
    tags = {
        "name": shown.name, "office": "company", "addr:country": party.country.code, "addr:city": party.city,
        "addr:postcode": party.postcode,
        **({"addr:street": street or party.street, "addr:housenumber": house} if street else {"addr:street": party.street}),
    }  # fmt: skip
    if party.phone and choices.chance(KNOWN):
        tags["phone"] = party.phone
    if domain.endswith(".example") and choices.chance(KNOWN):
        tags["website"] = f"https://www.{domain}/"
    if choices.chance(KNOWN):
        tags["opening_hours"] = choices.pick(HOURS)
    return {
        "type": "Feature", "properties": tags,
        "geometry": {"type": "Point", "coordinates": [round(4 + number % 100 / 50, 4), round(50 + number % 90 / 45, 4)]},
    }  # fmt: skip
