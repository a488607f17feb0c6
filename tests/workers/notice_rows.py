"""Notices to the counter server, as tests make, read and hurry them."""

from datetime import UTC, datetime

from models.defect import Defect
from models.defect_document import NewDefect
from models.notification import Notification
from tests.people import Person


def created(by: Person) -> int:
    """The notice of a defect that somebody has reported."""
    defect = Defect.report(NewDefect(comment="It leaks."), by=by.as_actor())
    return _of(defect, "create")


def created_and_deleted(by: Person) -> tuple[int, int]:
    """The notices of a defect that somebody has reported and deleted."""
    actor = by.as_actor()
    defect = Defect.report(NewDefect(comment="It leaks."), by=actor)
    defect.withdraw(by=actor)
    return _of(defect, "create"), _of(defect, "delete")


def row(notice_id: int) -> Notification:
    """A notice as it is now."""
    found = Notification.by_id.find(notice_id)
    assert found is not None
    return found


def claimed(notice_id: int) -> Notification:
    """A notice that somebody has begun to deliver."""
    found = Notification.claim(notice_id)
    assert found is not None
    return found


def is_free(notice_id: int) -> bool:
    """Whether anybody may begin to deliver it now."""
    return bool(row(notice_id).next_attempt_at <= datetime.now(UTC))


def due(notice_id: int) -> int:
    """Have the time come that a notice waits for."""
    moment = row(notice_id).created_at
    Notification.update(next_attempt_at=moment, send_at=moment).where(Notification.id == notice_id).execute()
    return notice_id


def _of(defect: Defect, action: str) -> int:
    notice = Notification.get(Notification.defect_id == defect.id, Notification.action == action)
    return int(notice.id)
