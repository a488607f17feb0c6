"""A task's row: its columns, and what is shown of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import peewee

from models.fields import DocumentField, InstantField, now
from models.outbox import SENT_AGAIN_AFTER
from models.stores import BaseModel
from models.task_kinds import ENDED, Kind, Status, TaskDocument

if TYPE_CHECKING:
    from models.drafts import PreparedInsert
    from models.prepared import PreparedChange, PreparedRow
    from models.task import Task

# Whoever works on a task says so this often at the latest, else somebody else will.
LEASE = timedelta(seconds=20)
MOST_DEATHS = 3


class TaskRow(BaseModel):
    """Something to be done, which is its own outbox: whatever becomes of its messages, the row says what is to do.

    While it is queued, `send_at` is when its message goes out once more. While somebody works on it, `lease_until` is
    until when they are believed to be alive, `attempt` tells them from those before, and `deaths` counts who died of
    it. A delay has `due_at` until it ends, and no lease: nobody works on it.
    """

    place = peewee.AutoField()
    id = peewee.TextField(unique=True)
    type = peewee.TextField()
    params = DocumentField()
    owner_id = peewee.BigIntegerField()
    status = peewee.TextField()
    result = peewee.TextField(null=True)  # JSON, as the code wrote it
    error = DocumentField(null=True)
    logs = DocumentField()
    created_at = InstantField()
    started_at = InstantField(null=True)
    finished_at = InstantField(null=True)
    cancelled_by = peewee.BigIntegerField(null=True)
    request_id = peewee.TextField(null=True)
    weight = peewee.IntegerField()  # of what it keeps, in bytes
    attempt = peewee.IntegerField()
    deaths = peewee.IntegerField(default=0)
    send_at = InstantField(null=True)
    due_at = InstantField(null=True)
    lease_until = InstantField(null=True)

    by_id: ClassVar[PreparedRow[Task]]
    new: ClassVar[PreparedInsert[Task]]
    # With that id, status and attempt.
    still: ClassVar[PreparedChange]

    class Meta:
        table_name = "task"

    @property
    def has_ended(self) -> bool:
        """Whether its status is one that never changes again."""
        return self.status in ENDED

    def to_dict(self) -> TaskDocument:
        """The task, for whoever may see it."""
        return {
            "id": self.id,
            "type": Kind(self.type),
            "params": self.params,
            "owner": self.owner_id,
            "status": Status(self.status),
            "result": None if self.result is None else msgspec.Raw(self.result.encode()),
            "error": self.error,
            "logs": self.logs,
            "created_at": self.created_at,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "cancelled_by": self.cancelled_by,
            "request_id": self.request_id,
        }


def ending(status: Status, **fields: Any) -> dict[str, Any]:
    """What is written where a task ends, in whichever way: nothing is left to do."""
    nothing = {"send_at": None, "due_at": None, "lease_until": None}
    return {"status": status, "finished_at": now(), **nothing, **fields}


def queued_again() -> dict[str, Any]:
    """What is written where a task is left to another worker, who will have an attempt of a number of its own."""
    return {"status": Status.QUEUED, "started_at": None, "lease_until": None, "send_at": now() + SENT_AGAIN_AFTER}
