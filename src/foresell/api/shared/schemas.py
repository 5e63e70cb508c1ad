"""Schemas that several resources use."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, create_model

from foresell.scores import registry
from foresell.types import ScoreColumn

#: The number of a row in a path, where the database keeps it in 32 or in 64 bits.
Number = Annotated[int, Path(ge=1, lt=2**31)]
LargeNumber = Annotated[int, Path(ge=1, lt=2**63)]
#: The pattern of a text of which something is left once `str.strip` was called. It also removes the separators from U+001C to
#: U+001F, which are no white space for a regular expression.
NOT_BLANK = r"[^\s\x1c-\x1f]"

#: A customer's id in a body.
CustomerKey = Annotated[str, Field(pattern=r"^[Cc]\d{6,18}$", examples=["C000123"])]


class Body(BaseModel):
    """A request body; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class UserRef(BaseModel):
    """A user, by number and name."""

    user_id: int
    name: str | None = Field(description="null where you may not see it.")


_PYTHON_TYPES: dict[str, Any] = {"text": str, "integer": int, "number": float, "date": date}


def _score_field(column: ScoreColumn) -> tuple[Any, Any]:
    """The field of one score column: its type, description and an example."""
    python_type = _PYTHON_TYPES[column.type]
    about = Field(description=column.description, examples=[column.example])
    return (python_type | None if column.nullable else python_type), about


#: One customer of the list. The columns of scores come from their registry.
if TYPE_CHECKING:
    ListedCustomer = BaseModel
else:
    ListedCustomer = create_model(
        "ListedCustomer",
        __doc__="One customer of the list. Probabilities are of the days after as_of; money is net revenue.",
        __base__=BaseModel,
        customer_id=(str, ...),
        name=(str | None, ...),
        country=(str | None, ...),
        completeness=(
            float | None,
            Field(description="How complete what is known of the customer is, from 0 to 1.", examples=[0.75]),
        ),
        **{column.name: _score_field(column) for column in registry.list_columns()},
        reasons=(
            list[str],
            Field(
                description="Up to three factors of the chance to order, the strongest first; for the most likely buyers."
            ),
        ),
        owner=(UserRef | None, ...),
    )


class Job(BaseModel):
    """Something the worker was asked to do."""

    job_id: int
    kind: Literal["inspect", "load", "undo", "refresh", "load_sample", "remove_sample", "sync"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int = Field(description="Number of attempts: more than one when a worker died.")
    step: str | None = Field(description="What is being counted.", examples=["lines written"])
    done: int | None
    total: int | None = Field(description="null when unknown.")
    result: dict[str, Any] = Field(description="Ids and counts.")
    error: str | None
    remedy: str | None


class StandardForm(BaseModel):
    """A value as its source writes it, and how it is written by a rule; the source's value is never changed."""

    rule: str = Field(description="The rule: phone, email, person, company, postcode or country.")
    version: int = Field(description="The version of the rule; raised whenever it gives any value another form.")
    raw: str = Field(description="The value as the source writes it.", examples=["020 7946 0018"])
    standard: str | None = Field(description="null: the value is not valid.", examples=["+44 20 7946 0018"])
    problem: str | None = Field(
        description="What is wrong with it; null: nothing.", examples=["not a phone number of GB: 5 digits"]
    )
    suggestion: str | None = Field(
        description="What may be meant, where it looks like a typing error; never applied.",
        examples=["ann@gmail.com"],
    )
