"""How an account ends: its sessions alone, or until it is restored."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import logs
from models import policy
from models.account import Deactivated, Ending
from models.audit import Action
from models.errors import NotDeleted, Unavailable, UsernameTaken
from models.session_index import SessionIndex
from models.stores import database
from models.task import Task
from models.user.changing import Changing
from models.user.row import no_account
from models.version import ANY, Expected

if TYPE_CHECKING:
    from models.user import User


class Leaving(Changing):
    """Whatever Redis does, what the row says of sessions holds at once."""

    def end_sessions(self, *, by: User, but: str | None = None) -> int | None:
        """End all sessions, or all but the one that the actor came with; return how many Redis knew."""

        def end(account: Self, actor: User) -> SessionIndex:
            return account.raise_epoch(but=but)

        _, ended = self._changed(end, by=by, event="sessions ended")
        return ended.clear(but=but)

    def would_end(self, *, by: User) -> Ending:
        """Count what would end if an admin deleted the account now."""
        policy.manage_users(by)
        sessions = None
        with suppress(Unavailable):
            sessions = self.session_index.number()
        return {"sessions": sessions, "tasks": Task.number_to_end_with(self.id)}

    def deactivate(self, *, by: User, expected: Expected = ANY) -> Deactivated:
        """Flag the account as deleted, end its sessions and stop its tasks; LastAdmin if no admin would be left."""

        def deactivate(account: Self, actor: User) -> tuple[SessionIndex, list[str]]:
            policy.manage_users(actor)
            account.deleted_at = datetime.now(UTC)
            return account.raise_epoch(but=None), Task.cancel_those_of(account, by=actor.id)

        _, (ended, cancelled) = self._changed(
            deactivate, by=by, expected=expected, action=Action.DESTROY, loses_admin=True, event="user deleted"
        )
        return {"sessions_revoked": ended.clear(but=None), "tasks_cancelled": cancelled}

    def restore(self, *, by: User) -> Self:
        """Undo a deletion; UsernameTaken if the name has another owner now, NotDeleted if there is nothing to undo."""
        with database.atomic():
            account = type(self).held(self.id)
            policy.manage_users(by.as_of_now())
            if account is None or account.is_erased:
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
