"""A fair queue serves next what it served least recently."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from models.fair_queue import FairQueue
from tests.services.processes import wait_until


def waits(queue: FairQueue, number: int) -> bool:
    return len(queue._waiting) == number


def served(queue: FairQueue, *waiting: tuple[str, bool]) -> list[str]:
    """The order in which parties are served that all wait when the first turn ends."""
    order: list[str] = []

    def wait(party: str, urgent: bool) -> None:
        with queue.turn(party, urgent=urgent, timeout_seconds=10) as granted:
            assert granted
            order.append(party)

    with ThreadPoolExecutor(len(waiting)) as threads, queue.turn("first", timeout_seconds=1):
        for number, (party, urgent) in enumerate(waiting, 1):
            threads.submit(wait, party, urgent)
            wait_until(partial(waits, queue, number), what="another that waits")
    return order


def test_in_the_order_of_arrival_at_first() -> None:
    assert served(FairQueue(), ("a", False), ("b", False), ("c", False)) == ["a", "b", "c"]


def test_a_party_that_was_served_waits_for_those_that_were_not() -> None:
    assert served(FairQueue(), ("a", False), ("a", False), ("a", False), ("b", False)) == ["a", "b", "a", "a"]


def test_urgent_turns_come_first_but_not_two_in_a_row() -> None:
    assert served(FairQueue(), ("a", False), ("b", False), ("c", True)) == ["c", "a", "b"]
    assert served(FairQueue(), ("a", False), ("b", False), ("c", True), ("d", True)) == ["c", "a", "d", "b"]


def test_a_turn_that_does_not_come_in_time_is_not_given_later() -> None:
    queue, done = FairQueue(), threading.Event()

    def hold() -> None:
        with queue.turn("a", timeout_seconds=1):
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    wait_until(lambda: queue._holder, what="a holder")
    with queue.turn("b", timeout_seconds=0.05) as granted:
        assert not granted
    done.set()
    holder.join()
    assert not queue._waiting
    with queue.turn("b", timeout_seconds=1) as granted:
        assert granted
