"""Which passwords are taken, that none is cut, and that hashing takes turns."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import bcrypt
import pytest

from models import password
from models.account import NewAccount, ReplacedUser
from models.errors import Invalid, Unavailable
from models.password import checked_password, hashed, matches, turn
from tests.people import Person
from tests.services.processes import wait_until


@pytest.mark.parametrize(
    "given", ["8 signs!", "x" * 128, "\U0001f600" * 128, "é" * 50, "with\x00nul inside", "\x00" * 8, " " * 8]
)
def test_a_password_of_8_to_128_characters_works_whatever_they_are(given: str) -> None:
    assert checked_password(given) == given
    kept = hashed(given)
    assert matches(given, kept)
    assert not matches(given[:-1], kept)
    assert given not in kept


@pytest.mark.parametrize("given", ["", "7 signs", "x" * 129, "\U0001f600" * 129])
def test_another_length_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="8 to 128"):
        checked_password(given)


@pytest.mark.parametrize("given", ["password", "PassWord", "12345678", "iloveyou", "password1", "11111111"])
def test_a_password_that_all_know_is_refused_whatever_its_case(given: str) -> None:
    with pytest.raises(ValueError, match="most common"):
        checked_password(given)


@pytest.mark.parametrize(("username", "given"), [("alice.liddell", "Alice.Liddell"), ("ﬁonafiona", "FIONAfiona")])
def test_a_password_that_is_the_username_is_refused(username: str, given: str) -> None:
    with pytest.raises(Invalid) as caught:
        NewAccount(username=username, password=given)
    assert list(caught.value.fields) == ["password"]


@pytest.mark.parametrize("same", ["x" * 72, "x" * 100, "\U0001f600" * 20, "nul\x00nul\x00"])
def test_passwords_that_begin_alike_differ(same: str) -> None:
    kept = hashed(f"{same}one end")
    assert matches(f"{same}one end", kept)
    assert not matches(f"{same}another", kept)
    assert not matches(same, kept)


def test_two_hashes_of_one_password_differ() -> None:
    assert hashed("the same one") != hashed("the same one")


@pytest.mark.parametrize("given", ["", "short", "x" * 100_000])
def test_any_text_may_be_compared(given: str) -> None:
    assert not matches(given, hashed("another one"))
    assert not matches(given, None)


def test_nobodys_hash_costs_as_much_as_anybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def fits(_: bytes, known: bytes) -> bool:
        asked.append(known)
        return True

    monkeypatch.setattr(bcrypt, "checkpw", fits)
    somebodys = hashed("the same one")
    matches("the same one", somebodys)
    assert not matches("the same one", None)
    assert [known[:7] for known in asked] == [somebodys[:7].encode()] * 2


def test_hashing_takes_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most = 0, 0
    # Long enough, with the GIL released, that others would be seen.
    monkeypatch.setattr(password, "COST", 8)

    def hash_one(number: int) -> str:
        nonlocal inside, most
        with turn():
            inside += 1
            most = max(most, inside)
            made = hashed(f"password {number}")
            inside -= 1
        return made

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(hash_one, range(8)))) == 8
    assert most == 1


def test_waiting_for_a_turn_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "LONGEST_WAIT", 0.05)
    with somebody_hashing(), pytest.raises(Unavailable) as caught, turn():
        raise AssertionError("two at once")
    assert caught.value.retry_after >= 1
    with turn():
        pass


def test_a_crowd_that_wants_turns_is_put_off_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever sends a hundred log-ins has all threads of a process for as long as they wait."""
    monkeypatch.setattr(password, "_room", threading.Semaphore(2))
    with ThreadPoolExecutor(1) as second, somebody_hashing():
        waits = second.submit(hash_in_turn)
        wait_until(lambda: password._room._value == 0, what="one that waits")
        began = time.monotonic()
        with pytest.raises(Unavailable) as caught, turn():
            raise AssertionError("three at once")
        assert time.monotonic() - began < 0.1
        assert caught.value.retry_after >= 1
        assert not waits.done()


def test_a_crowd_keeps_nobody_from_a_new_password_who_has_a_session(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password, "_room", threading.Semaphore(0))
    body = ReplacedUser(password="another long password", current_password=alice.password)
    alice.user.replace_fields(body, by=alice.as_actor())
    with pytest.raises(Unavailable):
        alice.log_in()


def hash_in_turn() -> None:
    with turn():
        pass


def test_a_turn_ends_with_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "LONGEST_WAIT", 0.05)
    with pytest.raises(ZeroDivisionError), turn():
        raise ZeroDivisionError
    with turn():
        pass


@contextmanager
def somebody_hashing() -> Iterator[None]:
    """Another thread has the turn until the end of the block."""
    begun, done = threading.Event(), threading.Event()

    def hash_for_long() -> None:
        with turn():
            begun.set()
            done.wait(10)

    thread = threading.Thread(target=hash_for_long)
    thread.start()
    assert begun.wait(10)
    yield
    done.set()
    thread.join()
