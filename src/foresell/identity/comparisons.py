"""How two records are compared, declared once: persons and companies are two lists of comparisons.

A comparison is a list of levels, most alike first; the first level whose condition holds is the level of a pair. Each level
has its condition twice: as DuckDB SQL over columns `x_l` and `x_r`, for training and for all pairs at once, and as Python,
for one pair on arrival. A property test proves them equal.

Thresholds of the Jaro-Winkler similarity are .845, .855, .915 and .945: no pair of words has exactly these values, so that
SQL and Python never differ by rounding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from foresell.identity.record import Kind, Record

Condition = Callable[[Record, Record], bool]

#: The level of a pair in which a field is missing, or says nothing beyond another field.
MISSING = -1

#: Columns derived from others, whose frequencies count: {name: (DuckDB SQL over one record, Python)}.
TERMS: dict[str, tuple[str, Callable[[Record], str | None]]] = {
    "full_name": ("first || ' ' || last", lambda record: f"{record.first} {record.last}"),
    "last": ("last", lambda record: record.last),
    "tokens": ("tokens", lambda record: record.tokens),
    "first_word": ("split_part(tokens, ' ', 1)", lambda record: record.tokens and record.tokens.split(" ", 1)[0]),
}


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of likeness. `name` is in plain words and unique in its comparison.

    equal: columns whose equal values are this level, where it is so rare that a random sample of pairs does not hold it.
    term: the column of TERMS whose frequency tells how much the likeness is worth; base: the level whose u is the average
    of that frequency (default: this one). compatible: the names can be one person's or company's. strong: identifies.
    """

    name: str
    sql: str
    holds: Condition
    equal: tuple[str, ...] = ()
    term: str | None = None
    base: str | None = None
    compatible: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: `missing` (SQL and Python) where it says nothing, levels most alike first, the name of all else."""

    name: str
    label: str
    missing_sql: str
    missing: Condition
    levels: tuple[Level, ...]
    otherwise: str

    def code(self, a: Record, b: Record) -> int:
        """The level of a pair as a number: MISSING, 0 for all else, and higher the more alike."""
        if self.missing(a, b):
            return MISSING
        number = len(self.levels)
        for level in self.levels:
            if level.holds(a, b):
                return number
            number -= 1
        return 0

    def code_sql(self) -> str:
        """The same as a DuckDB expression."""
        count = len(self.levels)
        cases = " ".join(f"when {level.sql} then {count - index}" for index, level in enumerate(self.levels))
        return f"case when {self.missing_sql} then {MISSING} {cases} else 0 end"

    def level(self, code: int) -> Level | None:
        """The level of a number; None for MISSING and for all else."""
        return self.levels[len(self.levels) - code] if code > 0 else None

    def level_name(self, code: int) -> str:
        """The name of a level by its number."""
        level = self.level(code)
        return level.name if level else self.otherwise if code == 0 else "not compared"

    def code_of(self, name: str) -> int:
        """The number of a level by its name. Raises KeyError for an unknown name."""
        if name == self.otherwise:
            return 0
        for index, level in enumerate(self.levels):
            if level.name == name:
                return len(self.levels) - index
        raise KeyError(name)


def is_similar(x: str | None, y: str | None, threshold: float) -> bool:
    """Whether the Jaro-Winkler similarity of two words, as DuckDB computes it over bytes, reaches a threshold above 0."""
    if not x or not y:
        return False
    if x.isascii() and y.isascii():
        return JaroWinkler.similarity(x, y, score_cutoff=threshold) > 0
    return JaroWinkler.similarity(x.encode(), y.encode(), score_cutoff=threshold) > 0


def is_typo(x: str | None, y: str | None, edits: int = 1) -> bool:
    """Whether so few letters left out, added, replaced or swapped with a neighbour make one text of the other.

    Most pairs are told apart by their similarity, which is ten times faster to compute than the edits.
    """
    if not x or not y or not is_similar(x, y, 0.845):
        return False
    if x.isascii() and y.isascii():
        return DamerauLevenshtein.distance(x, y, score_cutoff=edits) <= edits
    return DamerauLevenshtein.distance(x.encode(), y.encode(), score_cutoff=edits) <= edits


def _typo_sql(column: str, edits: int = 1) -> str:
    """The same in DuckDB, of one column."""
    return (
        f"jaro_winkler_similarity({column}_l, {column}_r) >= 0.845"
        f" and damerau_levenshtein({column}_l, {column}_r) <= {edits}"
    )


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def _are_same_first(a: Record, b: Record) -> bool:
    return a.first_root is not None and a.first_root == b.first_root


def _is_initial(a: Record, b: Record) -> bool:
    x, y = a.first, b.first
    return bool(x and y) and (len(x) == 1 or len(y) == 1) and x[0] == y[0]  # type: ignore[index,arg-type]


def _is_part(x: str, y: str) -> bool:
    return x.startswith(y + " ") or x.endswith(" " + y) or y.startswith(x + " ") or y.endswith(" " + x)


_PART = (
    "(starts_with(last_l, last_r || ' ') or ends_with(last_l, ' ' || last_r)"
    " or starts_with(last_r, last_l || ' ') or ends_with(last_r, ' ' || last_l))"
)

_INITIAL = "(length(first_l) = 1 or length(first_r) = 1) and first_l[1] = first_r[1]"
_NAME_WORDS = "list_sort(string_split(first_{side} || ' ' || last_{side}, ' '))"
_SWAPPED = (
    "strlen(first_l) + strlen(last_l) = strlen(first_r) + strlen(last_r)"
    f" and {_NAME_WORDS.format(side='l')} = {_NAME_WORDS.format(side='r')}"
)


def _name_words(record: Record) -> list[bytes]:
    return sorted(f"{record.first} {record.last}".encode().split(b" "))


PERSON_NAME = Comparison(
    "name",
    "Name",
    "last_l is null or last_r is null",
    lambda a, b: a.last is None or b.last is None,
    (
        Level(
            "same first and last name",
            "first_l = first_r and last_l = last_r",
            lambda a, b: a.last == b.last and a.first is not None and a.first == b.first,
            equal=("first", "last"),
            term="full_name",
            compatible=True,
        ),
        Level(
            "nickname, same last name",
            "last_l = last_r and first_root_l = first_root_r",
            lambda a, b: a.last == b.last and _are_same_first(a, b),
            equal=("first_root", "last"),
            term="last",
            base="same last name, other first name",
            compatible=True,
        ),
        Level(
            "swapped names",
            _SWAPPED,
            lambda a, b: a.first is not None and b.first is not None and _name_words(a) == _name_words(b),
            compatible=True,
        ),
        Level(
            "initial only, same last name",
            f"last_l = last_r and {_INITIAL}",
            lambda a, b: a.last == b.last and _is_initial(a, b),
            term="last",
            base="same last name, other first name",
            compatible=True,
        ),
        Level(
            "first name differs by a typo",
            "last_l = last_r and jaro_winkler_similarity(first_l, first_r) >= 0.845",
            lambda a, b: a.last == b.last and is_similar(a.first, b.first, 0.845),
            term="last",
            base="same last name, other first name",
            compatible=True,
        ),
        Level(
            "last name differs by a typo",
            f"first_root_l = first_root_r and (jaro_winkler_similarity(last_l, last_r) >= 0.915 or ({_typo_sql('last')}))",
            lambda a, b: _are_same_first(a, b) and (is_similar(a.last, b.last, 0.915) or is_typo(a.last, b.last)),
            compatible=True,
        ),
        Level(
            "part of a double last name",
            f"first_root_l = first_root_r and {_PART}",
            lambda a, b: _are_same_first(a, b) and _is_part(a.last, b.last),  # type: ignore[arg-type]
            compatible=True,
        ),
        Level(
            "initial only, last name differs by a typo",
            f"{_INITIAL} and (jaro_winkler_similarity(last_l, last_r) >= 0.915 or ({_typo_sql('last')}))",
            lambda a, b: _is_initial(a, b) and (is_similar(a.last, b.last, 0.915) or is_typo(a.last, b.last)),
            compatible=True,
        ),
        Level(
            "both names differ by a typo",
            "jaro_winkler_similarity(first_l, first_r) >= 0.855 and jaro_winkler_similarity(last_l, last_r) >= 0.855",
            lambda a, b: is_similar(a.last, b.last, 0.855) and is_similar(a.first, b.first, 0.855),
            compatible=True,
        ),
        Level(
            "swapped names, with a typo",
            "jaro_winkler_similarity(first_l, last_r) >= 0.845 and jaro_winkler_similarity(last_l, first_r) >= 0.845",
            lambda a, b: is_similar(a.first, b.last, 0.845) and is_similar(a.last, b.first, 0.845),
            compatible=True,
        ),
        Level(
            "same last name, first name missing",
            "last_l = last_r and (first_l is null or first_r is null)",
            lambda a, b: a.last == b.last and (a.first is None or b.first is None),
            term="last",
            base="same last name, other first name",
        ),
        Level(
            "same last name, other first name",
            "last_l = last_r",
            lambda a, b: a.last == b.last,
            term="last",
        ),
        Level(
            "same first name, other last name",
            "first_root_l = first_root_r",
            _are_same_first,
        ),
    ),
    "different name",
)

MIDDLE = Comparison(
    "middle",
    "Middle name",
    "middle_l is null or middle_r is null",
    lambda a, b: a.middle is None or b.middle is None,
    (
        Level(
            "same middle initial",
            "starts_with(middle_l, middle_r) or starts_with(middle_r, middle_l)",
            lambda a, b: a.middle.startswith(b.middle) or b.middle.startswith(a.middle),  # type: ignore[union-attr,arg-type]
        ),
    ),
    "other middle initial",
)

GENERATION = Comparison(
    "generation",
    "Generation",
    "generation_l is null and generation_r is null",
    lambda a, b: a.generation is None and b.generation is None,
    (
        Level(
            "same generation",
            "generation_l = generation_r",
            lambda a, b: a.generation is not None and a.generation == b.generation,
        ),
        Level(
            "only one has a generation",
            "generation_l is null or generation_r is null",
            lambda a, b: a.generation is None or b.generation is None,
        ),
    ),
    "other generation (father and son)",
)

BIRTH_DATE = Comparison(
    "birth_date",
    "Birth date",
    "birth_date_l is null or birth_date_r is null",
    lambda a, b: a.birth_date is None or b.birth_date is None,
    (
        Level(
            "same birth date",
            "birth_date_l = birth_date_r",
            lambda a, b: a.birth_date == b.birth_date,
            equal=("birth_date",),
            strong=True,
        ),
        Level(
            "birth date differs by a typo",
            _typo_sql("birth_date"),
            lambda a, b: is_typo(a.birth_date, b.birth_date),
        ),
        Level(
            "day and month swapped",
            "birth_date_l[1:5] || birth_date_l[9:10] || birth_date_l[8:8] || birth_date_l[6:7] = birth_date_r",
            lambda a, b: _swap_day_and_month(a.birth_date) == b.birth_date,  # type: ignore[arg-type]
        ),
        Level(
            "birth date differs in two places",
            _typo_sql("birth_date", 2),
            lambda a, b: is_typo(a.birth_date, b.birth_date, 2),
        ),
    ),
    "other birth date",
)


def _swap_day_and_month(date: str) -> str:
    return date[:5] + date[8:10] + date[7:8] + date[5:7]


_LETTERS = "regexp_replace(email_user_{side}, '[^a-z]', '', 'g')"
_NOT_LETTERS = re.compile("[^a-z]")


def _are_other_mailboxes_of_a_name(a: Record, b: Record) -> bool:
    x, y = a.email_user, b.email_user
    if x is None or y is None or a.email == b.email:
        return False
    letters = _NOT_LETTERS.sub("", x)
    if letters != _NOT_LETTERS.sub("", y):
        return False
    return any(last is not None and _NOT_LETTERS.sub("", last) in letters for last in (a.last, b.last))


#: Two mailboxes that both are made of the same name ("ann.lee@a", "annlee7@b") say nothing that the name does not say.
_OTHER_MAILBOXES_OF_A_NAME = (
    f"(email_l <> email_r and {_LETTERS.format(side='l')} = {_LETTERS.format(side='r')}"
    f" and (contains({_LETTERS.format(side='l')}, regexp_replace(last_l, '[^a-z]', '', 'g'))"
    f" or contains({_LETTERS.format(side='l')}, regexp_replace(last_r, '[^a-z]', '', 'g'))))"
)

PERSON_EMAIL = Comparison(
    "email",
    "E-mail",
    f"email_l is null or email_r is null or {_OTHER_MAILBOXES_OF_A_NAME}",
    lambda a, b: a.email is None or b.email is None or _are_other_mailboxes_of_a_name(a, b),
    (
        Level(
            "same e-mail",
            "email_l = email_r",
            lambda a, b: a.email == b.email,
            equal=("email",),
            strong=True,
        ),
        Level(
            "e-mail differs by a typo",
            f"{_typo_sql('email')}"
            " and regexp_replace(email_l, '[^0-9]', '', 'g') = regexp_replace(email_r, '[^0-9]', '', 'g')",
            lambda a, b: is_typo(a.email, b.email) and _digits(a.email) == _digits(b.email),  # type: ignore[arg-type]
            strong=True,
        ),
        Level(
            "same mailbox name at another provider",
            "email_user_l = email_user_r",
            lambda a, b: a.email_user is not None and a.email_user == b.email_user,
        ),
    ),
    "different e-mail",
)

PHONE = Comparison(
    "phone",
    "Phone",
    "phone_l is null or phone_r is null",
    lambda a, b: a.phone is None or b.phone is None,
    (
        Level("same phone", "phone_l = phone_r", lambda a, b: a.phone == b.phone, equal=("phone",), strong=True),
        Level(
            "phone differs by one digit",
            _typo_sql("phone"),
            lambda a, b: is_typo(a.phone, b.phone),
            strong=True,
        ),
    ),
    "different phone",
)


def _are_same_city(a: Record, b: Record) -> bool:
    return a.city is not None and a.city == b.city


ADDRESS = Comparison(
    "address",
    "Address",
    "(postcode_l is null or postcode_r is null) and (street_l is null or street_r is null)"
    " and (city_l is null or city_r is null)",
    lambda a, b: (
        (a.postcode is None or b.postcode is None)
        and (a.street is None or b.street is None)
        and (a.city is None or b.city is None)
    ),
    (
        Level(
            "same street, house number and postcode",
            "postcode_l = postcode_r and house_l = house_r and street_l = street_r",
            lambda a, b: (
                a.postcode is not None
                and a.postcode == b.postcode
                and a.street is not None
                and a.street == b.street
                and a.house is not None
                and a.house == b.house
            ),
            equal=("street", "house", "postcode"),
            strong=True,
        ),
        Level(
            "same house number and postcode",
            "postcode_l = postcode_r and house_l = house_r",
            lambda a, b: (
                a.postcode is not None and a.postcode == b.postcode and a.house is not None and a.house == b.house
            ),
            equal=("house", "postcode"),
            strong=True,
        ),
        Level(
            "same street and house number, postcode differs",
            "house_l = house_r and jaro_winkler_similarity(street_l, street_r) >= 0.945"
            f" and (jaro_winkler_similarity(city_l, city_r) >= 0.845 or ({_typo_sql('postcode')}))",
            lambda a, b: (
                a.house is not None
                and a.house == b.house
                and is_similar(a.street, b.street, 0.945)
                and (is_similar(a.city, b.city, 0.845) or is_typo(a.postcode, b.postcode))
            ),
            strong=True,
        ),
        Level(
            "same street, other house number",
            "jaro_winkler_similarity(street_l, street_r) >= 0.945"
            " and (postcode_l = postcode_r or jaro_winkler_similarity(city_l, city_r) >= 0.845)",
            lambda a, b: (
                is_similar(a.street, b.street, 0.945)
                and ((a.postcode is not None and a.postcode == b.postcode) or is_similar(a.city, b.city, 0.845))
            ),
        ),
        Level(
            "same postcode",
            "postcode_l = postcode_r",
            lambda a, b: a.postcode is not None and a.postcode == b.postcode,
            equal=("postcode",),
        ),
        Level(
            "same street and house number in another place",
            "house_l = house_r and jaro_winkler_similarity(street_l, street_r) >= 0.945",
            lambda a, b: a.house is not None and a.house == b.house and is_similar(a.street, b.street, 0.945),
        ),
        Level(
            "same city, postcode differs by a typo",
            f"city_l = city_r and {_typo_sql('postcode')}",
            lambda a, b: _are_same_city(a, b) and is_typo(a.postcode, b.postcode),
        ),
        Level("same city", "city_l = city_r", _are_same_city, equal=("city",)),
    ),
    "different address",
)


_WORDS = ("string_split(tokens_l, ' ')", "string_split(tokens_r, ' ')")

COMPANY_NAME = Comparison(
    "name",
    "Name",
    "tokens_l is null or tokens_r is null",
    lambda a, b: a.tokens is None or b.tokens is None,
    (
        Level(
            "same name",
            "tokens_l = tokens_r",
            lambda a, b: a.tokens == b.tokens,
            equal=("tokens",),
            term="tokens",
            compatible=True,
        ),
        Level(
            "same words in another sequence",
            f"list_sort({_WORDS[0]}) = list_sort({_WORDS[1]})",
            lambda a, b: sorted(a.tokens.encode().split(b" ")) == sorted(b.tokens.encode().split(b" ")),  # type: ignore[union-attr]
            compatible=True,
        ),
        Level(
            "name differs by a typo",
            "jaro_winkler_similarity(tokens_l, tokens_r) >= 0.945 and damerau_levenshtein(tokens_l, tokens_r) <= 2",
            lambda a, b: is_similar(a.tokens, b.tokens, 0.945) and is_typo(a.tokens, b.tokens, 2),
            compatible=True,
        ),
        Level(
            "one name has all words of the other",
            f"list_has_all({_WORDS[0]}, {_WORDS[1]}) or list_has_all({_WORDS[1]}, {_WORDS[0]})",
            lambda a, b: _has_all_words(a.tokens, b.tokens),  # type: ignore[arg-type]
            compatible=True,
        ),
        Level(
            "similar name",
            "jaro_winkler_similarity(tokens_l, tokens_r) >= 0.915",
            lambda a, b: is_similar(a.tokens, b.tokens, 0.915),
            compatible=True,
        ),
        Level(
            "same first word",
            "split_part(tokens_l, ' ', 1) = split_part(tokens_r, ' ', 1)",
            lambda a, b: a.tokens.split(" ", 1)[0] == b.tokens.split(" ", 1)[0],  # type: ignore[union-attr]
            term="first_word",
        ),
        Level(
            "a word in common",
            f"list_has_any({_WORDS[0]}, {_WORDS[1]})",
            lambda a, b: not set(a.tokens.split(" ")).isdisjoint(b.tokens.split(" ")),  # type: ignore[union-attr]
        ),
    ),
    "different name",
)


def _has_all_words(x: str, y: str) -> bool:
    left, right = set(x.split(" ")), set(y.split(" "))
    return left <= right or right <= left


LEGAL_FORM = Comparison(
    "legal_form",
    "Legal form",
    "legal_form_l is null or legal_form_r is null",
    lambda a, b: a.legal_form is None or b.legal_form is None,
    (Level("same legal form", "legal_form_l = legal_form_r", lambda a, b: a.legal_form == b.legal_form),),
    "other legal form",
)

COMPANY_NUMBER = Comparison(
    "company_number",
    "Company number",
    "company_number_l is null or company_number_r is null",
    lambda a, b: a.company_number is None or b.company_number is None,
    (
        Level(
            "same company number",
            "company_number_l = company_number_r",
            lambda a, b: a.company_number == b.company_number,
            equal=("company_number",),
            strong=True,
        ),
        Level(
            "company number differs by one sign",
            _typo_sql("company_number"),
            lambda a, b: is_typo(a.company_number, b.company_number),
        ),
    ),
    "other company number",
)

COMPANY_EMAIL = Comparison(
    "email",
    "E-mail and domain",
    "(email_l is null or email_r is null) and (domain_l is null or domain_r is null)",
    lambda a, b: (a.email is None or b.email is None) and (a.domain is None or b.domain is None),
    (
        Level(
            "same e-mail",
            "email_l = email_r",
            lambda a, b: a.email is not None and a.email == b.email,
            equal=("email",),
            strong=True,
        ),
        Level(
            "same web domain",
            "domain_l = domain_r",
            lambda a, b: a.domain is not None and a.domain == b.domain,
            equal=("domain",),
        ),
        Level(
            "e-mail differs by a typo",
            _typo_sql("email"),
            lambda a, b: is_typo(a.email, b.email),
            strong=True,
        ),
    ),
    "different e-mail and domain",
)

#: The comparisons of each kind, in the sequence in which an explanation lists them.
COMPARISONS: dict[Kind, tuple[Comparison, ...]] = {
    "person": (PERSON_NAME, MIDDLE, GENERATION, BIRTH_DATE, PERSON_EMAIL, PHONE, ADDRESS),
    "company": (COMPANY_NAME, LEGAL_FORM, COMPANY_NUMBER, COMPANY_EMAIL, PHONE, ADDRESS),
}
