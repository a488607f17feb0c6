"""`/user`: signing up, and an account for its owner and for admins."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from models.stores import opened
from models.user import User
from tests.client import Client
from tests.people import Person, bearer

PASSWORD = "a rather long one"
FIELDS = {"id", "username", "email", "role", "data", "created_at", "updated_at"}


def sign_up(api: Client, username: str = "dave", **fields: Any) -> Any:
    return api.post_json("/user", {"username": username, "password": PASSWORD, **fields})


def log_in(api: Client, username: str) -> dict[str, str]:
    return bearer(api.post_json("/auth", {"username": username, "password": PASSWORD}, status=201).json["token"])


def test_open_sign_up_always_makes_role_user(api: Client) -> None:
    made = sign_up(api, email="d@e", data={"a": 1})
    assert made.status_int == 201
    assert made.json.keys() == FIELDS
    assert (made.json["role"], made.json["email"], made.json["data"]) == ("user", "d@e", {"a": 1})
    assert made.headers["Location"] == "/user/dave"
    assert api.get("/user/dave", headers=log_in(api, "dave"), status=200).json == made.json


@pytest.mark.parametrize("role", ["admin", "user"])
def test_a_role_smuggled_into_a_sign_up_is_refused_by_name(api: Client, role: str) -> None:
    refused = sign_up(api, role=role)
    assert refused.status_int == 400
    assert [fault["field"] for fault in refused.json["errors"]] == ["role"]
    assert User.select().count() == 0


def test_a_closed_sign_up_is_403(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "settings", replace(opened.settings, signup_open=False))
    refused = sign_up(api)
    assert (refused.status_int, refused.json["type"]) == (403, "/problems/signup-closed")
    assert User.select().count() == 0


@pytest.mark.parametrize("name", ["élodie", "a@b.c+d", "李雷", "ﬁona"])
def test_location_leads_to_the_account_whatever_its_name(api: Client, name: str) -> None:
    made = sign_up(api, name)
    assert made.headers["Location"].isascii()
    found = api.get(made.headers["Location"], headers=log_in(api, name), status=200)
    assert found.json["id"] == made.json["id"]


@pytest.mark.parametrize("spelling", ["alice", "ALICE", "ａｌｉｃｅ"])
def test_usernames_are_unique_ignoring_case_among_live_accounts(api: Client, alice: Person, spelling: str) -> None:
    taken = sign_up(api, spelling)
    assert (taken.status_int, taken.json["type"]) == (409, "/problems/username-taken")
    User.update(deleted_at=datetime.now(UTC)).where(User.id == alice.id).execute()
    assert sign_up(api, spelling).status_int == 201


def test_a_password_that_is_the_username_is_400(api: Client) -> None:
    refused = sign_up(api, "A.Rather.Long.One", password="a.rather.long.one")
    assert [fault["field"] for fault in refused.json["errors"]] == ["password"]


@pytest.mark.parametrize("password", ["7 signs", "iloveyou", "canary" * 22])
def test_a_bad_password_is_400_and_never_echoed(api: Client, password: str) -> None:
    refused = sign_up(api, password=password)
    assert refused.status_int == 400
    assert password not in refused.text


def test_an_account_is_whole_for_its_owner_and_has_deleted_at_for_admins(
    api: Client, alice: Person, root: Person
) -> None:
    assert api.get("/user/alice", headers=alice.headers, status=200).json.keys() == FIELDS
    seen = api.get("/user/ALICE", headers=root.headers, status=200).json
    assert seen.keys() == FIELDS | {"deleted_at"}
    assert seen["deleted_at"] is None
    assert datetime.fromisoformat(seen["created_at"]) and seen["created_at"].endswith("Z")
    assert "deleted_at" in api.put_json("/user/alice", {"data": {}}, headers=root.headers, status=200).json


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_somebody_elses_account_is_403_whether_or_not_it_exists(
    api: Client, alice: Person, bob: Person, method: str
) -> None:
    headers = alice.headers | {"Content-Type": "application/json", "X-Request-ID": "same"}
    answers = [
        api.request(f"/user/{name}", method=method, headers=headers, body=b'{"data": {}}', status=403).body
        for name in ("bob", "nobody", "a%20b", "x" * 200)
    ]
    assert len(set(answers)) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_an_account_that_does_not_exist_is_404_to_an_admin(api: Client, root: Person, method: str) -> None:
    headers = root.headers | {"Content-Type": "application/json"}
    for name in ("nobody", "a%20b"):
        api.request(f"/user/{name}", method=method, headers=headers, body=b'{"data": {}}', status=404)


def test_a_deleted_user_is_nowhere_by_name(api: Client, alice: Person, root: Person) -> None:
    User.update(deleted_at=datetime.now(UTC)).where(User.id == alice.id).execute()
    api.get("/user/alice", headers=root.headers, status=404)
    api.get("/user/alice", headers=alice.headers, status=401)


def test_a_403_comes_before_a_400(api: Client, alice: Person, bob: Person) -> None:
    api.put_json("/user/bob", {"nonsense": 1}, headers=alice.headers, status=403)


def test_put_replaces_and_patch_merges(api: Client, alice: Person) -> None:
    api.put_json("/user/alice", {"data": {"a": 1, "b": {"c": 2}}, "email": "a@b"}, headers=alice.headers, status=200)
    merged = api.patch_json("/user/alice", {"data": {"a": None, "b": {"d": 3}}}, headers=alice.headers, status=200)
    assert (merged.json["data"], merged.json["email"]) == ({"b": {"c": 2, "d": 3}}, "a@b")
    put = api.put_json("/user/alice", {"data": {"e": 4}}, headers=alice.headers, status=200)
    assert (put.json["data"], put.json["email"]) == ({"e": 4}, "a@b")
    api.patch_json("/user/alice", {"email": None}, headers=alice.headers, status=200)
    kept = api.get("/user/alice", headers=alice.headers, status=200).json
    assert (kept["data"], kept["email"]) == ({"e": 4}, None)
    assert kept["updated_at"] > kept["created_at"]


def test_put_needs_data_and_patch_needs_nothing(api: Client, alice: Person) -> None:
    refused = api.put_json("/user/alice", {"email": "a@b"}, headers=alice.headers, status=400)
    assert [fault["field"] for fault in refused.json["errors"]] == ["data"]
    api.patch_json("/user/alice", {"data": None}, headers=alice.headers, status=400)
    api.patch_json("/user/alice", {}, headers=alice.headers, status=200)


def test_a_merge_that_grows_too_large_is_400_and_changes_nothing(api: Client, alice: Person) -> None:
    api.put_json("/user/alice", {"data": {"a": "x" * 40_000}}, headers=alice.headers, status=200)
    refused = api.patch_json("/user/alice", {"data": {"b": "x" * 40_000}}, headers=alice.headers, status=400)
    assert [fault["field"] for fault in refused.json["errors"]] == ["data"]
    assert api.get("/user/alice", headers=alice.headers).json["data"].keys() == {"a"}


@pytest.mark.parametrize("field", ["id", "username", "password", "created_at", "deleted_at", "session_epoch"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_the_server_owns_is_refused_by_name(
    api: Client, alice: Person, root: Person, method: str, field: str
) -> None:
    ask = api.put_json if method == "PUT" else api.patch_json
    before = User.get_by_id(alice.id).__data__
    for person in (alice, root):
        refused = ask("/user/alice", {"data": {"a": 1}, field: "admin"}, headers=person.headers, status=400)
        assert [fault["field"] for fault in refused.json["errors"]] == [field]
    assert User.get_by_id(alice.id).__data__ == before
