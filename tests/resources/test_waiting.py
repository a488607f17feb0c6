"""`Prefer: wait`: the answer comes when the task ends, and costs the others nothing."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from models import endings as module
from models.capacity import TASK_WAITS
from models.endings import Endings, endings
from models.session import Session
from models.stores import drop_connection, opened
from models.task import Task
from models.task_kinds import NewDelay, NewJavaScript
from tests.client import Client
from tests.faults import database_away, redis_away
from tests.people import Person
from tests.services.processes import wait_until


@pytest.fixture
def waiters() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(TASK_WAITS.places + 4) as threads:
        yield threads


@contextmanager
def timed() -> Iterator[list[float]]:
    began = time.monotonic()
    took: list[float] = []
    yield took
    took.append(time.monotonic() - began)


def running(by: Person) -> Task:
    task = Task.claim(Task.submit(NewJavaScript(code="1"), by=by.as_actor()).id)
    assert task is not None
    return task


def wait(app: Any, by: Person, task_id: str, prefer: str = "wait=10", method: str = "GET") -> Any:
    """Ask in a thread of its own."""
    try:
        return Client(app).request(f"/tasks/{task_id}", method=method, headers=by.headers | {"Prefer": prefer})
    finally:
        drop_connection()


def waiting_now() -> int:
    return sum(len(events) for events in endings._waiting.values())


def until_waiting(number: int = 1) -> None:
    wait_until(lambda: waiting_now() == number, what=f"{number} wait")


def test_it_answers_as_soon_as_the_task_ends(app: Any, root: Person, waiters: ThreadPoolExecutor) -> None:
    for _ in range(2):
        task = running(root)
        answer = waiters.submit(wait, app, root, task.id)
        until_waiting()
        wait_until(lambda: opened.redis.run("PUBSUB", "NUMSUB", module.CHANNEL)[1] > 0, what="a listener")
        assert not answer.done()
        with timed() as took:
            task.finish(b"42", [])
            said = answer.result(5)
        assert (said.json["status"], said.json["result"]) == ("succeeded", 42)
        assert said.headers["Preference-Applied"] == "wait=10"
    assert took[0] < 0.5, "by then the listener listens: it need not look for itself"


def test_it_answers_when_the_time_is_over(app: Any, alice: Person) -> None:
    task = Task.submit(NewDelay(seconds=60), by=alice.as_actor())
    with timed() as took:
        answer = wait(app, alice, task.id, "wait=1")
    assert answer.json["status"] == "queued"
    assert 1 <= took[0] < 3


@pytest.mark.parametrize(
    "prefer",
    [
        "",
        "respond-async",
        "wait",
        "wait=",
        "wait=-1",
        "wait=abc",
        "wait=1.5",
        "waiting=5",
        "wait=٣",
        'a="b, wait=5"',
        'a="b\\", wait=5"',
        'a="b, wait=5, c',
    ],
)
def test_a_preference_that_can_t_be_read_is_ignored(api: Client, alice: Person, prefer: str) -> None:
    task = Task.submit(NewDelay(seconds=60), by=alice.as_actor())
    headers = alice.headers | {"Prefer": prefer.encode().decode("latin-1")}
    with timed() as took:
        answer = api.get(f"/tasks/{task.id}", headers=headers, status=200)
    assert took[0] < 0.9
    assert "Preference-Applied" not in answer.headers


@pytest.mark.parametrize(
    "prefer",
    [
        "wait=1",
        'wait="1"',
        " WAIT = 1 ",
        "respond-async, wait=1",
        "wait=1; x=y",
        "a=b,wait=1,c",
        'a="b, c", wait=1',
        'a="\\", wait=9", wait=1',
    ],
)
def test_a_preference_may_come_with_others(api: Client, alice: Person, prefer: str) -> None:
    task = Task.submit(NewDelay(seconds=60), by=alice.as_actor())
    answer = api.get(f"/tasks/{task.id}", headers=alice.headers | {"Prefer": prefer}, status=200)
    assert answer.headers["Preference-Applied"] == "wait=1"


def test_a_task_that_has_ended_is_not_waited_for(app: Any, alice: Person) -> None:
    task = Task.submit(NewDelay(seconds=0), by=alice.as_actor())
    Task.finish_due()
    with timed() as took:
        assert wait(app, alice, task.id, "wait=30").json["status"] == "succeeded"
    assert took[0] < 0.9


def test_a_wait_is_cut_to_thirty_seconds(api: Client, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def note(_: Endings, task_id: str, seconds: float, *, ended: Any) -> None:
        asked.append(seconds)

    monkeypatch.setattr(Endings, "wait", note)
    task = Task.submit(NewDelay(seconds=60), by=alice.as_actor())
    api.get(f"/tasks/{task.id}", headers=alice.headers | {"Prefer": "wait=31"}, status=200)
    api.get(f"/tasks/{task.id}", headers=alice.headers | {"Prefer": "wait=" + "9" * 30}, status=200)
    assert asked == [30, 30]


def test_starting_and_stopping_wait_too(app: Any, root: Person, waiters: ThreadPoolExecutor) -> None:
    task = running(root)
    answer = waiters.submit(wait, app, root, task.id, method="DELETE")
    until_waiting()
    assert task.confirm_stopped([])
    stopped = answer.result(5)
    assert (stopped.status_int, stopped.json["status"]) == (200, "cancelled")

    def start() -> Any:
        headers = root.headers | {"Prefer": "wait=10"}
        try:
            return Client(app).post_json("/tasks", {"type": "javascript", "code": "1"}, headers=headers)
        finally:
            drop_connection()

    answer = waiters.submit(start)
    until_waiting()
    mine = Task.claim(Task.select().order_by(Task.place.desc()).first().id)
    assert mine is not None and mine.finish(b"1", [])
    started = answer.result(5)
    assert (started.status_int, started.json["status"]) == (202, "succeeded")


def test_a_person_has_two_waits_and_the_next_is_answered_at_once(
    app: Any, root: Person, carol: Person, waiters: ThreadPoolExecutor
) -> None:
    task = running(root)
    answers: list[Future[Any]] = [waiters.submit(wait, app, root, task.id) for _ in range(TASK_WAITS.per_person)]
    until_waiting(TASK_WAITS.per_person)
    with timed() as took:
        said = wait(app, root, task.id)
    assert took[0] < 1
    assert (said.json["status"], "Preference-Applied" in said.headers) == ("running", False)
    other = running(carol)
    answers.append(waiters.submit(wait, app, carol, other.id))
    until_waiting(TASK_WAITS.per_person + 1)
    other.finish(b"1", [])
    task.finish(b"1", [])
    assert {answer.result(5).json["status"] for answer in answers} == {"succeeded"}
    assert waiting_now() == 0


def test_without_redis_the_row_is_looked_at_now_and_then(root: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOKS_EVERY", 0.2)
    task = running(root)

    def finish() -> None:
        task.finish(b"1", [])
        drop_connection()

    with redis_away():
        threading.Timer(0.5, finish).start()
        with timed() as took:
            Endings().wait(task.id, 10, ended=lambda: Task.is_over(task.id))
    assert took[0] < 2


def test_what_ends_before_redis_is_heard_is_looked_at_when_it_is(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for the first who waits in a process, whose task takes no time."""
    monkeypatch.setattr(module, "LOOKS_EVERY", 60)
    looked, heard = threading.Event(), opened.redis.heard

    def ended() -> bool:
        has_looked = looked.is_set()
        looked.set()
        return has_looked

    def hear_afterwards(channel: str, *, begun: Callable[[], None]) -> Iterator[str]:
        looked.wait()
        return heard(channel, begun=begun)

    monkeypatch.setattr(opened.redis, "heard", hear_afterwards)
    with timed() as took:
        Endings().wait("some task", 10, ended=ended)
    assert took[0] < 9


