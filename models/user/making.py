"""How an account comes to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import logs
from models import password, policy
from models.account import NewAccount, NewUser
from models.audit import Action, AuditEntry, changes
from models.errors import UsernameTaken
from models.names import caseless
from models.profile import email_key
from models.roles import Role
from models.stores import database, opened
from models.user.reading import Reading

if TYPE_CHECKING:
    from models.user import User


class Making(Reading):
    """By oneself, by an admin, or by whoever runs the machine."""

    @classmethod
    def sign_up(cls, body: NewAccount) -> Self:
        """Make an account for whoever asks, with the role `user`; UsernameTaken if the name is not free."""
        policy.sign_up(opened.settings)
        user = cls._prepared(body, Role.USER)
        with database.atomic():
            user.save_named(new=True)
            user._write_entry(by=user.id)
        return user

    @classmethod
    def add(cls, body: NewUser, *, by: User) -> Self:
        """Make an account for somebody else, of either role; UsernameTaken if the name is not free."""
        user = cls._prepared(body, body.role)
        with database.atomic():
            policy.manage_users(by.as_of_now())
            user.save_named(new=True)
            user._write_entry(by=by.id)
        return user

    @classmethod
    def create_admin(cls, body: NewAccount) -> Self:
        """Make an admin for whoever runs this machine; UsernameTaken if the name is not free."""
        user = cls._prepared(body, Role.ADMIN)
        with database.atomic():
            user.save_named(new=True)
            user._write_entry(by=None)
        return user

    @classmethod
    def _prepared(cls, body: NewAccount, role: Role) -> Self:
        key = caseless(body.username)
        with password.turn():
            # The unique index decides; this look only keeps a name that is taken from costing a hash.
            if cls.live(key) is not None:
                raise UsernameTaken
            password_hash = password.hashed(body.password)
        return cls(
            username=body.username,
            username_key=key,
            email=body.email,
            email_key=email_key(body.email),
            role=role,
            data=body.data,
            password_hash=password_hash,
        )

    def _write_entry(self, *, by: int | None) -> None:
        AuditEntry.write(Action.CREATE, "user", self.id, by=by, changes=changes({}, self.audited()))
        logs.info("user created", user=self.id, role=self.role, by=by)
