"""`DELETE /user/{username}`: gone entirely."""

import json

import pytest

from models.audit import AuditEntry
from models.stores import opened
from models.user import User
from tests.client import Client
from tests.people import Person, bearer

CANARIES = {
    "username": "canary-name",
    "password": "canary-password",
    "email": "canary@mail.example",
    "data": {"canary-key": "canary-value"},
}


def log_in(api: Client, **other: str) -> dict[str, str]:
    given = {"username": "canary-name", "password": "canary-password"} | other
    headers = {"User-Agent": "canary-browser"}
    return bearer(api.post_json("/auth", given, headers=headers, status=201).json["token"])


def test_deletes_entirely(api: Client, alice: Person, root: Person) -> None:
    other = alice.log_in()
    answer = api.delete("/user/alice", headers=alice.headers, status=204)
    assert answer.body == b""
    for token in (alice.token, other):
        api.get("/user/alice", headers=bearer(token), status=401)
    api.get("/user/alice", headers=root.headers, status=404)
    api.post_json("/auth", {"username": "alice", "password": alice.password}, status=401)
    assert User.select().where(User.username_key == "alice").count() == 0


def test_an_admin_deletes_anybody(api: Client, alice: Person, root: Person) -> None:
    api.delete("/user/ALICE", headers=root.headers, status=204)
    api.delete("/user/alice", headers=root.headers, status=404)
    api.get("/user/alice", headers=alice.headers, status=401)


def test_the_name_is_free_again_and_the_new_account_inherits_nothing(api: Client) -> None:
    first = api.post_json("/user", CANARIES, status=201).json
    old = log_in(api)
    api.delete("/user/canary-name", headers=old, status=204)
    again = {"username": "Canary-Name", "password": "another long one"}
    second = api.post_json("/user", again, status=201).json
    assert second["id"] > first["id"]
    assert (second["email"], second["data"]) == (None, {})
    api.get("/user/canary-name", headers=old, status=401)
    new = log_in(api, password="another long one")
    sessions = api.get("/auth/sessions", headers=new, status=200).json["items"]
    assert [session["current"] for session in sessions] == [True]


def test_an_id_is_never_used_again(api: Client) -> None:
    ids = []
    for _ in range(3):
        ids.append(api.post_json("/user", CANARIES, status=201).json["id"])
        api.delete("/user/canary-name", headers=log_in(api), status=204)
    assert ids == sorted(set(ids))


def test_nothing_that_a_person_typed_in_stays_after_erasure(api: Client) -> None:
    api.post_json("/user", CANARIES, status=201)
    mine = log_in(api)
    api.patch_json("/user/canary-name", {"data": {"canary-2": "canary-3"}}, headers=mine, status=200)
    api.put_json("/user/canary-name", {"data": {}, "email": "canary@4"}, headers=mine, status=200)
    log_in(api)
    api.delete("/auth/sessions", headers=mine, status=200)
    api.post_json("/auth", {"username": "canary-name", "password": "canary-wrong"}, status=401)
    api.delete("/user/canary-name", headers=mine, status=204)
    audit = json.dumps(list(AuditEntry.select().dicts()), default=str)
    assert audit.count("destroy") == 1
    assert "canary" not in audit
    assert "canary" not in everything_in_redis()


def test_no_session_of_an_erased_person_stays_in_redis(api: Client, alice: Person) -> None:
    alice.log_in()
    api.delete("/user/alice", headers=alice.headers, status=204)
    assert opened.redis.run("KEYS", "se*") == []


def test_the_last_admin_cant_be_deleted(api: Client, root: Person, alice: Person) -> None:
    refused = api.delete("/user/root", headers=root.headers, status=409)
    assert refused.json["type"] == "/problems/last-admin"
    api.get("/user/root", headers=root.headers, status=200)


@pytest.mark.parametrize("who", ["themselves", "another"])
def test_an_admin_who_is_not_the_last_can_be_deleted(api: Client, root: Person, carol: Person, who: str) -> None:
    actor, left = (carol, root) if who == "themselves" else (root, root)
    api.delete("/user/carol", headers=actor.headers, status=204)
    api.delete("/user/root", headers=left.headers, status=409)


def test_a_deletion_holds_although_redis_refuses_to_forget(api: Client, alice: Person, root: Person) -> None:
    opened.redis.run("ACL", "SETUSER", "default", "-del")
    try:
        api.delete("/user/alice", headers=alice.headers, status=204)
        assert opened.redis.run("KEYS", "session:*") != []
        api.get("/user/alice", headers=alice.headers, status=401)
    finally:
        opened.redis.run("ACL", "SETUSER", "default", "+del")
    again = api.post_json("/user", {"username": "alice", "password": "another long one"}, status=201)
    assert again.json["id"] != alice.id
    api.get("/user/alice", headers=alice.headers, status=401)


def everything_in_redis() -> str:
    """All keys and all their values, as text."""
    reads = {"string": ("GET",), "zset": ("ZRANGE", 0, -1), "list": ("LRANGE", 0, -1)}
    found = []
    for key in opened.redis.run("KEYS", "*"):
        command, *rest = reads[opened.redis.run("TYPE", key)]
        found.append((key, opened.redis.run(command, key, *rest)))
    return str(found)
