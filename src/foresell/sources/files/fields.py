"""The canonical fields a file can fill, the headers they are known by, and the mapping proposed from them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from foresell.sources.files.header_words import name_field


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


@lru_cache(maxsize=10_000)
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
        "invoice invoiceno invoicenumber invoiceid ordernumber orderno order orderid transactionid transaction receipt "
        "receiptno documentno belegnummer belegnr rechnung rechnungsnr rechnungnr rechnungsnummer bestellnr bestellnummer auftragsnummer commande numerodecommande pedido "
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
        "order_time",
        "Time of day",
        _O,
        "text",
        "time of the sale, where it does not stand with the date",
        "time uhrzeit heure hora ora tijd godzina klockslag",
    ),
    _field(
        "type",
        "Type of document",
        _O,
        "text",
        "invoice, credit note, payment or refund",
        "transactiontype doctype documenttype eventtype ordertype vouchertype belegart typededocument tipo",
    ),
    _field(
        "returned",
        "Returned",
        _O,
        "text",
        "yes where the line came back",
        "isreturned isreturn isrefund isrefunded wasreturned",
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
        "discount",
        "Line discount",
        _O,
        "number",
        "taken off the line, with either sign",
        "linediscount discounts discountamount lineitemdiscount rabatt remise descuento sconto desconto korting rabat",
    ),
    _field(
        "order_subtotal",
        "Subtotal of the order",
        _O,
        "number",
        "what all lines of the order bring together, after discounts; they are scaled to it",
        "subtotal ordersubtotal zwischensumme soustotal subtotale",
    ),
    _field(
        "order_discount",
        "Discount on the order",
        _O,
        "number",
        "taken off all lines of the order together, with either sign; not used where the goods of the order are stated",
        "cartdiscount coupondiscount voucherdiscount orderdiscountamount",
    ),
    _field(
        "refund",
        "Refunded amount",
        _O,
        "number",
        "given back for the whole order, with either sign",
        "refundedamount amountrefunded totalrefunded refundamount orderrefundamount",
    ),
    _field(
        "tax",
        "Tax",
        _O,
        "number",
        "tax of the line, no part of the sale",
        "taxes taxamount salestax vat vatamount mwst ust tva iva btw moms podatek",
    ),
    _field(
        "shipping",
        "Shipping",
        _O,
        "number",
        "postage of the line, no part of the sale",
        "shippingcost shippingamount shippingandhandling freight postage delivery versand versandkosten livraison "
        "envio spedizione frete verzendkosten frakt",
    ),
    _field(
        "order_total",
        "Order total",
        _O,
        "number",
        "total of the order with tax and shipping: only checked",
        "grandtotal ordertotal gesamtbetrag gesamtsumme totalcommande totalpedido",
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
        "currencycode waehrung währung waehrg währg devise moneda moeda",
    ),
    _field(
        "name",
        "Customer name",
        _OC,
        "text",
        "the customer's name",
        "customername fullname clientname buyername company companyname kundenname nomclient nombrecliente "
        "billingname billtoname contactname",
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
        "signup signedup registered createdat createdate datecreated joindate since joined",
    ),
    _field("kind", "Product type", _P, "text", "product or non_product (postage, fees)", "producttype type"),
)

BY_NAME = {field.name: field for field in FIELDS}

#: Each group needs at least one of its fields. Orders without a customer are anonymous sales.
REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "orders": (("ordered_at",), ("unit_price", "amount")),
    "customers": (("customer_key",),),
    "products": (("sku",),),
}
#: Confidence from which a column is used without asking.
CERTAIN = 0.85
_CONTAINED = 0.6
#: Fields for which a header that only contains a known name is proposed, as a question.
_WORTH_ASKING = frozenset(
    {"order_key", "customer_key", "ordered_at", "status", "quantity", "unit_price", "amount", "sku"}
)


def list_fields(rows: str) -> tuple[Field, ...]:
    """The fields a file of this kind can fill."""
    return tuple(field for field in FIELDS if rows in field.rows)


def find_missing(rows: str, columns: Iterable[str]) -> list[str]:
    """The fields a mapping still needs, in words such as `unit_price or amount`."""
    have = set(columns)
    return [" or ".join(group) for group in REQUIRED[rows] if not have.intersection(group)]


def propose_columns(headers: Iterable[str], rows: str) -> dict[str, tuple[str, float]]:
    """For each field that a header names: (header, confidence).

    Confidence 1.0: the field's own name; 0.9: a header known for it; 0.85: every word of the header means it; 0.6: a known
    header inside a longer one.
    """
    return dict(_propose_columns(tuple(headers), rows))


@lru_cache(maxsize=100)
def _propose_columns(headers: tuple[str, ...], rows: str) -> dict[str, tuple[str, float]]:
    open_headers = {header: normalize_header(header) for header in headers if not _is_again(header, headers)}
    found: dict[str, tuple[str, float]] = {}
    for confidence in (1.0, 0.9, CERTAIN, _CONTAINED):
        for field in list_fields(rows):
            if (rows, field.name, confidence) == ("orders", "name", 1.0):
                continue  # `name` among order lines is the product's
            if confidence == _CONTAINED and field.name not in _WORTH_ASKING:
                continue
            if field.name not in found and (header := _match_header(field, open_headers, confidence)) is not None:
                found[field.name] = (header, confidence)
                del open_headers[header]
    return found


def _is_again(header: str, headers: tuple[str, ...]) -> bool:
    """Whether this is the second column of a name, called `Price (2)`."""
    name = re.fullmatch(r"(.+) \(\d+\)", header)
    return name is not None and name[1] in headers


def _match_header(field: Field, headers: dict[str, str], confidence: float) -> str | None:
    if confidence == _CONTAINED:  # only long words: `updated` contains `date` by chance
        long = [name for name in field.headers if len(name) >= 6]
        return next((header for header, text in headers.items() if any(name in text for name in long)), None)
    if confidence == CERTAIN:
        return next((header for header in headers if name_field(header, {field.name}) == field.name), None)
    wanted = field.headers[:1] if confidence == 1.0 else field.headers[1:]
    by_text = {text: header for header, text in headers.items()}
    return next((by_text[word] for word in wanted if word in by_text), None)
