"""How an account changes: given fields alone, judged and written in one transaction that holds the row."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self, TypeVar

import logs
from models import capacity, password, policy, throttle
from models.account import MergedProfile, MergedUser, NewPassword, ReplacedProfile, ReplacedUser, checked_merge
from models.audit import Action
from models.errors import Invalid, WrongPassword
from models.names import caseless
from models.profile import email_key
from models.roles import Role
from models.session_index import SessionIndex
from models.stores import database
from models.task import Task
from models.throttle import Attempt
from models.user.row import UserRow, no_account
from models.version import ANY, Expected

if TYPE_CHECKING:
    from models.user import User

Result = TypeVar("Result")


class Changing(UserRow):
    """By its owner or by an admin; Outdated if it is no longer the version that was expected."""

    def replace_fields(self, body: ReplacedProfile | ReplacedUser, *, by: User, expected: Expected = ANY) -> Self:
        """Take the fields that are given, and data in place of the old.

        A new password ends all other sessions. Raises UsernameTaken, LastAdmin for the role of the
        last one, and WrongPassword or TooManyAttempts where one's own password is to change.
        """
        return self._take(body.given(), by=by, expected=expected, merging=False)

    def merge_fields(
        self, body: MergedProfile | MergedUser | NewPassword, *, by: User, expected: Expected = ANY
    ) -> Self:
        """The same, with data as a merge patch."""
        return self._take(body.given(), by=by, expected=expected, merging=True)

    def _take(self, given: dict[str, Any], *, by: User, expected: Expected, merging: bool) -> Self:
        self._check_passwords(given, by)
        if "password" in given:
            # Looked at before a hash is paid for, and again on the row that is held.
            expected.check(self.shown_to(by))
        new_hash = self._new_hash(given, by)
        kept = by.session_id if by.id == self.id else None

        def take(account: Self, actor: User) -> SessionIndex | None:
            policy.change_fields(actor, account, given.keys())
            account._set(given, merging=merging)
            if "role" in given:
                Task.cancel_those_of(account, by=actor.id)
            if new_hash is None:
                return None
            if policy.must_know_password(actor, account) and account.password_hash != self.password_hash:
                raise WrongPassword  # it was right until a moment ago
            account.password_hash = new_hash
            return account.raise_epoch(but=kept)

        account, ended = self._changed(take, by=by, expected=expected, loses_admin=given.get("role") == Role.USER)
        if ended is not None:
            ended.clear(but=kept)
        return account

    def _check_passwords(self, given: dict[str, Any], by: User) -> None:
        if "password" not in given or not policy.must_know_password(by, self):
            if "current_password" in given:
                raise Invalid({"current_password": "Leave it out; only a new password of your own needs it."})
        elif "current_password" not in given:
            raise Invalid({"current_password": "Give it too, to change your own password."})
        faults = "password" in given and password.faults_with(given["password"], given.get("username", self.username))
        if faults:
            raise Invalid(faults)

    def _new_hash(self, given: dict[str, Any], by: User) -> str | None:
        if "password" not in given:
            return None
        if not policy.must_know_password(by, self):
            with password.turn(capacity.SET_PASSWORDS, address=by.address, person=by.id):
                return password.hashed(given["password"])
        attempt = Attempt(account=self.username_key, address=by.address)
        limit = throttle.password_changes(self.id)
        limit.check()
        # Both at once: one after the other, beside others' hashes, they would take a second.
        with attempt.turn(capacity.OWN_PASSWORDS, person=self.id), ThreadPoolExecutor(1) as beside:
            new_hash = beside.submit(password.hashed, given["password"])
            if not password.matches(given["current_password"], self.password_hash):
                attempt.failed()
                logs.warning("new password refused", user=self.id, address=by.address)
                raise WrongPassword
            limit.count()
            return new_hash.result()

    def _set(self, given: dict[str, Any], *, merging: bool) -> None:
        if "username" in given:
            self.username, self.username_key = given["username"], caseless(given["username"])
        if "email" in given:
            self.email, self.email_key = given["email"], email_key(given["email"])
        if "role" in given:
            self.role = given["role"]
        if "data" in given:
            self.data = checked_merge(self.data, given["data"]) if merging else given["data"]

    def _changed(
        self,
        change: Callable[[Self, User], Result],
        *,
        by: User,
        expected: Expected = ANY,
        action: Action = Action.UPDATE,
        loses_admin: bool = False,
        event: str = "user changed",
    ) -> tuple[Self, Result]:
        with database.atomic():
            account, actor = self._held_for(by, expected, loses_admin=loses_admin)
            before = account.audited()
            result = change(account, actor)
            fields = account.save_changes(before, action, by=by.id)
        if fields:
            logs.info(event, user=self.id, by=by.id, fields=fields)
        return account, result

    def _held_for(self, by: User, expected: Expected, *, loses_admin: bool = False) -> tuple[Self, User]:
        """The row, which nobody else may change until the transaction ends, and the actor as of now."""
        # Before the row itself, so that two who do this to each other take turns.
        admins = self.held_admin_ids() if loses_admin else []
        account = type(self).held(self.id)
        actor = by.as_of_now()
        policy.use_account(actor, self)
        if account is None or account.deleted_at is not None:
            raise no_account()
        expected.check(account.shown_to(actor))
        policy.lose_admin(live_admins=admins, user_id=self.id)
        return account, actor
