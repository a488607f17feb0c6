"""A defect's row: its columns, and what is shown of it to whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import peewee

from models import policy
from models.defect_document import DefectDocument
from models.erasure import not_erased
from models.errors import NotFound
from models.fields import InstantField
from models.stores import BaseModel, held

if TYPE_CHECKING:
    from models.defect import Defect
    from models.drafts import PreparedInsert
    from models.prepared import PreparedRow
    from models.user import User


class DefectRow(BaseModel):
    """Something that is wrong, as somebody reported it."""

    id = peewee.AutoField()
    comment = peewee.TextField()
    comment_key = peewee.TextField()
    timestamp = InstantField()
    user_id = peewee.BigIntegerField()

    by_id: ClassVar[PreparedRow[Defect]]
    new: ClassVar[PreparedInsert[Defect]]

    class Meta:
        table_name = "defect"

    @classmethod
    def held(cls, key: int) -> Self | None:
        """Read a defect that can't change until this transaction ends; None if it is gone, or hidden."""
        row: Self | None = held(cls.select().where(cls.id == key, not_erased(cls.user_id))).first()
        return row

    @classmethod
    def shown(cls, defects: Sequence[DefectRow], *, to: User) -> list[DefectDocument]:
        """Their documents, without the ids of those who are nobody to the reader."""
        known = cls.known({defect.user_id for defect in defects}, to=to)
        return [each.to_dict(user=each.user_id if each.user_id in known else None) for each in defects]

    @staticmethod
    def known(user_ids: set[int], *, to: User) -> set[int]:
        """Those of them who are somebody: a deleted user is nobody but to admins."""
        if policy.sees_everything(to) or user_ids <= {to.id}:
            return user_ids
        users = type(to)
        return {user.id for user in users.select(users.id).where(users.id.in_(user_ids), users.deleted_at.is_null())}

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


def no_defect() -> NotFound:
    """There is no such defect."""
    return NotFound("There is no such defect.")
