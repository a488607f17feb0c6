"""What SECRET_KEY stands behind, and the key before it until nothing that it signed counts any more."""

import hmac

from models.stores import opened


def signing_keys() -> list[str]:
    """The keys that count, the one to sign with first."""
    return [key for key in (opened.settings.secret_key, opened.settings.secret_key_previous) if key is not None]


def digests(purpose: str, content: bytes) -> list[str]:
    """What stands for a content, and lets nobody without a key guess at it, under each key; of one purpose alone."""
    return [hmac.new(key.encode(), purpose.encode() + b" " + content, "sha256").hexdigest() for key in signing_keys()]
