"""A fair queue serves next what it served least recently."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from models.fair_queue import FairQueue
from tests.services.processes import wait_until


def served(queue: FairQueue, *waiting: tuple[str, bool]) -> list[str]:
    """The order in which parties are served that all wait when the first turn ends."""
    order: list[str] = []

    def wait(party: str, urgent: bool) -> None:
        with queue.turn(*party.split("/"), urgent=urgent, timeout_seconds=10) as granted:
            assert granted
            order.append(party)

    with ThreadPoolExecutor(len(waiting)) as threads, queue.turn("first", timeout_seconds=1):
        for party, urgent in waiting:
            number = len(queue._waiting)
            threads.submit(wait, party, urgent)
            while len(queue._waiting) == number:
                time.sleep(0.001)
    return order


def test_in_the_order_of_arrival_at_first() -> None:
    assert served(FairQueue(), ("a", False), ("b", False), ("c", False)) == ["a", "b", "c"]


def test_a_party_that_was_served_waits_for_those_that_were_not() -> None:
    assert served(FairQueue(), ("a", False), ("a", False), ("a", False), ("b", False)) == ["a", "b", "a", "a"]


def test_kinds_of_work_take_turns_before_clients_do() -> None:
    order = served(FairQueue(), ("log-in/1", False), ("log-in/2", False), ("sign-up/1", False), ("sign-up/1", False))
    assert order == ["log-in/1", "sign-up/1", "log-in/2", "sign-up/1"]


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
