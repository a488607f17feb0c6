"""What admins see of notices, and how they have one tried again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

import logs
from models import policy
from models.audit import Action, AuditEntry, Changes
from models.errors import AlreadyDelivered, Conflict, NotFound
from models.fields import now
from models.notification.row import TRIED_FOR, NotificationRow
from models.notification_document import NOTICE, NoticeStatus, NotificationFilters
from models.outbox import SENT_AGAIN_AFTER, send_after_commit
from models.stores import database, narrowed

if TYPE_CHECKING:
    from models.notification import Notification
    from models.user import User


class Overseeing(NotificationRow):
    """Finders and the one verb; what is not for the actor's eyes is Forbidden."""

    @classmethod
    def visible(cls, actor: User, notice_id: int) -> Notification:
        """The notice with that id, for an admin."""
        policy.oversee(actor)
        found = cls.by_id.find(notice_id)
        if found is None:
            raise _no_notice()
        return found

    def retry(self, *, by: User) -> Self:
        """Try it now: a failed one for three days more, a pending one before its pause is over.

        One that a worker is delivering stays as it is. Raises AlreadyDelivered, and Conflict for a pending one that
        waits for another of its defect.
        """
        with database.atomic():
            notice = type(self).held(self.id)
            policy.oversee(by.as_of_now())
            if notice is None:
                raise _no_notice()
            if notice.is_being_delivered(moment := now()):
                return notice
            changed = notice._bring_forward(moment)
            if changed:
                notice.save()
                AuditEntry.write(Action.UPDATE, "notification", self.id, by=by.id, changes=changed)
            send_after_commit([(NOTICE, self.id)])
        logs.info("notice sent again", notice=self.id, by=by.id)
        return notice

    def _bring_forward(self, moment: datetime) -> Changes:
        """Make it due, unless it is; return what the audit trail is to say of that."""
        if self.status == NoticeStatus.DELIVERED:
            raise AlreadyDelivered
        changed: Changes = {"next_attempt_at": (self.next_attempt_at, moment)}
        if self.status == NoticeStatus.FAILED:
            changed = {"status": (NoticeStatus.FAILED, NoticeStatus.PENDING)}
            self.status, self.give_up_at = NoticeStatus.PENDING, moment + TRIED_FOR
        elif (earlier := self.earlier_undelivered().first()) is not None:
            raise Conflict(f"Retry notice {earlier.id} first; this one waits for it.")
        elif self.next_attempt_at <= moment:
            return {}
        self.next_attempt_at, self.send_at = moment, moment + SENT_AGAIN_AFTER
        return changed

    @classmethod
    def page(
        cls, filters: NotificationFilters, *, by: User, limit: int, before: int | None = None
    ) -> list[Notification]:
        """Up to *limit* notices, newest first, from just before one."""
        query = cls._matching(filters, by).order_by(cls.id.desc()).limit(limit)
        return cls.by_id.all(query if before is None else query.where(cls.id < before))

    @classmethod
    def number(cls, filters: NotificationFilters, *, by: User, most: int) -> int:
        """How many there are, counted up to *most*."""
        found: int = cls._matching(filters, by).limit(most).count()
        return found

    @classmethod
    def _matching(cls, filters: NotificationFilters, actor: User) -> Any:
        policy.oversee(actor)
        return narrowed(
            cls.select(),
            (cls.defect_id, filters.defect),
            (cls.request_id, filters.request_id),
            (cls.user_id, filters.user),
            (cls.status, filters.status),
            pairs={("user_id", "status")},
        )


def _no_notice() -> NotFound:
    return NotFound("There is no such notice.")
