"""Every write has its audit entry, and every important event its line."""

import json
from typing import Any

import pytest

from models.audit import AuditEntry
from tests.client import Client
from tests.people import Person, bearer

PASSWORD = "a rather canary one"
NEW = {"username": "dave", "password": PASSWORD, "email": "canary@example.com", "data": {"canary": 1}}


def entry(request_id: str) -> Any:
    """The one entry that this request left."""
    (found,) = AuditEntry.select().where(AuditEntry.request_id == request_id)
    return found.user_id, found.model, found.object_id, found.action, found.changes


def session_of(api: Client, token: str) -> str:
    items = api.get("/auth/sessions", headers=bearer(token), status=200).json["items"]
    return str(next(each["id"] for each in items if each["current"]))


def named(person: Person | None, request_id: str) -> dict[str, str]:
    return (person.headers if person else {}) | {"X-Request-ID": request_id}


def test_a_sign_up_has_its_entry(api: Client) -> None:
    made = api.post_json("/user", NEW, headers=named(None, "req-1"), status=201).json
    masked = {name: [None, "***"] for name in ("username", "email", "data", "password_hash")}
    shown = masked | {"role": [None, "user"], "session_epoch": [None, 0]}
    assert entry("req-1") == (made["id"], "user", str(made["id"]), "create", shown)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_has_its_entry_that_names_who_made_it(api: Client, alice: Person, root: Person, method: str) -> None:
    ask = api.put_json if method == "PUT" else api.patch_json
    ask("/user/alice", {"data": {"a": 1}}, headers=named(alice, "req-1"), status=200)
    ask("/user/alice", {"data": {"b": 1}, "email": "a@b"}, headers=named(root, "req-2"), status=200)
    assert entry("req-1")[:4] == (alice.id, "user", str(alice.id), "update")
    assert entry("req-2") == (
        root.id, "user", str(alice.id), "update", {"data": ["***", "***"], "email": [None, "***"]},
    )  # fmt: skip


def test_a_log_in_creates_a_session_in_the_trail(api: Client, alice: Person) -> None:
    given = {"username": "alice", "password": alice.password}
    made = api.post_json("/auth", given, headers=named(None, "req-1"), status=201)
    session_id = made.headers["Location"].rpartition("/")[2]
    assert entry("req-1")[:4] == (alice.id, "session", session_id, "create")


def test_a_logout_destroys_a_session_in_the_trail(api: Client, alice: Person) -> None:
    session_id = session_of(api, alice.token)
    api.delete("/auth", headers=named(alice, "req-1"), status=204)
    assert entry("req-1") == (alice.id, "session", session_id, "destroy", {})


def test_ending_one_session_has_its_entry(api: Client, alice: Person) -> None:
    session_id = session_of(api, alice.log_in())
    api.delete(f"/auth/sessions/{session_id}", headers=named(alice, "req-1"), status=204)
    assert entry("req-1") == (alice.id, "session", session_id, "destroy", {})


def test_ending_all_others_has_one_entry_for_the_person(api: Client, alice: Person) -> None:
    for _ in range(3):
        alice.log_in()
    api.delete("/auth/sessions", headers=named(alice, "req-1"), status=200)
    assert entry("req-1") == (alice.id, "user", str(alice.id), "update", {"session_epoch": [0, 1]})


def test_an_erasure_has_one_entry_for_the_person(api: Client, alice: Person, root: Person) -> None:
    alice.log_in()
    api.delete("/user/alice", headers=named(root, "req-1"), status=204)
    assert entry("req-1")[:4] == (root.id, "user", str(alice.id), "destroy")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/user", {"username": "ALICE", "password": PASSWORD}),
        ("POST", "/user", {"username": "dave"}),
        ("PUT", "/user/bob", {"data": {}}),
        ("PUT", "/user/alice", {"data": {}, "role": "admin"}),
        ("DELETE", "/user/bob", None),
        ("POST", "/auth", {"username": "alice", "password": PASSWORD}),
        ("GET", "/user/alice", None),
    ],
)
def test_what_was_refused_or_only_read_leaves_no_entry(
    api: Client, alice: Person, method: str, path: str, body: Any
) -> None:
    headers = named(alice, "req-1") | {"Content-Type": "application/json"}
    api.request(path, method=method, headers=headers, body=json.dumps(body).encode() if body else b"")
    assert AuditEntry.select().where(AuditEntry.request_id == "req-1").count() == 0


def test_important_events_have_a_line_each_and_no_secret_is_in_any(
    api: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    given = {"username": "dave", "password": PASSWORD}
    api.post_json("/user", NEW, status=201)
    api.post_json("/auth", given | {"password": "canary, and wrong"}, status=401)
    api.post_json("/auth", {"username": "canary as a name", "password": PASSWORD}, status=401)
    token = api.post_json("/auth", given, status=201).json["token"]
    api.put_json("/user/dave", {"data": {"canary": 2}, "email": "canary@b"}, headers=bearer(token), status=200)
    api.delete("/user/dave", headers=bearer(token), status=204)
    printed = capfd.readouterr().out
    events = [json.loads(line)["event"] for line in printed.splitlines()]
    assert [event for event in events if event != "request"] == [
        "user created", "log-in refused", "log-in refused", "user changed", "user erased",
    ]  # fmt: skip
    assert "canary" not in printed
    assert token not in printed
    assert token.rpartition(".")[2] not in printed
