"""Contact data: shown for one customer at a time, with permission and an audit record; searched by value; erased."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import anyio
import psycopg
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.api.shared import customer_lists
from foresell.api.shared.schemas import StandardForm
from foresell.audit import record
from foresell.database import Database
from foresell.db import AsyncConnection
from foresell.errors import CustomerNotFound, DailyLimitReached
from foresell.identity.standard_forms import standardise_values
from foresell.privacy.contacts import pick_sealed_values
from foresell.privacy.envelope import FIELDS
from foresell.privacy.erasure import REMAINS
from foresell.workflows import erase

router = APIRouter(prefix="/api/customers", tags=["contacts"])
Revealer = Annotated[Principal, require("contacts.reveal")]
Eraser = Annotated[Principal, require("privacy.erase")]
Field_ = Literal["name", "email", "phone", "address", "city", "region", "postcode", "country"]
ALL: tuple[Field_, ...] = ("name", "email", "phone", "address", "city", "region", "postcode", "country")
MOST = 100
#: The SQLSTATE of audit.unlock_contacts; its message is the limit.
DAILY_LIMIT = "FS429"


class RevealRequest(BaseModel):
    """What to show; everything when left out."""

    model_config = ConfigDict(extra="forbid")

    fields: list[Field_] | None = Field(None, max_length=len(ALL), examples=[["phone"]])


class OtherContact(BaseModel):
    """What another record of the customer has on file: an e-mail, phone or street address that is not the one shown."""

    record_id: int
    source: str
    source_key: str
    contact: dict[str, str] = Field(examples=[{"email": "ada@work.example"}])


class RevealedContact(BaseModel):
    """Contact data in the clear; null where nothing is on file, or it was erased."""

    customer_id: str = Field(examples=["C000123"])
    contact: dict[str, str | None] = Field(
        description="The values of the golden record.",
        examples=[{"name": "Ada Lovelace", "email": "ada@post.example", "phone": "+44 20 7946 0018"}],
    )
    standard: dict[str, StandardForm] = Field(description="By field, the standard form of the values that are shown.")
    others: list[OtherContact] = Field(
        description="Records with other values of the fields asked for, the oldest first."
    )


class ContactLookup(BaseModel):
    """An e-mail address or a telephone number, exactly (spaces, case and leading zeros aside)."""

    model_config = ConfigDict(extra="forbid")

    contact: str = Field(min_length=3, max_length=320, examples=["ada@post.example"])


class ContactLookupResult(BaseModel):
    """Find the visible customers with this e-mail address or phone number."""

    data: list[str] = Field(examples=[["C000123"]])
    total: int


class RemovedData(BaseModel):
    """How much was removed, by where it was."""

    contacts: int = Field(description="Records whose e-mail, phone and address cannot be decrypted any more.")
    notes: int = Field(description="Notes of calls and tasks of follow-ups.")
    reviews: int = Field(description="Reviews and mentions, of which text and key are gone.")
    proposals: int = Field(description="Proposals of directories, accepted ones too.")
    saved_views: int = Field(description="Saved views, of any user, in which [erased] replaces the customer.")
    events: int = Field(description="Events whose personal part can no longer be read.")
    answers: int = Field(description="Kept answers to requests in which [erased] replaces the customer.")
    documents: int = Field(description="What connected sources sent that named the customer.")
    upload_rows: int = Field(description="Rows of uploaded files that are not loaded yet.")
    uploads: int = Field(description="Uploaded files that were deleted, because a row cannot be removed from them.")
    rejected_rows: int = Field(description="Rows of files of rejected rows.")


class RemainingData(BaseModel):
    """What remains of an erased customer."""

    what: str = Field(description="What it is.")
    until: str = Field(description="Until when, or that it stays.")


class ErasedCustomer(BaseModel):
    """What was erased, and what remains."""

    customer_id: str
    records: int = Field(description="How many records of sources the customer had.")
    removed: RemovedData = Field(description="How much was removed; 0 where it was erased before.")
    exports: int = Field(
        description="How many downloaded exports had the customer in them: GET /api/audit?action=export"
    )
    remains: list[RemainingData] = Field(description="What remains, and until when.")


@router.post("/{customer_id}/contact/reveal", response_model=RevealedContact, responses=error_responses(404))
async def reveal_contact(
    request: Request,
    web: AppStateOf,
    principal: Revealer,
    customer_id: CurrentCustomer,
    body: RevealRequest | None = None,
) -> Response:
    """Show contact data. The audit records who asked, when, and for whom. 429 for more customers a minute than
    one reads, or a day than the roles allow."""
    request.state.rate = request.app.state.limits.reveal(principal.user_id)
    async with web.transaction(principal.user_id) as con:
        known = await customer_lists.SQL.row(con, "web.person_in_clear", customer_id=customer_id)
        if known is None:
            raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
        sealed = await _unlock(con, customer_id, getattr(request.state, "request_id", None))
    contacts = await anyio.to_thread.run_sync(lambda: list(web.vault.open_records(sealed)))
    opened = dict(zip((row["record_id"] for row in sealed), contacts, strict=True))
    contact: dict[str, Any] = known | pick_sealed_values(known, opened)
    wanted = (body.fields if body else None) or ALL
    shown = {field: contact[field] for field in ALL if field in wanted}
    standard = standardise_values(shown, contact["country"])
    others = list(_list_others(sealed, opened, shown))
    return answer({"customer_id": customer_id, "contact": shown, "standard": standard, "others": others})


@router.post("/by-contact", response_model=ContactLookupResult, responses=error_responses())
async def find_by_contact(request: Request, web: AppStateOf, principal: Revealer, body: ContactLookup) -> Response:
    """Find customers by an e-mail address or telephone number; recorded in the audit log. By POST, as URLs end up in logs."""
    request.state.rate = request.app.state.limits.reveal(principal.user_id)
    indexes = web.vault.indexes(body.contact)
    async with web.transaction(principal.user_id) as con:
        rows = await customer_lists.SQL.rows(con, "web.find_by_contact", indexes=indexes, most=MOST)
        found = [row["customer_id"] for row in rows]
        await record.record(
            con, "contact.lookup", actor=principal.user_id, customers=found, request_id=request.state.request_id
        )
    return answer({"data": found, "total": len(found)})


@router.post("/{customer_id}/erase", response_model=ErasedCustomer, responses=error_responses(404, 409))
async def erase_customer(web: AppStateOf, principal: Eraser, customer_id: CurrentCustomer) -> Response:
    """Erase a customer's personal data permanently, wherever it is. Orders and scores stay under the customer number.

    Name, place, contact data, notes, numbers in sources, saved views of all users, uploaded files and rejected rows. Answers
    what was removed and what remains; sent again, it finishes what was interrupted. Needs a recent step-up. Takes some
    seconds in a large shop: every other key is wrapped anew.
    """
    principal.require_recent_factor()
    async with web.transaction(principal.user_id) as con:
        known = await customer_lists.SQL.row(con, "web.person_in_clear", customer_id=customer_id)
    if known is None:
        raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
    database = Database(web.settings, acting_for=principal.user_id, via="web")
    async with web.while_database_answers():
        done = await anyio.to_thread.run_sync(erase.erase_customer, web.settings, database, customer_id)
    remains = [{"what": what, "until": until} for what, until in REMAINS]
    return answer(
        {
            "customer_id": customer_id,
            "records": done.records,
            "removed": done.removed(),
            "exports": done.exports,
            "remains": remains,
        }
    )


async def _unlock(con: AsyncConnection, customer_id: str, request_id: str | None) -> list[dict[str, Any]]:
    """The records of a customer, with their keys. Raises DailyLimitReached."""
    try:
        return await customer_lists.SQL.rows(con, "web.unlock", ids=[customer_id], request_id=request_id)
    except psycopg.DatabaseError as error:
        if error.sqlstate != DAILY_LIMIT:
            raise
        raise DailyLimitReached(
            f"Your roles show the contact details of {error.diag.message_primary} customers in 24 hours, and no more.",
            remedy="Continue tomorrow, or ask an administrator for a higher limit.",
        ) from None


def _list_others(
    sealed: list[dict[str, Any]], opened: dict[int, dict[str, str | None]], shown: Mapping[Field_, str | None]
) -> Iterator[dict[str, Any]]:
    """The records that have another value of a sealed field that is shown."""
    for row in sealed:
        values = opened[row["record_id"]]
        other = {name: values[name] for name in shown if name in FIELDS and values[name] not in (None, shown[name])}
        if other:
            yield {**{name: row[name] for name in ("record_id", "source", "source_key")}, "contact": other}
