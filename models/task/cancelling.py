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
from models.task_kinds import ENDED, Kind, Status

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
            task.check_use(actor)
            if task.status in ACTIVE:
                self._stop(type(self).place == self.place, by=by.id)
            elif task.status not in (Status.CANCELLING, Status.CANCELLED):
                raise TaskEnded
        stopped = type(self).by_id.find(self.id)
        if stopped is None:
            raise no_task()
        return stopped

    def check_use(self, actor: User) -> None:
        """Raise Forbidden if the actor may not see and stop it, NotFound if its owner is erased."""
        owner = type(actor).by_id.find(self.owner_id)
        if owner is not None and owner.is_erased:
            raise no_task()
        policy.use_task(actor, self, owner=owner)

    @classmethod
    def number_to_end_with(cls, owner_id: int) -> int:
        """How many of somebody's tasks would be stopped if they were deleted."""
        found: int = cls.select().where((cls.owner_id == owner_id) & cls.status.in_(ACTIVE)).count()
        return found

    @classmethod
    def cancel_those_of(cls, owner: UserRow, *, by: int) -> list[str]:
        """Within a transaction that holds its owner, stop what they may no longer run; return which."""
        forbidden = [kind for kind in Kind if not policy.may_start(owner, kind)]
        return cls._stop((cls.owner_id == owner.id) & cls.type.in_(forbidden), by=by) if forbidden else []

    @classmethod
    def stop_work_of(cls, owner_id: int, *, by: int) -> None:
        """Within a transaction that holds its owner, stop the JavaScript of an erased user; a delay is no work."""
        cls._stop((cls.owner_id == owner_id) & (cls.type == Kind.JAVASCRIPT), by=by)

    @classmethod
    def remove_some_of(cls, owner_id: int, *, by: int, most: int) -> int:
        """Within a transaction, remove a batch of an erased user's tasks, active ones first; return how many.

        A worker whose task is gone stops.
        """
        places = cls._first_to_go(owner_id, most)
        if places:
            some = cls.place.in_(places)
            cls._stop(some, by=by)
            AuditEntry.write_each(Action.DESTROY, "task", cls.select(cls.id).where(some).order_by(cls.place), by=by)
            cls.delete().where(some).execute()
        return len(places)

    @classmethod
    def _first_to_go(cls, owner_id: int, most: int) -> list[int]:
        """Return places of one status, the newest: lists begin there, and step over what they must not show."""
        # Active ones again at last: one that was running may be queued by then.
        for status in (*ACTIVE, Status.CANCELLING, *ENDED, *ACTIVE):
            theirs: Any = cls.select(cls.place).where((cls.owner_id == owner_id) & (cls.status == status))
            found = [place for (place,) in theirs.order_by(cls.place.desc()).limit(most).tuples()]
            if found:
                return found
        return []

    @classmethod
    def _stop(cls, which: Any, *, by: int) -> list[str]:
        """Within a transaction, stop those that have not ended, each with its audit entry; return which.

        By what they have in common, since somebody may have tens of thousands.
        """
        active = which & cls.status.in_(ACTIVE)
        # In one order, so that two who do this take turns.
        found = held(cls.select(cls.id, cls.status, cls.lease_until).where(active).order_by(cls.place)).tuples()
        stopping = [(task_id, Status(status), lease_until is not None) for task_id, status, lease_until in found]
        for before, at_work in sorted({(status, at_work) for _, status, at_work in stopping}):
            after = Status.CANCELLING if at_work else Status.CANCELLED
            alike = active & (cls.status == before) & cls.lease_until.is_null(not at_work)
            told: Changes = {"status": (before, after), "cancelled_by": (None, by)}
            of_these = cls.select(cls.id).where(alike).order_by(cls.place)
            AuditEntry.write_each(Action.UPDATE, "task", of_these, by=by, changes=told)
            fields = {"status": after} if at_work else ending(after)
            cls.update({**fields, "cancelled_by": by}).where(alike).execute()
        ids = [task_id for task_id, _, _ in stopping]
        database.after_commit(lambda: _tell(ids, by))
        return ids


def no_task() -> NotFound:
    """There is no such task."""
    return NotFound("There is no such task.")


def _tell(ids: list[str], by: int) -> None:
    if ids:
        endings.announce(ids)
        logs.info("tasks cancelled", number=len(ids), first=ids[0], by=by)
