"""How an account ends: its sessions alone, until it is restored, or for good."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import logs
from models import policy, session_store
from models.account import Deactivated, Ending
from models.audit import Action, AuditEntry, changes
from models.defect import Defect
from models.errors import NotDeleted, UsernameTaken
from models.idempotency import KeptAnswer
from models.stores import database
from models.task import Task
from models.user.changing import Changing
from models.user.row import no_account
from models.version import ANY, Expected

if TYPE_CHECKING:
    from models.user import User


class Leaving(Changing):
    """Whatever Redis does, what the row says of sessions holds at once."""

    def end_sessions(self, *, by: User, but: str | None = None) -> int:
        """End all sessions, or all but the one that the actor came with; return how many there were."""
        ending: list[str] = []

        def end(account: Self, actor: User) -> None:
            ending.extend(account.raise_epoch(but=but, by=actor.id))

        self._changed(end, by=by, event="sessions ended")
        session_store.forget(self.id, ending)
        return len(ending)

    def would_end(self, *, by: User) -> Ending:
        """What would end if an admin deleted the account now."""
        policy.manage_users(by)
        return {"sessions": len(self.live_session_ids()), "tasks": Task.number_to_end_with(self.id)}

    def deactivate(self, *, by: User, expected: Expected = ANY) -> Deactivated:
        """Flag the account as deleted, end its sessions and stop its tasks; LastAdmin if no admin would be left."""
        ending: list[str] = []
        cancelled: list[str] = []

        def deactivate(account: Self, actor: User) -> None:
            policy.manage_users(actor)
            account.deleted_at = datetime.now(UTC)
            ending.extend(account.raise_epoch(but=None, by=actor.id))
            cancelled.extend(Task.cancel_those_of(account, by=actor.id))

        self._changed(
            deactivate, by=by, expected=expected, action=Action.DESTROY, loses_admin=True, event="user deleted"
        )
        session_store.forget(self.id, ending)
        return {"sessions_revoked": len(ending), "tasks_cancelled": cancelled}

    def restore(self, *, by: User) -> Self:
        """Undo a deletion; UsernameTaken if the name has another owner now, NotDeleted if there is nothing to undo."""
        with database.atomic():
            account = type(self).held(self.id)
            policy.manage_users(by.as_of_now())
            if account is None:
                raise no_account()
            if account.deleted_at is None:
                raise NotDeleted
            before = account.audited()
            account.deleted_at = None
            try:
                account.save_changes(before, Action.UPDATE, by=by.id)
            except UsernameTaken:
                raise UsernameTaken("Rename whoever has this name now, then restore it.") from None
        logs.info("user restored", user=self.id, by=by.id)
        return account

    def erase(self, *, by: User, expected: Expected = ANY) -> None:
        """Remove the account for good, with its sessions, tasks and defects; LastAdmin if no admin would be left."""
        with database.atomic():
            account, actor = self._held_for(by, expected, loses_admin=True)
            ending = account.live_session_ids()
            Task.erase_those_of(self.id, by=actor.id)
            Defect.erase_those_of(self.id, by=actor.id)
            KeptAnswer.erase(self.id)
            account.delete_instance()
            AuditEntry.write(Action.DESTROY, "user", self.id, by=actor.id, changes=changes(account.audited(), {}))
            AuditEntry.write_destroyed_sessions(ending, by=actor.id)
        session_store.forget(self.id, ending)
        logs.info("user erased", user=self.id, by=by.id)
