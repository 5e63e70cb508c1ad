"""Letters come out right in any encoding, or the note names the other encoding."""

from __future__ import annotations

import pytest

from foresell.sources.files.file_sniffing import describe_encoding, detect_encoding
from tests.spec.sources.conftest import HEADER, Stage

TEXTS = {
    "German": "Müller & Söhne; Größe; Bäckerei Weiß",
    "French": "Café crème, déjà, François Noël",
    "Spanish": "España, señor García",
    "Swedish": "Åke Sjöberg, Malmö",
    "Portuguese": "São João, ação",
    "Polish": "Żabka, Łódź, wartość średnia, zażółć gęślą jaźń",
    "Polish, few": "Łódź; Kraków",
    "Czech": "Příliš žluťoučký kůň, Dvořák",
    "Hungarian": "Győr, őszibarack, tűzoltó",
    "Romanian": "Braşov, Iaşi, ţară",
    "Russian": "Привет, мир; Москва",
    "pounds": "£5.00, £7.50",
    "a name and pounds": "Zoë £7",
    "typography": "“Mug” – large\u00a0one…",
}
WESTERN = ("German", "French", "Spanish", "Swedish", "Portuguese", "pounds", "a name and pounds", "typography")
CENTRAL = ("Polish", "Polish, few", "Czech", "Hungarian", "Romanian")
CASES = [
    *((name, "cp1252") for name in WESTERN),
    *((name, "mac-roman") for name in ("German", "French", "Swedish", "Portuguese")),
    *((name, encoding) for name in CENTRAL for encoding in ("cp1250", "iso8859-2")),
    ("Russian", "cp1251"),
    *(
        (name, encoding)
        for name in TEXTS
        for encoding in ("utf-8-sig", "utf-16", "utf-16-le")[: 2 if name == "Russian" else 3]
    ),
]


@pytest.mark.parametrize(("name", "encoding"), CASES)
def test_letters(stage: Stage, name: str, encoding: str) -> None:
    text = TEXTS[name].replace(",", "").replace(";", "")
    content = HEADER + f"1,Ann,2024-01-05,X,{text},1,1\n2,Ann,2024-01-05,Y,Mug,1,1\n"
    assert {product[1] for product in stage(content.encode(encoding)).products} == {text, "Mug"}


def test_a_doubt_names_the_other_encoding_and_shows_a_word() -> None:
    spain = "España".encode("cp1252")
    assert describe_encoding(spain, detect_encoding(spain, utf8=False)) == (
        "Encoding: Western (Windows-1252) or Central European (Windows-1250)? It was read as Windows-1252: 'España', not "
        "'Espańa'. To change that, set encoding = 'cp1250' under [dialect] in the mapping."
    )


def test_where_statistics_fail_the_note_has_the_right_letters() -> None:
    spain = "España".encode("mac-roman")
    assert "not 'España'" in describe_encoding(spain, detect_encoding(spain, utf8=False))


def test_without_a_doubt_only_the_encoding_is_named() -> None:
    city = "Łódź".encode("cp1250")
    note = "Encoding: Windows-1250. Wrong letters? Choose another encoding in the mapping."
    assert describe_encoding(city, detect_encoding(city, utf8=False)) == note
