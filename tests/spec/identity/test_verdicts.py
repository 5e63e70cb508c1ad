"""What is done with a pair of records: the evidence, and the guards that keep families and branches apart.

Each row: what the second record has instead of the first's values ("-": missing), and the verdict. The model is the one that a
new installation starts with, for 100,000 records.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from foresell.identity.explanation import explain
from foresell.identity.guards import judge
from foresell.identity.model import Thresholds, starting_model
from foresell.identity.record import Record
from foresell.identity.scorer import Scorer, score

ANN = Record(
    1, "shop", "person", first="ann", first_root="ann", last="lindqvist", email="bee.keeper@post.example",
    email_user="bee.keeper", phone="442079460001", street="mill lane", house="7", postcode="ab12cd", city="aberdeen",
)  # fmt: skip
FIRM = Record(
    1, "shop", "company", name="kestrel roofing", tokens="kestrel roofing", legal_form="ltd", email="jo@kestrel.example",
    email_user="jo", domain="kestrel.example", phone="442079460002", street="mill lane", house="9", postcode="ab12cd",
    city="aberdeen",
)  # fmt: skip
MOVED = {"street": "quay street", "house": "40", "postcode": "zz99zz", "city": "lerwick"}
NO_ADDRESS = dict.fromkeys(("street", "house", "postcode", "city"))
NO_CONTACT = dict.fromkeys(("email", "email_user", "domain", "phone"))


def other(record: Record, **values: str | None) -> Record:
    return replace(record, record_id=2, source="crm", **values)


PERSONS = [
    ("equal in all fields", {}, "merge", None),
    ("moved, same e-mail", {**MOVED, "phone": None}, "merge", None),
    ("moved, same phone", {**MOVED, "email": None, "email_user": None}, "merge", None),
    ("typo in the last name", {"last": "lindqvst"}, "merge", None),
    ("initial only", {"first": "a", "first_root": "a"}, "merge", None),
    ("swapped names", {"first": "lindqvist", "first_root": "lindqvist", "last": "ann"}, "merge", None),
    ("one digit of the phone", {"phone": "442079460009", "email": None, "email_user": None}, "merge", None),
    ("another first name, same address", {"first": "bo", "first_root": "bo", **NO_CONTACT}, "related", "household"),
    ("another first name, same phone", {"first": "bo", "first_root": "bo", **NO_ADDRESS, "email": None}, "related", "household"),
    ("another first name, same e-mail", {"first": "bo", "first_root": "bo", "phone": None}, "review", None),
    ("another name, same e-mail and phone", {"first": "bo", "first_root": "bo", "last": "ek", **MOVED}, "review", None),
    ("same name only", {**NO_CONTACT, **NO_ADDRESS}, "none", None),
    ("same name, other contact data, other city", {**MOVED, "phone": "442079461234", "email": "ann.l@b.example", "email_user": "ann.l"}, "none", None),
    ("another person", {"first": "bo", "first_root": "bo", "last": "ek", **NO_CONTACT, **MOVED}, "none", None),
]  # fmt: skip

COMPANIES = [
    ("equal in all fields", {}, "merge", None),
    ("same phone, no e-mail", {"email": None, "domain": None, "street": None, "house": None}, "merge", None),
    ("a branch: same name and domain elsewhere", {**MOVED, "email": None, "phone": None}, "related", "branch"),
    ("a branch that answers by itself", {**MOVED, "email": "info2@kestrel.example", "phone": "442079461111"}, "related", "branch"),
    ("same domain, no address", {"email": None, "phone": None, **NO_ADDRESS}, "review", None),
    ("another company at the same address", {"name": "owl bakery", "tokens": "owl bakery", **NO_CONTACT}, "related", "premises"),
    ("another legal form", {"legal_form": "plc"}, "review", None),
    ("another company", {"name": "owl bakery", "tokens": "owl bakery", **NO_CONTACT, **MOVED}, "none", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "values", "verdict", "relation"),
    [
        pytest.param(first, values, verdict, relation, id=f"{first.kind}: {case}")
        for first, cases in ((ANN, PERSONS), (FIRM, COMPANIES))
        for case, values, verdict, relation in cases
    ],
)
def test_verdict(first: Record, values: dict[str, str | None], verdict: str, relation: str | None) -> None:
    scored = score(starting_model(first.kind, 100_000), first, other(first, **values))
    found = scored.judge()
    assert (found.verdict, found.relation) == (verdict, relation), scored.evidence


def test_father_and_son_are_a_household() -> None:
    father, son = replace(ANN, generation="sr"), other(ANN, generation="jr", email=None)
    found = score(starting_model("person", 100_000), father, son).judge()
    assert (found.verdict, found.relation) == ("related", "household")


def test_one_who_is_called_junior_may_be_the_son_of_the_other_unless_the_mailbox_is_the_same() -> None:
    scorer = Scorer(starting_model("person", 100_000))
    junior = other(ANN, generation="jr", email="ann.l@b.example", email_user="ann.l")
    found = scorer.score(ANN, junior).judge()
    assert (found.verdict, found.relation) == ("related", "household")
    assert scorer.score(ANN, replace(junior, email=None, email_user=None)).judge().verdict == "review"
    assert scorer.score(ANN, other(ANN, generation="jr")).judge().verdict == "merge"


@pytest.mark.parametrize(
    ("case", "values", "birth_date", "verdict"),
    [
        ("same birth date", {}, "1980-05-17", "merge"),
        ("other birth date", {}, "1955-01-02", "review"),
        ("married: other last name, same address and birth date", {"last": "berg", "email": None}, "1980-05-17", "merge"),
        ("twins: other first name, same address and birth date", {"first": "bo", "first_root": "bo", "email": None},
         "1980-05-17", "related"),
    ],
)  # fmt: skip
def test_a_birth_date_decides(case: str, values: dict[str, str | None], birth_date: str, verdict: str) -> None:
    scored = score(
        starting_model("person", 100_000),
        replace(ANN, birth_date="1980-05-17"),
        other(ANN, birth_date=birth_date, **values),
    )
    assert scored.judge().verdict == verdict, (case, scored.evidence)


def test_a_decision_goes_before_the_evidence() -> None:
    scorer = Scorer(starting_model("person", 100_000))
    twin = other(ANN)
    stranger = other(ANN, first="bo", first_root="bo", last="ek", **NO_CONTACT, **MOVED)
    assert scorer.score(ANN, twin).judge("different").verdict == "none"
    assert scorer.score(ANN, stranger).judge("same").verdict == "merge"


def test_without_guards_only_the_bits_decide() -> None:
    scored = score(starting_model("person", 100_000), ANN, other(ANN, first="bo", first_root="bo", last="ek"))
    assert scored.judge().verdict == "review"
    assert judge("person", Thresholds(guarded=False), scored.weight, scored.codes).verdict == "merge"


def test_an_explanation_names_each_field_and_no_value() -> None:
    scored = score(starting_model("person", 100_000), ANN, other(ANN, phone=None, city="perth"))
    lines = explain(scored.evidence, scored.weight).sentences
    assert lines[0].startswith("Two records taken at random: rarely one customer (-")
    assert any(line.startswith("E-mail: same e-mail (+") for line in lines)
    assert any("Not compared" in line and "phone" in line for line in lines)
    assert lines[-1].endswith("to 1 that they are the same.")
    text = " ".join(lines).lower()
    assert not [value for value in ("lindqvist", "bee.keeper", "mill", "aberdeen", "perth") if value in text]
