"""RabbitMQ killed under load and back with nothing, or stopped: nobody waits for it, and nothing is lost."""

import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from tests.chaos.crew import JAVASCRIPT, SCHEDULER, WORKER
from tests.chaos.house import ROOTS_PASSWORD, House
from tests.chaos.invariants import check, note_changes, wait_for_the_end
from tests.chaos.load import Line, Said, delay, javascript, mixed, on_lines, seeded
from tests.length import at_length
from tests.services import brokers
from tests.services.brokers import one_rabbitmq
from tests.services.counter import CounterServer
from tests.services.processes import wait_until
from tests.services.rabbitmq import RabbitMQ

# In seconds. A machine that stalls for a moment is no fault here.
WITHIN, ALL_WITHIN, HEALED_WITHIN, ENDS_WITHIN = 1.0, 3.0, 3.0, 20
AWAY = at_length(2, 20)
SOME = 100


@pytest.fixture(scope="module")
def rabbitmq() -> RabbitMQ:
    return one_rabbitmq()


@pytest.fixture(scope="module")
def counter() -> Iterator[CounterServer]:
    with CounterServer() as server:
        yield server


@pytest.fixture(scope="module")
def house(rabbitmq: RabbitMQ, counter: CounterServer) -> Iterator[House]:
    with House(broker=brokers.RABBITMQ, COUNTER_URL=counter.url) as running:
        note_changes(running.ask_database)
        running.crew.start(WORKER, JAVASCRIPT, SCHEDULER)
        yield running


@pytest.fixture(scope="module")
def token(house: House) -> str:
    return house.log_in("root", ROOTS_PASSWORD)


@contextmanager
def load(house: House, token: str) -> Iterator[list[Said]]:
    """What is answered to those who start tasks all the time, until the end of the block."""
    tasks = itertools.cycle(mixed(seeded(), delays=300, scripts=20))
    stop, said = threading.Event(), list[Said]()

    def work() -> None:
        with closing(Line(house.port, token)) as line:
            while not stop.wait(0.02):
                said.append(line.ask("POST", "/tasks", next(tasks)))

    with ThreadPoolExecutor(4) as threads:
        working = [threads.submit(work) for _ in range(4)]
        try:
            yield said
        finally:
            stop.set()
        for each in working:
            each.result()


def takes(house: House, token: str) -> float:
    """How long it is from asking for JavaScript to its result, in seconds."""
    began = time.monotonic()
    with closing(Line(house.port, token)) as line:
        said = line.ask("POST", "/tasks", javascript("6 * 7"), Prefer="wait=10")
    assert (said.json["status"], said.json["result"]) == ("succeeded", 42)
    return time.monotonic() - began


def check_all(house: House, said: list[Said], before: set[str]) -> None:
    ids = before | {each.json["id"] for each in said}
    wait_for_the_end(house.ask_database, seconds=ENDS_WITHIN)
    check(house.ask_database, ids, log=house.log() + house.crew.log(), memory_mb=house.memory_mb)
    assert house.ask_database("SELECT DISTINCT status FROM task") == [("succeeded",)]


def test_tasks_and_a_defects_notice_reach_workers(house: House, token: str, counter: CounterServer) -> None:
    wait_until(lambda: takes(house, token) < WITHIN, what="workers that have begun")
    for task in (delay(0), javascript("6 * 7")):
        (said,) = on_lines(
            house.port, token, lambda line, task: line.ask("POST", "/tasks", task, Prefer="wait=5"), [task]
        )
        assert (said.status, said.json["status"]) == (202, "succeeded")
    began = time.monotonic()
    assert house.ask("POST", "/api/defects", {"comment": "It leaks."}, token=token).status == 201
    wait_until(lambda: counter.received, seconds=ALL_WITHIN, what="the notice")
    print(f"the notice came after {time.monotonic() - began:.3f} s")


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_while_rabbitmq_is_away_every_task_is_taken_within_a_second_and_afterwards_run(
    house: House, token: str, rabbitmq: RabbitMQ, by: signal.Signals
) -> None:
    """R04 and R06"""
    back: Callable[[], None] = rabbitmq.empty if by is signal.SIGKILL else lambda: rabbitmq.signal(signal.SIGCONT)
    before = {row[0] for row in house.ask_database("SELECT id FROM task")}
    with load(house, token) as said:
        try:
            wait_until(lambda: len(said) > SOME, what="work")
            rabbitmq.signal(by)
            time.sleep(AWAY)
        finally:
            back()
        began, number = time.monotonic(), len(said)
        wait_until(lambda: len(said) > number + SOME, what="work that goes on")
    assert {each.status for each in said} == {202}
    took = sorted(each.took for each in said)
    print(f"{len(said)} taken, within {took[-1]:.3f} s each")
    assert (took[len(took) * 95 // 100] < WITHIN, took[-1] < ALL_WITHIN) == (True, True)
    check_all(house, said, before)
    assert "workers not told" in house.log()
    wait_until(lambda: takes(house, token) < WITHIN, seconds=HEALED_WITHIN, what="usual speed")
    print(f"all ended, and as quick as before, {time.monotonic() - began:.1f} s after it was back")
