"""What the security tests count, change and sit at."""

from collections.abc import Callable, Iterator
from typing import Any

import bcrypt
import pytest

import logs
from models.stores import opened
from tests.people import Person
from tests.security.desk import Desk


class CheckedPasswords:
    """The costs of the bcrypt comparisons made so far, and how many new hashes."""

    def __init__(self) -> None:
        self.costs: list[int] = []
        self.hashed = 0

    @property
    def count(self) -> int:
        return len(self.costs)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> CheckedPasswords:
    """Counts bcrypt's comparisons and hashes, which go on as ever."""
    made, compare, make = CheckedPasswords(), bcrypt.checkpw, bcrypt.hashpw

    def counted(password: bytes, password_hash: bytes) -> bool:
        made.costs.append(int(password_hash.split(b"$")[2]))
        return compare(password, password_hash)

    def counted_hash(password: bytes, salt: bytes) -> bytes:
        made.hashed += 1
        return make(password, salt)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    monkeypatch.setattr(bcrypt, "hashpw", counted_hash)
    return made


@pytest.fixture
def desk(app: Any, alice: Person, root: Person) -> Desk:
    return Desk(app, alice, root)


@pytest.fixture
def at_level() -> Iterator[Callable[[str], None]]:
    """Sets LOG_LEVEL for a test."""
    yield logs.configure
    logs.configure(opened.settings.log_level)
