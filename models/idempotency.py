"""Idempotency-Key: what was done under a key is done once, and its answer kept for a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import peewee

from models.driver_errors import is_duplicate, is_lock_timeout
from models.errors import AlreadyErased, Conflict, KeyInFlight, KeyReused
from models.fields import DocumentField, InstantField
from models.secrecy import digests
from models.stores import BaseModel, waiting_at_most

if TYPE_CHECKING:
    from models.user import User

KEPT_FOR = timedelta(hours=24)
TWIN_WAITED_FOR = 1.0
FORGOTTEN_AT_A_TIME = 1000


class KeptAnswer(BaseModel):
    """What somebody's key has done: written in the transaction of what it did, so there is one with the other."""

    id = peewee.AutoField()
    user_id = peewee.BigIntegerField()
    key = peewee.TextField()
    fingerprint = peewee.TextField()  # of what was asked; keyed, since it may hold a password
    about = peewee.TextField(null=True)
    answer = DocumentField(null=True)
    created_at = InstantField()

    @classmethod
    def forget_old(cls) -> int:
        """Remove keys whose day is over, a batch of them; return how many."""
        old = [kept.id for kept in cls.select(cls.id).where(cls.created_at < _oldest()).limit(FORGOTTEN_AT_A_TIME)]
        if old:
            cls.delete().where(cls.id.in_(old)).execute()
        return len(old)

    @classmethod
    def erase_answers_about(cls, user_id: int) -> None:
        """Within a transaction, erase what the keys of others answer about an erased user."""
        cls.update(answer=None).where(cls.about == f"user:{user_id}").execute()

    @classmethod
    def remove_some_of(cls, user_id: int, *, most: int) -> int:
        """Remove a batch of an erased user's own keys, with their answers; return how many."""
        some = [kept.id for kept in cls.select(cls.id).where(cls.user_id == user_id).limit(most)]
        if some:
            cls.delete().where(cls.id.in_(some)).execute()
        return len(some)


@dataclass(frozen=True, kw_only=True)
class Once:
    """Lets a verb happen once for a person's key and request; without a key, whenever it is asked for.

    Within its transaction, a verb checks the caller's rights, calls `begin` next and `end` last.
    """

    by: User | None = None
    key: str | None = None
    request: bytes = b""

    def run(self, verb: Callable[[], Any], *, rule: Callable[[User], None]) -> tuple[Any, bool]:
        """What the verb answers, or what it answered then; and whether this is a repetition.

        A kept answer is returned only where the *rule*, the same that the verb checks, allows the caller to do this
        now; else Forbidden or NotSignedIn. Raises KeyReused if the key has done something else, and KeyInFlight if its
        first request takes longer than a second.
        """
        kept = self._kept(rule)
        if kept is None:
            try:
                return verb(), False
            except Conflict:
                # A twin was quicker, and what it made may be what stands in the way.
                kept = self._kept(rule)
                if kept is None:
                    raise
        if kept.answer is None:
            raise AlreadyErased
        return kept.answer, True

    def begin(self) -> None:
        """Take the key, for the transaction that is under way; KeyInFlight if another has it."""
        if self.key is None:
            return
        KeptAnswer.delete().where(self._mine(), KeptAnswer.created_at < _oldest()).execute()
        try:
            with waiting_at_most(TWIN_WAITED_FOR):
                KeptAnswer.create(
                    user_id=self._user_id,
                    key=self.key,
                    fingerprint=self._fingerprints()[0],
                    created_at=datetime.now(UTC),
                )
        except (peewee.IntegrityError, peewee.OperationalError) as error:
            if is_duplicate(error) or is_lock_timeout(error):
                raise KeyInFlight from None
            raise

    def end(self, answer: Any, *, about: str) -> None:
        """Keep the answer with the key, in the same transaction."""
        if self.key is not None:
            KeptAnswer.update(answer=answer, about=about).where(self._mine()).execute()

    def _kept(self, rule: Callable[[User], None]) -> KeptAnswer | None:
        if self.by is None or self.key is None:
            return None
        kept: KeptAnswer | None = KeptAnswer.get_or_none(self._mine(), KeptAnswer.created_at >= _oldest())
        if kept is None:
            return None
        # Read the caller after the answer, so that a demotion committed before it is seen.
        rule(self.by.as_of_now())
        if kept.fingerprint not in self._fingerprints():
            raise KeyReused
        return kept

    def _mine(self) -> Any:
        return (KeptAnswer.user_id == self._user_id) & (KeptAnswer.key == self.key)

    @property
    def _user_id(self) -> int | None:
        return self.by.id if self.by is not None else None

    def _fingerprints(self) -> list[str]:
        """What the request is known by: its body may hold a password that is easily guessed."""
        return digests("request", self.request)


ALWAYS = Once()


def _oldest() -> datetime:
    return datetime.now(UTC) - KEPT_FOR
