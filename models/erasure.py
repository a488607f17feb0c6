"""Queue of erased accounts with tasks and defects still to be removed."""

from __future__ import annotations

from typing import Any, Self

import peewee

import logs
from models.stores import BaseModel, held

_IDS = peewee.SQL("(SELECT user_id FROM erasure)")


class Erasure(BaseModel):
    """An erased user: no read shows what is theirs, and the scheduler removes it in batches.

    The row goes with the user's own, when nothing else is left.
    """

    id = peewee.AutoField()
    user_id = peewee.BigIntegerField()
    erased_by = peewee.BigIntegerField()
    request_id = peewee.TextField(null=True)

    @classmethod
    def begin(cls, user_id: int, *, by: int) -> None:
        """Within a transaction that holds a user's row, hide what is theirs from now on."""
        cls.insert(user_id=user_id, erased_by=by, request_id=logs.request_id.get()).execute()

    @classmethod
    def is_any(cls) -> bool:
        """Return whether something is to be removed, without a lock."""
        return bool(cls.select(cls.id).limit(1).tuples().first())

    @classmethod
    def includes(cls, user_id: int) -> bool:
        """Return whether that user is erased."""
        return bool(cls.select(cls.id).where(cls.user_id == user_id).tuples().first())

    @classmethod
    def claim(cls) -> Self | None:
        """Within a transaction, take the oldest one that no other scheduler works on."""
        oldest = cls.select().order_by(cls.id).limit(1)
        found: Self | None = held(oldest, "FOR UPDATE SKIP LOCKED").first()
        return found


def not_erased(user_id: Any) -> Any:
    """Return the condition that a column with a user's id is not the id of an erased user."""
    return peewee.NodeList((user_id, peewee.SQL("NOT IN"), _IDS))
