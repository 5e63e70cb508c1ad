"""The canonical fields a file can fill, the headers they are known by, and the mapping proposed from them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical field: its label for people, the kinds of file that have it, the kind of its values, and the headers it is known by."""

    name: str
    label: str
    rows: tuple[str, ...]
    kind: str  # text | number | time
    meaning: str
    headers: tuple[str, ...]


ROWS = ("orders", "customers", "products")
_O, _C, _P, _OC, _OP = ("orders",), ("customers",), ("products",), ("orders", "customers"), ("orders", "products")


def _field(name: str, label: str, rows: tuple[str, ...], kind: str, meaning: str, headers: str) -> Field:
    return Field(name, label, rows, kind, meaning, (normalize_header(name), *headers.split()))


def normalize_header(header: str) -> str:
    """A header without case, blanks and punctuation: `Customer ID` and `customer_id` are the same."""
    return re.sub(r"[\W_]+", "", header.casefold())


#: Order matters twice: it is the order of columns in a saved map, and the earlier field wins a contested column.
FIELDS: tuple[Field, ...] = (
    _field(
        "order_key",
        "Order number",
        _O,
        "text",
        "identifies the order; without it, an order is one customer at one date and time",
        "invoice invoiceno invoicenumber invoiceid order orderid orderno ordernumber transactionid transaction receipt "
        "receiptno documentno belegnummer rechnung rechnungsnr rechnungnr rechnungsnummer bestellnr bestellnummer auftragsnummer commande numerodecommande pedido "
        "numeropedido salesorder ordername",
    ),
    _field(
        "customer_key",
        "Customer number",
        _OC,
        "text",
        "identifies the customer; blank means an anonymous sale",
        "customer customerid customerno customernumber custid clientid client clientno userid buyerid accountid account "
        "memberid crmid contactid personid kundennummer kundennr kundenr kunde kundeid idclient numeroclient idcliente cliente",
    ),
    _field(
        "ordered_at",
        "Order date",
        _O,
        "time",
        "day or date and time of the sale, in the shop's local time",
        "orderdate orderedon invoicedate date datetime timestamp transactiondate saledate salesdate purchasedate "
        "orderpurchasetimestamp createdat created time datum bestelldatum rechnungsdatum belegdatum datecommande fecha "
        "fechapedido data datapedido",
    ),
    _field(
        "status",
        "Order status",
        _O,
        "text",
        "state of the order: completed, cancelled or returned",
        "orderstatus state etat estado",
    ),
    _field(
        "sku",
        "Product number (SKU)",
        _OP,
        "text",
        "identifies the product; without it, the product's name, else one product called SALE",
        "stockcode productid productcode productsku itemid itemcode item itemno articleno article artikel artikelnummer "
        "artnr reference referencia codigo productno variantsku lineitemsku",
    ),
    _field(
        "product_name",
        "Product name",
        _OP,
        "text",
        "the product's name or description",
        "description productdescription product producttitle itemname itemdescription name title bezeichnung "
        "produkt artikelbezeichnung designation libelle descripcion producto lineitemname",
    ),
    _field(
        "category",
        "Category",
        _OP,
        "text",
        "the product's category",
        "productcategory categoryname kategorie categorie categoria",
    ),
    _field(
        "quantity",
        "Quantity",
        _O,
        "number",
        "units; negative for returns; 1 if there is no such column",
        "qty units pieces count menge anzahl stueck stück quantite quantité cantidad quantidade lineitemquantity",
    ),
    _field(
        "unit_price",
        "Unit price",
        _O,
        "number",
        "price of one unit",
        "price priceeach itemprice einzelpreis preis stueckpreis stückpreis prix prixunitaire precio "
        "preciounitario preco lineitemprice",
    ),
    _field(
        "amount",
        "Line amount",
        _O,
        "number",
        "amount of the line; quantity x unit price if there is no such column",
        "lineamount linetotal total totalamount totalprice sales revenue value net netamount betrag umsatz summe montant "
        "importe monto valor",
    ),
    _field(
        "list_price",
        "List price",
        _P,
        "number",
        "the price in the catalogue",
        "price unitprice retailprice listenpreis preis prix",
    ),
    _field(
        "currency",
        "Currency",
        _O,
        "text",
        "currency code, such as EUR",
        "currencycode waehrung währung devise moneda moeda",
    ),
    _field(
        "name",
        "Customer name",
        _OC,
        "text",
        "the customer's name",
        "customername fullname clientname buyername company companyname kundenname nomclient nombrecliente",
    ),
    _field("email", "E-mail", _OC, "text", "the customer's e-mail", "emailaddress mail customeremail correo courriel"),
    _field(
        "phone", "Phone", _OC, "text", "the customer's phone number", "phonenumber telephone mobile telefon telefono"
    ),
    _field(
        "address",
        "Street address",
        _OC,
        "text",
        "street and number",
        "street address1 streetaddress strasse straße adresse direccion",
    ),
    _field("city", "City", _OC, "text", "town", "town customercity ort stadt ville ciudad cidade"),
    _field(
        "region",
        "Region",
        _OC,
        "text",
        "state, county or province",
        "province county customerstate bundesland provincia",
    ),
    _field(
        "postcode",
        "Postcode",
        _OC,
        "text",
        "postal code",
        "zip zipcode postalcode plz codepostal customerzipcodeprefix",
    ),
    _field("country", "Country", _OC, "text", "country", "countryname land pays pais shippingcountry billingcountry"),
    _field(
        "signup_date",
        "Customer since",
        _C,
        "time",
        "the day the customer signed up",
        "signup signedup registered createdat since joined",
    ),
    _field("kind", "Product type", _P, "text", "product or non_product (postage, fees)", "producttype type"),
)

