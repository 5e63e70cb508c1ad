"""Reviews and mentions: those of a customer, and shares of sentiments by month, product and segment."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.feedback import reviews
from foresell.feedback.sentiment import Sentiment
from foresell.feedback.summary import LEAST

router = APIRouter(prefix="/api", tags=["customers"])
Reader = Annotated[Principal, require("customers.read")]


class DecidingWord(BaseModel):
    """A word or phrase that decided the sentiment."""

    word: str = Field(description="In lower case, with `not` where it is negated.", examples=["not good"])
    points: float = Field(description="What it adds to the log odds that the text is positive; below 0: negative.")


class CustomerReview(BaseModel):
    """What a customer wrote, and its sentiment."""

    review_id: int
    kind: Literal["review", "mention"]
    source: str
    product: str | None
    written_at: datetime = Field(description="The source's local time.")
    rating: float | None = Field(description="As the source gives it; null without one.")
    best_rating: int = Field(description="The best rating that the source gives.")
    text: str | None = Field(description="Needs customers.names; null where `has_text` is false.")
    has_text: bool = Field(
        description="Whether the text is kept: not where the licence forbids it, and not after an erasure."
    )
    language: str | None = Field(
        description="ISO 639 code, as the source says or as detected; null without words.", examples=["en"]
    )
    sentiment: Sentiment = Field(
        description="`not sure`: the model would be right too seldom; `not analysed`: not English, or no words."
    )
    probability: float | None = Field(description="That the text is positive; null when not analysed.")
    words: list[DecidingWord] = Field(description="Up to three, the strongest first.")
    model_version: str = Field(description="Of the model and its table of phrases.")
    licence: str = Field(description="On what terms the text is held, in words.", examples=["own customers"])
    origin: str = Field(description="The file or call it came from.")
    legal_basis: Literal["consent", "contract", "legitimate interest"] = Field(
        description="On what basis it is kept (GDPR, Article 6)."
    )
    retention_until: date = Field(description="It is deleted after this day.")
    erased_at: datetime | None = Field(description="When the customer was erased: text, words and key are gone since.")


class CustomerReviews(BaseModel):
    """The reviews and mentions of one customer, the newest first."""

    customer_id: str
    data: list[CustomerReview]
    total: int


class SentimentShare(BaseModel):
    """A share with its 95 % interval (Wilson)."""

    share: float = Field(ge=0, le=1, description="Of all reviews of the group.")
    low: float = Field(ge=0, le=1, description="Lower end of the interval.")
    high: float = Field(ge=0, le=1, description="Upper end of the interval.")


class SentimentGroup(BaseModel):
    """The reviews of one month, product, segment or source, or all; the four shares are of `n`."""

    part: str | None = Field(description="YYYY-MM, a name, or `all`; null for reviews without one.")
    n: int = Field(description="How many reviews and mentions.")
    enough: bool = Field(description=f"Whether there are {LEAST} or more; otherwise no share is given.")
    positive: SentimentShare | None = Field(description="Share whose text is positive; null without enough.")
    negative: SentimentShare | None = Field(description="Share whose text is negative; null without enough.")
    not_sure: SentimentShare | None = Field(description="Share about which the model is not sure; null without enough.")
    not_analysed: SentimentShare | None = Field(
        description="Share in another language, or without words; null without enough."
    )


class SentimentSummary(BaseModel):
    """Shares of sentiments among the reviews of customers you may see."""

    by: Literal["all", "month", "product", "segment", "source"] = Field(description="What it is divided by.")
    least: int = Field(description="Shares are given for this many reviews or more.")
    data: list[SentimentGroup]


class SummaryOptions(BaseModel):
    """What a summary is about."""

    model_config = ConfigDict(extra="forbid")

    by: Literal["all", "month", "product", "segment", "source"] = Field("all", description="What to divide by.")
    product: str | None = Field(None, max_length=200, description="Only of this product: its number or name.")
    segment: str | None = Field(None, max_length=100, description="Only by customers of this segment.")


@router.get("/customers/{customer_id}/reviews", response_model=CustomerReviews, responses=error_responses(404))
async def list_customer_reviews(
    web: AppStateOf,
    principal: Reader,
    customer_id: CurrentCustomer,
    limit: Annotated[int, Query(ge=1, le=500, description="How many.")] = 50,
) -> Response:
    """The reviews and mentions of a customer, the newest first, with sentiment and deciding words. Texts need customers.names."""
    async with web.transaction(principal.user_id) as con:
        rows, total = await reviews.list_of_customer(con, web.vault, customer_id, limit)
    return answer({"customer_id": customer_id, "data": rows, "total": total})


@router.get("/reviews/summary", response_model=SentimentSummary, responses=error_responses())
async def summarize_reviews(web: AppStateOf, principal: Reader, how: Annotated[SummaryOptions, Query()]) -> Response:
    """What share of reviews is positive, negative, not sure or not analysed, with intervals, by month, product, segment or source."""
    async with web.transaction(principal.user_id) as con:
        groups = await reviews.summarize_visible(con, how.by, how.product, how.segment)
    return answer({"by": how.by, "least": LEAST, "data": groups})
