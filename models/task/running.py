"""How a task is worked on: claimed by one at a time, who says that they are alive, and ended once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

import logs
from models.endings import endings
from models.fields import now
from models.outbox import send
from models.task.row import LEASE, TaskRow, ending, queued_again
from models.task_kinds import Failure, Kind, LogLine, Status

if TYPE_CHECKING:
    from models.task import Task


class Running(TaskRow):
    """Every step is one UPDATE that names what the row must still be: who finds it changed has lost it."""

    @classmethod
    def claim(cls, task_id: str) -> Task | None:
        """Begin to work on a task; None if there is nothing to do, be it that a delay has passed by now."""
        task = cls.by_id.find(task_id)
        if task is None or task.status != Status.QUEUED:
            return None
        moment = now()
        if task.due_at is not None and task.due_at <= moment:
            task._end(Status.SUCCEEDED, of=Status.QUEUED, result="0", started_at=moment)
            return None
        begun = {
            "status": Status.RUNNING,
            "started_at": moment,
            "send_at": None,
            "attempt": task.attempt + 1,
            # A delay passes by itself: nobody has to stay alive for it.
            "lease_until": None if task.type == Kind.DELAY else moment + LEASE,
        }
        if not cls.still.write(begun, task_id, Status.QUEUED, task.attempt):
            return None
        task.__data__.update(begun)
        return task

    def heartbeat(self) -> bool:
        """Say that one is still at work; whether one may go on with it."""
        # As of before it is written, which may take its time.
        lease_until = now() + LEASE
        kept = self._changed(Status.RUNNING, lease_until=lease_until)
        if kept:
            self.__data__["lease_until"] = lease_until
        return kept

    def is_wanted(self) -> bool:
        """Whether nobody has cancelled it, erased it or taken it over, as far as can be read."""
        row = type(self).by_id.find(self.id)
        return row is not None and row.status == Status.RUNNING and row.attempt == self.attempt

    def finish(self, result: bytes, lines: list[LogLine]) -> bool:
        """Record what came of it, in JSON; False if it was no longer one's own to end."""
        return self._end(Status.SUCCEEDED, of=Status.RUNNING, result=result.decode(), logs=lines)

    def fail(self, error: Failure, lines: list[LogLine]) -> bool:
        """Record why nothing came of it; False if it was no longer one's own to end."""
        return self._end(Status.FAILED, of=Status.RUNNING, error=error, logs=lines)

    def confirm_stopped(self, lines: list[LogLine]) -> bool:
        """Record that the work has ended which somebody cancelled."""
        return self._end(Status.CANCELLED, of=Status.CANCELLING, logs=lines)

    def hand_back(self) -> bool:
        """Leave it to another worker, without having died of it."""
        handed = self._changed(Status.RUNNING, **queued_again())
        if handed:
            send([(self.type, self.id)])
        return handed

    def _end(self, status: Status, *, of: Status, **came_of_it: Any) -> bool:
        weight = self.weight + len(msgspec.json.encode(came_of_it))
        ended = self._changed(of, **ending(status, **came_of_it, weight=weight))
        if ended:
            endings.announce([self.id])
            logs.info("task ended", task=self.id, status=status, attempt=self.attempt)
        return ended

    def _changed(self, of: Status, **fields: Any) -> bool:
        return type(self).still.write(fields, self.id, of, self.attempt)
