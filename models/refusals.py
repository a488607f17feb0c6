"""The log-ins that were refused lately, for admins to look at: in Redis, for a day."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from models import policy
from models.errors import Unavailable
from models.stores import opened

if TYPE_CHECKING:
    from models.user import User

KEPT = 20
KEPT_FOR = 86_400
_KEY = "refused"


class Reason(StrEnum):
    """Why a log-in was refused, which alone is counted."""

    WRONG_CREDENTIALS = "wrong_credentials"
    THROTTLED = "throttled"


class Refusal(msgspec.Struct, frozen=True):
    """When, from where, and whose account it was for: None is for a name that nobody has.

    What was typed for a name is not kept: it may be a password.
    """

    at: datetime
    address: str
    user_id: int | None


_decode = msgspec.json.Decoder(Refusal).decode


def note(*, user_id: int | None, address: str) -> None:
    """Keep one more; that it can't be kept costs nobody anything."""
    refusal = msgspec.json.encode(Refusal(datetime.now(UTC), address, user_id))
    with suppress(Unavailable):
        opened.redis.run_all(("LPUSH", _KEY, refusal), ("LTRIM", _KEY, 0, KEPT - 1), ("EXPIRE", _KEY, KEPT_FOR))


def latest(*, by: User) -> list[Refusal]:
    """The last of them, newest first, for an admin."""
    policy.oversee(by)
    return [_decode(text) for text in opened.redis.run("LRANGE", _KEY, 0, KEPT - 1)]
