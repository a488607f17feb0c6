"""How a notice is delivered: claimed by one at a time, in order for each defect, and tried again for three days."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import logs
from models.fields import now
from models.notification.row import LEASE, TRIED_FOR, NotificationRow
from models.notification_document import NOTICE, Event, NoticeStatus
from models.outbox import SENT_AGAIN_AFTER, send, send_after_commit
from models.stores import database, held

if TYPE_CHECKING:
    from models.notification import Notification

# In seconds; pauses vary by a quarter, so that those who failed together don't all come back together.
SHORTEST_PAUSE, LONGEST_PAUSE = 2.0, 900.0
LONGEST_ASKED_PAUSE_SECONDS = 3600.0
AT_A_TIME = 500


class Delivering(NotificationRow):
    """Every step is one UPDATE that names what the row must still be: who finds it changed has lost it."""

    @classmethod
    def claim(cls, notice_id: int) -> Notification | None:
        """Begin to deliver a notice; None if there is nothing to do, or not yet, or another must come first."""
        notice = cls.by_id.find(notice_id)
        moment = now()
        if notice is None or notice.status != NoticeStatus.PENDING or notice.next_attempt_at > moment:
            return None
        if notice.action == Event.DELETE and notice._waits_for_another(moment):
            return None
        begun = {
            "attempts": notice.attempts + 1,
            "last_attempt_at": moment,
            "next_attempt_at": moment + LEASE,
            "send_at": moment + LEASE,
        }
        if not cls.still.write(begun, notice_id, NoticeStatus.PENDING, notice.attempts):
            return None
        notice.__data__.update(begun)
        return notice

    def confirm(self) -> None:
        """Record that it was delivered, and let go of those of the same defect that waited for that."""
        model, moment = type(self), now()
        done = {"status": NoticeStatus.DELIVERED, "delivered_at": moment, "next_attempt_at": None, "send_at": None}
        with database.atomic():
            # Whatever others think of it meanwhile: it has arrived.
            unknown = (model.id == self.id) & (model.status != NoticeStatus.DELIVERED)
            is_first = model.update(done).where(unknown).execute() > 0
            freed = (model.defect_id == self.defect_id) & (model.id > self.id) & (model.status == NoticeStatus.PENDING)
            waiting = [(NOTICE, notice.id) for notice in model.select(model.id).where(freed)] if is_first else []
            if waiting:
                model.update(next_attempt_at=moment, send_at=moment + SENT_AGAIN_AFTER).where(freed).execute()
                send_after_commit(waiting)
        logs.info("notice delivered", notice=self.id, defect=self.defect_id, action=self.action, attempt=self.attempts)

    def postpone(self, why: str, *, at_least: float = 0.0) -> None:
        """Record why it was not delivered, and try again after a pause.

        When it has been tried for three days, it fails. *at_least* is the pause that the server asked for, in seconds;
        it counts up to an hour.
        """
        moment = now()
        if moment >= self.give_up_at:
            changed = self._fail(why)
        else:
            pause = max(self._pause(moment), min(at_least, LONGEST_ASKED_PAUSE_SECONDS))
            again = min(moment + timedelta(seconds=pause), self.give_up_at)
            changed = self._changed(last_error=why, next_attempt_at=again, send_at=again)
        if changed:
            logs.warning("notice not delivered", notice=self.id, defect=self.defect_id, attempt=self.attempts, why=why)

    @classmethod
    def send_again(cls, *, most: int) -> int:
        """Send what is to be tried now, or what nobody has claimed in time; return how many."""
        if not cls.select(cls.id).where(cls.send_at <= now()).limit(1).tuples().first():
            return 0
        with database.atomic():
            due = cls.select(cls.id).where(cls.send_at <= now()).order_by(cls.send_at).limit(min(most, AT_A_TIME))
            ids = [notice.id for notice in held(due, "FOR UPDATE SKIP LOCKED")]
            if ids:
                cls.update(send_at=now() + SENT_AGAIN_AFTER).where(cls.id.in_(ids)).execute()
        send([(NOTICE, notice_id) for notice_id in ids])
        return len(ids)

    def _waits_for_another(self, moment: datetime) -> bool:
        """Whether one before it of the same defect has not arrived; then it sleeps, and fails after that has failed."""
        model, before = type(self), self.earlier_undelivered()
        if before.first() is None:
            return False
        with database.atomic():
            # Held, so that one that arrives at this moment finds this one asleep, and wakes it.
            first = held(before.order_by(model.id)).first()
            if first is None:
                return False
            why = f"Waits for notice {first.id}, which comes first."
            if moment >= self.give_up_at and first.status == NoticeStatus.FAILED:
                self._fail(why)
            else:
                again = max(self.give_up_at, moment + LEASE)
                self._changed(last_error=why, next_attempt_at=again, send_at=again)
        return True

    def _pause(self, moment: datetime) -> float:
        """A quarter of the time that it has been tried for, so that pauses grow; the first is short in any case."""
        tried_for = (moment - (self.give_up_at - TRIED_FOR)).total_seconds()
        longest = SHORTEST_PAUSE if self.attempts == 1 else LONGEST_PAUSE
        pause: float = min(max(tried_for / 4, SHORTEST_PAUSE), longest)
        return pause * random.uniform(0.75, 1.25)  # noqa: S311

    def _fail(self, why: str) -> bool:
        return self._changed(status=NoticeStatus.FAILED, last_error=why, next_attempt_at=None, send_at=None)

    def _changed(self, **fields: Any) -> bool:
        return type(self).still.write(fields, self.id, NoticeStatus.PENDING, self.attempts)
