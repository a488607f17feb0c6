"""What somebody is told on the next page they open: kept in Redis with their session, for a minute."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from models.errors import Unavailable
from models.stores import opened

if TYPE_CHECKING:
    from models.user import User

KEPT_FOR = 60


def say(actor: User, text: str) -> None:
    """Keep a sentence for their next page; what it tells of is done, so that losing it fails nothing."""
    with suppress(Unavailable):
        opened.redis.run("SET", _key(actor), text, "EX", KEPT_FOR)


def heard(actor: User) -> str | None:
    """Take the sentence that waits for them, if one does."""
    with suppress(Unavailable):
        text: str | None = opened.redis.run("GETDEL", _key(actor))
        return text
    return None


def _key(actor: User) -> str:
    # With the role: what an admin was told is not for the user that they are after a demotion.
    return f"said:{actor.session_id}:{actor.role}"
