"""Schemas of accounts: the signed-in user, factors and API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from foresell.api.shared.schemas import Body

Ticket = Annotated[str, Field(min_length=1, max_length=100, description="From the step before; five minutes.")]
Code = Annotated[str, Field(min_length=1, max_length=40, examples=["492039"])]
Password = Annotated[str, Field(min_length=1, max_length=1024)]
Credential = Annotated[dict[str, Any], Field(description="The browser's PublicKeyCredential as JSON.")]


class Preferences(Body):
    """How a person likes the pages."""

    theme: Literal["light", "dark", "auto"] | None = None
    locale: str | None = Field(None, max_length=35, pattern=r"^[A-Za-z0-9-]*$", examples=["en-GB"])
    home: str | None = Field(None, max_length=100, pattern=r"^/[\w/-]*$", examples=["/today"])
    columns: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]] | None = Field(
        None,
        max_length=40,
        description="Columns of the customer list, in order; empty: the usual ones.",
        examples=[["segment", "revenue_365d"]],
    )


class CurrentUser(BaseModel):
    """Who is signed in, and what that allows."""

    user_id: int
    name: str
    email: str
    roles: list[str] = Field(examples=[["rep"]])
    permissions: list[str] = Field(examples=[["customers.read", "calls.write"]])
    scope: Literal["own", "team", "all"] = Field(description="Whose customers are visible.")
    team_id: int | None
    team: str | None
    company: str | None = Field(description="The company's name, if an administrator has set it.")
    setup_open: bool = Field(description="Whether the pages show the setup checklist.")
    preferences: Preferences
    password: bool = Field(description="Whether there is a password; after a first link there is none yet.")
    second_factor: bool = Field(description="Whether sign-in asks for more than a password.")
    second_factor_due: bool = Field(
        description="Whether a role requires a second factor that is not set up yet; until then there are no permissions."
    )
    factors: list[str] = Field(description="Which: totp, recovery_code, passkey.")
    recovery_codes: int = Field(description="How many recovery codes are left.")


class PasskeyOptions(BaseModel):
    """What the browser needs to ask for a passkey, and the ticket to come back with."""

    ticket: str
    options: dict[str, Any] = Field(description="PublicKeyCredential options as JSON.")


class ApiKey(BaseModel):
    """One key of a program."""

    key_id: int
    name: str
    prefix: str = Field(description="Its first characters.", examples=["fsk_9fGq"])
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    reveal_reason: str | None = Field(
        description="Why an administrator lets the key show contact details; null: it may not.",
        examples=["The dialler needs phone numbers"],
    )


def describe_api_key(row: dict[str, Any]) -> dict[str, Any]:
    """An API key in the shape of `ApiKey`."""
    shown = ("name", "created_at", "expires_at", "last_used_at", "reveal_reason")
    return {
        "key_id": row["api_key_id"], "prefix": row["hint"], "scopes": row["permissions"],
        **{column: row[column] for column in shown},
    }  # fmt: skip
