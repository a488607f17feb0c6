"""Who is deleted, demoted or erased leaves nothing running that they may no longer run."""

from models.account import MergedUser
from models.audit import AuditEntry
from models.errors import Forbidden
from models.roles import Role
from models.task import Task
from models.task_kinds import NewDelay, NewJavaScript
from tests.client import Client
from tests.people import Person
from tests.removal import remove_erased
from tests.security.rows import rows
from tests.security.together import together


def delay(by: Person) -> str:
    return Task.submit(NewDelay(seconds=60), by=by.as_actor()).id


def javascript(by: Person) -> str:
    return Task.submit(NewJavaScript(code="secret"), by=by.as_actor()).id


def claimed(task_id: str) -> str:
    assert Task.claim(task_id) is not None
    return task_id


def ended(task_id: str) -> str:
    task = Task.claim(task_id)
    assert task is not None and task.finish(b"1", [])
    return task_id


def statuses() -> dict[str, str]:
    return {task.id: task.status for task in Task.select()}


def test_deletion_stops_what_had_not_ended_and_lists_it(api: Client, root: Person, carol: Person) -> None:
    stopping = [delay(carol), claimed(delay(carol)), javascript(carol), claimed(javascript(carol))]
    kept = [ended(javascript(carol)), delay(root)]
    answer = api.delete(f"/users/{carol.id}", headers=root.headers | {"X-Request-ID": "req-1"}, status=200).json
    assert answer["tasks_cancelled"] == stopping
    assert statuses() == dict(
        zip([*stopping, *kept], ["cancelled"] * 3 + ["cancelling", "succeeded", "queued"], strict=True)
    )
    told = AuditEntry.select().where(AuditEntry.request_id == "req-1", AuditEntry.model == "task")
    assert sorted(entry.object_id for entry in told) == sorted(stopping)
    assert {(entry.user_id, entry.action) for entry in told} == {(root.id, "update")}
    assert {row["cancelled_by"] for row in rows("task") if row["id"] in stopping} == {root.id}


def test_a_restored_owner_s_tasks_stay_stopped(api: Client, alice: Person, root: Person) -> None:
    task_id = delay(alice)
    api.delete(f"/users/{alice.id}", headers=root.headers, status=200)
    api.post(f"/users/{alice.id}/restore", headers=root.headers, status=200)
    alice.token = alice.log_in()
    assert api.get(f"/tasks/{task_id}", headers=alice.headers, status=200).json["status"] == "cancelled"


def test_demotion_stops_javascript_and_leaves_delays(api: Client, root: Person, carol: Person) -> None:
    queued, at_work, waiting = javascript(carol), claimed(javascript(carol)), delay(carol)
    api.patch_json(f"/users/{carol.id}", {"role": "user"}, headers=root.headers, status=200)
    assert statuses() == {queued: "cancelled", at_work: "cancelling", waiting: "queued"}
    assert api.get(f"/tasks/{waiting}", headers=carol.headers, status=200).json["owner"] == carol.id


def test_other_changes_of_a_user_stop_nothing(api: Client, alice: Person, root: Person) -> None:
    mine, of_root = delay(alice), javascript(root)
    for change in ({"role": "admin"}, {"email": "a@example.com"}, {"password": "a new long password"}):
        api.patch_json(f"/users/{alice.id}", change, headers=root.headers, status=200)
    assert statuses() == {mine: "queued", of_root: "queued"}


def test_a_refused_deletion_stops_nothing(api: Client, root: Person) -> None:
    task_id = javascript(root)
    api.delete(f"/users/{root.id}", headers=root.headers, status=409)
    assert statuses() == {task_id: "queued"}


def test_erasure_removes_tasks_each_with_its_entry(api: Client, root: Person, carol: Person) -> None:
    gone = [delay(carol), claimed(javascript(carol)), ended(javascript(carol))]
    mine = Task.by_id.find(gone[1])
    kept = delay(root)
    api.delete("/user/carol", headers=root.headers | {"X-Request-ID": "req-1"}, status=204)
    assert [statuses()[each] for each in gone] == ["queued", "cancelling", "succeeded"]
    remove_erased()
    assert statuses() == {kept: "queued"}
    assert mine is not None
    assert not mine.is_wanted(), "whoever works on it is to stop"
    assert not mine.finish(b"1", [])
    of_tasks = AuditEntry.select().where(AuditEntry.request_id == "req-1", AuditEntry.model == "task")
    told = list(of_tasks.order_by(AuditEntry.id))
    assert sorted(entry.object_id for entry in told if entry.action == "destroy") == sorted(gone)
    assert sorted(entry.object_id for entry in told if entry.action == "update") == sorted(gone[:2])
    assert not any("secret" in str(row) for row in rows("audit_entry"))


def test_nothing_starts_that_a_demotion_at_the_same_moment_would_have_stopped(root: Person, carol: Person) -> None:
    actor, admin = carol.as_actor(), root.as_actor()

    def act(which: int) -> str | None:
        if which == 0:
            carol.user.merge_fields(MergedUser(role=Role.USER), by=admin)
            return None
        try:
            return Task.submit(NewJavaScript(code="1"), by=actor).id
        except Forbidden:
            return None

    for _ in range(5):
        started = [task_id for task_id in together(8, act) if task_id]
        assert {statuses()[task_id] for task_id in started} <= {"cancelled"}
        carol.user.merge_fields(MergedUser(role=Role.ADMIN), by=admin)
