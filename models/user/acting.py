"""Somebody who acts, looked at once more within the transaction of what they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from models.errors import NotSignedIn
from models.user.row import UserRow

if TYPE_CHECKING:
    from models.user import User


class Acting(UserRow):
    """A request may have taken its time to arrive, and its session may have ended since it was let in."""

    def as_of_now(self, *, staying: bool = False) -> User:
        """Read the row of somebody who acts once more, within the transaction of what they do.

        What is *staying* can't change until the transaction ends.
        Raises NotSignedIn if they were deleted, or their session was ended with others, since they
        were let in.
        """
        now = type(self).by_id.find(self.id, held="FOR SHARE" if staying else "")
        if now is None or not self._may_go_on(now):
            raise NotSignedIn
        now.session_id, now.address = self.session_id, self.address
        return now

    @classmethod
    def who_stay(cls, actors: Sequence[User]) -> list[bool]:
        """Which of many are what they were when they were let in, and can't change until the transaction ends.

        Waits for nobody: who is being changed at this moment is not among them.
        """
        ids = sorted({each.id for each in actors})
        rows = {row.id: row for row in cls.by_id.find_all(ids, held="FOR SHARE SKIP LOCKED")}
        return [each.id in rows and each._may_go_on(rows[each.id]) for each in actors]

    def _may_go_on(self, now: User) -> bool:
        return now.deleted_at is None and now.counts(self.session_id, self.session_epoch)
