"""A task's life, step by step: who finds the row changed has lost it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import peewee
import pytest

from models.account import MergedUser
from models.audit import AuditEntry
from models.errors import Forbidden, NotFound, NotSignedIn, TaskEnded
from models.roles import Role
from models.stores import opened
from models.task import Task
from models.task.row import LEASE
from models.task_kinds import Failure, NewDelay, NewJavaScript, Status
from tests.faults import no_audit
from tests.people import Person
from tests.security.together import together

FAILURE: Failure = {"code": "thrown", "name": "Error", "message": "no", "stack": ""}
LINES: Any = [{"level": "log", "text": "hello"}]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, app: Any) -> list[tuple[str, str]]:
    """What workers are told."""
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(opened, "send", told.extend)
    return told


def javascript(by: Person) -> Task:
    return Task.submit(NewJavaScript(code="6*7"), by=by.as_actor())


def delay(by: Person, seconds: float = 60) -> Task:
    return Task.submit(NewDelay(seconds=seconds), by=by.as_actor())


def now(task: Task) -> Task:
    """The row as it is."""
    found = Task.by_id.find(task.id)
    assert found is not None
    return found


def claimed(task: Task) -> Task:
    mine = Task.claim(task.id)
    assert mine is not None
    return mine


def test_a_new_task_is_queued_told_and_audited_without_its_code(root: Person, sent: list[Any]) -> None:
    task = javascript(root)
    assert now(task).to_dict() == {
        "id": task.id, "type": "javascript", "params": {"code": "6*7"}, "owner": root.id, "status": "queued",
        "result": None, "error": None, "logs": [], "created_at": task.created_at, "started_at": None,
        "finished_at": None, "cancelled_by": None, "request_id": None,
    }  # fmt: skip
    assert sent == [("javascript", task.id)]
    entry = AuditEntry.select().order_by(AuditEntry.id.desc()).first()
    assert (entry.action, entry.model, entry.object_id, entry.user_id) == ("create", "task", task.id, root.id)
    assert entry.changes == {"type": [None, "javascript"], "params": [None, "***"], "status": [None, "queued"]}


def test_workers_are_told_after_the_commit_and_not_at_all_without_one(
    root: Person, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(
        opened, "send", lambda sent: seen.extend(Task.by_id.find(task_id) is not None for _, task_id in sent)
    )
    javascript(root)
    assert seen == [True]
    with no_audit(), pytest.raises(peewee.DatabaseError):
        javascript(root)
    assert seen == [True]
    assert Task.select().count() == 1


def test_one_claim_succeeds_and_holds_a_lease(root: Person) -> None:
    task = javascript(root)
    mine = claimed(task)
    assert Task.claim(task.id) is None
    assert (mine.status, mine.attempt) == ("running", 1)
    row = now(task)
    assert (row.status, row.attempt, row.started_at) == ("running", 1, mine.started_at)
    assert timedelta(0) < row.lease_until - datetime.now(UTC) <= LEASE
    assert mine.is_wanted()
    assert mine.heartbeat()
    assert now(task).lease_until > row.lease_until


def test_of_eight_who_claim_at_once_one_does(root: Person) -> None:
    """R16"""
    for _ in range(10):
        task = javascript(root)
        claims = together(8, lambda _, task_id=task.id: Task.claim(task_id))  # type: ignore[misc]
        assert sum(claim is not None for claim in claims) == 1


def test_what_is_not_there_can_t_be_claimed(stores: None) -> None:
    assert Task.claim("00000000-0000-4000-8000-000000000000") is None
    assert Task.claim("nonsense") is None


def test_a_delay_that_waits_is_running_and_nobody_s_to_keep_alive(alice: Person) -> None:
    task = delay(alice)
    mine = claimed(task)
    assert (now(task).status, now(task).lease_until, mine.attempt) == ("running", None, 1)


def test_a_delay_that_has_passed_by_ends_where_it_would_begin(alice: Person) -> None:
    task = delay(alice, 0)
    assert Task.claim(task.id) is None
    row = now(task)
    assert (row.status, row.result, row.started_at is None) == ("succeeded", "0", False)
    assert row.started_at <= row.finished_at


@pytest.mark.parametrize(
    ("end", "status", "shown"),
    [
        (lambda task: task.finish(b'{"a": 1.0}', LINES), "succeeded", b'{"a": 1.0}'),
        (lambda task: task.fail(FAILURE, LINES), "failed", None),
    ],
)
def test_an_end_is_written_once_and_never_changes(
    root: Person, end: Callable[[Task], bool], status: str, shown: bytes | None
) -> None:
    mine = claimed(javascript(root))
    assert end(mine)
    row = now(mine)
    document = row.to_dict()
    result = document["result"]
    assert (None if result is None else bytes(result)) == shown
    assert (row.status, row.logs, row.error) == (status, LINES, FAILURE if status == "failed" else None)
    assert row.started_at <= row.finished_at
    agains: list[Callable[[], bool]] = [
        lambda: mine.finish(b"1", []),
        lambda: mine.fail(FAILURE, []),
        lambda: mine.confirm_stopped([]),
        mine.heartbeat,
        mine.hand_back,
        mine.is_wanted,
    ]
    assert not any(again() for again in agains)
    with pytest.raises(TaskEnded):
        mine.cancel(by=root.as_actor())
    assert now(mine).__data__ == row.__data__


def test_a_claim_of_an_earlier_attempt_ends_nothing(root: Person) -> None:
    first = claimed(javascript(root))
    Task.update(lease_until=datetime.now(UTC) - timedelta(seconds=1)).execute()
    assert Task.mend_expired() == 1
    second = claimed(first)
    assert second.attempt == 2
    assert not first.is_wanted()
    assert not first.finish(b"1", [])
    assert not first.fail(FAILURE, [])
    assert not first.heartbeat()
    assert not first.hand_back()
    assert second.finish(b"2", [])
    assert now(first).result == "2"


def test_what_is_handed_back_is_queued_and_told_again_and_counts_as_no_death(root: Person, sent: list[Any]) -> None:
    mine = claimed(javascript(root))
    assert mine.hand_back()
    row = now(mine)
    assert (row.status, row.deaths, row.started_at, row.lease_until) == ("queued", 0, None, None)
    assert sent == [("javascript", mine.id)] * 2
    again = claimed(mine)
    assert again.attempt == 2
    assert not mine.is_wanted()
    assert not mine.hand_back(), "who has let go once has no say in what another does"
    assert not mine.finish(b"1", [])
    assert again.finish(b"2", [])


def test_a_queued_task_and_a_delay_that_waits_are_cancelled_at_once(root: Person) -> None:
    for task in (javascript(root), delay(root), claimed(delay(root))):
        stopped = task.cancel(by=root.as_actor())
        assert (stopped.status, stopped.cancelled_by) == ("cancelled", root.id)
        assert stopped.finished_at is not None
        assert Task.claim(task.id) is None


def test_a_task_at_work_is_being_stopped_until_its_worker_says_that_it_has(root: Person) -> None:
    mine = claimed(javascript(root))
    assert mine.cancel(by=root.as_actor()).status == "cancelling"
    assert mine.cancel(by=root.as_actor()).status == "cancelling"
    assert not mine.is_wanted()
    assert not mine.heartbeat()
    assert not mine.finish(b"42", [])
    assert not mine.hand_back()
    assert mine.confirm_stopped(LINES)
    row = now(mine)
    assert (row.status, row.logs, row.result, row.cancelled_by) == ("cancelled", LINES, None, root.id)


def test_each_cancel_is_audited_once(root: Person) -> None:
    mine = claimed(javascript(root))
    for _ in range(3):
        mine.cancel(by=root.as_actor())
    entries = AuditEntry.select().where(AuditEntry.model == "task", AuditEntry.action == "update")
    assert [(entry.object_id, entry.user_id, entry.changes) for entry in entries] == [
        (mine.id, root.id, {"status": ["running", "cancelling"], "cancelled_by": [None, root.id]})
    ]


def test_users_may_not_run_javascript_and_admins_may(alice: Person, root: Person) -> None:
    with pytest.raises(Forbidden, match="Only an admin may run JavaScript"):
        javascript(alice)
    assert Task.select().count() == 0
    javascript(root)


def test_an_actor_who_was_demoted_or_deleted_meanwhile_starts_nothing(root: Person, carol: Person) -> None:
    actor = carol.as_actor()
    carol.user.merge_fields(MergedUser(role=Role.USER), by=root.as_actor())
    with pytest.raises(Forbidden):
        Task.submit(NewJavaScript(code="1"), by=actor)
    carol.user.deactivate(by=root.as_actor())
    with pytest.raises(NotSignedIn):
        Task.submit(NewDelay(seconds=1), by=actor)
    assert Task.select().count() == 0


def test_a_task_of_a_user_who_was_made_an_admin_can_t_be_cancelled_by_another(
    root: Person, alice: Person, person: Callable[..., Person]
) -> None:
    task = delay(alice)
    actor = root.as_actor()
    found = Task.usable(actor, task.id)
    alice.user.merge_fields(MergedUser(role=Role.ADMIN), by=actor)
    with pytest.raises(Forbidden):
        found.cancel(by=actor)
    assert now(task).status == Status.QUEUED


def test_what_was_erased_can_t_be_cancelled(alice: Person, root: Person) -> None:
    task = delay(alice)
    alice.user.erase(by=alice.as_actor())
    with pytest.raises(NotFound):
        task.cancel(by=root.as_actor())
