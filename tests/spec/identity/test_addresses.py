"""Addresses and countries: given on the left, expected on the right."""

from __future__ import annotations

import pytest

from foresell.identity.normalization import normalize
from foresell.identity.record import RawRecord

# country, address -> street, house
STREETS = [
    ("GB", "12 Church Rd", "church road", "12"),
    ("GB", "12, Church Road.", "church road", "12"),
    ("GB", "Flat 3, 12a Church Road", "church road", "12a"),
    ("GB", "12 A Church Road", "church road", "12a"),
    ("GB", "Unit 5, 14-16 High St", "high street", "14"),
    ("GB", "5 St Mary's Rd", "saint marys road", "5"),
    ("GB", "Rose Cottage, 4 Mill Ln", "mill lane", "4"),
    ("GB", "The Old Forge", "old forge", None),
    ("GB", "PO Box 123", "po box", "123"),
    ("US", "350 5th Ave Apt 4", "5th avenue", "350"),
    ("US", "350 5th Avenue #4", "5th avenue", "350"),
    ("IE", "7 Main Street", "main street", "7"),
    ("AU", "3/12 Smith St", "smith street", "12"),
    ("DE", "Lindenstr. 12", "lindenstrasse", "12"),
    ("DE", "Lindenstraße 12", "lindenstrasse", "12"),
    ("DE", "Linden Str 12", "lindenstrasse", "12"),
    ("DE", "Mühlenweg 4 b", "muhlenweg", "4b"),
    ("DE", "Muehlenweg4b", "muhlenweg", "4b"),
    ("DE", "Am Markt 3, Hinterhaus", "am markt", "3"),
    ("DE", "Postfach 12 34", "po box", "1234"),
    ("FR", "12 bis, rue de la Paix", "rue paix", "12b"),
    ("FR", "12 B r. de la Paix", "rue paix", "12b"),
    ("FR", "105 R. Peupliers", "rue peupliers", "105"),
    ("FR", "105 R des Peupliers", "rue peupliers", "105"),
    ("FR", "105 R, rue des Peupliers", "rue peupliers", "105r"),
    ("FR", "105r rue des Peupliers", "rue peupliers", "105r"),
    ("ES", "12 C. Mayor", "calle mayor", "12"),
    ("FR", "4 av. du Général", "avenue general", "4"),
    ("FR", "4 bd Victor Hugo, appt 5", "boulevard victor hugo", "4"),
    ("FR", "BP 50", "po box", "50"),
    ("NL", "Molenstr. 14-16", "molenstraat", "14"),
    ("NL", "Lindeln. 3", "lindelaan", "3"),
    ("NL", "Kerkstraat 12 hs", "kerkstraat", "12"),
    ("NL", "Postbus 12", "po box", "12"),
    ("ES", "C/ del Olivo, 4", "calle olivo", "4"),
    ("ES", "Calle del Olivo 4, 2º B", "calle olivo", "4"),
    ("ES", "Avda. de los Pinos, 22", "avenida pinos", "22"),
    ("ES", "Pº de la Ribera, 12", "paseo ribera", "12"),
    ("ES", "Apartado de Correos 12", "po box", "12"),
    ("SE", "Björkg. 7", "bjorkgatan", "7"),
    ("SE", "Björkgatan 7 lgh 1102", "bjorkgatan", "7"),
    ("SE", "Tallv. 2 B", "tallvagen", "2b"),
    ("SE", "Box 12", "po box", "12"),
    ("IT", "Vle Roma, 5", "viale roma", "5"),
    ("GB", "n/a", None, None),
    ("GB", "xxx", None, None),
    ("DE", "keine Adresse", None, None),
]

# country, postcode -> postcode
POSTCODES = [
    ("GB", "SW1A 1AA", "sw1a1aa"),
    ("GB", "sw1a1aa", "sw1a1aa"),
    ("DE", "D-10115", "10115"),
    ("DE", "1067", "01067"),
    ("ES", "8001", "08001"),
    ("FR", "F-75001", "75001"),
    ("NL", "1012 AB", "1012ab"),
    ("SE", "113 45", "11345"),
    ("SE", "SE-113 45", "11345"),
    ("IE", "D04 X4Y5", "d04x4y5"),
    ("US", "90210-1234", "90210"),
    ("US", "2170", "02170"),
    ("GB", "99999", None),
    ("US", "00000", None),
    ("DE", "12345", None),
    ("GB", "n/a", None),
    ("GB", "12", None),
    (None, "10115", "10115"),
]

