"""Accounts: made, changed and erased, each with its audit entry in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, ClassVar

import peewee
from msgspec import UNSET

import logs
from models import password, policy, session_store
from models.account import Account, MergedProfile, NewAccount, ReplacedProfile, checked_merge
from models.audit import Action, AuditEntry, changes
from models.errors import NotFound, Unavailable, UsernameTaken
from models.fields import DocumentField, InstantField
from models.names import key_if_possible, username_key
from models.prepared import PreparedRow
from models.roles import Role
from models.stores import BaseModel, database, held, opened


class User(BaseModel):
    """A person with an account; live while `deleted_at` is empty."""

    id = peewee.AutoField()
    username = peewee.TextField()
    username_key = peewee.TextField()
    email = peewee.TextField(null=True)
    role = peewee.TextField()
    data = DocumentField()
    password_hash = peewee.TextField()
    # Sessions opened under another epoch are dead, whatever Redis holds, but for the one that was kept.
    session_epoch = peewee.IntegerField(default=0)
    kept_session = peewee.TextField(null=True)
    created_at = InstantField()
    updated_at = InstantField()
    deleted_at = InstantField(null=True)

    # The session this person came with, if they came with one; no column.
    session_id: str | None = None
    by_id: ClassVar[PreparedRow[User]]

    class Meta:
        table_name = "users"
        only_save_dirty = True

    @classmethod
    def live(cls, key: str) -> User | None:
        """The live account whose name has this key."""
        found: User | None = cls.select().where(cls.username_key == key, cls.deleted_at.is_null()).first()
        return found

    @classmethod
    def seen_by(cls, actor: User, username: str) -> User:
        """The live account of that name, if the actor may use it: Forbidden comes before NotFound."""
        key = key_if_possible(username)
        policy.use_account(actor, key)
        account = cls.live(key) if key else None
        if account is None:
            raise _no_account()
        return account

    @classmethod
    def sign_up(cls, body: NewAccount) -> User:
        """Make an account for whoever asks, with the role `user`; UsernameTaken if the name is not free."""
        policy.sign_up(opened.settings)
        return cls._create(body, role=Role.USER, themselves=True)

    @classmethod
    def create_admin(cls, body: NewAccount) -> User:
        """Make an admin for whoever runs this machine; UsernameTaken if the name is not free."""
        return cls._create(body, role=Role.ADMIN, themselves=False)

    def replace_profile(self, body: ReplacedProfile, *, by: User) -> User:
        """Put new data in place of the old, and a new e-mail address if one is given."""

        def replace(account: User) -> None:
            account.data = body.data
            if body.email is not UNSET:
                account.email = body.email

        return self._changed(replace, by=by)

    def merge_profile(self, body: MergedProfile, *, by: User) -> User:
        """Merge a patch into the data, and take a new e-mail address if one is given."""

        def merge(account: User) -> None:
            if body.data is not UNSET:
                account.data = checked_merge(account.data, body.data)
            if body.email is not UNSET:
                account.email = body.email

        return self._changed(merge, by=by)

    def erase(self, *, by: User) -> None:
        """Remove the account for good, with its sessions; LastAdmin if nobody could manage the others."""
        policy.use_account(by, self.username_key)
        doomed = self.live_session_ids()
        with database.atomic():
            policy.lose_admin(live_admins=User._held_admin_ids(), user_id=self.id)
            account = User.held(self.id)
            if account is None:
                raise _no_account()
            account.delete_instance()
            AuditEntry.write(Action.DESTROY, "user", self.id, by=by.id, changes=changes(account.audited(), {}))
            AuditEntry.write_destroyed_sessions(doomed, by=by.id)
        # The row is gone and its sessions with it: what Redis may still hold is worth nothing.
        with suppress(Unavailable):
            session_store.remove(self.id, doomed)
        logs.info("user erased", user=self.id, by=by.id)

    def live_session_ids(self) -> list[str]:
        """The sessions that count, newest first."""
        found = session_store.read(session_store.ids(self.id))
        return [session_id for session_id, (record, _) in found.items() if self.counts(session_id, record)]

    def counts(self, session_id: str, record: session_store.Record) -> bool:
        """Whether a session that Redis holds was ended by none of the verbs that end many at once."""
        return record.epoch == self.session_epoch or session_id == self.kept_session

    def end_sessions(self, *, but: str | None) -> None:
        """Within a transaction that holds this row, end all sessions, or all but one."""
        self.session_epoch += 1
        self.kept_session = but
        self.save()

    def audited(self) -> dict[str, Any]:
        """What the audit trail compares before and after."""
        return {"username": self.username, "email": self.email, "role": self.role, "data": self.data}

    def to_dict(self, *, for_admin: bool) -> Account:
        """The whole account, for its owner or for an admin."""
        account: Account = {
            "id": self.id,
            "username": self.username,
            "email": self.email,
            "role": Role(self.role),
            "data": self.data,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }
        return {**account, "deleted_at": self.deleted_at} if for_admin else account

    @classmethod
    def _create(cls, body: NewAccount, *, role: Role, themselves: bool) -> User:
        key = username_key(body.username)
        with password.turn():
            # The unique index decides; this look only keeps a name that is taken from costing a hash.
            if cls.live(key) is not None:
                raise UsernameTaken
            password_hash = password.hashed(body.password)
        now = datetime.now(UTC)
        user = cls(
            username=body.username,
            username_key=key,
            email=body.email,
            role=role,
            data=body.data,
            password_hash=password_hash,
            created_at=now,
            updated_at=now,
        )
        with database.atomic():
            try:
                user.save(force_insert=True)
            except peewee.IntegrityError:
                raise UsernameTaken from None
            by = user.id if themselves else None
            AuditEntry.write(Action.CREATE, "user", user.id, by=by, changes=changes({}, user.audited()))
        logs.info("user created", user=user.id, role=role)
        return user

    def _changed(self, change: Callable[[User], None], *, by: User) -> User:
        policy.use_account(by, self.username_key)
        with database.atomic():
            account = User.held(self.id)
            if account is None or account.deleted_at is not None:
                raise _no_account()
            before = account.audited()
            change(account)
            changed = changes(before, account.audited())
            if changed:
                account.updated_at = datetime.now(UTC)
                account.save()
                AuditEntry.write(Action.UPDATE, "user", self.id, by=by.id, changes=changed)
        if changed:
            logs.info("user changed", user=self.id, by=by.id, fields=list(changed))
        return account

    @classmethod
    def _held_admin_ids(cls) -> list[int]:
        # Held in one order by all, so that two who remove each other take turns.
        admins = cls.select(cls.id).where(cls.role == Role.ADMIN, cls.deleted_at.is_null()).order_by(cls.id)
        return [admin.id for admin in held(admins)]


def _no_account() -> NotFound:
    return NotFound("There is no account of that name.")


User.by_id = PreparedRow(User, User.id)
