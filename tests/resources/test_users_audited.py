"""What admins do is in the trail and in the log, each act once, and what is refused in neither."""

import json
from typing import Any

import pytest

from models.audit import AuditEntry
from tests.client import Client
from tests.people import Person

PASSWORD = "a rather canary one"
NEW = {"username": "dave", "password": PASSWORD, "role": "user", "email": "canary@b", "data": {"canary": 1}}


def entries(request_id: str) -> list[Any]:
    found = AuditEntry.select().where(AuditEntry.request_id == request_id).order_by(AuditEntry.id)
    return [(each.user_id, each.model, each.object_id, each.action, each.changes) for each in found]


def test_an_account_made_by_an_admin_names_both(api: Client, root: Person) -> None:
    made = api.post_json("/users", NEW, headers=root.headers | {"X-Request-ID": "made"}, status=201).json
    ((user_id, model, object_id, action, changes),) = entries("made")
    assert (user_id, model, object_id, action) == (root.id, "user", str(made["id"]), "create")
    masked = {name: [None, "***"] for name in ("username", "email", "data", "password_hash")}
    assert changes == masked | {"role": [None, "user"], "session_epoch": [None, 0]}


def test_a_change_shows_before_and_after_and_masks_what_is_personal(api: Client, alice: Person, root: Person) -> None:
    given = {"username": "canary", "role": "admin", "email": "canary@b", "data": {"canary": 1}}
    headers = root.headers | {"X-Request-ID": "changed"}
    api.put_json(f"/users/{alice.id}", given, headers=headers, status=200)
    shown = {"username": ["***", "***"], "role": ["user", "admin"], "email": [None, "***"], "data": [{}, "***"]}
    assert entries("changed") == [(root.id, "user", str(alice.id), "update", shown)]


def test_a_change_that_changes_nothing_leaves_no_entry(api: Client, alice: Person, root: Person) -> None:
    before = api.get(f"/users/{alice.id}", headers=root.headers, status=200)
    headers = root.headers | {"X-Request-ID": "same"}
    nothing_new: list[dict[str, Any]] = [{}, {"role": "user"}, {"username": "alice", "email": None, "data": {}}]
    for given in nothing_new:
        after = api.patch_json(f"/users/{alice.id}", given, headers=headers, status=200)
        assert (after.json, after.headers["ETag"]) == (before.json, before.headers["ETag"])
    assert entries("same") == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/users", NEW | {"username": "ALICE"}, 409),
        ("POST", "/users", NEW | {"role": "boss"}, 400),
        ("PATCH", "/users/1", {"username": "root"}, 409),
        ("PATCH", "/users/2", {"role": "user"}, 403),
        ("PATCH", "/users/2", {"password": "quite another one", "current_password": "wrong"}, 403),
        ("DELETE", "/users/2", None, 409),
        ("DELETE", "/users/4711", None, 404),
        ("POST", "/users/1/restore", None, 409),
    ],
)
def test_what_is_refused_leaves_no_entry(
    api: Client, alice: Person, root: Person, method: str, path: str, body: Any, status: int
) -> None:
    headers = root.headers | {"Content-Type": "application/json", "X-Request-ID": "refused"}
    api.request(path, method=method, headers=headers, body=json.dumps(body).encode() if body else b"", status=status)
    assert entries("refused") == []


def test_each_act_has_one_line_that_names_who_and_whom_and_nothing_personal(
    api: Client, alice: Person, root: Person, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    path = f"/users/{alice.id}"
    dave = api.post_json("/users", NEW, headers=root.headers, status=201).json["id"]
    api.patch_json(path, {"username": "canary", "email": "canary@b"}, headers=root.headers, status=200)
    api.patch_json(path, {"password": PASSWORD}, headers=root.headers, status=200)
    api.delete(f"{path}/sessions", headers=root.headers, status=200)
    api.delete(path, headers=root.headers, status=200)
    api.post(f"{path}/restore", headers=root.headers, status=200)
    api.get("/users?q=canary&email=canary@b", headers=root.headers, status=200)
    printed = capfd.readouterr().out
    lines = [line for line in map(json.loads, printed.splitlines()) if line["event"] != "request"]
    assert [(line["event"], line["user"], line["by"]) for line in lines] == [
        ("user created", dave, root.id), ("user changed", alice.id, root.id), ("user changed", alice.id, root.id),
        ("sessions ended", alice.id, root.id), ("user deleted", alice.id, root.id),
        ("user restored", alice.id, root.id),
    ]  # fmt: skip
    assert "canary" not in printed
