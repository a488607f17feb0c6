"""Delays of an hour: they hold no thread, outlive everybody who runs them, and can be cancelled at once."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos.crew import JAVASCRIPT, SCHEDULER, WORKER, kill
from tests.chaos.house import ROOTS_PASSWORD, House
from tests.chaos.invariants import check, note_changes, seconds_between
from tests.chaos.load import Line, delay, javascript, on_lines
from tests.services.processes import wait_until

HOURS = 100
# In seconds.
AT_ONCE = 1.0


@pytest.fixture
def house() -> Iterator[House]:
    with House() as running:
        note_changes(running.ask_database)
        running.crew.start(WORKER, JAVASCRIPT, SCHEDULER)
        yield running


def test_a_hundred_hours_hold_no_thread_outlive_a_restart_and_end_when_cancelled(house: House) -> None:
    token = house.log_in("root", ROOTS_PASSWORD)
    wait_until(lambda: house.crew.log().count("Worker process is ready") == 2, what="those who work")
    ids = [seconds_of(house, token, task) for task in (delay(0), javascript("1 + 1"))]
    before = threads(house)
    hours = on_lines(house.port, token, Line.submit, [delay(3600)] * HOURS, lines=4)
    wait_until(lambda: stands(house) == {("running", HOURS)}, what="all begun")
    assert threads(house) == before
    for task in (delay(0), javascript("1 + 1")):
        ids.append(seconds_of(house, token, task, at_most=AT_ONCE))

    due = house.ask_database("SELECT id, due_at FROM task WHERE due_at IS NOT NULL")
    with closing(Line(house.port, token)) as line:
        ids.append(line.submit(delay(4)))
    kill(*house.crew.pids())
    house.signal_redis(signal.SIGKILL)
    house.empty_redis()
    house.crew.tend()
    wait_until(lambda: stands(house) == {("running", HOURS)}, what="the end of the one that was due")
    ((began, ended),) = house.ask_database(f"SELECT created_at, finished_at FROM task WHERE id = '{ids[-1]}'")
    late = seconds_between(began, ended) - 4
    print(f"ended {late:.2f} s late, after a restart of all")
    assert late < AT_ONCE
    assert house.ask_database("SELECT id, due_at FROM task WHERE due_at IS NOT NULL") == due

    token = house.log_in("root", ROOTS_PASSWORD)
    said = on_lines(house.port, token, lambda line, task_id: line.ask("DELETE", f"/tasks/{task_id}"), hours, lines=4)
    assert {(each.status, each.json["status"]) for each in said} == {(200, "cancelled")}
    print(f"cancelled within {max(each.took for each in said):.3f} s")
    check(house.ask_database, [*ids, *hours], log=house.log() + house.crew.log(), memory_mb=house.memory_mb)


def seconds_of(house: House, token: str, task: dict[str, object], *, at_most: float = 20) -> str:
    """Run a task to its end within so many seconds; its id."""
    with closing(Line(house.port, token)) as line:
        task_id = line.submit(task)
        wait_until(
            lambda: line.ask("GET", f"/tasks/{task_id}").json["status"] == "succeeded",
            seconds=at_most,
            what=f"the end of {task}",
        )
    return task_id


def stands(house: House) -> set[tuple[str, int]]:
    return set(house.ask_database("SELECT status, count(*) FROM task WHERE finished_at IS NULL GROUP BY status"))


def threads(house: House) -> int:
    """How many threads the processes have that work on delays."""
    (member,) = house.crew.members(WORKER)
    return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in member.pids())
