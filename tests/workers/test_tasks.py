"""What a worker does with a task, in real Deno: begins it, keeps its lease, ends it once."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from models.stores import database, drop_connection, opened
from models.task import Task
from models.task.row import LEASE
from models.task_kinds import NewDelay, NewJavaScript
from tests.chaos.crew import children, sandboxes
from tests.faults import database_away
from tests.people import Person
from tests.services.processes import wait_until
from workers import javascript, tasks

LOOP = "console.log('begun'); while (true) {}"
# In seconds of a processor.
BEGINS_WITHIN = 0.5


@pytest.fixture(autouse=True)
def going_on() -> Iterator[None]:
    """No test leaves the others a process that is to end."""
    yield
    tasks.stopping.clear()


@pytest.fixture
def in_background() -> Iterator[Callable[[str], threading.Thread]]:
    begun: list[threading.Thread] = []

    def begin(task_id: str) -> threading.Thread:
        def work() -> None:
            tasks.run(task_id)
            drop_connection()

        thread = threading.Thread(target=work)
        thread.start()
        begun.append(thread)
        wait_until(lambda: row(task_id).status == "running", what="begun")
        return thread

    yield begin
    tasks.stopping.set()
    for thread in begun:
        thread.join(10)
        assert not thread.is_alive()


def submitted(by: Person, code: str) -> str:
    return Task.submit(NewJavaScript(code=code), by=by.as_actor()).id


def seconds_used() -> float:
    """How long the sandboxes of this process have computed."""
    ticks = 0
    for pid in set(children(os.getpid())) & set(sandboxes(opened.settings.js_memory_mb)):
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def row(task_id: str) -> Task:
    found = Task.by_id.find(task_id)
    assert found is not None
    return found


def shown(task_id: str) -> tuple[str, str | None]:
    return row(task_id).status, row(task_id).result


def test_javascript_runs_to_its_result(root: Person) -> None:
    task_id = submitted(root, "console.warn('hello', {a: 1}); ({answer: 6*7})")
    tasks.run(task_id)
    assert shown(task_id) == ("succeeded", '{"answer":42}')
    assert row(task_id).logs == [{"level": "warn", "text": 'hello {"a":1}'}]


def test_javascript_that_throws_fails_and_keeps_its_logs(root: Person) -> None:
    task_id = submitted(root, "console.log(1); throw new TypeError('no such luck')")
    tasks.run(task_id)
    error = row(task_id).error
    assert (error["code"], error["name"], error["message"]) == ("thrown", "TypeError", "no such luck")
    assert "task.js" in error["stack"]
    assert row(task_id).logs == [{"level": "log", "text": "1"}]
    assert shown(task_id) == ("failed", None)


def test_a_delay_is_ended_if_it_is_due_and_else_left_to_the_scheduler(alice: Person) -> None:
    due, waiting = [Task.submit(NewDelay(seconds=seconds), by=alice.as_actor()).id for seconds in (0, 60)]
    for task_id in (due, waiting):
        tasks.run(task_id)
    assert (shown(due), shown(waiting)) == (("succeeded", "0"), ("running", None))


def test_a_message_that_comes_again_does_nothing(root: Person) -> None:
    """R16"""
    task_id = submitted(root, "Math.random()")
    tasks.run(task_id)
    before = row(task_id).__data__
    for _ in range(3):
        tasks.run(task_id)
    tasks.run("00000000-0000-4000-8000-000000000000")
    assert row(task_id).__data__ == before


@pytest.mark.parametrize(
    "code",
    [
        "while (true) {}",
        "const again = () => Promise.resolve().then(again); again(); new Promise(() => {})",
        "/^(a+)+$/.test('a'.repeat(40) + 'b')",
        "new Promise((done) => setTimeout(done, 1e6))",
    ],
)
def test_whatever_it_does_it_is_stopped_within_two_seconds(
    root: Person, in_background: Callable[[str], threading.Thread], code: str
) -> None:
    task_id = submitted(root, code)
    thread = in_background(task_id)
    assert row(task_id).cancel(by=root.as_actor()).status == "cancelling"
    wait_until(lambda: row(task_id).status == "cancelled", seconds=2, what="cancelled")
    thread.join(1)
    assert not thread.is_alive()


def test_what_was_stopped_keeps_what_it_said(root: Person, in_background: Callable[[str], threading.Thread]) -> None:
    task_id = submitted(root, LOOP)
    in_background(task_id)
    wait_until(lambda: seconds_used() > BEGINS_WITHIN, what="a loop, and not a beginning")
    row(task_id).cancel(by=root.as_actor())
    wait_until(lambda: row(task_id).status == "cancelled", seconds=2, what="cancelled")
    assert row(task_id).logs == [{"level": "log", "text": "begun"}]


def test_of_those_whose_workers_died_twice_one_runs_at_a_time(
    root: Person, in_background: Callable[[str], threading.Thread]
) -> None:
    first, second, fresh = [submitted(root, code) for code in (LOOP, "1", "1")]
    Task.update(deaths=2).where(Task.id.in_([first, second])).execute()
    in_background(first)
    for task_id in (second, fresh):
        tasks.run(task_id)
    assert (row(second).status, row(second).attempt) == ("queued", 0)
    assert row(fresh).status == "succeeded"
    row(first).cancel(by=root.as_actor())
    wait_until(lambda: row(first).status == "cancelled", what="the first has ended")

    def has_its_turn() -> bool:
        tasks.run(second)
        return row(second).status == "succeeded"

    wait_until(has_its_turn, what="the second has its turn")


def test_what_an_erased_owner_ran_is_stopped(
    root: Person, carol: Person, in_background: Callable[[str], threading.Thread]
) -> None:
    thread = in_background(submitted(carol, LOOP))
    carol.user.erase(by=root.as_actor())
    thread.join(2)
    assert not thread.is_alive()


def test_a_worker_that_is_to_end_leaves_its_task_to_another(
    root: Person, in_background: Callable[[str], threading.Thread]
) -> None:
    """R03"""
    task_id = submitted(root, LOOP)
    thread = in_background(task_id)
    tasks.stopping.set()
    thread.join(5)
    assert not thread.is_alive()
    assert (row(task_id).status, row(task_id).deaths) == ("queued", 0)


def test_a_cancel_that_comes_after_the_last_look_wins_over_the_result(
    root: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = submitted(root, "1")

    def evaluate(*_: Any, **__: Any) -> Any:
        row(task_id).cancel(by=root.as_actor())
        return javascript.Outcome(b"1", None, [])

    monkeypatch.setattr(javascript, "evaluate", evaluate)
    tasks.run(task_id)
    assert shown(task_id) == ("cancelled", None)


def test_a_lease_is_kept_while_the_code_runs(
    root: Person, in_background: Callable[[str], threading.Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BEATS_EVERY", timedelta(seconds=1))
    beats: list[float] = []
    heartbeat = Task.heartbeat

    def counted(self: Task) -> bool:
        beats.append(time.monotonic())
        return heartbeat(self)

    monkeypatch.setattr(Task, "heartbeat", counted)
    task_id = submitted(root, LOOP)
    in_background(task_id)
    first = row(task_id).lease_until
    wait_until(lambda: len(beats) == 3, what="three heartbeats")
    assert row(task_id).lease_until > first
    assert all(after - before > 0.7 for before, after in pairwise(beats)), "it looks more often than it writes"


def test_whoever_can_t_keep_the_lease_lets_go_before_it_ends(root: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "TRIES_AGAIN_AFTER", 0.1)
    monkeypatch.setattr(tasks, "LETS_GO_BEFORE", LEASE - timedelta(seconds=1))
    task_id = submitted(root, LOOP)
    evaluate = javascript.evaluate

    def without_database(*given: Any, **more: Any) -> Any:
        with database_away():
            return evaluate(*given, **more)

    monkeypatch.setattr(javascript, "evaluate", without_database)
    began = time.monotonic()
    tasks.run(task_id)
    assert 0.5 < time.monotonic() - began < 5
    assert row(task_id).status == "running", "whoever looks at leases will find it"
    Task.update(lease_until=datetime.now(UTC) - timedelta(seconds=1)).execute()
    assert Task.mend_expired() == 1


def test_a_result_waits_for_a_database_that_is_away_for_a_moment(root: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = submitted(root, "7")
    finish, away = Task.finish, [True, True]

    def finish_later(self: Task, result: bytes, lines: Any) -> bool:
        if away:
            away.pop()
            with database_away():
                return finish(self, result, lines)
        return finish(self, result, lines)

    monkeypatch.setattr(tasks, "TRIES_AGAIN_AFTER", 0.05)
    monkeypatch.setattr(Task, "finish", finish_later)
    tasks.run(task_id)
    assert shown(task_id) == ("succeeded", "7")


def test_a_sandbox_that_can_t_be_started_is_no_death_of_its_task(
    root: Person, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(tasks, "TRIES_AGAIN_AFTER", 0.05)
    task_id = submitted(root, "1")
    with monkeypatch.context() as full:
        full.setattr("workers.sandbox.subprocess.Popen", refuse)
        for _ in range(5):
            tasks.run(task_id)
    assert (row(task_id).status, row(task_id).deaths) == ("queued", 0)
    assert capfd.readouterr().out.count('"event":"sandbox not started"') == 5
    tasks.run(task_id)
    assert shown(task_id) == ("succeeded", "1")


def test_a_task_that_can_t_be_read_is_left(alice: Person, capfd: pytest.CaptureFixture[str]) -> None:
    task_id = Task.submit(NewDelay(seconds=0), by=alice.as_actor()).id
    with database_away():
        tasks.run(task_id)
    assert '"event":"task left"' in capfd.readouterr().out
    assert row(task_id).status == "queued"
    assert not database.in_transaction()


def test_log_lines_of_a_task_carry_the_id_of_its_request(root: Person, capfd: pytest.CaptureFixture[str]) -> None:
    task_id = submitted(root, "1")
    Task.update(request_id="req-1").execute()
    capfd.readouterr()
    tasks.run(task_id)
    lines = capfd.readouterr().out.splitlines()
    assert [line.partition('"event":"')[2].partition('"')[0] for line in lines] == ["task begun", "task ended"]
    assert all('"request_id":"req-1"' in line for line in lines)
