"""`Prefer: wait=N` (RFC 7240): whether and how long the answer may wait for the end of a task."""

import re
from dataclasses import dataclass
from typing import Any

import falcon

from hooks.auth import authenticated
from models.bulkhead import BulkheadFull
from models.capacity import TASK_WAITS
from models.endings import endings
from models.errors import Unavailable
from models.stores import DATABASE_FAULTS, drop_connection
from models.task import Task
from models.task_kinds import TaskDocument
from models.user import User

LONGEST_WAIT = 30
# One preference: all up to a comma that stands in no quoted string.
_PREFERENCE = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+', re.DOTALL)
_WAIT = re.compile(r'\s*wait\s*=\s*"?(\d{1,300})"?\s*(?:;.*)?', re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Patience:
    """How many seconds the client would rather wait than ask again; none if they don't say."""

    seconds: int
    _actor: User
    _req: falcon.Request
    _resp: falcon.Response

    def for_the_end_of(self, task: TaskDocument) -> TaskDocument:
        """The task as it stands when it ends or the time is over; at once if too many wait already."""
        if not self.seconds:
            return task
        try:
            with TASK_WAITS.place(address=self._actor.address, person=self._actor.id):
                return self._waited(task)
        except BulkheadFull:
            return task
        except (Unavailable, *DATABASE_FAULTS):
            # What has been done is done, and they are told of it as it stood.
            drop_connection()
            return task

    def _waited(self, task: TaskDocument) -> TaskDocument:
        task_id = task["id"]
        endings.wait(task_id, self.seconds, ended=lambda: Task.is_over(task_id))
        self._resp.set_header("Preference-Applied", f"wait={self.seconds}")
        # What has been revoked while they were waiting is revoked.
        again: dict[str, Any] = {}
        authenticated(self._req, self._resp, None, again)
        return Task.usable(again["actor"], task_id).to_dict()


def prefer(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over the `patience`; a preference that can't be read is ignored, as the RFC has it."""
    found = [_WAIT.fullmatch(each) for each in _PREFERENCE.findall(req.get_header("Prefer") or "")]
    seconds = next((int(each[1]) for each in found if each), 0)
    params["patience"] = Patience(min(seconds, LONGEST_WAIT), params["actor"], req, resp)
