"""What time alone brings about: delays that are due, work whose worker died, messages that got lost.

Any number of schedulers may do this at once: each row is changed by one of them.
"""

from __future__ import annotations

from typing import Any, Self

import peewee

import logs
from models.endings import endings
from models.fields import now
from models.outbox import SENT_AGAIN_AFTER, send
from models.stores import database, held
from models.task.row import MOST_DEATHS, TaskRow, ending, queued_again
from models.task_kinds import Failure, Status

AT_A_TIME = 500
WORKER_LOST: Failure = {
    "code": "worker_lost",
    "name": "WorkerLost",
    "message": f"Its worker died {MOST_DEATHS} times while it ran; look whether it is what kills them.",
    "stack": "",
}


class Mending(TaskRow):
    """For the scheduler; needs no message and no worker."""

    @classmethod
    def is_any_due(cls) -> bool:
        """Whether a delay is over; to be asked often."""
        return cls._is_past(cls.due_at)

    @classmethod
    def finish_due(cls) -> int:
        """End delays that are due, a batch of them; return how many."""
        with database.atomic():
            tasks = cls._past(cls.due_at)
            fields = ending(Status.SUCCEEDED, result="0")
            # Nobody may have begun it: a delay that nobody works on passes all the same.
            fields["started_at"] = peewee.fn.COALESCE(cls.started_at, cls.created_at)
            cls._update_all(tasks, fields)
        endings.announce([task.id for task in tasks])
        for task in tasks:
            logs.info("task ended", request_id=task.request_id, task=task.id, status=Status.SUCCEEDED)
        return len(tasks)

    @classmethod
    def mend_expired(cls) -> int:
        """Queue again what a worker left when it died; a third death, or a wish to cancel, ends it."""
        if not cls._is_past(cls.lease_until):
            return 0
        with database.atomic():
            tasks = cls._past(cls.lease_until)
            cancelled = [task for task in tasks if task.status == Status.CANCELLING]
            lost = [task for task in tasks if task.status == Status.RUNNING and task.deaths + 1 >= MOST_DEATHS]
            again = [task for task in tasks if task.status == Status.RUNNING and task.deaths + 1 < MOST_DEATHS]
            cls._update_all(cancelled, ending(Status.CANCELLED))
            cls._update_all(lost, ending(Status.FAILED, error=WORKER_LOST, deaths=cls.deaths + 1))
            cls._update_all(again, {**queued_again(), "deaths": cls.deaths + 1})
        for task in tasks:
            logs.warning(
                "worker lost", request_id=task.request_id, task=task.id, deaths=task.deaths + 1, status=task.status
            )
        endings.announce([task.id for task in (*cancelled, *lost)])
        send([(task.type, task.id) for task in again])
        return len(tasks)

    @classmethod
    def send_again(cls, kind: str, *, most: int) -> int:
        """Send once more what nobody has claimed in time, of one type; return how many."""
        if not cls._is_past(cls.send_at):
            return 0
        with database.atomic():
            tasks = cls._past(cls.send_at, cls.type == kind, most=min(most, AT_A_TIME))
            cls._update_all(tasks, {"send_at": now() + SENT_AGAIN_AFTER})
        if tasks:
            logs.info("tasks sent again", type=kind, number=len(tasks))
        send([(task.type, task.id) for task in tasks])
        return len(tasks)

    @classmethod
    def _is_past(cls, column: Any) -> bool:
        # Only to look takes no lock; there is seldom something to do.
        return bool(cls.select(cls.place).where(column <= now()).limit(1).tuples().first())

    @classmethod
    def _past(cls, column: Any, *conditions: Any, most: int = AT_A_TIME) -> list[Self]:
        """Within a transaction, rows whose time has come and which nobody else holds, the oldest first."""
        columns = (cls.place, cls.id, cls.type, cls.status, cls.deaths, cls.request_id)
        query = cls.select(*columns).where(column <= now(), *conditions)
        return list(held(query.order_by(column).limit(most), "FOR UPDATE SKIP LOCKED"))

    @classmethod
    def _update_all(cls, tasks: list[Self], fields: dict[str, Any]) -> None:
        if tasks:
            cls.update(fields).where(cls.place.in_([task.place for task in tasks])).execute()
