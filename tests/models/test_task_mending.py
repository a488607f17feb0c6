"""What the scheduler does, with the time that it looks at put where a test wants it."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.errors import Unavailable
from models.stores import database, opened
from models.task import Task
from models.task.row import MOST_DEATHS
from models.task_kinds import NewDelay, NewJavaScript
from tests.marks import on_postgres
from tests.people import Person
from tests.security.together import together

PAST = timedelta(seconds=-1)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, app: Any) -> list[str]:
    """The ids that workers are told."""
    told: list[str] = []
    monkeypatch.setattr(opened, "send", lambda sent: told.extend(task_id for _, task_id in sent))
    return told


def delays(by: Person, number: int, *, due: timedelta = PAST) -> list[str]:
    actor = by.as_actor()
    ids = [Task.submit(NewDelay(seconds=60), by=actor).id for _ in range(number)]
    Task.update(due_at=datetime.now(UTC) + due).where(Task.id.in_(ids)).execute()
    return ids


def javascript(by: Person) -> Task:
    """A task that somebody works on."""
    task = Task.claim(Task.submit(NewJavaScript(code="1"), by=by.as_actor()).id)
    assert task is not None
    return task


def expire(*tasks: Task) -> None:
    Task.update(lease_until=datetime.now(UTC) + PAST).where(Task.id.in_([task.id for task in tasks])).execute()


def row(task_id: str) -> Task:
    found = Task.by_id.find(task_id)
    assert found is not None
    return found


def test_a_delay_that_is_due_ends_whether_a_worker_began_it_or_not(alice: Person) -> None:
    begun, queued = delays(alice, 2)
    Task.update(due_at=datetime.now(UTC) + timedelta(hours=1)).where(Task.id == begun).execute()
    assert Task.claim(begun) is not None
    Task.update(due_at=datetime.now(UTC) + PAST).where(Task.id == begun).execute()
    assert Task.is_any_due()
    assert Task.finish_due() == 2
    for task in (row(begun), row(queued)):
        assert (task.status, task.result, task.due_at, task.send_at) == ("succeeded", "0", None, None)
        assert task.created_at <= task.started_at <= task.finished_at
    assert not Task.is_any_due()
    assert Task.finish_due() == 0


def test_a_delay_that_is_not_due_goes_on(alice: Person) -> None:
    (waiting,) = delays(alice, 1, due=timedelta(hours=1))
    assert not Task.is_any_due()
    assert Task.finish_due() == 0
    assert row(waiting).status == "queued"


def test_a_due_delay_that_was_cancelled_stays_so(alice: Person) -> None:
    (task_id,) = delays(alice, 1)
    row(task_id).cancel(by=alice.as_actor())
    assert not Task.is_any_due()
    assert Task.finish_due() == 0
    assert Task.claim(task_id) is None
    assert row(task_id).status == "cancelled"


def test_many_that_are_due_are_ended_batch_by_batch_each_by_one_scheduler(alice: Person) -> None:
    """R15"""
    ids = delays(alice, 700)

    def work(_: int) -> int:
        ended = 0
        while found := Task.finish_due():
            ended += found
        return ended

    assert sum(together(4, work)) == len(ids)
    assert {row(task_id).status for task_id in ids} == {"succeeded"}


def test_what_a_dead_worker_left_is_queued_again_and_told(root: Person, sent: list[str]) -> None:
    task, alive = javascript(root), javascript(root)
    expire(task)
    sent.clear()
    assert Task.mend_expired() == 1
    assert (row(task.id).status, row(task.id).started_at, row(task.id).attempt) == ("queued", None, 1)
    assert row(alive.id).status == "running"
    assert sent == [task.id]
    assert Task.mend_expired() == 0


def test_the_third_death_is_the_last(root: Person) -> None:
    """R21"""
    task = javascript(root)
    for attempt in range(1, MOST_DEATHS + 1):
        assert row(task.id).attempt == attempt
        expire(task)
        Task.mend_expired()
        if attempt < MOST_DEATHS:
            assert Task.claim(task.id) is not None
    ended = row(task.id)
    assert (ended.status, ended.error["code"], ended.lease_until) == ("failed", "worker_lost", None)
    assert ended.deaths == MOST_DEATHS
    assert Task.claim(task.id) is None


def test_what_was_cancelled_when_its_worker_died_is_cancelled_when_the_lease_ends(root: Person) -> None:
    task = javascript(root)
    row(task.id).cancel(by=root.as_actor())
    Task.mend_expired()
    assert row(task.id).status == "cancelling"
    expire(task)
    Task.mend_expired()
    assert (row(task.id).status, row(task.id).cancelled_by) == ("cancelled", root.id)


def test_four_who_mend_at_once_tell_workers_of_each_task_once(root: Person, sent: list[str]) -> None:
    """R15"""
    tasks = [javascript(root) for _ in range(20)]
    expire(*tasks)
    sent.clear()
    assert sum(together(4, lambda _: Task.mend_expired())) == len(tasks)
    assert sorted(sent) == sorted(task.id for task in tasks)


def test_what_nobody_claims_is_sent_again_and_again(root: Person, sent: list[str]) -> None:
    """R14"""
    task = Task.submit(NewJavaScript(code="1"), by=root.as_actor())
    assert Task.send_again("javascript", most=10) == 0
    for times in (2, 3):
        Task.update(send_at=datetime.now(UTC) + PAST).execute()
        assert Task.send_again("delay", most=10) == 0
        assert sum(together(4, lambda _: Task.send_again("javascript", most=10))) == 1
        assert sent == [task.id] * times


def test_no_more_is_sent_than_there_is_room_for_the_oldest_first(root: Person, sent: list[str]) -> None:
    ids = [Task.submit(NewJavaScript(code="1"), by=root.as_actor()).id for _ in range(5)]
    for age, task_id in enumerate(ids):
        Task.update(send_at=datetime.now(UTC) - timedelta(seconds=age + 1)).where(Task.id == task_id).execute()
    sent.clear()
    assert Task.send_again("javascript", most=2) == 2
    assert sent == [ids[4], ids[3]]
    assert Task.send_again("javascript", most=0) == 0


def test_a_redis_that_is_away_loses_nothing_and_fails_nobody(root: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(messages: object) -> None:
        raise Unavailable

    monkeypatch.setattr(opened, "send", away)
    task = Task.submit(NewJavaScript(code="1"), by=root.as_actor())
    Task.update(send_at=datetime.now(UTC) + PAST).execute()
    assert Task.send_again("javascript", most=10) == 1
    assert row(task.id).status == "queued"


@on_postgres  # SQLite's writers take turns as a whole
def test_nobody_waits_for_a_row_that_another_holds(alice: Person) -> None:
    held, free = delays(alice, 2)
    holding, done = threading.Event(), threading.Event()

    def hold(_: int) -> int:
        with database.atomic():
            assert Task.held(row(held).place) is not None
            holding.set()
            assert done.wait(20)
        return 0

    def end(_: int) -> int:
        assert holding.wait(20)
        try:
            return Task.finish_due()
        finally:
            done.set()

    acts = [hold, end]
    assert together(2, lambda which: acts[which](which)) == [0, 1]
    assert [row(task_id).status for task_id in (held, free)] == ["queued", "succeeded"]
