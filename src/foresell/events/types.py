"""The types of events: one model per type and version, from which the JSON Schema files of contracts/events are written.

A field that may name or describe a person is `Personal`: it is sealed with the person's key and never stored in the clear.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

PERSONAL = {"x-personal": True}
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Money = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]


def personal(description: str, default: Any = ...) -> Any:
    """A field whose value is personal."""
    return Field(default, description=description, json_schema_extra=dict(PERSONAL))


class EventData(BaseModel):
    """The `data` of an event. Unknown fields are refused, so that a typing error is heard of."""

    model_config = ConfigDict(extra="forbid")


class Item(EventData):
    """One product of a cart or an order."""

    sku: Name = Field(description="The shop's number of the product.")
    quantity: float = Field(1, ge=0, le=1e9, allow_inf_nan=False, description="How many.")
    price: Money | None = Field(None, description="Of one.")


Items = Annotated[list[Item], Field(max_length=200)]


class PageViewed(EventData):
    """A page was viewed."""

    path: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^/[^?#\s]*$")] = Field(
        description="Path of the address, without query: a query may hold personal data."
    )
    title: Name | None = Field(None, description="Title of the page.")
    referrer_host: Name | None = Field(None, description="Host of the page before, on another site.")
    campaign: Name | None = Field(None, description="utm_campaign of the address.")


class ProductViewed(EventData):
    """The page of a product was viewed."""

    sku: Name = Field(description="The shop's number of the product.")
    name: Name | None = Field(None, description="Name of the product.")
    price: Money | None = Field(None, description="Its price as shown.")
    currency: Currency | None = Field(None, description="ISO 4217.")


class CartChanged(EventData):
    """A cart has these items now; none: it was emptied."""

    items: Items = Field(description="All items of the cart.")
    value: Money | None = Field(None, description="Value of the cart.")
    currency: Currency | None = Field(None, description="ISO 4217.")


class CheckoutStarted(EventData):
    """A checkout was started."""

    value: Money | None = Field(None, description="Value of the cart.")
    currency: Currency | None = Field(None, description="ISO 4217.")
    items: Items | None = Field(None, description="All items of the cart.")


class OrderPlaced(EventData):
    """An order was placed."""

    order_key: Name = Field(description="The shop's number of the order.")
    amount: Amount = Field(description="Net amount of the order.")
    currency: Currency | None = Field(None, description="ISO 4217.")
    items: Items | None = Field(None, description="What was ordered.")


class OrderReturned(EventData):
    """An order, or a part of it, was returned."""

    order_key: Name = Field(description="The shop's number of the order.")
    amount: Amount = Field(description="Net amount returned, as a positive number.")
    currency: Currency | None = Field(None, description="ISO 4217.")
    reason: Text | None = personal("Why, in the customer's words.", None)


class EmailOpened(EventData):
    """An e-mail was opened."""

    campaign: Name = Field(description="The campaign or kind of message.")
    message: Name | None = Field(None, description="The sender's number of the message.")


class EmailClicked(EventData):
    """A link in an e-mail was clicked."""

    campaign: Name = Field(description="The campaign or kind of message.")
    message: Name | None = Field(None, description="The sender's number of the message.")
    link: Name | None = Field(None, description="Name of the link.")


class FormSubmitted(EventData):
    """A form was submitted."""

    form: Name = Field(description="Name of the form.")
    fields: Annotated[dict[Name, Annotated[str, Field(max_length=2000)]], Field(max_length=50)] | None = personal(
        "What was entered, by field.", None
    )


class LeadCreated(EventData):
    """Someone became a lead."""

    origin: Name = Field(description="Where the lead comes from, such as a fair or a form.")
    name: Name | None = personal("Name of the person.", None)
    company: Name | None = personal("Name of the company.", None)
    note: Text | None = personal("What is known of the interest.", None)


class CallLogged(EventData):
    """A call was made in another system."""

    outcome: Literal["reached", "no_answer", "not_interested", "will_order"] = Field(description="How it ended.")
    seconds: Annotated[int, Field(ge=0, le=86_400)] | None = Field(None, description="How long it took.")
    note: Text | None = personal("What was discussed.", None)


class NoteAdded(EventData):
    """A note was added in another system."""

    note: Text = personal("The note.")


class CaseChanged(EventData):
    """A support case changed."""

    case_key: Name = Field(description="The support system's number of the case.")
    state: Literal["opened", "answered", "solved", "reopened"] = Field(description="What it is now.")
    priority: Literal["low", "normal", "high", "urgent"] | None = Field(None, description="How urgent it is.")
    subject: Text | None = personal("What it is about.", None)


class ReviewPosted(EventData):
    """A review was posted."""

    product: Name | None = Field(None, description="The product: its number or name.")
    rating: Annotated[float, Field(ge=0, le=100)] | None = Field(None, description="The rating.")
    best_rating: Annotated[int, Field(ge=1, le=100)] = Field(5, description="The best rating there is.")
    text: Text | None = personal("The review.", None)


class ConsentChanged(EventData):
    """A consent was given or withdrawn."""

    channel: Literal["email", "phone", "sms", "post", "tracking"] = Field(description="For what.")
    given: bool = Field(description="Given (true) or withdrawn.")
    wording: Name | None = Field(None, description="Version of the text that was agreed to.")


class CampaignTouched(EventData):
    """Someone was in contact with a campaign."""

    campaign: Name = Field(description="The campaign.")
    channel: Name = Field(description="Such as search, social or print.")
    medium: Name | None = Field(None, description="Such as cpc or banner.")


#: By type its versions, the first one first. A released version only gains optional fields; anything else is a new version.
TYPES: dict[str, tuple[type[EventData], ...]] = {
    "page.viewed": (PageViewed,),
    "product.viewed": (ProductViewed,),
    "cart.changed": (CartChanged,),
    "checkout.started": (CheckoutStarted,),
    "order.placed": (OrderPlaced,),
    "order.returned": (OrderReturned,),
    "email.opened": (EmailOpened,),
    "email.clicked": (EmailClicked,),
    "form.submitted": (FormSubmitted,),
    "lead.created": (LeadCreated,),
    "call.logged": (CallLogged,),
    "note.added": (NoteAdded,),
    "case.changed": (CaseChanged,),
    "review.posted": (ReviewPosted,),
    "consent.changed": (ConsentChanged,),
    "campaign.touched": (CampaignTouched,),
}

#: What the pages of a site may send with a public key: nothing that counts as revenue, and nothing about someone else.
FROM_BROWSERS = frozenset(
    ("page.viewed", "product.viewed", "cart.changed", "checkout.started", "form.submitted", "campaign.touched")
)


@cache
def personal_fields(model: type[EventData]) -> frozenset[str]:
    """The names of the fields of a type that are sealed."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("x-personal")
    )
