"""How a task is stopped, by somebody, or with the account of its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import logs
from models import policy
from models.audit import Action, AuditEntry, Changes
from models.endings import endings
from models.errors import NotFound, TaskEnded
from models.stores import database, held
from models.task.row import TaskRow, ending
from models.task_kinds import Status

if TYPE_CHECKING:
    from models.task import Task
    from models.user import User
    from models.user.row import UserRow

ACTIVE = (Status.QUEUED, Status.RUNNING)


class Cancelling(TaskRow):
    """What nobody works on ends at once; else whoever does stops it, and says when it has stopped."""

    def cancel(self, *, by: User) -> Task:
        """Stop it, if the actor may; TaskEnded if it has ended in another way, the same again if in this."""
        with database.atomic():
            task = type(self).held(self.place)
            actor = by.as_of_now()
            if task is None:
                raise no_task()
            policy.use_task(actor, task, owner=type(by).by_id.find(task.owner_id))
            if task.status in ACTIVE:
                _stop([task], by=by.id)
            elif task.status not in (Status.CANCELLING, Status.CANCELLED):
                raise TaskEnded
        stopped = type(self).by_id.find(self.id)
        if stopped is None:
            raise no_task()
        return stopped

    @classmethod
    def cancel_those_of(cls, owner: UserRow, *, by: int) -> list[str]:
        """Within a transaction that holds its owner, stop what they may no longer run; return which."""
        active = cls._of(owner.id).where(cls.status.in_(ACTIVE))
        tasks = [task for task in held(active) if not policy.may_start(owner, task.type)]
        _stop(tasks, by=by)
        return [task.id for task in tasks]

    @classmethod
    def erase_those_of(cls, owner_id: int, *, by: int) -> None:
        """Within a transaction that holds its owner, stop what runs and remove all there is.

        Whoever works on a task finds its row gone, and stops.
        """
        tasks = list(held(cls._of(owner_id)))
        _stop([task for task in tasks if task.status in ACTIVE], by=by)
        AuditEntry.write_all(Action.DESTROY, "task", [(task.id, {}) for task in tasks], by=by)
        cls.delete().where(cls.owner_id == owner_id).execute()

    @classmethod
    def _of(cls, owner_id: int) -> Any:
        # Without what they keep, which may be a megabyte each.
        query = cls.select(cls.place, cls.id, cls.type, cls.status, cls.lease_until)
        return query.where(cls.owner_id == owner_id).order_by(cls.place)


def no_task() -> NotFound:
    """There is no such task."""
    return NotFound("There is no such task.")


def _stop(tasks: list[Any], *, by: int) -> None:
    """Within a transaction that holds these rows, cancel them, each with its audit entry."""
    written: list[tuple[str, Changes]] = []
    for status, fields in (
        (Status.CANCELLED, ending(Status.CANCELLED)),
        (Status.CANCELLING, {"status": Status.CANCELLING}),
    ):
        stopping = [task for task in tasks if (task.lease_until is None) == (status is Status.CANCELLED)]
        for start in range(0, len(stopping), 500):
            some = stopping[start : start + 500]
            model = type(some[0])
            places = [task.place for task in some]
            model.update({**fields, "cancelled_by": by}).where(model.place.in_(places)).execute()
        written += [(task.id, {"status": (task.status, status), "cancelled_by": (None, by)}) for task in stopping]
    AuditEntry.write_all(Action.UPDATE, "task", written, by=by)
    ids = [task_id for task_id, _ in written]
    database.after_commit(lambda: _tell(ids, by))


def _tell(ids: list[str], by: int) -> None:
    endings.announce(ids)
    for task_id in ids:
        logs.info("task cancelled", task=task_id, by=by)
