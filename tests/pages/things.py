"""One of everything that pages show, with its address on each of them."""

import re
import uuid
from typing import Any

from webtest import TestApp

from models.defect import Defect
from models.notification import Notification
from models.notification_document import NoticeStatus
from models.task import Task
from models.task_kinds import ENDED, NewDelay, NewJavaScript, Status
from tests.people import Person
from tests.security.rows import rows

FAILED = {"status": NoticeStatus.FAILED, "attempts": 3, "last_error": "It said 500.", "next_attempt_at": None}
REQUEST = "req-1"
# In the place of an id that nothing has.
NOBODY = 4711


class Things:
    """alice is live and bob is deleted; the defect, its failed notice and the task are root's."""

    def __init__(self, app: Any, alice: Person, bob: Person, root: Person) -> None:
        bob.user.deactivate(by=root.as_actor())
        self.defect_id = report(app, root)
        (notice,) = rows("notification")
        fail(notice["id"])
        self.task_id = Task.submit(NewDelay(seconds=600), by=root.as_actor()).id
        self._ids = {
            "user_id": alice.id,
            "defect_id": self.defect_id,
            "task_id": self.task_id,
            "notification_id": notice["id"],
            "entry_id": rows("audit_entry")[-1]["id"],
            "request_id": REQUEST,
            "name": "aerie.css",
        }
        self._deleted_id = bob.id

    def address(self, template: str) -> str:
        """Where a page of *template* shows one of them."""
        ids = self._ids | ({"user_id": self._deleted_id} if template.endswith("/restore") else {})
        return _filled(template, ids)

    def amend(self, comment: str) -> None:
        """Have the defect say this."""
        Defect.update(comment=comment, comment_key=comment).where(Defect.id == self.defect_id).execute()


def missing(template: str) -> str:
    """Where a page of *template* would show what is not there."""
    return _filled(
        template,
        dict.fromkeys(("user_id", "defect_id", "notification_id", "entry_id"), NOBODY)
        | {"task_id": uuid.UUID(int=1), "request_id": "req-4711", "name": "nothing.css"},
    )


def report(app: Any, by: Person, comment: str = "It leaks.", request_id: str = REQUEST) -> int:
    """Report a defect through the API, as a request of that id."""
    headers = by.headers | {"X-Request-ID": request_id}
    made: int = TestApp(app).post_json("/api/defects", {"comment": comment}, headers=headers, status=201).json["id"]
    return made


def fail(notice_id: int, **fields: Any) -> None:
    """Bring a notice past those who deliver it into the state of one that has failed."""
    Notification.update({**FAILED, "send_at": None, **fields}).where(Notification.id == notice_id).execute()


def task(by: Person, status: Status, code: str = "6*7", **fields: Any) -> str:
    """A task of JavaScript as workers would have left it."""
    made = Task.submit(NewJavaScript(code=code), by=by.as_actor())
    moment = made.created_at
    begun = {} if status is Status.QUEUED else {"started_at": moment, "send_at": None}
    over = {"finished_at": moment} if status in ENDED else {}
    Task.update({"status": status, **begun, **over, **fields}).where(Task.id == made.id).execute()
    return made.id


def _filled(template: str, ids: dict[str, Any]) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: str(ids[found[1]]), template)
