"""Erased accounts before the scheduler has removed what is theirs: hidden from every read, and dead at once."""

from typing import Any

import pytest

from models.audit import AuditEntry
from models.erasure import Erasure
from models.notification import Notification
from models.task import Task
from models.task_kinds import NewDelay, NewJavaScript
from models.user import User, erasing
from tests.client import Client
from tests.people import Person
from tests.removal import remove_erased
from tests.security.rows import rows
from tests.security.together import together

GONE = {"X-Request-ID": "gone"}


@pytest.fixture
def erased(api: Client, alice: Person, root: Person) -> Person:
    """Erase alice, who has a task, a defect, an address and data."""
    account = {"email": "alice@canary.example", "data": {"canary": 1}}
    api.patch_json("/user/alice", account | {"data": {"canary": 1}}, headers=alice.headers, status=200)
    headers = alice.headers | {"Idempotency-Key": "k"}
    api.post_json("/api/defects", {"comment": "It leaks."}, headers=headers, status=201)
    api.post_json("/tasks", {"type": "delay", "seconds": 60}, headers=alice.headers, status=202)
    api.delete("/user/alice", headers=root.headers | GONE, status=204)
    return alice


def asked(api: Client, by: Person, path: str) -> Any:
    return api.get(path, headers=by.headers, status=200).json


@pytest.mark.parametrize("who", ["bob", "root"])
def test_defects_of_an_erased_user_are_nowhere(
    api: Client, erased: Person, bob: Person, root: Person, who: str
) -> None:
    by = {"bob": bob, "root": root}[who]
    path = f"/api/defects/{rows('defect')[0]['id']}"
    api.get(path, headers=by.headers, status=404)
    api.put_json(path, {"comment": "New."}, headers=by.headers, status=404)
    api.patch_json(path, {"comment": "New."}, headers=by.headers, status=404)
    api.delete(path, headers=by.headers, status=404)
    for query in ("", f"&user={erased.id}", "&q=leaks"):
        found = asked(api, by, f"/api/defects?count=true{query}")
        assert (found["items"], found["total"]) == ([], 0)


@pytest.mark.parametrize("who", ["bob", "root"])
def test_tasks_of_an_erased_user_are_nowhere(api: Client, erased: Person, bob: Person, root: Person, who: str) -> None:
    by = {"bob": bob, "root": root}[who]
    path = f"/tasks/{Task.get().id}"
    api.get(path, headers=by.headers, status=404)
    api.delete(path, headers=by.headers, status=404)
    for query in ("", f"&owner={erased.id}", "&status=queued", "&type=delay"):
        found = asked(api, by, f"/tasks?count=true{query}")
        assert (found["items"], found["total"]) == ([], 0)


def test_the_erased_user_is_nowhere(api: Client, erased: Person, root: Person) -> None:
    for query in ("", "?deleted=include", "?deleted=only"):
        api.get(f"/users/{erased.id}{query}", headers=root.headers, status=404)
        assert erased.id not in [user["id"] for user in asked(api, root, f"/users{query}")["items"]]
    assert asked(api, root, "/users?deleted=include&count=true")["total"] == 1
    api.post(f"/users/{erased.id}/restore", headers=root.headers, status=404)
    api.delete(f"/users/{erased.id}", headers=root.headers, status=404)
    api.delete(f"/users/{erased.id}/sessions", headers=root.headers, status=404)
    api.get("/user/alice", headers=root.headers, status=404)
    api.get("/auth/sessions", headers=erased.headers, status=401)
    assert {entry["username"] for entry in asked(api, root, f"/audit?user={erased.id}")["items"]} == {None}


def test_what_an_erased_user_was_is_gone_at_once_and_their_name_is_free(
    api: Client, erased: Person, person: Any
) -> None:
    assert "alice" not in str(rows("users")).lower() and "canary" not in str(rows("users"))
    again = person("Alice")
    assert again.id > erased.id
    assert asked(api, again, "/users?username=alice")["items"][0]["id"] == again.id


