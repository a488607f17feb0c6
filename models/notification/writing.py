"""How a notice comes to be: in the transaction of what it tells of, and in nobody's hands until that is committed."""

from __future__ import annotations

from typing import Any

import logs
from models.notification.row import TRIED_FOR, NotificationRow, now
from models.notification_document import NOTICE, Event
from models.outbox import SENT_AGAIN_AFTER, send
from models.stores import database


class Writing(NotificationRow):
    """One notice, or one for each of many defects."""

    @classmethod
    def write(cls, action: Event, *, defect_id: int, user_id: int) -> None:
        """Add a notice to the transaction that is under way; workers hear of it after the commit."""
        moment = now()
        alike = _alike(action, user_id)
        notice_id: int = cls.insert(
            {**alike, cls.defect_id: defect_id, cls.next_attempt_at: moment, cls.send_at: moment + SENT_AGAIN_AFTER}
        ).execute()
        database.after_commit(lambda: send([(NOTICE, notice_id)]))

    @classmethod
    def write_each(cls, action: Event, defect_ids: Any, *, user_id: int) -> None:
        """Add a notice for each of the ids that a query finds; the scheduler tells workers of them."""
        moment = now()
        alike = {**_alike(action, user_id), cls.next_attempt_at: moment, cls.send_at: moment}
        cls.insert_for_each(defect_ids, [cls.defect_id], alike)


def _alike(action: Event, user_id: int) -> dict[Any, Any]:
    row = NotificationRow
    return {
        row.user_id: user_id,
        row.action: action,
        row.request_id: logs.request_id.get(),
        row.status: row.status.default,
        row.attempts: row.attempts.default,
        row.created_at: now(),
        row.give_up_at: now() + TRIED_FOR,
    }
