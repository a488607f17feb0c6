"""Session records in Redis, and the time each session was last seen.

session:<id>                the record, JSON; gone at the very second the token expires
seen:<id>                   when it was last used, in seconds
sessions:<user id>:<epoch>  a sorted set of session ids by end, in microseconds (models/session_index.py)
"""

import time
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from models.errors import Unavailable
from models.stores import opened

SEEN_AT_MOST_EVERY = 60


class Record(msgspec.Struct, frozen=True):
    """What is kept of a session; `epoch` is its user's when it was opened."""

    user_id: int
    epoch: int
    created_at: datetime
    expires_at: datetime
    ip: str
    user_agent: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Record).decode


def _readable(text: str | None) -> Record | None:
    try:
        return None if text is None else _decode(text)
    except msgspec.DecodeError:
        return None  # of another release: whoever has it logs in again


def save(session_id: str, record: Record) -> None:
    """Write a session and its place in the index, which live as long as it."""
    expiry = int(record.expires_at.timestamp())
    index = index_key(record.user_id, record.epoch)
    opened.redis.run_all(
        ("SET", f"session:{session_id}", _encode(record), "EXAT", expiry),
        ("ZADD", index, place(record), session_id),
        ("ZREMRANGEBYSCORE", index, "-inf", int(time.time() * 1_000_000)),
        # Never sooner than another session in it ends: SESSION_TTL may have been longer before.
        ("EXPIREAT", index, expiry + 1, "NX"),
        ("EXPIREAT", index, expiry + 1, "GT"),
    )


def place(record: Record) -> int:
    """Where a session stands in its user's index: its end, told apart by the microsecond of its start."""
    return int(record.expires_at.timestamp()) * 1_000_000 + record.created_at.microsecond


def find(session_id: str) -> Record | None:
    """Read a session that is being used, and note when."""
    text, seen = opened.redis.run("MGET", f"session:{session_id}", f"seen:{session_id}")
    found = _readable(text)
    if found is None:
        return None
    now = int(time.time())
    if seen is None or now - int(seen) >= SEEN_AT_MOST_EVERY:
        # A Redis that refuses writes costs nobody their session.
        with suppress(Unavailable):
            opened.redis.run("SET", f"seen:{session_id}", now, "EXAT", int(found.expires_at.timestamp()))
    return found


def read(session_ids: list[str]) -> dict[str, tuple[Record, datetime]]:
    """Read sessions with the time each was last seen; those that have ended are left out."""
    if not session_ids:
        return {}
    keys = [f"session:{each}" for each in session_ids] + [f"seen:{each}" for each in session_ids]
    values = opened.redis.run("MGET", *keys)
    found = {}
    for session_id, text, seen in zip(session_ids, values, values[len(session_ids) :], strict=False):
        known = _readable(text)
        if known is not None:
            found[session_id] = (known, datetime.fromtimestamp(int(seen), UTC) if seen else known.created_at)
    return found


def remove(session_ids: list[str], *, index: str) -> None:
    """Remove sessions, with all that is kept of them; Unavailable if Redis can't."""
    keys = [f"{kind}:{each}" for each in session_ids for kind in ("session", "seen")]
    opened.redis.run_all(("DEL", *keys), ("ZREM", index, *session_ids))


def index_key(user_id: int, epoch: int) -> str:
    """Name the index of the sessions that a user opened under an epoch."""
    return f"sessions:{user_id}:{epoch}"
