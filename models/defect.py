"""Defects: reported, changed, withdrawn and read; each beginning and end is told to the counter server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

import peewee
from msgspec import UNSET

import logs
from models import policy
from models.audit import Action, AuditEntry, changes
from models.defect_document import DefectDocument, DefectFilters, MergedDefect, NewDefect, ReplacedDefect
from models.errors import NotFound
from models.fields import InstantField
from models.idempotency import ALWAYS, Once
from models.names import caseless
from models.notification import Notification
from models.notification_document import Event
from models.prepared import PreparedRow
from models.stores import BaseModel, database, has_substring, held
from models.version import ANY, Expected

if TYPE_CHECKING:
    from models.user import User


class Defect(BaseModel):
    """Something that is wrong, as somebody reported it."""

    id = peewee.AutoField()
    comment = peewee.TextField()
    comment_key = peewee.TextField()
    timestamp = InstantField()
    user_id = peewee.BigIntegerField()

    by_id: ClassVar[PreparedRow[Defect]]

    @classmethod
    def report(cls, body: NewDefect, *, by: User, once: Once = ALWAYS) -> Self:
        """Keep a new defect, and the notice of it; KeyInFlight if the key is at work."""
        with database.atomic():
            once.begin()
            # Who is deleted meanwhile takes this one along, or finds it not begun.
            actor = by.as_of_now(staying=True)
            seen_at = datetime.now(UTC) if body.timestamp is UNSET else body.timestamp
            key = caseless(body.comment)
            defect: Self = cls.create(comment=body.comment, comment_key=key, timestamp=seen_at, user_id=actor.id)
            created = changes({}, defect.audited())
            AuditEntry.write(Action.CREATE, "defect", defect.id, by=actor.id, changes=created)
            Notification.write(Event.CREATE, defect_id=defect.id, user_id=defect.user_id)
            once.end(defect.to_dict(user=actor.id), about=f"defect:{defect.id}")
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
            defect.comment_key = caseless(defect.comment)
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
    def erase_those_of(cls, user_id: int, *, by: int) -> None:
        """Within a transaction that holds a user, remove their defects, each with its entry and its notice."""
        theirs = cls.user_id == user_id
        # First of all, so that one that is being withdrawn at this moment is gone, and not removed twice.
        held(cls.select(cls.id).where(theirs).order_by(cls.id)).tuples().execute()
        found = cls.select(cls.id).where(theirs).order_by(cls.id)
        AuditEntry.write_each(Action.DESTROY, "defect", found, by=by)
        Notification.write_each(Event.DELETE, found, user_id=user_id)
        cls.delete().where(theirs).execute()

    @classmethod
    def readable(cls, actor: User, defect_id: int) -> Defect:
        """The defect with that id, for anybody."""
        defect = cls.by_id.find(defect_id)
        if defect is None:
            raise _no_defect()
        return defect

    @classmethod
    def own(cls, actor: User, defect_id: int) -> Defect:
        """The defect with that id, for whoever may delete it: NotFound comes before Forbidden."""
        defect = cls.readable(actor, defect_id)
        policy.withdraw_defect(actor, defect)
        return defect

    @classmethod
    def page(cls, filters: DefectFilters, *, by: User, limit: int, before: int | None = None) -> list[Defect]:
        """Up to *limit* defects, newest first, from just before one."""
        query = cls._matching(filters, by).order_by(cls.id.desc()).limit(limit)
        return cls.by_id.all(query if before is None else query.where(cls.id < before))

    @classmethod
    def number(cls, filters: DefectFilters, *, by: User, most: int) -> int:
        """How many there are, counted up to *most*."""
        found: int = cls._matching(filters, by).limit(most).count()
        return found

    @classmethod
    def shown(cls, defects: list[Defect], *, to: User) -> list[DefectDocument]:
        """Their documents, without the ids of deleted users where the reader is no admin."""
        known = {defect.user_id for defect in defects}
        if not policy.sees_everything(to) and known - {to.id}:
            users = type(to)
            known = {user.id for user in users.select(users.id).where(users.id.in_(known), users.deleted_at.is_null())}
        return [each.to_dict(user=each.user_id if each.user_id in known else None) for each in defects]

    def shown_to(self, actor: User) -> DefectDocument:
        """What somebody sees of it."""
        (document,) = type(self).shown([self], to=actor)
        return document

    def to_dict(self, *, user: int | None) -> DefectDocument:
        """The defect, with whoever reported it if the reader may know."""
        return {"id": self.id, "comment": self.comment, "timestamp": self.timestamp, "user": user}

    def audited(self) -> dict[str, Any]:
        """What the audit trail compares before and after."""
        return {"comment": self.comment, "timestamp": self.timestamp, "user": self.user_id}

    def _held_for(self, by: User) -> tuple[Self, User]:
        """The row, which nobody else may change until the transaction ends, and the actor as of now."""
        defect = type(self).held(self.id)
        actor = by.as_of_now()
        if defect is None:
            raise _no_defect()
        return defect, actor

    @classmethod
    def _matching(cls, filters: DefectFilters, actor: User) -> Any:
        query = cls.select()
        if filters.user is not UNSET:
            query = query.where(cls.user_id == filters.user)
            if not policy.sees_everything(actor):
                # Once for all rows: a deleted user is nobody to find defects by.
                users = type(actor)
                there = users.select(users.id).where(users.id == filters.user, users.deleted_at.is_null())
                query = query.where(peewee.fn.EXISTS(there))
        if filters.q is not UNSET:
            query = query.where(has_substring(cls.comment_key, caseless(filters.q)))
        return query


Defect.by_id = PreparedRow(Defect, Defect.id)


def _no_defect() -> NotFound:
    return NotFound("There is no such defect.")