BY_NAME = {field.name: field for field in FIELDS}

#: Each group needs at least one of its fields.
REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "orders": (("customer_key",), ("ordered_at",), ("unit_price", "amount")),
    "customers": (("customer_key",),),
    "products": (("sku",),),
}


def list_fields(rows: str) -> tuple[Field, ...]:
    """The fields a file of this kind can fill."""
    return tuple(field for field in FIELDS if rows in field.rows)


def find_missing(rows: str, columns: Iterable[str]) -> list[str]:
    """The fields a mapping still needs, in words such as `unit_price or amount`."""
    have = set(columns)
    return [" or ".join(group) for group in REQUIRED[rows] if not have.intersection(group)]


def propose_columns(headers: Iterable[str], rows: str) -> dict[str, tuple[str, float]]:
    """For each field that a header names: (header, confidence).

    Confidence 1.0: the field's own name; 0.9: a header known for it; 0.6: a known header inside a longer one.
    """
    open_headers = {header: normalize_header(header) for header in headers}
    found: dict[str, tuple[str, float]] = {}
    for confidence in (1.0, 0.9, 0.6):
        for field in list_fields(rows):
            if (rows, field.name, confidence) == ("orders", "name", 1.0):
                continue  # `name` among order lines is the product's
            if field.name not in found and (header := _match_header(field, open_headers, confidence)) is not None:
                found[field.name] = (header, confidence)
                del open_headers[header]
    return found


def _match_header(field: Field, headers: dict[str, str], confidence: float) -> str | None:
    if confidence == 0.6:  # only long words: `updated` contains `date` by chance
        long = [name for name in field.headers if len(name) >= 6]
        return next((header for header, text in headers.items() if any(name in text for name in long)), None)
    wanted = field.headers[:1] if confidence == 1.0 else field.headers[1:]
    by_text = {text: header for header, text in headers.items()}
    return next((by_text[word] for word in wanted if word in by_text), None)


def guess_rows(headers: Iterable[str]) -> str:
    """What one row of a file with these headers is: orders, customers or products."""
    names = list(headers)
    for rows in ROWS:
        if not find_missing(rows, (f for f, (_, sure) in propose_columns(names, rows).items() if sure >= 0.9)):
            return rows
    return "orders"
