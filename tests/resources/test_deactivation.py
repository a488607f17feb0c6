"""`DELETE /users/{id}` and its way back: flagged, not gone."""

import pytest

from models.audit import AuditEntry
from models.roles import Role
from models.stores import opened
from models.user import User
from tests.client import Client
from tests.people import Person, claims, is_valid

PASSWORD = "a rather long one"


def entries(request_id: str) -> list[AuditEntry]:
    return list(AuditEntry.select().where(AuditEntry.request_id == request_id).order_by(AuditEntry.id))


def test_a_deletion_flags_the_row_and_ends_every_session(api: Client, alice: Person, root: Person) -> None:
    other = alice.log_in()
    answer = api.delete(f"/users/{alice.id}", headers=root.headers, status=200)
    assert answer.json == {"sessions_revoked": 2, "tasks_cancelled": []}
    assert [is_valid(token) for token in (alice.token, other, root.token)] == [False, False, True]
    assert opened.redis.run("KEYS", "session:*") == [f"session:{claims(root.token)['jti']}"]
    api.post_json("/auth", {"username": "alice", "password": alice.password}, status=401)
    row = User.get_by_id(alice.id)
    assert (row.username, row.role, row.deleted_at is None) == ("alice", "user", False)
    api.delete(f"/users/{alice.id}", headers=root.headers, status=404)
    api.get("/user/alice", headers=root.headers, status=404)


def test_a_restored_account_is_as_it_was_and_its_sessions_stay_ended(api: Client, alice: Person, root: Person) -> None:
    api.put_json("/user/alice", {"data": {"a": 1}, "email": "a@b"}, headers=alice.headers, status=200)
    before = api.get(f"/users/{alice.id}", headers=root.headers).json
    api.delete(f"/users/{alice.id}", headers=root.headers, status=200)
    restored = api.post(f"/users/{alice.id}/restore", headers=root.headers, status=200)
    assert restored.json == before | {"updated_at": restored.json["updated_at"]}
    assert restored.json["updated_at"] > before["updated_at"]
    assert restored.headers["ETag"] == api.get(f"/users/{alice.id}", headers=root.headers).headers["ETag"]
    assert not is_valid(alice.token)
    assert is_valid(alice.log_in())


@pytest.mark.parametrize("name", ["alice", "ALICE", "ａｌｉｃｅ"])
def test_the_name_is_free_and_whoever_takes_it_inherits_nothing(
    api: Client, alice: Person, root: Person, name: str
) -> None:
    api.put_json("/user/alice", {"data": {"a": 1}, "email": "a@b"}, headers=alice.headers, status=200)
    api.delete(f"/users/{alice.id}", headers=root.headers, status=200)
    made = api.post_json("/user", {"username": name, "password": PASSWORD}, status=201).json
    assert made["id"] > alice.id
    assert (made["email"], made["data"], made["role"]) == (None, {}, "user")
    assert not is_valid(alice.token)
    api.post_json("/auth", {"username": "alice", "password": alice.password}, status=401)
    api.post_json("/auth", {"username": "alice", "password": PASSWORD}, status=201)
    taken = api.post(f"/users/{alice.id}/restore", headers=root.headers, status=409)
    assert taken.json["type"] == "/problems/username-taken"
    assert "Rename whoever" in taken.json["detail"]
    assert User.get_by_id(alice.id).deleted_at is not None
    api.patch_json(f"/users/{made['id']}", {"username": "somebody"}, headers=root.headers, status=200)
    api.post(f"/users/{alice.id}/restore", headers=root.headers, status=200)


def test_many_of_one_name_may_be_deleted(api: Client, root: Person) -> None:
    ids = []
    for _ in range(3):
        ids.append(api.post_json("/user", {"username": "dave", "password": PASSWORD}, status=201).json["id"])
        api.delete(f"/users/{ids[-1]}", headers=root.headers, status=200)
    found = api.get("/users?deleted=only&username=DAVE", headers=root.headers).json["items"]
    assert [each["id"] for each in found] == ids


def test_what_is_live_can_not_be_restored(api: Client, alice: Person, root: Person) -> None:
    refused = api.post(f"/users/{alice.id}/restore", headers=root.headers, status=409)
    assert refused.json["type"] == "/problems/not-deleted"
    assert is_valid(alice.token)
    api.post("/users/4711/restore", headers=root.headers, status=404)


def test_the_last_admin_can_not_be_deleted_and_another_can(api: Client, root: Person, carol: Person) -> None:
    assert api.delete(f"/users/{root.id}", headers=root.headers, status=200).json["sessions_revoked"] == 1
    api.get("/users", headers=root.headers, status=401)
    refused = api.delete(f"/users/{carol.id}", headers=carol.headers, status=409)
    assert refused.json["type"] == "/problems/last-admin"
    restored = api.post(f"/users/{root.id}/restore", headers=carol.headers, status=200).json
    assert restored["role"] == Role.ADMIN
    api.delete(f"/users/{carol.id}", headers=carol.headers, status=200)


def test_a_deletion_and_a_restoration_are_in_the_trail(api: Client, alice: Person, root: Person) -> None:
    api.delete(f"/users/{alice.id}", headers=root.headers | {"X-Request-ID": "gone"}, status=200)
    api.post(f"/users/{alice.id}/restore", headers=root.headers | {"X-Request-ID": "back"}, status=200)
    (gone,) = entries("gone")
    (back,) = entries("back")
    assert (gone.model, gone.object_id, gone.action, gone.user_id) == ("user", str(alice.id), "destroy", root.id)
    assert gone.changes["deleted_at"][0] is None and gone.changes["session_epoch"] == [0, 1]
    assert (back.action, back.changes) == ("update", {"deleted_at": [gone.changes["deleted_at"][1], None]})


def test_an_admin_ends_all_sessions_of_anybody(api: Client, alice: Person, root: Person) -> None:
    other = alice.log_in()
    path = f"/users/{alice.id}/sessions"
    assert api.delete(path, headers=root.headers, status=200).json == {"sessions_revoked": 2}
    assert [is_valid(token) for token in (alice.token, other, root.token)] == [False, False, True]
    assert api.delete(path, headers=root.headers, status=200).json == {"sessions_revoked": 0}
    assert is_valid(alice.log_in())
    own = f"/users/{root.id}/sessions"
    assert api.delete(own, headers=root.headers, status=200).json == {"sessions_revoked": 1}
    api.delete(own, headers=root.headers, status=401)


def test_deleted_people_have_no_sessions_to_end(api: Client, alice: Person, root: Person) -> None:
    api.delete(f"/users/{alice.id}", headers=root.headers, status=200)
    api.delete(f"/users/{alice.id}/sessions", headers=root.headers, status=404)
