"""What a notice to the counter server tells, and what admins see of it."""

from enum import StrEnum
from typing import Annotated, ClassVar, TypedDict

from msgspec import UNSET, Meta, UnsetType

from models.bodies import Filters, Rule
from models.fields import LARGEST_ID, Instant, Reference, checked_reference

# The kind of its messages to workers.
NOTICE = "notice"


class Event(StrEnum):
    """What has happened to the defect."""

    CREATE = "create"
    DELETE = "delete"


class NoticeStatus(StrEnum):
    """`pending → delivered`, or `failed` when it was tried for long enough; whoever sends it again makes it pending."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class NotificationFilters(Filters, kw_only=True):
    """Which notices to list; those that are given must all fit."""

    status: Annotated[NoticeStatus | UnsetType, Meta(description="Of this status.")] = UNSET
    defect: Annotated[int, Meta(ge=1, le=LARGEST_ID, description="Of the defect with this id.")] | UnsetType = UNSET
    user: Annotated[int, Meta(ge=1, le=LARGEST_ID, description="Of that user's defects.")] | UnsetType = UNSET
    request_id: Annotated[Reference | UnsetType, Meta(description="Of the request with this id.")] = UNSET

    RULES: ClassVar[dict[str, Rule]] = {"request_id": checked_reference}


class NotificationDocument(TypedDict):
    """A notice: what it tells the counter server, and how that has gone so far."""

    id: int
    defect: int
    user: int
    action: Event
    status: NoticeStatus
    attempts: int
    last_error: str | None
    idempotency_key: str
    request_id: str | None
    created_at: Instant
    last_attempt_at: Instant | None
    next_attempt_at: Instant | None
    delivered_at: Instant | None
