"""How things stand in the database, in numbers, for whoever watches over the service."""

import threading
from datetime import datetime
from typing import Any, NamedTuple

import peewee

from models.fields import now
from models.notification import Notification
from models.notification_document import NoticeStatus
from models.stores import DATABASE_FAULTS, database
from models.task import Task
from models.task.tally import TaskTally
from models.task_kinds import Kind, Status

# In seconds.
PATIENCE = 0.5
# Of those that were delivered there may be any number.
COUNTED_NOTICES = (NoticeStatus.PENDING, NoticeStatus.FAILED)


class Figures(NamedTuple):
    """Numbers of tasks and notices, and ages in seconds; what is not there is none."""

    unfinished: dict[tuple[Kind, Status], int]
    oldest_queued: dict[Kind, float]
    ended: dict[tuple[Kind, Status], int]
    notices: dict[NoticeStatus, int]
    oldest_pending: float
    oldest_due: float

    @classmethod
    def read(cls) -> "Figures":
        """Ask the database, in a few queries whose cost does not grow with what has been done."""
        moment = now()
        unfinished, oldest_queued = _unfinished(moment)
        return cls(
            unfinished,
            oldest_queued,
            TaskTally.totals(),
            _notices(),
            _age(_oldest_pending(), moment),
            _age(
                Notification.select(peewee.fn.MIN(Notification.next_attempt_at)).where(_is_pending()).scalar(), moment
            ),
        )


def _unfinished(moment: datetime) -> tuple[dict[tuple[Kind, Status], int], dict[Kind, float]]:
    counted: Any = Task.select(Task.status, Task.type, peewee.fn.COUNT(Task.status), peewee.fn.MIN(Task.created_at))
    rows = counted.where(Task.finished_at.is_null()).group_by(Task.status, Task.type).tuples()
    numbers: dict[tuple[Kind, Status], int] = {}
    ages: dict[Kind, float] = {}
    for status, kind, number, oldest in rows:
        numbers[Kind(kind), Status(status)] = number
        if status == Status.QUEUED:
            ages[Kind(kind)] = _age(oldest, moment)
    return numbers, ages


def _notices() -> dict[NoticeStatus, int]:
    counted: Any = Notification.select(Notification.status, peewee.fn.COUNT(Notification.status))
    rows = counted.where(Notification.status.in_(COUNTED_NOTICES)).group_by(Notification.status).tuples()
    return {NoticeStatus(status): number for status, number in rows}


def _oldest_pending() -> datetime | None:
    pending = Notification.select(Notification.created_at).where(Notification.status == NoticeStatus.PENDING)
    oldest: datetime | None = pending.order_by(Notification.id).limit(1).scalar()
    return oldest


def _is_pending() -> peewee.Expression:
    # As its index is written; the database keeps the two the same.
    return Notification.next_attempt_at.is_null(False)


def _age(since: datetime | None, moment: datetime) -> float:
    return max(0.0, (moment - since).total_seconds()) if since else 0.0


class PatientReader:
    """Reads the figures in a thread and over a connection of its own, and waits half a second for them.

    A server that neither answers nor hangs up is waited for until the connection breaks; while a thread is, none
    follows it.
    """

    def __init__(self) -> None:
        self._stuck: threading.Thread | None = None

    def read(self) -> Figures | None:
        """The figures; None if the database is away, or takes too long."""
        if self._stuck is not None and self._stuck.is_alive():
            return None
        answers: list[Figures | Exception] = []
        thread = threading.Thread(target=_read_into, args=(answers,), name="figures", daemon=True)
        thread.start()
        thread.join(PATIENCE)
        if not answers:
            self._stuck = thread
            return None
        (answer,) = answers
        if isinstance(answer, DATABASE_FAULTS):
            return None
        if isinstance(answer, Exception):
            raise answer
        return answer


def _read_into(answers: list[Figures | Exception]) -> None:
    try:
        with database.connection_context():
            answers.append(Figures.read())
    except Exception as error:
        answers.append(error)
