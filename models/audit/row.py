"""An audit entry's row: its columns, and what is shown of it."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

import peewee
from msgspec import Meta

from models.fields import DocumentField, Instant, InstantField
from models.stores import BaseModel

if TYPE_CHECKING:
    from models.audit import AuditEntry
    from models.drafts import PreparedInsert
    from models.prepared import PreparedRow

Changes = dict[str, tuple[Any, Any]]


class Action(StrEnum):
    """What was done to the object."""

    CREATE = "create"
    UPDATE = "update"
    DESTROY = "destroy"


class AuditedModel(StrEnum):
    """What it was done to."""

    USER = "user"
    SESSION = "session"
    TASK = "task"
    DEFECT = "defect"
    NOTIFICATION = "notification"


class AuditDocument(TypedDict):
    """Who did what to which object; `username` is the person's name now, null once they are erased."""

    id: int
    user: int | None
    username: str | None
    model: AuditedModel
    object_id: str
    action: Action
    timestamp: Instant
    changes: dict[str, Annotated[list[Any], Meta(min_length=2, max_length=2, description="Before, and after.")]]
    request_id: str | None


class EntryRow(BaseModel):
    """Who did what to which object when, in which request; the database refuses to change a row."""

    id = peewee.AutoField()
    user_id = peewee.BigIntegerField(null=True)
    model = peewee.TextField()
    object_id = peewee.TextField()
    action = peewee.TextField()
    timestamp = InstantField(default=lambda: datetime.now(UTC))
    changes = DocumentField(default=dict)
    request_id = peewee.TextField(null=True)

    by_id: ClassVar[PreparedRow[AuditEntry]]
    new: ClassVar[PreparedInsert[AuditEntry]]

    class Meta:
        table_name = "audit_entry"

    def to_dict(self, *, username: str | None) -> AuditDocument:
        """The entry, for an admin."""
        return {
            "id": self.id,
            "user": self.user_id,
            "username": username,
            "model": AuditedModel(self.model),
            "object_id": self.object_id,
            "action": Action(self.action),
            "timestamp": self.timestamp,
            "changes": self.changes,
            "request_id": self.request_id,
        }
