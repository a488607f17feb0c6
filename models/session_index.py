"""Index of one user's sessions in Redis, a sorted set for each session epoch."""

import time
from contextlib import suppress
from dataclasses import dataclass

from models import session_store
from models.errors import Unavailable
from models.stores import opened

# A log-in ends this many of a user's oldest sessions at most; more than one is surplus only after races.
ENDED_AT_A_TIME = 100
# A request never waits for the removal of more than two batches; the rest expires.
CLEARED_AT_A_TIME = 500
BATCHES = 2


@dataclass(frozen=True, kw_only=True)
class SessionIndex:
    """The sessions opened under one epoch, and the one that was *kept* from the epoch before.

    A new epoch begins an empty index, so that lists and counts never meet a dead session.
    """

    user_id: int
    epoch: int
    kept: str | None

    def number(self, *, but: str | None = None) -> int:
        """Count the live sessions without reading them."""
        listed, place, kept = opened.redis.run_all(
            ("ZCOUNT", self._key, _alive(), "+inf"),
            ("ZSCORE", self._key, but or ""),
            ("EXISTS", f"session:{self.kept}"),
        )
        outlived: int = kept if self.kept != but else 0
        return int(listed) + outlived - (place is not None)

    def page(self, *, limit: int, before: int | None) -> list[tuple[str, int]]:
        """Return up to *limit* ids and their places, newest first, from just before a place; without the kept one."""
        newest = "+inf" if before is None else f"({before}"
        reply = opened.redis.run("ZREVRANGEBYSCORE", self._key, newest, _alive(), "WITHSCORES", "LIMIT", 0, limit)
        return [(member, int(float(score))) for member, score in zip(reply[::2], reply[1::2], strict=True)]

    def surplus(self, most: int) -> list[str]:
        """Return the oldest sessions over *most*, oldest first."""
        over = min(self.number() - most, ENDED_AT_A_TIME)
        if over <= 0:
            return []
        oldest = opened.redis.run("ZRANGEBYSCORE", self._key, _alive(), "+inf", "LIMIT", 0, over)
        kept = [] if self.kept is None else list(session_store.read([self.kept]))
        return [*kept, *oldest][:over]

    def remove(self, session_ids: list[str]) -> None:
        """Remove single sessions; Unavailable if Redis can't."""
        if session_ids:
            session_store.remove(session_ids, index=self._key)

    def clear(self, *, but: str | None) -> int | None:
        """Remove the sessions that a new epoch has ended; return how many there were, None while Redis is away.

        Best effort: the user's row has ended them already.
        """
        ended = None
        with suppress(Unavailable):
            ended = self.number(but=but)
            if self.kept is not None and self.kept != but:
                session_store.remove([self.kept], index=self._key)
            for _ in range(BATCHES):
                popped = opened.redis.run("ZPOPMIN", self._key, CLEARED_AT_A_TIME)[::2]
                dead = [each for each in popped if each != but]
                if not dead:
                    break
                session_store.remove(dead, index=self._key)
        return ended

    @property
    def _key(self) -> str:
        return session_store.index_key(self.user_id, self.epoch)


def _alive() -> int:
    """Return the lowest place of a session that has not expired: sessions end with their second."""
    return (int(time.time()) + 1) * 1_000_000
