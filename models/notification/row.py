"""A notice's row: its columns, and what is shown of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import peewee

from models.fields import InstantField
from models.notification_document import Event, NoticeStatus, NotificationDocument
from models.stores import BaseModel

if TYPE_CHECKING:
    from models.drafts import PreparedInsert
    from models.notification import Notification
    from models.prepared import PreparedChange, PreparedRow

# Whoever delivers a notice is done with it by then, or dead.
LEASE = timedelta(seconds=30)
TRIED_FOR = timedelta(hours=72)


class NotificationRow(BaseModel):
    """Something to be told to the counter server; it is its own outbox, as a task is.

    While it is pending, nobody may begin to deliver it before `next_attempt_at`: after a failure that is when its pause
    is over, and while somebody is at it, when they must be dead. `send_at` is when its message goes out once more.
    """

    id = peewee.AutoField()
    defect_id = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    action = peewee.TextField()
    key = peewee.TextField()  # nobody's guess; the database makes one where none is given
    request_id = peewee.TextField(null=True)
    status = peewee.TextField()
    attempts = peewee.IntegerField()
    last_error = peewee.TextField(null=True)
    created_at = InstantField()
    last_attempt_at = InstantField(null=True)
    delivered_at = InstantField(null=True)
    give_up_at = InstantField()
    next_attempt_at = InstantField(null=True)
    send_at = InstantField(null=True)

    by_id: ClassVar[PreparedRow[Notification]]
    new: ClassVar[PreparedInsert[Notification]]
    # With that id, status and number of attempts.
    still: ClassVar[PreparedChange]

    class Meta:
        table_name = "notification"

    def is_being_delivered(self, moment: datetime) -> bool:
        """Whether a worker has claimed it and the lease has not expired."""
        # A claim takes both times from one moment, which no pause does.
        claimed = self.last_attempt_at is not None and self.next_attempt_at == self.last_attempt_at + LEASE
        return bool(claimed and self.next_attempt_at > moment)

    def earlier_undelivered(self) -> Any:
        """A query of the notices of the same defect that come before it and have not arrived."""
        model = type(self)
        earlier = model.select().where(model.defect_id == self.defect_id, model.id < self.id)
        return earlier.where(model.status != NoticeStatus.DELIVERED)

    def to_dict(self) -> NotificationDocument:
        """The notice, for an admin."""
        return {
            "id": self.id,
            "defect": self.defect_id,
            "user": self.user_id,
            "action": Event(self.action),
            "status": NoticeStatus(self.status),
            "attempts": self.attempts,
            "last_error": self.last_error,
            "idempotency_key": self.key,
            "request_id": self.request_id,
            "created_at": self.created_at,
            "last_attempt_at": self.last_attempt_at,
            "next_attempt_at": self.next_attempt_at,
            "delivered_at": self.delivered_at,
        }
