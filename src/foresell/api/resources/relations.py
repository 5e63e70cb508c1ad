"""Relations of customers: household, branch, premises, works for, referred by; and referral opportunities."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from foresell.api.shared.schemas import Body, CustomerKey, UserRef

router = APIRouter(prefix="/api", tags=["identity"])
RelationKind = Literal["household", "branch", "premises", "works for", "referred by"]


class Relation(BaseModel):
    """One relation of the customer to another one."""

    relation_id: int
    kind: RelationKind
    direction: Literal["both", "to", "from"] = Field(
        description="to: this customer works for, or was referred by, the other; from: the other way round; both: no direction."
    )
    customer_id: str = Field(description="The other customer.")
    name: str | None
    segment: str | None
    sentence: str = Field(examples=["Works for C000042."])
    evidence: str
    weight: float | None = Field(
        description="Bits of evidence of the comparison; null: stated by a person or a source."
    )
    made_by: Literal["user", "run", "arrival", "source"]
    user: UserRef | None
    made_at: datetime


class RelatedNode(BaseModel):
    """A customer in the graph."""

    customer_id: str
    name: str | None
    segment: str | None
    monetary: float | None = Field(description="Net revenue to date.")
    depth: int = Field(ge=0, le=2, description="0: the customer itself; 1: related; 2: related to a related one.")


class RelatedEdge(BaseModel):
    """A relation in the graph, from `source` to `target` where it has a direction."""

    relation_id: int
    source: str = Field(description="A customer id.")
    target: str = Field(description="A customer id.")
    kind: RelationKind
    directed: bool


class RelationGraph(BaseModel):
    """Customers up to two relations away. Only those you may see."""

    nodes: list[RelatedNode]
    edges: list[RelatedEdge]
    truncated: bool = Field(description="There are more than 60 customers; the nearest are shown.")


class CustomerRelations(BaseModel):
    """The relations of one customer, as a list and as a graph."""

    customer_id: str
    data: list[Relation]
    graph: RelationGraph


class NewRelation(Body):
    """A relation that a person knows of. Household, branch and premises come from matching."""

    customer_id: CustomerKey = Field(description="The other customer.")
    kind: Literal["works for", "referred by"] = Field(
        description="This customer works for, or was referred by, the other one."
    )
    evidence: str = Field(
        min_length=1,
        max_length=300,
        description="How it is known; no names or contact details.",
        examples=["Told us on the phone."],
    )


class ChangedRelation(BaseModel):
    """A relation that was added, removed or restored."""

    relation_id: int
    kind: RelationKind
    removed: bool


class ReferralStep(BaseModel):
    """One relation on the path."""

    relation_id: int
    source: str = Field(description="A customer id.")
    target: str = Field(description="A customer id.")
    kind: RelationKind
    sentence: str


class ReferralOpportunity(BaseModel):
    """A prospect or lapsed customer whom a good customer could introduce."""

    customer_id: str
    name: str | None
    why: Literal["prospect", "lapsed"]
    last_order_days: int | None
    good_customer_id: str
    good_name: str | None
    good_segment: str
    good_monetary: float
    strength: float = Field(ge=0, le=1, description="Product of the strengths of the relations on the path.")
    path: list[ReferralStep] = Field(min_length=1, max_length=2)
    reason: str = Field(examples=["C000007 is at the same premises as C000042, a Champion with net revenue of 12,400."])


class ReferralOpportunityList(BaseModel):
    """Referral opportunities, the best first."""

    data: list[ReferralOpportunity]
    total: int
