"""How things stand: tasks, notices and workers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.plans import heard
from models import figures, presence
from models.figures import Figures, PatientReader
from models.notification import Notification
from models.stores import database, opened
from models.task import Task
from models.task.tally import WORTH_IT, TaskTally
from models.task_kinds import NewDelay, NewJavaScript, Status
from tests.client import Client
from tests.metrics.scraped import scrape
from tests.people import Person
from tests.removal import remove_erased
from tests.security.together import together
from tests.workers.notice_rows import claimed, created, created_and_deleted, due

FAILURE: Any = {"code": "thrown", "name": "Error", "message": "no", "stack": ""}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stalls for a moment is no fault here."""
    monkeypatch.setattr(figures, "PATIENCE", 10.0)


def delay(by: Person, seconds: float = 60) -> Task:
    return Task.submit(NewDelay(seconds=seconds), by=by.as_actor())


def begun(by: Person) -> Task:
    task = Task.claim(Task.submit(NewJavaScript(code="1"), by=by.as_actor()).id)
    assert task is not None
    return task


def ended(api: Client) -> dict[tuple[str, str], float]:
    found = scrape(api)
    values = {
        (kind, status): found.value("aerie_tasks_ended_total", type=kind, status=status)
        for kind in ("delay", "javascript")
        for status in ("succeeded", "failed", "cancelled")
    }
    assert sum(values.values()) == found.sum("aerie_tasks_ended_total")
    return {key: value for key, value in values.items() if value}


def test_tasks_that_have_not_ended_are_counted_by_type_and_status(api: Client, alice: Person, root: Person) -> None:
    delay(alice)
    delay(root)
    begun(root)
    begun(root).cancel(by=root.as_actor())
    found = scrape(api)
    name = "aerie_tasks_unfinished"
    assert found.value(name, type="delay", status="queued") == 2
    assert found.value(name, type="javascript", status="running") == 1
    assert found.value(name, type="javascript", status="cancelling") == 1
    assert found.sum(name) == 4
    assert len([each for each in found.samples if each.name == name]) == 6


def test_tasks_that_have_ended_are_counted_whichever_way_they_ended(api: Client, alice: Person, root: Person) -> None:
    assert ended(api) == {}
    for _ in range(3):
        begun(root).finish(b"1", [])
    begun(root).fail(FAILURE, [])
    delay(alice, 0)
    delay(alice, 0)
    assert Task.finish_due() == 2
    delay(alice).cancel(by=alice.as_actor())
    stopped = begun(root)
    stopped.cancel(by=root.as_actor())
    assert stopped.confirm_stopped([])
    lost = begun(root)
    Task.update(deaths=2, lease_until=datetime.now(UTC) - timedelta(1)).where(Task.place == lost.place).execute()
    Task.mend_expired()
    expected = {
        ("javascript", "succeeded"): 3,
        ("javascript", "failed"): 2,
        ("javascript", "cancelled"): 1,
        ("delay", "succeeded"): 2,
        ("delay", "cancelled"): 1,
    }
    assert ended(api) == expected
    counted = Task.select(Task.type, Task.status).where(Task.finished_at.is_null(False)).tuples()
    assert sum(expected.values()) == len(counted)
    assert TaskTally.totals() == expected


def test_what_ended_stays_counted_when_it_is_erased_and_what_that_cancels_is_counted(
    api: Client, alice: Person
) -> None:
    delay(alice, 0)
    Task.finish_due()
    delay(alice)
    api.delete("/user/alice", headers=alice.headers, status=204)
    remove_erased()
    assert Task.select().count() == 0
    assert ended(api) == {("delay", "succeeded"): 1, ("delay", "cancelled"): 1}


def test_an_end_that_is_rolled_back_is_not_counted(api: Client, root: Person) -> None:
    task = begun(root)
    with pytest.raises(ZeroDivisionError), database.atomic():
        task.finish(b"1", [])
        raise ZeroDivisionError
    assert ended(api) == {}


def test_summing_up_leaves_few_rows_and_the_same_sums(api: Client, alice: Person, root: Person) -> None:
    for _ in range(WORTH_IT):
        begun(root).finish(b"1", [])
    delay(alice).cancel(by=alice.as_actor())
    before = ended(api)
    assert not TaskTally.sum_up()
    assert TaskTally.select().count() == 2
    assert ended(api) == before == {("javascript", "succeeded"): WORTH_IT, ("delay", "cancelled"): 1}
    begun(root).finish(b"1", [])
    assert not TaskTally.sum_up()
    assert ended(api)["javascript", "succeeded"] == WORTH_IT + 1


