"""E-mail addresses, telephone numbers and dates of birth: given on the left, expected on the right."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.identity.normalization import normalize
from foresell.identity.normalization.phones import normalize_phone
from foresell.identity.record import RawRecord

# address -> e-mail, domain
MAILBOXES = [
    ("John.Smith@Acme.COM", "john.smith@acme.com", "acme.com"),
    (" <x.y@firma.de> ", "x.y@firma.de", "firma.de"),
    ("John Smith <john@acme.com>", "john@acme.com", "acme.com"),
    ("mailto:john@acme.com", "john@acme.com", "acme.com"),
    ("john+shop@acme.com", "john@acme.com", "acme.com"),
    ("John.Smith+shop@GoogleMail.com", "johnsmith@gmail.com", None),
    ("john.smith@outlook.com", "john.smith@outlook.com", None),
    ("john-shop@yahoo.co.uk", "john@yahoo.co.uk", None),
    ("jo@me.com", "jo@icloud.com", None),
    ("j@MÜLLER.de", "j@xn--mller-kva.de", "xn--mller-kva.de"),
    ("j@xn--mller-kva.de", "j@xn--mller-kva.de", "xn--mller-kva.de"),
    ("ｊｏｈｎ@acme.com", "john@acme.com", "acme.com"),
    ("bob@mail.acme.com", "bob@mail.acme.com", "acme.com"),
    ("bob@web.de", "bob@web.de", None),
    ("bob@orange.fr", "bob@orange.fr", None),
    ("bob@ziggo.nl", "bob@ziggo.nl", None),
    ("bob@telia.com", "bob@telia.com", None),
    ("bob@terra.es", "bob@terra.es", None),
    ("bob@eircom.net", "bob@eircom.net", None),
    ("bob@postbox.example", "bob@postbox.example", "postbox.example"),
]
ROLES = ["info", "Sales", "sales.uk", "office2", "kontakt", "contact", "noreply", "no-reply", "bestellung", "rechnung", "ventes", "commandes",
         "pedidos", "verkoop", "klantenservice", "faktura", "kundtjanst", "buchhaltung", "accueil", "recepcion", "accounts", "hello"]  # fmt: skip
NO_MAILBOX = ["test@acme.com", "a@example.com", "none@none.com", "n/a", "none@", "@acme.com", "xxx@acme.com", "noemail@acme.com", "john@acme",
              "john", "john@@acme.com", "john@acme.test", "john@localhost", "unbekannt@web.de", "keine@web.de", "", "aaaa@acme.com",
              "test1@acme.com", "j@-acme.com", "j ohn"]  # fmt: skip

# country, number -> digits
PHONES = [
    ("GB", "020 7946 0123", "442079460123"),
    ("GB", "(0)20-7946-0123", "442079460123"),
    ("GB", "+44 (0)20 7946 0123", "442079460123"),
    ("DE", "0044 20 7946 0123", "442079460123"),
    (None, "+44 20 7946 0123", "442079460123"),
    ("GB", "442079460123", "442079460123"),
    ("GB", "020 7946 0123 ext. 5", "442079460123"),
    ("GB", "020 7946 0123 / 07700 900123", "442079460123"),
    ("GB", "٠٢٠ ٧٩٤٦ ٠١٢٣", "442079460123"),
    ("GB", "0113 496 0727", "441134960727"),
    ("DE", "030/23125 123", "493023125123"),
    ("DE", "+49 030 23125 123", "493023125123"),
    ("FR", "01 99 00 12 34", "33199001234"),
    ("NL", "06-00123987", "31600123987"),
    ("ES", "410 135 790", "34410135790"),
    ("IE", "020 910 1379", "353209101379"),
    ("SE", "070-17406 15", "46701740615"),
    ("US", "(212) 867-5309", "12128675309"),
    ("US", "011 44 20 7946 0123", "442079460123"),
    ("US", "1-800-FLOWERS", "18003569377"),
    ("IT", "06 6982 1379", "390669821379"),
    ("AU", "0412 875 309", "61412875309"),
]
NO_PHONES = [("GB", "000000"), ("GB", "1234567"), ("GB", "020 1234567"), ("GB", "0000 000 0000"), ("GB", "+44 0000000000"), ("GB", "99999"), ("GB", "12"),
             ("US", "212 555 0123"), ("US", "555-5555"), ("GB", "n/a"), ("GB", ""), ("GB", "+"), (None, "020 7946 0123"), ("GB", "020 7946 01234567890"),
             ("XX", "123"), ("GB", "07777 777 777")]  # fmt: skip

# country, date -> ISO
BIRTH_DATES = [
    ("GB", "1980-02-01", "1980-02-01"),
    ("AU", "19800201", "1980-02-01"),
    ("GB", "1/2/1980", "1980-02-01"),
    ("US", "1/2/1980", "1980-01-02"),
    ("DE", "1.2.1980", "1980-02-01"),
    ("GB", "1/13/1980", "1980-01-13"),
    ("GB", "1980-02-30", None),
    ("GB", "1900-01-01", None),
    ("GB", "1970-01-01", None),
    ("GB", "0001-01-01", None),
    ("GB", "about 1980", None),
]


@pytest.mark.parametrize("text, email, domain", MAILBOXES)
def test_a_mailbox(text: str, email: str, domain: str | None) -> None:
    record = normalize(RawRecord(1, "crm", email=text))
    assert (record.email, record.domain) == (email, domain)
    assert record.email_user == email.partition("@")[0]


@pytest.mark.parametrize("user", ROLES)
@pytest.mark.parametrize("name", ["John Smith", "Acme Ltd"])
def test_a_role_mailbox_has_its_domain_only(user: str, name: str) -> None:
    record = normalize(RawRecord(1, "crm", name=name, email=f"{user}@acme.com"))
    assert (record.email, record.email_user, record.domain) == (None, None, "acme.com")


@pytest.mark.parametrize("text", NO_MAILBOX)
def test_no_mailbox(text: str) -> None:
    record = normalize(RawRecord(1, "crm", email=text))
    assert (record.email, record.email_user, record.domain) == (None, None, None)


def test_the_mail_domain_of_the_company_itself_says_nothing() -> None:
    record = normalize(RawRecord(1, "crm", email="till3@ourshop.com"), own_domains=frozenset(("ourshop.com",)))
    assert (record.email, record.domain) == (None, None)


@pytest.mark.parametrize("country, text, digits", PHONES)
def test_a_telephone_number(country: str | None, text: str, digits: str) -> None:
    assert normalize(RawRecord(1, "crm", phone=text, country=country)).phone == digits


@pytest.mark.parametrize("country, text", NO_PHONES)
def test_no_telephone_number(country: str | None, text: str) -> None:
    assert normalize(RawRecord(1, "crm", phone=text, country=country)).phone is None


def test_the_home_country_stands_in_for_a_missing_one() -> None:
    record = normalize(RawRecord(1, "crm", phone="020 7946 0123"), home_country="GB")
    assert (record.phone, record.country) == ("442079460123", None)


@given(
    st.sampled_from(("GB", "DE", "FR", "NL", "ES", "IE", "SE", "US", "IT", "AU", "CH", "AT", "DK", "PL", "BR", "MX", "JP")),
    st.sampled_from(("", "0", "00", "+", "+44", "1", "011")),
    st.text("0123456789", min_size=3, max_size=14),
)  # fmt: skip
def test_the_short_way_gives_the_digits_of_phonenumbers(country: str, prefix: str, digits: str) -> None:
    """For every number that phonenumbers holds valid; 00 stands for + in every country."""
    text = prefix + digits
    ours = normalize_phone(text, country)
    try:
        theirs = phonenumbers.parse(f"+{text[2:]}" if text.startswith("00") else text, country)
    except phonenumbers.NumberParseException:
        assert ours is None
        return
    written = phonenumbers.format_number(theirs, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    assert ours in (None, written)
    if ours is None and phonenumbers.is_valid_number(theirs):
        bare = phonenumbers.national_significant_number(theirs)
        filled = bare[-7:] in "0123456789" * 2 or bare[-7:] in "9876543210" * 2 or len(set(bare[-7:])) < 3
        assert len(bare) < 6 or filled or "55501" in bare


@pytest.mark.parametrize("country, text, iso", BIRTH_DATES)
def test_a_date_of_birth(country: str, text: str, iso: str | None) -> None:
    assert normalize(RawRecord(1, "crm", name="Ann Lee", birth_date=text, country=country)).birth_date == iso
