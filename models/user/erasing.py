"""Erasure of an account: one small transaction hides it, the scheduler removes what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import logs
from models.audit import Action, AuditEntry, changes
from models.defect import Defect
from models.erasure import Erasure
from models.fields import now
from models.idempotency import KeptAnswer
from models.stores import database
from models.task import Task
from models.user.changing import Changing
from models.version import ANY, Expected

if TYPE_CHECKING:
    from models.user import User

# Small enough that a batch holds SQLite's write lock for a fraction of a second, on a busy machine too.
REMOVED_AT_A_TIME = 500


class Erasing(Changing):
    """For good: the name is free at once, and the id is never used again."""

    def erase(self, *, by: User, expected: Expected = ANY) -> None:
        """Blank the account, end its sessions, stop its JavaScript and hide its tasks and defects.

        LastAdmin if no admin would be left.
        """
        with database.atomic():
            account, actor = self._held_for(by, expected, loses_admin=True)
            gone = changes(account.audited(), {})
            ended = account.raise_epoch(but=None)
            account._blank()
            Erasure.begin(account.id, by=actor.id)
            Task.stop_work_of(account.id, by=actor.id)
            KeptAnswer.erase_answers_about(account.id)
            AuditEntry.write(Action.DESTROY, "user", self.id, by=actor.id, changes=gone)
        ended.clear(but=None)
        logs.info("user erased", user=self.id, by=by.id)

    @classmethod
    def remove_erased(cls) -> bool:
        """Remove a batch of what an erased user has left, their row last; return whether there was anything."""
        if not Erasure.is_any():
            return False
        try:
            with database.atomic():
                erasure = Erasure.claim()
                if erasure is None:
                    return False
                logs.request_id.set(erasure.request_id)
                if cls._remove_some(erasure):
                    return True
                erasure.delete_instance()
                cls.delete().where(cls.id == erasure.user_id).execute()
            logs.info("user removed", user=erasure.user_id)
            return True
        finally:
            logs.request_id.set(None)

    @staticmethod
    def _remove_some(erasure: Erasure) -> int:
        user_id, by, most = erasure.user_id, erasure.erased_by, REMOVED_AT_A_TIME
        return (
            Task.remove_some_of(user_id, by=by, most=most)
            or Defect.remove_some_of(user_id, by=by, most=most)
            or KeptAnswer.remove_some_of(user_id, most=most)
        )

    def _blank(self) -> None:
        self.username = self.username_key = self.password_hash = ""
        self.email = self.email_key = None
        self.data = {}
        self.deleted_at = now()
        self.save()
