"""Hashes take turns in a process, and log-ins, sign-ups and changes of passwords have places of their own."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from models import password
from models.account import ReplacedUser
from models.bulkhead import Bulkhead
from models.capacity import LOG_INS, OWN_PASSWORDS, SET_PASSWORDS, SIGN_UPS
from models.errors import Unavailable
from models.password import hashed, turn
from tests.people import Person
from tests.services.processes import wait_until

HERE = "192.0.2.1"


def test_one_hash_at_a_time_whatever_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most = 0, 0
    # Long enough, with the GIL released, that a second one would be seen.
    monkeypatch.setattr(password, "COST", 8)

    def hash_one(number: int) -> str:
        nonlocal inside, most
        with turn((LOG_INS, SIGN_UPS)[number % 2], address=HERE):
            inside += 1
            most = max(most, inside)
            made = hashed(f"password {number}")
            inside -= 1
        return made

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(hash_one, range(8)))) == 8
    assert most == 1


def test_waiting_for_a_turn_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "LONGEST_WAIT_SECONDS", 0.05)
    with hashing(), pytest.raises(Unavailable) as caught, turn(LOG_INS, address=HERE):
        raise AssertionError("two at once")
    assert caught.value.retry_after >= 1
    with turn(LOG_INS, address=HERE):
        pass


def test_a_full_bulkhead_refuses_a_log_in_without_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Bulkhead("full", places=0, waiting=0, wait_seconds=0)
    with pytest.raises(Unavailable) as caught, turn(full, address=HERE):
        raise AssertionError("there is no place")
    assert caught.value.retry_after >= 1


def test_log_ins_take_no_place_of_a_password_change(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LOG_INS, "places", 0)
    body = ReplacedUser(password="another long password", current_password=alice.password)
    alice.user.replace_fields(body, by=alice.as_actor())
    with pytest.raises(Unavailable):
        alice.log_in()


def test_an_admins_hash_comes_before_all_that_wait() -> None:
    order: list[str] = []

    def wait(bulkhead: Bulkhead, address: str) -> None:
        with turn(bulkhead, address=address):
            order.append(bulkhead.name)

    with ThreadPoolExecutor(4) as threads, hashing():
        for number in range(3):
            threads.submit(wait, OWN_PASSWORDS, f"192.0.2.{number}")
        wait_until(lambda: len(password._hashing._waiting) == 3, what="three that wait")
        threads.submit(wait, SET_PASSWORDS, HERE)
        wait_until(lambda: len(password._hashing._waiting) == 4, what="an admin")
    assert order[0] == SET_PASSWORDS.name


def test_a_turn_ends_with_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "LONGEST_WAIT_SECONDS", 0.05)
    with pytest.raises(ZeroDivisionError), turn(LOG_INS, address=HERE):
        raise ZeroDivisionError
    with turn(LOG_INS, address=HERE):
        pass


@contextmanager
def hashing() -> Iterator[None]:
    """Another thread has the turn until the end of the block."""
    begun, done = threading.Event(), threading.Event()

    def hash_for_long() -> None:
        with turn(SIGN_UPS, address="198.51.100.1"):
            begun.set()
            done.wait(10)

    thread = threading.Thread(target=hash_for_long)
    thread.start()
    assert begun.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join()
