"""Passwords: which are taken, and bcrypt, one at a time."""

import base64
import hashlib
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import cache

import bcrypt

from models.bulkhead import Bulkhead, network_of
from models.capacity import PASSWORDS_WAIT, SET_PASSWORDS
from models.errors import Unavailable
from models.fair_queue import FairQueue
from models.names import caseless

SHORTEST, LONGEST = 8, 128
COST = 12
LONGEST_WAIT_SECONDS = 5.0

# A hash takes a core for 0.2 s: one at a time in a process leaves the other cores to other requests.
_hashing = FairQueue()


def checked_password(given: str) -> str:
    """Return the password as given; ValueError if it is too short, too long or one that all know."""
    if not SHORTEST <= len(given) <= LONGEST:
        raise ValueError(f"Use {SHORTEST} to {LONGEST} characters.")
    if given.lower() in _common():
        raise ValueError("Choose another; this is one of the most common passwords.")
    return given


def faults_with(given: str, username: str) -> dict[str, str]:
    """A password that is the name protects nothing."""
    return {"password": "Choose another; this is the username."} if caseless(given) == caseless(username) else {}


@contextmanager
def turn(bulkhead: Bulkhead, *, address: str, person: Hashable = None) -> Iterator[None]:
    """Wait for this process's turn to hash; Unavailable without a place in the bulkhead, or after 5 seconds."""
    with (
        bulkhead.place(address=address, person=person),
        _hashing.turn(
            bulkhead.name,
            (bulkhead.name, network_of(address)),
            urgent=bulkhead is SET_PASSWORDS,
            timeout_seconds=LONGEST_WAIT_SECONDS,
        ) as granted,
    ):
        if not granted:
            raise Unavailable(PASSWORDS_WAIT, retry_after=2)
        yield


def hashed(password: str) -> str:
    """Hash a new password; call it within turn()."""
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(COST)).decode()


def matches(password: str, password_hash: str | None) -> bool:
    """Compare within turn(); without a hash, take as long and say no."""
    known = password_hash or _nobodys_hash()
    return bcrypt.checkpw(_digest(password), known.encode()) and password_hash is not None


def _digest(password: str) -> bytes:
    # bcrypt takes 72 bytes and stops at a NUL; 44 characters of base64 carry any password whole.
    return base64.b64encode(hashlib.sha256(password.encode()).digest())


def _nobodys_hash() -> str:
    # Of the form of a hash, so that checking it costs as much; nothing was hashed to make it.
    return bcrypt.gensalt(COST).decode() + "." * 31


@cache
def _common() -> frozenset[str]:
    # Imported here: the lists take 14 MB while they are read, and only setting a password needs them.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= SHORTEST)
