"""How a task is worked on: claimed by one at a time, who says that they are alive, and ended once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

import logs
from models.endings import endings
from models.task.row import LEASE, TaskRow, ending, now, queued_again
from models.task.starting import send
from models.task_kinds import Failure, Kind, LogLine, Status

if TYPE_CHECKING:
    from models.task import Task


class Running(TaskRow):
    """Every step is one UPDATE that names what the row must still be: who finds it changed has lost it."""

    @classmethod
    def claim(cls, task_id: str) -> Task | None:
        """Begin to work on a task; None if it isn't there to be begun."""
        task = cls.by_id.find(task_id)
        if task is None or task.status != Status.QUEUED:
            return None
        moment = now()
        begun = {
            "status": Status.RUNNING,
            "started_at": moment,
            "send_at": None,
            "attempt": task.attempt + 1,
            "lease_until": None if task.waits else moment + LEASE,
        }
        mine = (cls.id == task_id) & (cls.status == Status.QUEUED) & (cls.attempt == task.attempt)
        if not cls.update(begun).where(mine).execute():
            return None
        task.__data__.update(begun)
        return task

    @property
    def waits(self) -> bool:
        """Whether there is nothing to do yet but wait."""
        return self.type == Kind.DELAY and self.due_at is not None and self.due_at > now()

    def heartbeat(self) -> bool:
        """Say that one is still at work; whether one may go on with it."""
        return self._changed(Status.RUNNING, lease_until=now() + LEASE)

    def is_wanted(self) -> bool:
        """Whether nobody has cancelled it, erased it or taken it over, as far as can be read."""
        row = type(self).by_id.find(self.id)
        return row is not None and row.status == Status.RUNNING and row.attempt == self.attempt

    def finish(self, result: bytes, lines: list[LogLine]) -> bool:
        """Record what came of it, in JSON; False if it was no longer one's own to end."""
        return self._end(Status.SUCCEEDED, result=result.decode(), error=None, lines=lines)

    def fail(self, error: Failure, lines: list[LogLine]) -> bool:
        """Record why nothing came of it; False if it was no longer one's own to end."""
        return self._end(Status.FAILED, result=None, error=error, lines=lines)

    def confirm_stopped(self, lines: list[LogLine]) -> bool:
        """Record that the work has ended which somebody cancelled."""
        return self._end(Status.CANCELLED, result=None, error=None, lines=lines)

    def hand_back(self) -> bool:
        """Leave it to another worker; as nobody died of it, the attempt does not count."""
        handed = self._changed(Status.RUNNING, **queued_again(), attempt=self.attempt - 1)
        if handed:
            send([(self.type, self.id)])
        return handed

    def _end(self, status: Status, *, result: str | None, error: Failure | None, lines: list[LogLine]) -> bool:
        kept = len(result or "") + len(msgspec.json.encode([error, lines]))
        written = ending(status, result=result, error=error, logs=lines, weight=self.weight + kept)
        ended = self._changed(Status.CANCELLING if status is Status.CANCELLED else Status.RUNNING, **written)
        if ended:
            endings.announce([self.id])
            logs.info("task ended", task=self.id, status=status, attempt=self.attempt)
        return ended

    def _changed(self, of: Status, **fields: Any) -> bool:
        model = type(self)
        mine = (model.id == self.id) & (model.status == of) & (model.attempt == self.attempt)
        return bool(model.update(fields).where(mine).execute())
