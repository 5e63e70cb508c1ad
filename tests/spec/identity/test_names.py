"""Names of people and companies: given on the left, expected on the right."""

from __future__ import annotations

import pytest

from foresell.identity.normalization import normalize
from foresell.identity.record import RawRecord, Record

# country, name -> first, root of first, middle, last, generation
PEOPLE = [
    ("GB", "John Smith", "john", "john", None, "smith", None),
    ("GB", "  SMITH,  john ", "john", "john", None, "smith", None),
    ("GB", "Bill Smith", "bill", "william", None, "smith", None),
    ("GB", "Dr. John A. Smith", "john", "john", "a", "smith", None),
    ("GB", "Mr J.R. Smith", "j", "j", "r", "smith", None),
    ("GB", "Sir Ian St John", "ian", "ian", None, "stjohn", None),
    ("GB", "Jane Doe-Smith PhD", "jane", "jane", None, "doe smith", None),
    ("GB", "Bob O'Neill Jr.", "bob", "robert", None, "oneill", "jr"),
    ("GB", "Smith, John, Sr", "john", "john", None, "smith", "sr"),
    ("US", "John Smith III", "john", "john", None, "smith", "3"),
    ("US", "John Smith 2nd", "john", "john", None, "smith", "2"),
    ("GB", "Robert (Bob) Smith", "robert", "robert", None, "smith", None),
    ("GB", "Mr & Mrs Smith", None, None, None, "smith", None),
    ("GB", "John & Mary Smith", "john", "john", None, "smith", None),
    ("GB", "Charlotte Church", "charlotte", "charlotte", None, "church", None),
    ("GB", "Cher", None, None, None, "cher", None),
    ("IE", "Seán Ó Briain", "sean", "john", None, "obriain", None),
    ("IE", "Paddy O Neill", "paddy", "padraig", None, "oneill", None),
    ("DE", "Herr Dr. Hans-Peter von der Heide", "hans", "johannes", "p", "vonderheide", None),
    ("DE", "Jürgen Müller", "jurgen", "jurgen", None, "muller", None),
    ("DE", "Juergen Mueller", "jurgen", "jurgen", None, "muller", None),
    ("DE", "Herr und Frau Weiß", None, None, None, "weiss", None),
    ("DE", "Uschi Bauer", "uschi", "ursula", None, "bauer", None),
    ("FR", "Mme Marie-Claire de la Tour", "marie", "marie", "c", "delatour", None),
    ("FR", "M. Jean Dupont", "jean", "jean", None, "dupont", None),
    ("FR", "Nico Lefèvre", "nico", "nicolas", None, "lefevre", None),
    ("NL", "Dhr. Henk van den Berg", "henk", "hendrik", None, "vandenberg", None),
    ("IE", "Ó Dónaill Seán", "sean", "john", None, "odonaill", None),
    ("IE", "Mac Carthaigh Liam", "liam", "william", None, "maccarthaigh", None),
    ("IE", "Úna Nic Dhonnchadha", "una", "una", None, "nicdhonnchadha", None),
    ("NL", "van den Berg Jan", "jan", "johannes", None, "vandenberg", None),
    ("US", "La Toya Jackson", "la", "la", "t", "jackson", None),
    ("NL", "Berg, Jan van den", "jan", "johannes", None, "vandenberg", None),
    ("NL", "Kees 't Hart", "kees", "cornelis", "t", "hart", None),
    ("ES", "Sra. María José García López", "maria", "maria", "j", "garcia lopez", None),
    ("ES", "Paco García", "paco", "francisco", None, "garcia", None),
    ("ES", "Ana García López", "ana", "ana", None, "garcia lopez", None),
    ("ES", "José Ortega y Gasset", "jose", "jose", None, "ortega ygasset", None),
    ("SE", "Lasse Ångström", "lasse", "lars", None, "angstrom", None),
    ("SE", "Kalle Björk", "kalle", "karl", None, "bjork", None),
    (None, "Łukasz Żak", "lukasz", "lukasz", None, "zak", None),
    ("CN", "王伟", "wei", "wei", None, "wang", None),
    ("JP", "山田 太郎", "tailang", "tailang", None, "shantian", None),
    (None, "\u202bمحمد علي\u202c", "mhmd", "mhmd", None, "ly", None),
    (None, "Дмитрий Иванов", "dmitriy", "dmitriy", None, "ivanov", None),
    ("DE", "MÃ¼ller, Hans", "hans", "johannes", None, "muller", None),
    (None, "J\u200bohn Smith 😀", "john", "john", None, "smith", None),
]