def test_whoever_waits_is_answered_when_the_process_is_to_end(root: Person, waiters: ThreadPoolExecutor) -> None:
    task, leaving = running(root), Endings()
    answer = waiters.submit(leaving.wait, task.id, 30, ended=lambda: False)
    wait_until(lambda: leaving._waiting, what="somebody waits")
    with timed() as took:
        leaving.leave()
        answer.result(5)
        leaving.wait(task.id, 30, ended=lambda: False)
    assert took[0] < 0.9


def test_what_is_revoked_while_somebody_waits_is_revoked(
    app: Any, alice: Person, root: Person, waiters: ThreadPoolExecutor
) -> None:
    task = Task.submit(NewDelay(seconds=60), by=alice.as_actor())
    logged_out = waiters.submit(wait, app, alice, task.id)
    until_waiting()
    Session.end_current(by=alice.as_actor())
    task.cancel(by=root.as_actor())
    assert logged_out.result(5).status_int == 401


def test_a_task_that_is_erased_while_somebody_waits_is_gone(
    app: Any, alice: Person, root: Person, waiters: ThreadPoolExecutor
) -> None:
    task = Task.submit(NewDelay(seconds=60), by=alice.as_actor())
    answer = waiters.submit(wait, app, root, task.id)
    until_waiting()
    alice.user.erase(by=alice.as_actor())
    assert answer.result(5).status_int == 404


def test_whoever_waits_while_a_store_goes_away_is_told_of_the_task_as_it_stood(
    app: Any, api: Client, root: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = root.headers | {"Prefer": "wait=10"}
    for away in (redis_away, database_away):

        def go_away(_: Endings, task_id: str, seconds: float, *, ended: Callable[[], bool], away: Any = away) -> None:
            with away():
                ended()
                Session.bearer(root.token)

        monkeypatch.setattr(Endings, "wait", go_away)
        answer = api.post_json("/tasks", {"type": "delay", "seconds": 60}, headers=headers, status=202)
        assert (answer.json["status"], "Preference-Applied" in answer.headers) == ("queued", False)
