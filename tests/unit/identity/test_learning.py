"""Decisions move the weights where they are enough and help on those held out; else nothing changes, with the reason."""

from __future__ import annotations

import dataclasses
from typing import Any

import pyarrow as pa
import pytest

from foresell.identity.learning import FEWEST_OF_EACH, recalibrate
from foresell.identity.model import Calibration, starting_model
from foresell.identity.record import SCHEMA, Record
from foresell.identity.scorer import score

MODEL = starting_model("person", 1000)


def person(number: int, first: str, *, phone: str, email: str) -> Record:
    return Record(
        number, "shop", "person", f"{first} lee", first=first, first_root=first, last="lee", phone=phone,
        email=f"{email}@mail.example", email_user=email,
    )  # fmt: skip


def table(records: list[Record]) -> pa.Table:
    return pa.Table.from_pylist([dataclasses.asdict(record) for record in records], schema=SCHEMA)


def decided(count: int, *, held_out_every: int = 5, honest: bool = True) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Pairs with the same phone. The same person where the e-mail agrees; an office's phone where it does not."""
    records, decisions = [], []
    for number in range(count):
        same = number % 2 == 0
        a, b = 2 * number, 2 * number + 1
        records += [
            person(a, "anna", phone=f"44{number}", email=f"anna{number}"),
            person(b, "anna", phone=f"44{number}", email=f"anna{number}" if same else f"other{number}x"),
        ]
        held_out = number % held_out_every == 0
        verdict = same if honest or not held_out else not same
        decisions.append(
            {"record_a": a, "record_b": b, "verdict": "same" if verdict else "different", "held_out": held_out}
        )
    return table(records), decisions


def test_without_decisions_the_model_stays() -> None:
    model = recalibrate(MODEL, table([]), [])
    assert (model.calibration, model.origin) == (Calibration(), MODEL.origin)
    assert "at least" in model.card["decisions"]["sentence"]


@pytest.mark.parametrize(("count", "learns"), [(2 * FEWEST_OF_EACH, False), (60, True)])
def test_few_decisions_teach_nothing(count: int, learns: bool) -> None:
    model = recalibrate(MODEL, *decided(count))
    assert (model.origin == "recalibrated") is learns


def test_decisions_move_the_weight_of_what_misled() -> None:
    records, decisions = decided(100)
    model = recalibrate(MODEL, records, decisions)
    a = person(1, "anna", phone="44777", email="anna777")
    b = person(2, "anna", phone="44777", email="someone")
    assert score(model, a, b).weight < score(MODEL, a, b).weight
    figures = model.card["decisions"]
    assert figures["after"]["log_loss"] < figures["before"]["log_loss"]
    assert figures["after"]["precision"]["share"] == 1.0


def test_what_is_worse_on_held_out_decisions_is_not_used() -> None:
    model = recalibrate(MODEL, *decided(100, honest=False))
    assert model.calibration == Calibration()
    assert "not used" in model.card["decisions"]["sentence"] or "too few" in model.card["decisions"]["sentence"]