def test_the_erasure_is_one_entry_of_who_did_it_and_what_is_removed_later_is_of_the_same_request(
    erased: Person, root: Person
) -> None:
    found = AuditEntry.select().where(AuditEntry.request_id == "gone")
    assert [(entry.model, entry.action) for entry in found] == [("user", "destroy")]
    remove_erased()
    told = {(entry.model, entry.action, entry.user_id) for entry in found.clone()}
    assert told == {(model, "destroy", root.id) for model in ("user", "task", "defect")} | {("task", "update", root.id)}
    assert [(each.action, each.request_id) for each in Notification.select().order_by(Notification.id)][1:] == [
        ("delete", "gone")
    ]
    assert [rows(table) for table in ("defect", "task", "kept_answer", "erasure")] == [[]] * 4
    assert [row["id"] for row in rows("users")] == [root.id]


def test_an_erased_user_s_javascript_is_stopped_at_once(api: Client, root: Person, carol: Person) -> None:
    queued, at_work = [Task.submit(NewJavaScript(code="1"), by=carol.as_actor()).id for _ in range(2)]
    delay = Task.submit(NewDelay(seconds=60), by=carol.as_actor()).id
    running = Task.claim(at_work)
    assert running is not None
    api.delete("/user/carol", headers=root.headers, status=204)
    assert {task.id: task.status for task in Task.select()} == {
        queued: "cancelled", at_work: "cancelling", delay: "queued",
    }  # fmt: skip
    assert not running.is_wanted()
    assert Task.claim(queued) is None


def test_what_is_left_is_removed_in_batches_active_tasks_first(
    api: Client, alice: Person, root: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "REMOVED_AT_A_TIME", 2)
    for number in range(5):
        headers = alice.headers | {"Idempotency-Key": f"k{number}"}
        api.post_json("/tasks", {"type": "delay", "seconds": 0 if number < 2 else 60}, headers=headers, status=202)
        api.post_json("/api/defects", {"comment": "It leaks."}, headers=alice.headers, status=201)
    Task.finish_due()
    api.delete("/user/alice", headers=root.headers, status=204)
    left = []
    while User.remove_erased():
        left.append((statuses(), len(rows("defect")), len(rows("kept_answer")), len(rows("users"))))
    assert left[:3] == [(["succeeded"] * 2 + ["queued"], 5, 5, 2), (["succeeded"] * 2, 5, 5, 2), ([], 5, 5, 2)]
    assert left[3:6] == [([], 3, 5, 2), ([], 1, 5, 2), ([], 0, 5, 2)]
    assert left[6:] == [([], 0, 3, 2), ([], 0, 1, 2), ([], 0, 0, 2), ([], 0, 0, 1)]
    assert not Erasure.is_any()


def statuses() -> list[str]:
    return [task.status for task in Task.select().order_by(Task.place)]


def test_several_erased_users_are_all_removed(api: Client, alice: Person, bob: Person, root: Person) -> None:
    for person in (alice, bob):
        api.post_json("/api/defects", {"comment": "It leaks."}, headers=person.headers, status=201)
        api.delete(f"/user/{person.name}", headers=person.headers, status=204)
    remove_erased()
    assert (rows("defect"), [row["id"] for row in rows("users")]) == ([], [root.id])


def test_several_schedulers_remove_each_thing_once(
    api: Client, alice: Person, bob: Person, root: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "REMOVED_AT_A_TIME", 2)
    for person in (alice, bob):
        for _ in range(7):
            api.post_json("/api/defects", {"comment": "It leaks."}, headers=person.headers, status=201)
            api.post_json("/tasks", {"type": "delay", "seconds": 60}, headers=person.headers, status=202)
        api.delete(f"/user/{person.name}", headers=person.headers, status=204)
    together(4, lambda _: remove_erased())
    remove_erased()
    told = [(entry["model"], entry["object_id"]) for entry in rows("audit_entry") if entry["action"] == "destroy"]
    assert len(told) == len(set(told)) == 2 * (1 + 7 + 7)
    assert [row["id"] for row in rows("users")] == [root.id]
