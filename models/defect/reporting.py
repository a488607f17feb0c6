"""How a defect is reported, changed and deleted; its beginning and its end are told to the counter server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from msgspec import UNSET

import logs
from models import policy, throttle
from models.audit import Action, AuditEntry, changes
from models.defect.reports import Report, keep, kept_together
from models.defect.row import DefectRow, no_defect
from models.defect_document import MergedDefect, NewDefect, ReplacedDefect, comment_key
from models.fields import now
from models.idempotency import ALWAYS, Once
from models.notification import Notification
from models.notification_document import Event
from models.stores import database, held
from models.version import ANY, Expected

if TYPE_CHECKING:
    from models.defect import Defect
    from models.user import User


class Reporting(DefectRow):
    """By anybody; deleted by its creator alone, or with their account."""

    @classmethod
    def report(cls, body: NewDefect, *, by: User, once: Once = ALWAYS) -> Defect:
        """Keep a new defect, and the notice of it; KeyInFlight if the key is at work.

        Raises RateLimited past DEFECTS_PER_HOUR.
        """
        throttle.count_defect(by.id)
        report = cls._drafted(body, by)
        if once.key is not None or not kept_together(report):
            with database.atomic():
                # A deletion waits until this is committed, and takes this one along, or is honoured here.
                policy.report_defect(by.as_of_now(staying=True))
                once.begin()
                keep([report])
                once.end(report.defect.row.to_dict(user=by.id), about=f"defect:{report.defect.row.id}")
        defect = report.defect.row
        logs.info("defect reported", defect=defect.id, by=by.id)
        return defect

    def amend(self, body: ReplacedDefect | MergedDefect, *, by: User, expected: Expected = ANY) -> Self:
        """Take the fields that are given; Outdated if it is no longer the version that was expected."""
        with database.atomic():
            defect, actor = self._held_for(by)
            expected.check(defect.shown_to(actor))
            before = defect.audited()
            for name, value in body.given().items():
                setattr(defect, name, value)
            defect.comment_key = comment_key(defect.comment)
            changed = changes(before, defect.audited())
            if changed:
                defect.save()
                AuditEntry.write(Action.UPDATE, "defect", self.id, by=actor.id, changes=changed)
        if changed:
            logs.info("defect changed", defect=self.id, by=by.id, fields=list(changed))
        return defect

    def withdraw(self, *, by: User, expected: Expected = ANY) -> None:
        """Remove it for good, and keep the notice of that."""
        with database.atomic():
            defect, actor = self._held_for(by)
            policy.withdraw_defect(actor, defect)
            expected.check(defect.shown_to(actor))
            defect.delete_instance()
            gone = changes(defect.audited(), {})
            AuditEntry.write(Action.DESTROY, "defect", self.id, by=actor.id, changes=gone)
            Notification.write(Event.DELETE, defect_id=self.id, user_id=defect.user_id)
        logs.info("defect deleted", defect=self.id, by=by.id)

    @classmethod
    def remove_some_of(cls, user_id: int, *, by: int, most: int) -> int:
        """Within a transaction, remove a batch of an erased user's defects, each with its entry and its notice.

        The newest go first: lists begin there, and step over what they must not show. Returns how many.
        """
        newest = cls.select(cls.id).where(cls.user_id == user_id).order_by(cls.id.desc()).limit(most)
        # Held, so that one that is being withdrawn at this moment is gone, and not removed twice.
        ids = [defect.id for defect in held(newest)]
        if ids:
            found = cls.select(cls.id).where(cls.id.in_(ids)).order_by(cls.id)
            AuditEntry.write_each(Action.DESTROY, "defect", found, by=by)
            Notification.write_each(Event.DELETE, found, user_id=user_id)
            cls.delete().where(cls.id.in_(ids)).execute()
        return len(ids)

    @classmethod
    def _drafted(cls, body: NewDefect, by: User) -> Report:
        seen_at = now() if body.timestamp is UNSET else body.timestamp
        key = comment_key(body.comment)
        draft = cls.new.draft(comment=body.comment, comment_key=key, timestamp=seen_at, user_id=by.id)
        entry = AuditEntry.draft(Action.CREATE, "defect", by=by.id, changes=changes({}, draft.row.audited()))
        return Report(by, draft, entry, Notification.draft(Event.CREATE, user_id=by.id))

    def _held_for(self, by: User) -> tuple[Self, User]:
        """The row, which nobody else may change until the transaction ends, and the actor as of now."""
        defect = type(self).held(self.id)
        actor = by.as_of_now()
        if defect is None:
            raise no_defect()
        return defect, actor
