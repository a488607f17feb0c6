"""What the audit trail shows admins of each kind of request, without what a person typed in."""

from typing import Any

import pytest

from models.notification import Notification
from models.notification_document import NoticeStatus
from tests.client import Client
from tests.people import Person, bearer, claims
from tests.removal import remove_erased

PASSWORD = "a rather canary one"
SIGN_UP = {"username": "canary", "password": PASSWORD, "email": "canary@example.com", "data": {"canary": 1}}
NOON, ONE = "2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z"


def named(person: Person | None = None) -> dict[str, str]:
    """What a request carries that is looked for later."""
    return (person.headers if person else {}) | {"X-Request-ID": "req-1"}


def told(api: Client, root: Person) -> Any:
    """Who did what to which object in that request, of which there is one entry: a person, a deed and changes."""
    (entry,) = api.get("/audit?request_id=req-1", headers=root.headers, status=200).json["items"]
    assert entry == api.get(f"/audit/{entry['id']}", headers=root.headers).json
    person = (entry["user"], entry["username"])
    return person, (entry["model"], entry["object_id"], entry["action"]), entry["changes"]


@pytest.fixture
def defect(api: Client, alice: Person) -> Any:
    """A defect of alice's."""
    return api.post_json("/api/defects", {"comment": "canary", "timestamp": NOON}, headers=alice.headers).json


def test_a_sign_up(api: Client, root: Person) -> None:
    made = api.post_json("/user", SIGN_UP, headers=named(), status=201).json
    typed = {name: [None, "***"] for name in ("username", "email", "data", "password_hash")}
    changes = typed | {"role": [None, "user"], "session_epoch": [None, 0]}
    assert told(api, root) == ((made["id"], "canary"), ("user", str(made["id"]), "create"), changes)


def test_a_log_in(api: Client, alice: Person, root: Person) -> None:
    given = {"username": "alice", "password": alice.password}
    made = api.post_json("/auth", given, headers=named(), status=201)
    session_id = made.headers["Location"].rpartition("/")[2]
    changes = {"expires_at": [None, made.json["expires_at"]]}
    assert told(api, root) == ((alice.id, "alice"), ("session", session_id, "create"), changes)


def test_a_log_out(api: Client, alice: Person, root: Person) -> None:
    api.delete("/auth", headers=named(alice), status=204)
    assert told(api, root) == ((alice.id, "alice"), ("session", claims(alice.token)["jti"], "destroy"), {})


def test_a_change_of_all_that_a_person_types_in(api: Client, alice: Person, root: Person) -> None:
    given = {"username": "canary", "password": "another canary one", "email": "canary@b", "data": {"canary": 2}}
    api.patch_json(f"/users/{alice.id}", given, headers=named(root), status=200)
    entries = api.get("/audit?request_id=req-1&model=user", headers=root.headers, status=200).json["items"]
    typed = {"username": ["***", "***"], "password_hash": ["***", "***"], "email": [None, "***"], "data": [{}, "***"]}
    assert [entry["changes"] for entry in entries] == [typed | {"session_epoch": [0, 1]}]


@pytest.mark.parametrize("task", [{"type": "delay", "seconds": 60}, {"type": "javascript", "code": "'canary'"}])
def test_the_start_of_a_task(api: Client, root: Person, task: Any) -> None:
    made = api.post_json("/tasks", task, headers=named(root), status=202).json
    changes = {"type": [None, task["type"]], "params": [None, "***"], "status": [None, "queued"]}
    assert told(api, root) == ((root.id, "root"), ("task", made["id"], "create"), changes)


def test_the_cancelling_of_a_task(api: Client, alice: Person, root: Person) -> None:
    made = api.post_json("/tasks", {"type": "delay", "seconds": 60}, headers=alice.headers, status=202).json
    api.delete(f"/tasks/{made['id']}", headers=named(root), status=200)
    changes = {"status": ["queued", "cancelled"], "cancelled_by": [None, root.id]}
    assert told(api, root) == ((root.id, "root"), ("task", made["id"], "update"), changes)


def test_the_report_of_a_defect(api: Client, alice: Person, root: Person) -> None:
    given = {"comment": "canary", "timestamp": NOON}
    made = api.post_json("/api/defects", given, headers=named(alice), status=201).json
    changes = {"comment": [None, "***"], "timestamp": [None, NOON], "user": [None, alice.id]}
    assert told(api, root) == ((alice.id, "alice"), ("defect", str(made["id"]), "create"), changes)


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ({"comment": "another canary"}, {"comment": ["***", "***"]}),
        ({"timestamp": ONE}, {"timestamp": [NOON, ONE]}),
        ({"comment": "another canary", "timestamp": ONE}, {"comment": ["***", "***"], "timestamp": [NOON, ONE]}),
    ],
)
def test_the_change_of_a_defect(api: Client, bob: Person, root: Person, defect: Any, given: Any, changes: Any) -> None:
    api.patch_json(f"/api/defects/{defect['id']}", given, headers=named(bob), status=200)
    assert told(api, root) == ((bob.id, "bob"), ("defect", str(defect["id"]), "update"), changes)


def test_the_deletion_of_a_defect(api: Client, alice: Person, root: Person, defect: Any) -> None:
    api.delete(f"/api/defects/{defect['id']}", headers=named(alice), status=204)
    changes = {"comment": ["***", None], "timestamp": [NOON, None], "user": [alice.id, None]}
    assert told(api, root) == ((alice.id, "alice"), ("defect", str(defect["id"]), "destroy"), changes)


def test_the_retry_of_a_notice(api: Client, root: Person, defect: Any) -> None:
    Notification.update(status=NoticeStatus.FAILED, next_attempt_at=None, send_at=None).execute()
    api.post("/notifications/1/retry", headers=named(root), status=200)
    changes = {"status": ["failed", "pending"]}
    assert told(api, root) == ((root.id, "root"), ("notification", "1", "update"), changes)


def test_nothing_that_a_person_typed_in_is_shown(api: Client, root: Person) -> None:
    made = api.post_json("/user", SIGN_UP, status=201).json
    token = api.post_json("/auth", {"username": "canary", "password": PASSWORD}, status=201).json["token"]
    api.put_json("/user/canary", {"data": {"canary": 2}, "email": "canary@b"}, headers=bearer(token), status=200)
    path = api.post_json("/api/defects", {"comment": "canary"}, headers=bearer(token), status=201).headers["Location"]
    api.put_json(path, {"comment": "canary, still"}, headers=bearer(token), status=200)
    api.delete("/user/canary", headers=bearer(token), status=204)
    remove_erased()
    shown = api.get(f"/audit?user={made['id']}", headers=root.headers, status=200)
    deeds = [(entry["model"], entry["action"]) for entry in shown.json["items"]]
    assert set(deeds) >= {(model, deed) for model in ("user", "defect") for deed in ("create", "update", "destroy")}
    assert "canary" not in shown.text
