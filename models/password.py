"""Passwords: which are taken, and bcrypt, for one call at a time."""

import base64
import hashlib
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import cache
from unicodedata import normalize

import bcrypt

from models.bulkhead import Bulkhead
from models.capacity import PASSWORDS_WAIT, SET_PASSWORDS
from models.errors import Unavailable
from models.fair_queue import FairQueue
from models.names import caseless

SHORTEST, LONGEST = 8, 128
COST = 12
LONGEST_WAIT_SECONDS = 5.0

# A hash takes a core for 0.2 s: one call at a time in a process leaves the other cores to other requests.
_hashing = FairQueue()


def checked_password(given: str) -> str:
    """Return the password in NFC; ValueError if it is too short, too long or one that all know."""
    password = _normal(given)
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"Use {SHORTEST} to {LONGEST} characters.")
    if caseless(password) in _common():
        raise ValueError("Choose another; this is one of the most common passwords.")
    return password


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
            urgent=bulkhead is SET_PASSWORDS,
            timeout_seconds=LONGEST_WAIT_SECONDS,
        ) as granted,
    ):
        if not granted:
            raise Unavailable(PASSWORDS_WAIT, retry_after=2)
        yield


def hashed(password: str) -> str:
    """Hash a new password, in NFC; requests do it within turn()."""
    return bcrypt.hashpw(_digest(_normal(password)), bcrypt.gensalt(COST)).decode()


def rehashed(form: str) -> str | None:
    """Hash a password in NFC if its hash was made from another form; call it within turn()."""
    return None if form == _normal(form) else hashed(form)


def matches(password: str, password_hash: str | None) -> bool:
    """Compare as `matching_form` does, and say whether one fits."""
    return matching_form(password, password_hash) is not None


def matching_form(password: str, password_hash: str | None) -> str | None:
    """Compare within turn(), and return the form of the password that was hashed; None if it is another password.

    Without a hash, take as long and say no.
    """
    known = (password_hash or _nobodys_hash()).encode()
    found = next((form for form in _forms(password) if bcrypt.checkpw(_digest(form), known)), None)
    return None if password_hash is None else found


def _normal(password: str) -> str:
    # NFC makes one character of four at most. A longer text is no password, and sorting its marks could take long.
    return normalize("NFC", password) if len(password) <= 4 * LONGEST else password


def _forms(password: str) -> list[str]:
    """The forms that a hash may be of: NFC, and until it is made anew what was typed when the password was set.

    Two at most, since each comparison takes 0.2 s. They depend on the text alone, so that every refusal costs the same.
    """
    if password.isascii() or len(password) > 4 * LONGEST:
        return [password]
    return list(dict.fromkeys([_normal(password), password, normalize("NFD", password)]))[:2]


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
