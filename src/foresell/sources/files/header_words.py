"""What the words of a header mean, in several languages: the fields of headers that are no exact known name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_CONCEPTS = {
    "customer": "customer cust cus client buyer member user account shopper guest kunde kunden debitor klient acheteur "
    "comprador acquirente klant koper kund kunder nabywca kontrahent cliente clients customers patient donor subscriber",
    "order": "order ord invoice inv receipt bill transaction trans trx txn sale ticket bestellung bestell auftrag auftrags "
    "rechnung rechnungs beleg commande facture pedido factura ordine fattura belegnr rechnungsnr encomenda fatura bestelling factuur "
    "zamowienie zamowienia faktura faktury ordre check document doc",
    "key": "id ids no nr num number key code codigo codice nummer numero n ref reference nro numer",
    "date": "date day datum tag jour fecha data dato dag dzien datetime timestamp dt dates",
    "month": "month week monat woche mois semaine mes semana mese settimana maand miesiac tydzien manad vecka period",
    "at": "on at am le",
    "purchase": "purchase purchased buy bought placed sale sales sold created ordered paid issued order achat kauf verkauf "
    "vente compra venta acquisto vendita koop zakup zakupu sprzedazy transaction invoice",
    "product": "product prod item article sku artikel produkt produit producto prodotto produto material stock line "
    "lineitem towar vara produktu merchandise service",
    "name": "name title description desc label bezeichnung nom nombre nome naam nazwa namn kurztext designation omschrijving beschreibung benamning descrizione descripcion descricao opis libelle",
    "quantity": "quantity qty units pieces menge anzahl stuck stk quantite cantidad quantita quantidade aantal ilosc antal "
    "pcs qnty",
    "price": "price preis prix precio prezzo preco prijs cena pris rate",
    "unit": "unit each per einzel unitaire unitario stuks jednostkowa item line unitaria net",
    "amount": "amount amt total sum value sales revenue betrag umsatz summe montant importe monto importo totale valor "
    "bedrag kwota wartosc belopp spend nettowert netto net line valeur chiffre",
    "discount": "discount discounts rabatt remise descuento sconto desconto korting rabat",
    "tax": "tax taxes vat mwst ust steuer tva iva btw moms podatek gst",
    "shipping": "shipping freight postage delivery versand versandkosten livraison envio spedizione frete verzendkosten frakt",
    "refund": "refund refunded erstattung rembourse reembolso rimborso reembolsado",
    "status": "status state statut etat estado stato zustand staat stan",
    "email": "email mail emailadresse courriel correo posta",
    "phone": "phone telephone tel telefon telefono telefone mobile telefoon handy cell",
    "city": "city town ort stadt ville ciudad citta cidade plaats stad miasto",
    "postcode": "postcode zip zipcode postal plz cap cep",
    "country": "country land pays pais paese kraj",
    "category": "category kategorie categorie categoria kategoria department group",
    "currency": "currency wahrung waehrung devise moneda valuta moeda waluta",
}
_MEANINGS = {
    word: {concept for concept, words in _CONCEPTS.items() if word in words.split()}
    for words in _CONCEPTS.values()
    for word in words.split()
}
#: Field -> the sets of concepts that name it, all words of a header taken together.
_FIELDS: tuple[tuple[str, tuple[set[str], ...]], ...] = (
    ("customer_key", ({"customer", "key"}, {"customer"})),
    ("name", ({"customer", "name"},)),
    ("email", ({"email"}, {"customer", "email"})),
    ("order_key", ({"order", "key"}, {"order"}, {"purchase", "key"}, {"order", "purchase", "key"})),
    ("ordered_at", ({"date"}, {"purchase", "date"}, {"order", "date"}, {"purchase", "at"}, {"order", "purchase", "at"},
                    {"order", "purchase", "date"}, {"month"}, {"order", "month"}, {"purchase", "month"})),
    ("sku", ({"product", "key"},)),
    ("product_name", ({"product", "name"}, {"product"})),
    ("quantity", ({"quantity"}, {"product", "quantity"}, {"order", "quantity"}, {"purchase", "quantity"})),
    ("unit_price", ({"price"}, {"unit", "price"}, {"product", "price"}, {"purchase", "price"})),
    ("amount", ({"amount"}, {"unit", "amount"}, {"product", "amount"}, {"purchase", "amount"}, {"order", "amount"})),
    ("discount", ({"discount"}, {"unit", "discount"}, {"product", "discount"}, {"discount", "amount"})),
    ("tax", ({"tax"}, {"tax", "amount"})),
    ("shipping", ({"shipping"}, {"shipping", "amount"}, {"shipping", "price"})),
    ("refund", ({"refund"}, {"refund", "amount"})),
    ("status", ({"status"}, {"order", "status"})),
    ("phone", ({"phone"}, {"customer", "phone"}, {"phone", "key"})),
    ("city", ({"city"}, {"customer", "city"})),
    ("postcode", ({"postcode"}, {"postcode", "key"}, {"customer", "postcode"})),
    ("country", ({"country"}, {"customer", "country"})),
    ("category", ({"category"}, {"product", "category"})),
    ("currency", ({"currency"}, {"currency", "key"}, {"order", "currency"})),
)  # fmt: skip


#: Shorter plurals mean something else: `days` is no date, and `tags` are no German days.
_SHORT_PLURAL = 4
_SMALL = frozenset(
    [
        "of",
        "the",
        "a",
        "an",
        "de",
        "du",
        "des",
        "d",
        "la",
        "le",
        "les",
        "l",
        "del",
        "della",
        "di",
        "do",
        "da",
        "dos",
        "das",
        "van",
        "der",
        "den",
        "het",
        "el",
        "in",
        "for",
    ]
)


@lru_cache(maxsize=10_000)
def split_words(header: str) -> tuple[str, ...]:
    """The words of a header without case and accents: `CustomerID` and `customer_id` are both customer, id."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", header)
    plain = unicodedata.normalize("NFKD", spaced.casefold().replace("ł", "l").replace("ß", "ss"))
    words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
    return tuple(part for word in words for part in _split_compound(word))