COUNTRIES = {
    "gb": "GB", "UK": "GB", "U.K.": "GB", "England": "GB", "Royaume-Uni": "GB", "Großbritannien": "GB", "Storbritannien": "GB", "Reino Unido": "GB",
    "Deutschland": "DE", "Allemagne": "DE", "Duitsland": "DE", "Alemania": "DE", "Tyskland": "DE", "DEU": "DE", "France": "FR", "Frankreich": "FR",
    "Nederland": "NL", "The Netherlands": "NL", "Pays-Bas": "NL", "España": "ES", "Spanien": "ES", "Espagne": "ES", "Éire": "IE", "Irland": "IE", "Sverige": "SE",
    "Schweden": "SE", "USA": "US", "United States of America": "US", "Vereinigte Staaten": "US", "Österreich": "AT", "Schweiz": "CH", "IT": "IT", "Italia": "IT",
    "XX": None, "": None, "n/a": None, "Atlantis": None,
}  # fmt: skip

# country, whole address -> street, house, postcode, city
LINES = [
    ("GB", "12 Church Road\nLondon SW1A 1AA", "church road", "12", "sw1a1aa", "london"),
    ("GB", "12 Church Road, London, SW1A 1AA", "church road", "12", "sw1a1aa", "london"),
    ("DE", "Lindenstr. 5, 10117 Berlin", "lindenstrasse", "5", "10117", "berlin"),
    ("NL", "Molenstraat 5, 1012 AB Amsterdam", "molenstraat", "5", "1012ab", "amsterdam"),
    ("SE", "Björkgatan 7, 113 45 Stockholm", "bjorkgatan", "7", "11345", "stockholm"),
]


@pytest.mark.parametrize("country, text, street, house", STREETS)
def test_a_street(country: str, text: str, street: str | None, house: str | None) -> None:
    record = normalize(RawRecord(1, "crm", address=text, country=country))
    assert (record.street, record.house) == (street, house)


@pytest.mark.parametrize("country, text, postcode", POSTCODES)
def test_a_postcode(country: str | None, text: str, postcode: str | None) -> None:
    assert normalize(RawRecord(1, "crm", postcode=text, country=country)).postcode == postcode


@pytest.mark.parametrize("text, code", COUNTRIES.items())
def test_a_country(text: str, code: str | None) -> None:
    assert normalize(RawRecord(1, "crm", country=text)).country == code


@pytest.mark.parametrize("country, text, street, house, postcode, city", LINES)
def test_an_address_in_one_text(country: str, text: str, street: str, house: str, postcode: str, city: str) -> None:
    record = normalize(RawRecord(1, "crm", address=text, country=country))
    assert (record.street, record.house, record.postcode, record.city) == (street, house, postcode, city)


@pytest.mark.parametrize(
    "country, text, city",
    [("DE", "München", "munchen"), ("DE", "Muenchen", "munchen"), ("ES", "A Coruña", "a coruna"), ("GB", "Newcastle upon Tyne", "newcastle upon tyne"),
     ("DE", "Frankfurt (Main)", "frankfurt"), ("GB", "n/a", None), ("GB", "12345", None),
     # the names of other languages
     ("DE", "Munich", "munchen"), ("AT", "Vienna", "wien"), ("AT", "Wien", "wien"), ("CH", "Genève", "geneve"),
     ("CH", "Geneva", "geneve"), ("CH", "Genf", "geneve"), ("DE", "Cologne", "koln"), ("DE", "Koeln", "koln"),
     ("BE", "Bruxelles", "brussel"), ("BE", "Brussels", "brussel"), ("NL", "'s-Gravenhage", "den haag"), ("DK", "Copenhagen", "kobenhavn"),
     (None, "Munich", "munchen"), ("US", "Vienna", "vienna")],
)  # fmt: skip
def test_a_city(country: str | None, text: str, city: str | None) -> None:
    assert normalize(RawRecord(1, "crm", city=text, country=country)).city == city
