"""Tokens put together by hand, right or wrong in any part."""

import base64
import hmac
import json
from typing import Any

from tests.conftest import SECRET_KEY
from tests.people import Person

FOREIGN_KEY = "a secret key of somebody else, 32 bytes or more"


def claims_of(person: Person) -> dict[str, Any]:
    """What a person's genuine token says."""
    payload = person.token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims


def forged(
    claims: dict[str, Any],
    *,
    header: dict[str, Any] | None = None,
    key: str = SECRET_KEY,
    digest: str = "sha256",
    without: tuple[str, ...] = (),
) -> str:
    """Sign claims, less those named, under a header that may say anything."""
    kept = {name: value for name, value in claims.items() if name not in without}
    signed = f"{packed({'alg': 'HS256', 'typ': 'JWT'} | (header or {}))}.{packed(kept)}"
    return f"{signed}.{encoded(hmac.digest(key.encode(), signed.encode(), digest))}"


def packed(document: Any) -> str:
    """JSON as a part of a token."""
    return encoded(json.dumps(document).encode())


def encoded(raw: bytes) -> str:
    """Bytes as a part of a token."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