def test_schedulers_that_sum_up_at_once_lose_nothing_and_nobody_reads_less(alice: Person) -> None:
    rows = [{"type": "delay", "status": status, "number": 1} for status in ("succeeded", "failed") for _ in range(300)]
    TaskTally.insert_many(rows).execute()

    def work(number: int) -> list[dict[Any, int]]:
        seen = []
        for _ in range(5):
            if number % 2:
                TaskTally.insert_many(rows[:WORTH_IT]).execute()
                TaskTally.sum_up()
            seen.append(TaskTally.totals())
        return seen

    for seen in together(4, work):
        values = [each["delay", Status.SUCCEEDED] for each in seen]
        assert values == sorted(values)
        assert values[0] >= 300
    assert TaskTally.totals() == {
        ("delay", "succeeded"): 300 + 2 * 5 * WORTH_IT,
        ("delay", "failed"): 300,
    }


def test_the_age_of_the_oldest_queued_task_is_told_by_type(api: Client, alice: Person, root: Person) -> None:
    old, _, running = delay(alice), delay(alice), begun(root)
    for task, hours in ((old, 1), (running, 2)):
        earlier = datetime.now(UTC) - timedelta(hours=hours)
        Task.update(created_at=earlier).where(Task.place == task.place).execute()
    found = scrape(api)
    assert 3600 <= found.value("aerie_task_oldest_queued_seconds", type="delay") < 3660
    assert found.value("aerie_task_oldest_queued_seconds", type="javascript") == 0


def test_notices_that_have_not_arrived_are_counted_and_how_late_they_are(api: Client, alice: Person) -> None:
    assert scrape(api).sum("aerie_notices") == scrape(api).value("aerie_notice_oldest_due_seconds") == 0
    delivered, failed, pending = created(alice), created(alice), created(alice)
    claimed(delivered).confirm()
    gone = {"status": "failed", "next_attempt_at": None, "send_at": None}
    Notification.update(gone).where(Notification.id == failed).execute()
    claimed(created_and_deleted(alice)[0])
    hour = datetime.now(UTC) - timedelta(hours=1)
    Notification.update(created_at=hour).execute()
    claimed(pending).postpone("The answer was 503.", at_least=60)
    resting = scrape(api)
    assert resting.value("aerie_notices", status="pending") == 3
    assert resting.value("aerie_notices", status="failed") == 1
    assert resting.sum("aerie_notices") == 4
    assert 3600 <= resting.value("aerie_notice_oldest_pending_seconds") < 3660
    assert resting.value("aerie_notice_oldest_due_seconds") < 60
    due(pending)
    assert 3600 <= scrape(api).value("aerie_notice_oldest_due_seconds") < 3660


def test_workers_alive_are_counted_for_each_kind_of_work(api: Client) -> None:
    for name in ("notices+tasks@a:1", "notices+tasks@b:2", "javascript@a:3", "tasks@c:4", "canary@d:5"):
        presence.announce(name)
    found = scrape(api)
    alive = {kind: found.value("aerie_workers", kind=kind) for kind in presence.KINDS}
    assert alive == {"javascript": 1, "notices": 2, "scheduler": 0, "tasks": 3}
    assert found.sum("aerie_workers") == 6
    opened.redis.run("ZINCRBY", "workers", -presence.LATELY - 1, "javascript@a:3")
    assert scrape(api).value("aerie_workers", kind="javascript") == 0


def test_no_table_that_grows_is_read_whole(stores: None) -> None:
    if not opened.settings.on_sqlite:
        return  # Postgres reads a small table whole, whatever indexes it has
    with heard() as queries:
        Figures.read()
    plans = [row[-1] for sql, values in queries for row in database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert len(queries) == 5
    assert [plan for plan in plans if "INDEX" not in plan] == ["SCAN t1", "USE TEMP B-TREE FOR GROUP BY"]  # the tally
    assert "SCAN t1 USING COVERING INDEX task_unfinished" in plans


def test_those_who_ask_at_once_are_all_answered(api: Client) -> None:
    scrapes = together(8, lambda number: PatientReader().read())
    assert None not in scrapes
    shared = PatientReader()
    assert None not in together(8, lambda number: shared.read())