_LAST_PARTS = re.compile(r"(.{4,}?)s?(datum|nummer|nr|preis|pris|prijs|menge|betrag|name|id)")


def _split_compound(word: str) -> list[str]:
    """`rechnungsdatum` is rechnung, datum: compounds whose first part is known; other words stay whole."""
    found = None if word in _MEANINGS else _LAST_PARTS.fullmatch(word)
    return [found[1], found[2]] if found and found[1] in _MEANINGS else [word]


@lru_cache(maxsize=10_000)
def _look_up_words(header: str) -> tuple[set[str], ...]:
    """What each word of a header can mean, without small words."""
    return tuple(
        _MEANINGS.get(word) or _MEANINGS.get(word.removesuffix("s") if len(word) > _SHORT_PLURAL else word, set())
        for word in split_words(header)
        if word not in _SMALL
    )


def name_field(header: str, fields: set[str]) -> str | None:
    """The field among `fields` that all words of a header together name; None where a word is unknown or they name none."""
    choices = _look_up_words(header)
    if not choices or not all(choices):
        return None
    for field, named in _FIELDS:
        if field in fields and any(_covers(choices, concepts) for concepts in named):
            return field
    return None


def _covers(choices: Sequence[set[str]], concepts: set[str]) -> bool:
    """Whether every word means one of the concepts, and every concept is meant by a word of its own."""
    if not all(choice & concepts for choice in choices):
        return False
    left = [choice & concepts for choice in choices]
    for concept in sorted(concepts, key=lambda concept: sum(concept in choice for choice in left)):
        place = next((at for at, choice in enumerate(left) if concept in choice), None)
        if place is None:
            return False
        del left[place]
    return True


def is_plain_id(header: str) -> bool:
    """Whether a header says `ID` and not of what."""
    return split_words(header) == ("id",)


def is_month(header: str) -> bool:
    """Whether a header is itself a month or a day, such as `Jan 2024`: figures stand in columns, one for each."""
    words = split_words(header)
    has_year = any(re.fullmatch(r"(19|20)\d\d", word) for word in words)
    has_month = any(word[:3] in _MONTHS for word in words)
    return (has_month and (has_year or len(words) == 1)) or bool(
        re.fullmatch(
            r"\s*((19|20)\d\d[-/. ](0?[1-9]|1[0-2]|q[1-4])([-/.]\d\d?)?|(0?[1-9]|1[0-2])[-/.](19|20)\d\d)\s*",
            header,
            re.I,
        )
    )


_MONTHS = frozenset(
    [
        "jan",
        "feb",
        "mar",
        "apr",
        "may",
        "jun",
        "jul",
        "aug",
        "sep",
        "oct",
        "nov",
        "dec",
        "mai",
        "okt",
        "dez",
        "fev",
        "avr",
        "aou",
        "ene",
        "abr",
        "ago",
        "dic",
        "gen",
        "mag",
        "giu",
        "lug",
        "set",
        "ott",
    ]
)
