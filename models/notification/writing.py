"""How a notice comes to be: in the transaction of what it tells of, and in nobody's hands until that is committed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import logs
from ids import time_ordered_id
from models.drafts import insert_all
from models.fields import now
from models.notification.row import TRIED_FOR, NotificationRow
from models.notification_document import NOTICE, Event, NoticeStatus
from models.outbox import SENT_AGAIN_AFTER, send_after_commit

if TYPE_CHECKING:
    from models.drafts import Draft
    from models.notification import Notification


class Writing(NotificationRow):
    """One notice, or one for each of many defects."""

    @classmethod
    def write(cls, action: Event, *, defect_id: int, user_id: int) -> None:
        """Add a notice to the transaction that is under way; workers hear of it after the commit."""
        cls.write_drafts([cls.draft(action, user_id=user_id)], [defect_id])

    @classmethod
    def draft(cls, action: Event, *, user_id: int) -> Draft[Notification]:
        """Make a notice that is to be added to a transaction."""
        moment = now()
        alike = cls._alike(action, user_id, moment)
        return cls.new.draft(**alike, key=time_ordered_id(), send_at=moment + SENT_AGAIN_AFTER)

    @classmethod
    def write_drafts(cls, drafts: Sequence[Draft[Notification]], defect_ids: Sequence[int]) -> None:
        """Add them to the transaction that is under way; workers hear of them after the commit."""
        for draft, defect_id in zip(drafts, defect_ids, strict=True):
            draft.add(defect_id=defect_id)
        insert_all(drafts)
        send_after_commit([(NOTICE, each.row.id) for each in drafts])

    @classmethod
    def write_each(cls, action: Event, defect_ids: Any, *, user_id: int) -> None:
        """Add a notice for each of the ids that a query finds; the scheduler tells workers of them."""
        moment = now()
        alike = {**cls._alike(action, user_id, moment), "send_at": moment}
        cls.insert_for_each(defect_ids, [cls.defect_id], alike)

    @classmethod
    def _alike(cls, action: Event, user_id: int, moment: datetime) -> dict[str, Any]:
        return {
            "user_id": user_id,
            "action": action,
            "request_id": logs.request_id.get(),
            "status": NoticeStatus.PENDING,
            "attempts": 0,
            "created_at": moment,
            "give_up_at": moment + TRIED_FOR,
            "next_attempt_at": moment,
        }
