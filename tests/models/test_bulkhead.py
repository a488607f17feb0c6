"""A bulkhead bounds its calls in all, per network and per person, and lets a few wait."""

import time
from collections.abc import Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from models.bulkhead import Bulkhead, BulkheadFull
from tests.services.processes import wait_until

HERE, THERE, ELSEWHERE = "192.0.2.1", "192.0.2.2", "192.0.2.3"


def admits(bulkhead: Bulkhead, address: str, person: Hashable = None) -> bool:
    try:
        with bulkhead.place(address=address, person=person):
            return True
    except BulkheadFull:
        return False


def test_as_many_as_there_are_places() -> None:
    bulkhead = Bulkhead("test", places=2, per_network=2, per_person=2, waiting=0, wait_seconds=0)
    with bulkhead.place(address=HERE), bulkhead.place(address=THERE):
        assert not admits(bulkhead, ELSEWHERE)
    assert admits(bulkhead, ELSEWHERE)


def test_a_network_has_its_share_whoever_asks_from_it() -> None:
    bulkhead = Bulkhead("test", places=5, per_network=2, per_person=2, waiting=0, wait_seconds=0)
    with bulkhead.place(address="2001:db8:1:2::1", person=1), bulkhead.place(address="2001:db8:1:2::2", person=2):
        assert not admits(bulkhead, "2001:db8:1:2:ffff::3", 3)
        assert admits(bulkhead, "2001:db8:1:3::1", 3)


def test_a_person_has_a_share_from_wherever_they_ask() -> None:
    bulkhead = Bulkhead("test", places=5, per_network=5, per_person=1, waiting=0, wait_seconds=0)
    with bulkhead.place(address=HERE, person=7):
        assert not admits(bulkhead, THERE, 7)
        assert admits(bulkhead, HERE, 8)


def test_a_place_is_given_back_after_an_error_too() -> None:
    bulkhead = Bulkhead("test", places=1, waiting=0, wait_seconds=0)
    with pytest.raises(ZeroDivisionError), bulkhead.place(address=HERE, person=1):
        raise ZeroDivisionError
    assert admits(bulkhead, HERE, 1)


def test_a_call_that_waits_gets_the_next_place() -> None:
    bulkhead = Bulkhead("test", places=1, waiting=1, wait_seconds=10)
    with ThreadPoolExecutor(1) as thread:
        with bulkhead.place(address=HERE):
            waits = thread.submit(admits, bulkhead, THERE)
            wait_until(lambda: bulkhead._queue, what="a call that waits")
            began = time.monotonic()
            assert not admits(bulkhead, ELSEWHERE), "as many wait as may"
            assert time.monotonic() - began < 5
        assert waits.result(5)


def test_waiting_ends_with_a_refusal() -> None:
    bulkhead = Bulkhead("test", places=1, waiting=1, wait_seconds=0.05)
    with bulkhead.place(address=HERE):
        assert not admits(bulkhead, THERE)
    assert not bulkhead._queue
    assert admits(bulkhead, THERE)


def test_one_network_can_not_fill_the_queue() -> None:
    bulkhead = Bulkhead("test", places=1, waiting=2, wait_seconds=10)
    with ThreadPoolExecutor(2) as threads, ExitStack() as holding:
        holding.enter_context(bulkhead.place(address=HERE))
        waiting: list[Future[bool]] = [threads.submit(admits, bulkhead, HERE)]
        wait_until(lambda: len(bulkhead._queue) == 1, what="a call that waits")
        assert not admits(bulkhead, HERE)
        waiting.append(threads.submit(admits, bulkhead, THERE))
        wait_until(lambda: len(bulkhead._queue) == 2, what="another network's call that waits")
        holding.close()
        assert [each.result(5) for each in waiting] == [True, True]


def test_a_network_that_was_served_evicts_no_waiting_call_and_a_new_one_does() -> None:
    """Two clients that retry without a pause leave a third its turn."""
    bulkhead = Bulkhead("test", places=1, waiting=1, wait_seconds=10)
    assert admits(bulkhead, HERE) and admits(bulkhead, THERE)
    with ThreadPoolExecutor(2) as threads:
        with bulkhead.place(address=HERE):
            greedy = threads.submit(admits, bulkhead, THERE)
            wait_until(lambda: len(bulkhead._queue) == 1, what="a call that waits")
            victim = threads.submit(admits, bulkhead, ELSEWHERE)
            assert not greedy.result(5), "it was served before"
            wait_until(lambda: len(bulkhead._queue) == 1, what="the new network's call")
            assert not admits(bulkhead, THERE)
        assert victim.result(5)


def test_an_ipv6_site_gains_nothing_by_its_many_networks() -> None:
    bulkhead = Bulkhead("test", places=1, waiting=1, wait_seconds=10)
    assert admits(bulkhead, ELSEWHERE) and admits(bulkhead, "2001:db8:1::1")
    with ThreadPoolExecutor(2) as threads:
        with bulkhead.place(address=HERE):
            victim = threads.submit(admits, bulkhead, ELSEWHERE)
            wait_until(lambda: len(bulkhead._queue) == 1, what="a call that waits")
            assert not admits(bulkhead, "2001:db8:1:2::1"), "its site was served later"
        assert victim.result(5)


def test_a_newcomer_does_not_overtake_a_call_that_waits() -> None:
    bulkhead = Bulkhead("test", places=1, waiting=2, wait_seconds=10)
    order: list[str] = []

    def enter(address: str) -> None:
        with bulkhead.place(address=address):
            order.append(address)
            time.sleep(0.05)

    with ThreadPoolExecutor(2) as threads:
        with bulkhead.place(address=HERE):
            threads.submit(enter, THERE)
            wait_until(lambda: bulkhead._queue, what="a call that waits")
        enter(ELSEWHERE)
    assert order == [THERE, ELSEWHERE]
