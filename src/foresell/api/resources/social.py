"""Social accounts and their posts: engagement over time, what they reached, and the sentiments of their comments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.feedback import social
from foresell.feedback.summary import LEAST

router = APIRouter(prefix="/api/social", tags=["customers"])
Reader = Annotated[Principal, require("customers.read")]


class AccountNumbers(BaseModel):
    """What an account had at a time."""

    measured_at: datetime = Field(description="When these numbers were read.")
    followers: int | None = Field(description="Followers; null where the vendor does not say.")
    posts: int | None = Field(description="Posts; null where the vendor does not say.")


class DayInsight(BaseModel):
    """What an own account reached on a day."""

    day: date
    metric: str = Field(description="The vendor's name of the number.", examples=["reach"])
    value: float = Field(description="A number that the vendor does not give is left out: that is not 0.")


class SocialAccount(BaseModel):
    """A social account and its numbers over time."""

    source: str = Field(description="The connected source that reads it.")
    account: str = Field(description="Its user name.")
    is_own: bool = Field(description="Whether it is the company's own; otherwise one that was named.")
    name: str | None = Field(description="As the account states it; null without one.")
    website: str | None = Field(description="As the account states it; null without one.")
    followers: int | None = Field(description="Followers; null where the vendor does not say.")
    posts: int | None = Field(description="Posts; null where the vendor does not say.")
    read_at: datetime = Field(description="When it last was other than before.")
    history: list[AccountNumbers] = Field(description="Its numbers each time they had changed.")
    insights: list[DayInsight] = Field(description="Of an own account, the last 30 days.")


class SocialAccounts(BaseModel):
    """Social accounts, own ones first."""

    data: list[SocialAccount]


class Engagement(BaseModel):
    """What a post had at a time."""

    measured_at: datetime = Field(description="When these numbers were read.")
    likes: int | None = Field(description="Likes; null where they are hidden.")
    comments: int | None = Field(description="Comments; null where they are hidden.")


class CommentShare(BaseModel):
    """A share with its 95 % interval (Wilson)."""

    share: float = Field(ge=0, le=1, description="Of all comments of the post.")
    low: float = Field(ge=0, le=1, description="Lower end of the interval.")
    high: float = Field(ge=0, le=1, description="Upper end of the interval.")


class CommentSentiment(BaseModel):
    """The sentiments of the comments of a post; the four shares are of `n`."""

    n: int = Field(description="Comments by customers you may see; with the right to see all also of others.")
    enough: bool = Field(description=f"Whether there are {LEAST} or more; otherwise no share is given.")
    positive: CommentShare | None = Field(description="Share whose text is positive; null without enough.")
    negative: CommentShare | None = Field(description="Share whose text is negative; null without enough.")
    not_sure: CommentShare | None = Field(description="Share about which the model is not sure; null without enough.")
    not_analysed: CommentShare | None = Field(
        description="Share in another language, or without words; null without enough."
    )


class SocialPost(BaseModel):
    """A post, what it reached, and what its comments say."""

    post_id: int = Field(description="Its number here.")
    source: str = Field(description="The connected source that reads it.")
    account: str = Field(description="The user name of its account.")
    is_own: bool = Field(description="Whether the account is the company's own.")
    caption: str | None = Field(description="Of own posts only.")
    media_type: str | None = Field(description="As the vendor names it.", examples=["IMAGE"])
    product_type: str | None = Field(description="Where it is shown, as the vendor names it.", examples=["REELS"])
    permalink: str | None = Field(description="Its address; null where the vendor does not give it.")
    posted_at: datetime | None = Field(description="When it was published; null where the vendor does not say.")
    likes: int | None = Field(description="Likes; null where they are hidden.")
    comments: int | None = Field(description="Comments; null where they are hidden.")
    read_at: datetime = Field(description="When it last was other than before.")
    gone_at: datetime | None = Field(description="Since when two complete listings did not have it.")
    history: list[Engagement] = Field(description="Its engagement each time it had changed.")
    insights: dict[str, float] = Field(
        description="The last value of each number that the vendor gives of an own post.", examples=[{"reach": 512}]
    )
    sentiment: CommentSentiment = Field(description="What its comments say.")


class SocialPosts(BaseModel):
    """Posts, the newest first."""

    least: int = Field(description="Shares are given for this many comments or more.")
    data: list[SocialPost]
    total: int


class PostOptions(BaseModel):
    """Which posts, and how many."""

    model_config = ConfigDict(extra="forbid")

    account: str | None = Field(None, max_length=100, description="Only of the account with this user name.")
    limit: int = Field(50, ge=1, le=200, description="How many.")


@router.get("/accounts", response_model=SocialAccounts, responses=error_responses())
async def list_social_accounts(web: AppStateOf, principal: Reader) -> Response:
    """The social accounts that are read, own ones first, with their numbers over time."""
    async with web.transaction(principal.user_id) as con:
        rows = await social.list_visible_accounts(con)
    return answer({"data": rows})


@router.get("/posts", response_model=SocialPosts, responses=error_responses())
async def list_social_posts(web: AppStateOf, principal: Reader, how: Annotated[PostOptions, Query()]) -> Response:
    """Posts, the newest first, with engagement over time, what they reached, and shares of sentiments of their comments."""
    async with web.transaction(principal.user_id) as con:
        rows, total = await social.list_visible_posts(con, how.account, how.limit)
    return answer({"least": LEAST, "data": rows, "total": total})
