"""How a task comes to be, and how workers hear of it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

import logs
from models import policy
from models.audit import Action, AuditEntry, changes
from models.fields import now
from models.idempotency import ALWAYS, Once
from models.outbox import SENT_AGAIN_AFTER, send_after_commit
from models.stores import database
from models.task.quota import Quota
from models.task.row import TaskRow
from models.task_kinds import ENDED, NewDelay, NewTask, Status, kind_of

if TYPE_CHECKING:
    from models.task import Task
    from models.user import User

UNFINISHED = [status for status in Status if status not in ENDED]
_quota = Quota()


class Starting(TaskRow):
    """Submitted by somebody who may; told to workers after the commit, which may fail and fails nothing."""

    @classmethod
    def submit(cls, body: NewTask, *, by: User, once: Once = ALWAYS) -> Task:
        """Queue a task.

        Forbidden if its type is not for this person, RateLimited at MAX_ACTIVE_TASKS, KeyInFlight if the key is at
        work.
        """
        policy.start_task(by, kind_of(body))
        _quota.take(by.id, count=lambda: cls.number_active(by.id))
        with database.atomic():
            # A demotion or deletion waits until this is committed, and ends this task too, or is honoured here.
            policy.start_task(by.as_of_now(staying=True), kind_of(body))
            once.begin()
            task = cls._insert(body, owner_id=by.id)
            AuditEntry.write(Action.CREATE, "task", task.id, by=by.id, changes=changes({}, task.audited()))
            once.end(task.to_dict(), about=f"task:{task.id}")
            send_after_commit([(task.type, task.id)])
        logs.info("task queued", task=task.id, type=task.type, owner=by.id)
        return task

    @classmethod
    def _insert(cls, body: NewTask, *, owner_id: int) -> Task:
        params, created_at = body.given(), now()
        due_at = created_at + timedelta(seconds=body.seconds) if isinstance(body, NewDelay) else None
        return cls.new.insert(
            id=str(uuid.uuid4()),
            type=kind_of(body),
            params=params,
            owner_id=owner_id,
            status=Status.QUEUED,
            logs=[],
            created_at=created_at,
            request_id=logs.request_id.get(),
            weight=len(msgspec.json.encode(params)),
            attempt=0,
            deaths=0,
            due_at=due_at,
            send_at=created_at + SENT_AGAIN_AFTER,
        )

    def audited(self) -> dict[str, Any]:
        """What the audit trail keeps of its beginning."""
        return {"type": self.type, "params": self.params, "status": self.status}

    @classmethod
    def number_active(cls, owner_id: int) -> int:
        """Count a user's tasks that have not ended, over an index alone."""
        found: int = cls.select().where((cls.owner_id == owner_id) & cls.status.in_(UNFINISHED)).count()
        return found
