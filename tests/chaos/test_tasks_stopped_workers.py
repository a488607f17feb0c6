"""Workers that are told to stop, or killed, while JavaScript loops for ever."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.chaos.crew import JAVASCRIPT, SCHEDULER, kill, sandboxes
from tests.chaos.house import ROOTS_PASSWORD, House
from tests.chaos.invariants import check, note_changes, wait_for_the_end
from tests.chaos.load import Line, javascript
from tests.services.processes import wait_until

FOR_EVER = javascript("for (;;);")
# In seconds.
QUEUED_AGAIN_WITHIN, EXITS_WITHIN, STOPPED_WITHIN = 5, 30, 2
NO_SANDBOX_AFTER = 3


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with House() as running:
        note_changes(running.ask_database)
        yield running


@pytest.fixture(scope="module")
def line(house: House) -> Iterator[Line]:
    with closing(Line(house.port, house.log_in("root", ROOTS_PASSWORD))) as line:
        yield line


@pytest.fixture
def ids(house: House, line: Line) -> Iterator[list[str]]:
    """Three tasks that never end, and are cancelled after the test."""
    submitted = [line.submit(FOR_EVER) for _ in range(3)]
    yield submitted
    began = time.monotonic()
    assert {line.ask("DELETE", f"/tasks/{task_id}").status for task_id in submitted} <= {200, 202}
    wait_for_the_end(house.ask_database, seconds=STOPPED_WITHIN)
    print(f"stopped in {time.monotonic() - began:.2f} s")
    everything = [row[0] for row in house.ask_database("SELECT id FROM task")]
    check(house.ask_database, everything, log=house.log() + house.crew.log(), memory_mb=house.memory_mb)


def stands(house: House, ids: list[str]) -> set[tuple[str, int]]:
    quoted = ", ".join(f"'{task_id}'" for task_id in ids)
    return set(house.ask_database(f"SELECT status, deaths FROM task WHERE id IN ({quoted})"))


def all_run(house: House, ids: list[str], *, deaths: int) -> bool:
    return stands(house, ids) == {("running", deaths)} and len(sandboxes(house.memory_mb)) == len(ids)


def test_a_worker_that_is_told_to_stop_hands_back_what_it_runs(house: House, ids: list[str]) -> None:
    """R03"""
    (first,) = house.crew.start(JAVASCRIPT)
    wait_until(lambda: all_run(house, ids, deaths=0), what="all run")
    began = time.monotonic()
    first.master.terminate()
    wait_until(lambda: stands(house, ids) == {("queued", 0)}, seconds=QUEUED_AGAIN_WITHIN, what="all queued again")
    queued_again = time.monotonic()
    first.master.wait(EXITS_WITHIN)
    exited = time.monotonic()
    assert sandboxes(house.memory_mb) == []
    house.crew.tend()
    wait_until(lambda: all_run(house, ids, deaths=0), what="another runs them")
    print(f"queued again after {queued_again - began:.2f} s, gone after {exited - began:.2f} s")
    print(f"taken up {time.monotonic() - exited:.2f} s later")


def test_a_worker_that_stays_takes_over_from_one_that_is_told_to_stop(house: House, ids: list[str]) -> None:
    """R03"""
    wait_until(lambda: all_run(house, ids, deaths=0), what="all run")
    (old,) = house.crew.members(JAVASCRIPT)
    before = set(sandboxes(house.memory_mb))
    house.crew.start(JAVASCRIPT)
    began = time.monotonic()
    house.crew.dismiss(old)
    wait_until(
        lambda: all_run(house, ids, deaths=0) and not before & set(sandboxes(house.memory_mb)),
        seconds=EXITS_WITHIN,
        what="the other runs them",
    )
    print(f"taken over after {time.monotonic() - began:.2f} s")
    old.master.wait(EXITS_WITHIN)


@pytest.mark.parametrize(
    "victims",
    [lambda pids: pids[1:], lambda pids: pids[:1], lambda pids: pids],
    ids=["the process", "its master", "both"],
)
def test_a_worker_that_is_killed_takes_its_sandboxes_along(
    house: House, ids: list[str], victims: Callable[[list[int]], list[int]]
) -> None:
    """R19"""
    if not house.crew.members(SCHEDULER):
        house.crew.start(SCHEDULER)
    wait_until(lambda: all_run(house, ids, deaths=0), what="all run")
    (member,) = house.crew.members(JAVASCRIPT)
    began = time.monotonic()
    kill(*victims(member.pids()))
    wait_until(lambda: not sandboxes(house.memory_mb), seconds=NO_SANDBOX_AFTER, what="the end of every sandbox")
    print(f"no sandbox after {time.monotonic() - began:.2f} s")
    member.master.wait(EXITS_WITHIN)
    house.crew.tend()
    house.let_leases_end()
    wait_until(lambda: all_run(house, ids, deaths=1), what="all run again")
