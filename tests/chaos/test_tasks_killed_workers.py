"""Workers and schedulers that are killed while a thousand tasks run: nothing is lost, and each ends once."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.crew import JAVASCRIPT, SCHEDULER, WORKER, children, kill, sandboxes
from tests.chaos.house import ROOTS_PASSWORD, House
from tests.chaos.invariants import attempts, check, note_changes, wait_for_the_end
from tests.chaos.load import mixed, on_lines, seeded
from tests.length import IS_LONG, at_length
from tests.services.brokers import OF_BOTH, OF_SERVERS
from tests.services.processes import wait_until
from tests.system.server import Server

# In seconds, after the last kill.
RECOVERS_WITHIN = 30
DELAYS, SCRIPTS = at_length(250, 800), at_length(50, 200)
MEMORY_MB = 411


@pytest.fixture
def server(broker: str) -> Iterator[Server]:
    parent = Path(tempfile.mkdtemp(prefix="aerie-chaos-"))
    own = {"ADMIN_USERNAME": "root", "ADMIN_PASSWORD": ROOTS_PASSWORD, "JS_MEMORY_MB": str(MEMORY_MB)}
    # Without a sample counter server: tests/system may start one at the same moment, and both would find one port free.
    own["COUNTER_URL"] = "http://127.0.0.1:9/"
    with Server(parent / "data", authority=None, broker=broker, **own) as running:
        yield running
    shutil.rmtree(parent)


@pytest.fixture
def house() -> Iterator[House]:
    with House() as running:
        yield running


@pytest.mark.parametrize("broker", OF_BOTH)
def test_of_a_thousand_tasks_whose_workers_are_killed_at_random_each_ends_once(server: Server, broker: str) -> None:
    """R01, under the product's own supervisor; over RabbitMQ, unless it is chosen, with a quarter of all that."""
    part = 4 if broker != OF_SERVERS and not IS_LONG else 1
    chance = seeded()
    ask = server.ask_database
    note_changes(ask)
    token = server.log_in("root", ROOTS_PASSWORD)

    def kill_one() -> None:
        # All three may be dead at once, until the supervisor has them back.
        kill(chance.choice(wait_until(lambda: killable(server), what="somebody to kill")))

    with ThreadPoolExecutor(1) as threads:
        submitting = threads.submit(submit, server.port, token, mixed(chance, delays=880 // part, scripts=120 // part))
        killed = repeatedly(kill_one, lambda: chance.uniform(0.2, 1.2), until=submitting.done, at_least=12 // part)
        ids = submitting.result()
    began = time.monotonic()
    wait_for_the_end(ask, seconds=RECOVERS_WITHIN)
    print(f"{killed} killed, all ended {time.monotonic() - began:.1f} s later, begun: {attempts(ask)}")
    check(ask, ids, log=server.log(), memory_mb=MEMORY_MB)
    assert ask("SELECT DISTINCT status FROM task") == [("succeeded",)]


def killable(server: Server) -> list[int]:
    return [*workers(server), *server.pids_of("-m workers.scheduler")]


def workers(server: Server) -> list[int]:
    """Dramatiq's masters and their workers, and not what a worker has just forked, which is a sandbox in a moment."""
    found = set(server.pids_of("-m workers "))
    forked = {pid: found & set(children(pid)) for pid in found}
    masters = found.difference(*forked.values())
    return sorted(masters.union(*(forked[master] for master in masters)))


def test_nothing_is_lost_with_a_master_and_all_its_processes(house: House) -> None:
    """R02"""
    chance = seeded()
    note_changes(house.ask_database)
    token = house.log_in("root", ROOTS_PASSWORD)
    house.crew.start(WORKER, JAVASCRIPT, SCHEDULER)

    def when_scripts_run() -> float:
        wait_until(lambda: submitting.done() or sandboxes(house.memory_mb), what="JavaScript that runs")
        return chance.uniform(0, 0.2)

    def kill_all() -> None:
        kill(*(pid for pid in house.crew.pids() for pid in (pid, *children(pid))))
        house.crew.tend()

    with ThreadPoolExecutor(1) as threads:
        submitting = threads.submit(submit, house.port, token, mixed(chance, delays=DELAYS, scripts=SCRIPTS))
        killed = repeatedly(kill_all, when_scripts_run, until=submitting.done, at_least=3)
        ids = submitting.result()
    # Which the test above waits for.
    house.let_leases_end()
    began = time.monotonic()
    wait_for_the_end(house.ask_database, seconds=RECOVERS_WITHIN)
    print(f"{killed} killed, all ended {time.monotonic() - began:.1f} s later, begun: {attempts(house.ask_database)}")
    check(house.ask_database, ids, log=house.log() + house.crew.log(), memory_mb=house.memory_mb)
    assert house.ask_database("SELECT DISTINCT status FROM task") == [("succeeded",)]


def submit(port: int, token: str, tasks: list[dict[str, Any]]) -> list[str]:
    return on_lines(port, token, lambda line, task: line.submit(task), tasks, lines=4)


def repeatedly(
    act: Callable[[], None], pauses: Callable[[], float], *, until: Callable[[], bool], at_least: int
) -> int:
    number = 0
    while number < at_least or not until():
        time.sleep(pauses())
        act()
        number += 1
    return number
