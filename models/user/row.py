"""A user's row: its columns, which sessions count under it, and who is shown what of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import peewee

from models import policy
from models.account import Account, Card
from models.audit import Action, AuditEntry, changes
from models.driver_errors import is_duplicate
from models.erasure import Erasure
from models.errors import NotFound, UsernameTaken
from models.fields import DocumentField, InstantField
from models.roles import Role
from models.session_index import SessionIndex
from models.stores import BaseModel, database, held, waiting_at_most

if TYPE_CHECKING:
    from models.prepared import Columns, Prepared, PreparedRow
    from models.user import User

# For transactions that hold the row; the log-in waits meanwhile.
REHASH_WAITS_SECONDS = 1.0


class UserRow(BaseModel):
    """A person with an account; live while `deleted_at` is empty."""

    id = peewee.AutoField()
    username = peewee.TextField()
    username_key = peewee.TextField()
    email = peewee.TextField(null=True)
    email_key = peewee.TextField(null=True)
    role = peewee.TextField()
    data = DocumentField()
    password_hash = peewee.TextField()
    # Sessions opened under another epoch are dead, whatever Redis holds, but for the one that was kept.
    session_epoch = peewee.IntegerField(default=0)
    kept_session = peewee.TextField(null=True)
    created_at = InstantField()
    updated_at = InstantField()
    deleted_at = InstantField(null=True)

    # The session this person came with and the address they ask from, if they ask; no columns.
    session_id: str | None = None
    address: str = ""
    by_id: ClassVar[PreparedRow[User]]
    # What is shown in lists, in the order of the documents, and every page of the list that nobody narrows.
    cards: ClassVar[Columns]
    accounts: ClassVar[Columns]
    pages_of_all: ClassVar[Prepared]

    class Meta:
        only_save_dirty = True

    @property
    def is_erased(self) -> bool:
        """Whether the account is erased, and this row waits for the scheduler."""
        return self.deleted_at is not None and Erasure.includes(self.id)

    @property
    def session_index(self) -> SessionIndex:
        """Where the live sessions of this row are listed."""
        return SessionIndex(user_id=self.id, epoch=self.session_epoch, kept=self.kept_session)

    def counts(self, session_id: str | None, epoch: int) -> bool:
        """Whether a session, opened under that epoch, was ended by none of the verbs that end many at once."""
        return epoch == self.session_epoch or (session_id is not None and session_id == self.kept_session)

    def raise_epoch(self, *, but: str | None) -> SessionIndex:
        """Within a transaction that holds this row, end all sessions, or all but one; return the index to clear.

        Redis is never asked while others wait for this transaction.
        """
        ended = self.session_index
        self.session_epoch += 1
        self.kept_session = but
        return ended

    def keep_rehashed(self, new_hash: str) -> None:
        """Keep another hash of the same password, unless the password has been changed since this row was read.

        Nothing about the account changes, so there is no audit entry, and sessions and versions stay valid.
        """
        model = type(self)
        same = (model.id == self.id) & (model.password_hash == self.password_hash)
        with database.atomic(), waiting_at_most(REHASH_WAITS_SECONDS):
            model.update(password_hash=new_hash).where(same).execute()

    def save_named(self, *, new: bool = False) -> None:
        """Save the row as of now; UsernameTaken if another live account has its name."""
        self.updated_at = datetime.now(UTC)
        if new:
            self.created_at = self.updated_at
        try:
            self.save(force_insert=new)
        except peewee.IntegrityError as error:
            if is_duplicate(error):
                raise UsernameTaken from None
            raise

    def save_changes(self, before: dict[str, Any], action: Action, *, by: int) -> list[str]:
        """Save what differs from *before*, with its audit entry; return the names, none if nothing differs."""
        changed = changes(before, self.audited())
        if changed:
            self.save_named()
            AuditEntry.write(action, "user", self.id, by=by, changes=changed)
        return list(changed)

    def audited(self) -> dict[str, Any]:
        """What the audit trail compares before and after."""
        return {
            "username": self.username,
            "email": self.email,
            "role": self.role,
            "data": self.data,
            "password_hash": self.password_hash,
            "session_epoch": self.session_epoch,
            "deleted_at": self.deleted_at,
        }

    def shown_to(self, actor: User) -> Account | Card:
        """What somebody sees: the whole of their own account, an admin that of all, others a card."""
        if policy.sees_whole(actor, self):
            return self.to_dict(for_admin=policy.sees_everything(actor))
        return self.to_card()

    def to_card(self) -> Card:
        """What everybody may see."""
        return {"id": self.id, "username": self.username, "created_at": self.created_at}

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

    def held_admin_ids(self) -> list[int]:
        """The live admins, whom nobody else may demote or delete until this transaction ends."""
        model = type(self)
        admins = (model.role == Role.ADMIN) & model.deleted_at.is_null()
        # This row with them, and all in one order: two who remove each other, or a third, take turns.
        found = held(model.select(model.id, admins.alias("is_admin")).where(admins | (model.id == self.id)))
        return [row.id for row in found.order_by(model.id) if row.is_admin]


def no_account() -> NotFound:
    """There is no such account for whoever asks."""
    return NotFound("There is no such account.")