# country, name -> name without legal form, legal form, distinctive words
COMPANIES = [
    ("GB", "Smith & Sons Ltd", "smith & sons", "ltd", "smith sons"),
    ("GB", "SMITH AND SONS LIMITED", "smith & sons", "ltd", "smith sons"),
    ("GB", "The Old Forge Bakery", "old forge bakery", None, "old forge bakery"),
    ("GB", "A.B.C. Public Limited Company", "abc", "plc", "abc"),
    ("GB", "Marks & Spencer", "marks & spencer", None, "marks spencer"),
    ("GB", "Jones Partners L.L.P.", "jones partners", "llp", "jones partners"),
    ("US", "Acme Holdings, Inc.", "acme holdings", "inc", "acme"),
    ("US", "Acme LLC", "acme", "llc", "acme"),
    ("US", "Studio 54", "studio 54", None, "studio 54"),
    ("IE", "Murphy Gifts Teoranta", "murphy gifts", "teo", "murphy gifts"),
    ("IE", "Kelly Designated Activity Company", "kelly", "dac", "kelly"),
    ("DE", "Müller Gartenbau GmbH & Co. KG", "muller gartenbau", "gmbh & co kg", "muller gartenbau"),
    ("DE", "Mueller Gartenbau G.m.b.H.", "muller gartenbau", "gmbh", "muller gartenbau"),
    ("DE", "Weber Gesellschaft mit beschränkter Haftung", "weber", "gmbh", "weber"),
    ("DE", "Koch UG (haftungsbeschränkt)", "koch", "ug", "koch"),
    ("DE", "Lena Vogt e.K.", "lena vogt", "ek", "lena vogt"),
    ("DE", "Klein Schreinerei", "klein schreinerei", None, "klein schreinerei"),
    ("DE", "Nordsee Werbetechnik", "nordsee werbetechnik", None, "nordsee werbetechnik"),
    ("FR", "Roux Jardins S.A.R.L.", "roux jardins", "sarl", "roux jardins"),
    ("FR", "Lambert et Fils SAS", "lambert & fils", "sas", "lambert fils"),
    ("FR", "SARL Lambert", "lambert", "sarl", "lambert"),
    ("NL", "Bakker Tuinen B.V.", "bakker tuinen", "bv", "bakker tuinen"),
    ("NL", "De Vries V.O.F.", "de vries", "vof", "vries"),
    ("ES", "García e Hijos S.L.", "garcia & hijos", "sl", "garcia hijos"),
    ("ES", "Ruiz Hoteles Sociedad Limitada", "ruiz hoteles", "sl", "ruiz hoteles"),
    ("ES", "Iberia S.A.", "iberia", "sa", "iberia"),
    ("SE", "AB Volvo", "volvo", "ab", "volvo"),
    ("SE", "Larsson Trädgård Aktiebolag", "larsson tradgard", "ab", "larsson tradgard"),
    ("IT", "Rossi e Figli S.p.A.", "rossi & figli", "spa", "rossi figli"),
    ("IT", "Bianchi S.r.l.", "bianchi", "srl", "bianchi"),
]

NUMBERS = [
    ("DE", "Acme GmbH (HRB 12345)", "acme", "hrb12345"),
    ("GB", "Acme Ltd, Company No. 01234567", "acme", "01234567"),
    ("NL", "Acme BV KvK 12345678", "acme", "12345678"),
    ("FR", "Acme SARL SIREN 123 456 789", "acme", "123456789"),
    ("SE", "Acme AB org.nr 556677-8899", "acme", "5566778899"),
    ("ES", "Acme SL, CIF B12345678", "acme", "b12345678"),
    ("GB", "Studio 1234567 Ltd", "studio 1234567", None),
]

#: Not enough for a company: a known first name before what may be a surname.
IN_DOUBT = [("ES", "María Sá"), ("GB", "Emma Bank"), ("SE", "Anna Ab"), ("DE", "Karl Ag"), ("GB", "John Limited")]


def read(name: str, country: str | None) -> Record:
    return normalize(RawRecord(1, "crm", name=name, country=country))


@pytest.mark.parametrize("country, name, first, root, middle, last, generation", PEOPLE, ids=[row[1] for row in PEOPLE])
def test_a_person(
    country: str | None,
    name: str,
    first: str | None,
    root: str | None,
    middle: str | None,
    last: str,
    generation: str | None,
) -> None:
    record = read(name, country)
    assert (record.kind, record.first, record.first_root, record.middle, record.last, record.generation) == (
        "person", first, root, middle, last, generation,
    )  # fmt: skip
    assert record.name == " ".join(filter(None, (first, middle, last)))


@pytest.mark.parametrize("country, text, name, form, tokens", COMPANIES, ids=[row[1] for row in COMPANIES])
def test_a_company(country: str, text: str, name: str, form: str | None, tokens: str) -> None:
    record = read(text, country)
    assert (record.kind, record.name, record.legal_form, record.tokens) == ("company", name, form, tokens)
    assert record.last is None


@pytest.mark.parametrize("country, text, name, number", NUMBERS)
def test_a_company_number_counts_where_it_is_announced_as_one(
    country: str, text: str, name: str, number: str | None
) -> None:
    record = read(text, country)
    assert (record.kind, record.name, record.company_number) == ("company", name, number)


@pytest.mark.parametrize("country, name", IN_DOUBT)
def test_in_doubt_a_person(country: str, name: str) -> None:
    assert read(name, country).kind == "person"


def test_a_nickname_is_read_in_the_language_of_the_country() -> None:
    roots = {country: read("Jan Vos", country).first_root for country in ("NL", "SE", "GB")}
    assert roots == {"NL": "johannes", "SE": "johan", "GB": "janet"}


@pytest.mark.parametrize(
    "name",
    ["n/a", "N.A.", "Unknown", "unbekannt", "Inconnu", "onbekend", "Desconocido", "okänd", "Test Test", "test", "Guest", "guest 12",
     "Gast", "xxx", "XXXX xxxx", "asdf", "No Name", "Max Mustermann", "John Doe", "Walk-in customer", "Barverkauf", "-", "...", "12345",
     "john@smith.com", "aaaa", "", "   ", "\u200f"],
)  # fmt: skip
def test_a_placeholder_is_no_name(name: str) -> None:
    record = read(name, "GB")
    assert (record.kind, record.name, record.last) == ("person", None, None)
