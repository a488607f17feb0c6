"""How an account comes to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import logs
from models import capacity, password, policy, throttle
from models.account import NewAccount, NewUser
from models.audit import Action, AuditEntry, changes
from models.errors import UsernameTaken
from models.idempotency import ALWAYS, Once
from models.names import caseless
from models.profile import email_key
from models.roles import Role
from models.stores import database, opened
from models.user.reading import Reading

if TYPE_CHECKING:
    from models.user import User
    from models.user.row import UserRow


class Making(Reading):
    """By oneself, by an admin, or by whoever runs the machine."""

    @classmethod
    def sign_up(cls, body: NewAccount, *, address: str) -> Self:
        """Make an account for an anonymous client, with the role `user`.

        Raises UsernameTaken if the name is not free, and RateLimited after SIGNUPS_PER_HOUR of the client's network.
        """
        policy.sign_up(opened.settings)
        limit = throttle.sign_ups(address)
        limit.check()
        with password.turn(capacity.SIGN_UPS, address=address):
            # Taken names count too: a sign-up tells whether a name is taken.
            limit.count()
            user = cls._prepared(body, Role.USER)
        with database.atomic():
            user._insert(by=user)
        logs.info("user created", user=user.id, role=user.role, by=user.id)
        return user

    @classmethod
    def add(cls, body: NewUser, *, by: User, once: Once = ALWAYS) -> Self:
        """Make an account for somebody else, of either role; UsernameTaken if the name is not free."""
        with password.turn(capacity.SET_PASSWORDS, address=by.address, person=by.id):
            user = cls._prepared(body, body.role)
        with database.atomic():
            # A demotion waits until this is committed, or is honoured here.
            policy.manage_users(by.as_of_now(staying=True))
            once.begin()
            user._insert(by=by)
            once.end(user.shown_to(by), about=f"user:{user.id}")
        logs.info("user created", user=user.id, role=user.role, by=by.id)
        return user

    @classmethod
    def create_admin(cls, body: NewAccount) -> Self:
        """Make an admin for whoever runs this machine; UsernameTaken if the name is not free."""
        user = cls._prepared(body, Role.ADMIN)
        with database.atomic():
            user._insert(by=None)
        logs.info("user created", user=user.id, role=user.role, by=None)
        return user

    @classmethod
    def _prepared(cls, body: NewAccount, role: Role) -> Self:
        key = caseless(body.username)
        # The unique index decides; this look only keeps a name that is taken from costing a hash.
        if cls.live(key) is not None:
            raise UsernameTaken
        return cls(
            username=body.username,
            username_key=key,
            email=body.email,
            email_key=email_key(body.email),
            role=role,
            data=body.data,
            password_hash=password.hashed(body.password),
        )

    def _insert(self, *, by: UserRow | None) -> None:
        # Whoever makes themselves has their id from here on alone.
        self.save_named(new=True)
        AuditEntry.write(Action.CREATE, "user", self.id, by=by.id if by else None, changes=changes({}, self.audited()))
