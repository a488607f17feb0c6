"""`/users/{id}`: made by admins, read by all, changed by oneself and by admins."""

from typing import Any

import pytest

from models.user import User
from tests.client import Client
from tests.people import Person, bearer

PASSWORD = "a rather long one"
NEW = {"username": "dave", "password": PASSWORD, "role": "user"}
ACCOUNT = {"id", "username", "email", "role", "data", "created_at", "updated_at"}
CARD = {"id", "username", "created_at"}
VERBS = ["PUT", "PATCH"]


def change(api: Client, method: str, person: Person, by: Person, **fields: Any) -> Any:
    ask = api.put_json if method == "PUT" else api.patch_json
    return ask(f"/users/{person.id}", fields, headers=by.headers)


def fields_at_fault(answer: Any) -> list[str]:
    assert answer.status_int == 400
    return [fault["field"] for fault in answer.json["errors"]]


def log_in(api: Client, username: str, password: str) -> int:
    status: int = api.post_json("/auth", {"username": username, "password": password}).status_int
    return status


@pytest.mark.parametrize("role", ["user", "admin"])
def test_an_admin_makes_an_account_of_either_role(api: Client, root: Person, role: str) -> None:
    made = api.post_json("/users", NEW | {"role": role, "email": "d@e", "data": {"a": 1}}, headers=root.headers)
    assert made.status_int == 201
    assert made.json.keys() == ACCOUNT | {"deleted_at"}
    assert (made.json["role"], made.json["email"], made.json["data"]) == (role, "d@e", {"a": 1})
    read = api.get(made.headers["Location"], headers=root.headers, status=200)
    assert read.json == made.json
    assert read.headers["ETag"] == made.headers["ETag"]
    token = api.post_json("/auth", {"username": "dave", "password": PASSWORD}, status=201).json["token"]
    api.get("/users?deleted=only", headers=bearer(token), status=200 if role == "admin" else 403)


def test_name_password_and_role_are_required(api: Client, root: Person) -> None:
    refused = api.post_json("/users", {}, headers=root.headers)
    assert set(fields_at_fault(refused)) == {"username", "password", "role"}


@pytest.mark.parametrize("role", ["boss", "ADMIN", "", None, 1, ["admin"]])
def test_a_role_that_is_none_is_400_and_says_which_there_are(api: Client, root: Person, role: Any) -> None:
    refused = api.post_json("/users", NEW | {"role": role}, headers=root.headers)
    assert fields_at_fault(refused) == ["role"]
    assert refused.json["errors"][0]["message"] == "Give user or admin."
    assert User.select().count() == 1


@pytest.mark.parametrize("username", ["root", "ROOT", "ｒｏｏｔ"])
def test_a_name_that_is_taken_is_409(api: Client, root: Person, username: str) -> None:
    taken = api.post_json("/users", NEW | {"username": username}, headers=root.headers, status=409)
    assert taken.json["type"] == "/problems/username-taken"


@pytest.mark.parametrize("username", ["a/b", "..", ".", "a\u202eb", "a\nb", "a\0b", "", "x" * 151])
def test_a_name_that_nobody_may_have_is_refused_at_every_door(
    api: Client, alice: Person, root: Person, username: str
) -> None:
    new = {name: value for name, value in NEW.items() if name != "role"} | {"username": username}
    refusals = [
        api.post_json("/user", new),
        api.post_json("/users", NEW | {"username": username}, headers=root.headers),
        *(change(api, method, alice, root, username=username) for method in VERBS),
    ]
    assert [fields_at_fault(each) for each in refusals] == [["username"]] * 4
    assert {each.username for each in User.select()} == {"alice", "root"}


@pytest.mark.parametrize("method", VERBS)
def test_a_name_is_kept_in_nfkc_at_every_door(api: Client, alice: Person, root: Person, method: str) -> None:
    assert change(api, method, alice, root, username="ﬁona").json["username"] == "fiona"
    made = [api.post_json("/users", NEW | {"username": "Ａda"}, headers=root.headers)]
    made += [api.post_json("/user", {"username": "\U0001d401ea", "password": PASSWORD})]
    assert [each.json["username"] for each in made] == ["Ada", "Bea"]


def test_only_admins_make_accounts(api: Client, alice: Person) -> None:
    api.post_json("/users", NEW, headers=alice.headers, status=403)
    api.post_json("/users", {"nonsense": 1}, headers=alice.headers, status=403)
    assert User.select().count() == 1


def test_oneself_is_seen_whole_and_others_as_cards(api: Client, alice: Person, bob: Person, root: Person) -> None:
    assert api.get(f"/users/{alice.id}", headers=alice.headers, status=200).json.keys() == ACCOUNT
    card = api.get(f"/users/{bob.id}", headers=alice.headers, status=200).json
    assert card.keys() == api.get(f"/users/{root.id}", headers=alice.headers, status=200).json.keys() == CARD
    assert (card["id"], card["username"]) == (bob.id, "bob")
    assert api.get(f"/users/{bob.id}", headers=root.headers, status=200).json.keys() == ACCOUNT | {"deleted_at"}


NO_IDS = ["0", "01", "-1", "+1", "1.0", "1e0", "%EF%BC%91", "1_0", "alice", str(2**63), "9" * 40]


@pytest.mark.parametrize("user_id", NO_IDS)
def test_what_is_no_id_is_404(api: Client, root: Person, user_id: str) -> None:
    api.get(f"/users/{user_id}", headers=root.headers, status=404)


def test_the_largest_id_is_404_too(api: Client, root: Person) -> None:
    api.get(f"/users/{2**63 - 1}", headers=root.headers, status=404)


@pytest.mark.parametrize("method", VERBS)
def test_only_given_fields_change(api: Client, alice: Person, method: str) -> None:
    assert change(api, method, alice, alice, data={"a": 1, "b": 2}).status_int == 200
    assert change(api, method, alice, alice, email="a@b").json["data"] == {"a": 1, "b": 2}
    second = change(api, method, alice, alice, data={"b": 3})
    assert second.json["data"] == ({"b": 3} if method == "PUT" else {"a": 1, "b": 3})
    assert second.json["email"] == "a@b"
    assert change(api, method, alice, alice).json == second.json, "nothing given, nothing changed"
    assert change(api, method, alice, alice, email=None).json["email"] is None


@pytest.mark.parametrize("method", VERBS)
def test_an_admin_changes_name_role_and_everything_else(api: Client, alice: Person, root: Person, method: str) -> None:
    given = {"username": "Alicia", "role": "admin", "email": "a@b", "data": {"a": 1}, "password": "quite another one"}
    changed = change(api, method, alice, root, **given)
    assert changed.status_int == 200
    assert {name: changed.json[name] for name in given if name != "password"} == {
        name: value for name, value in given.items() if name != "password"
    }
    api.get("/user/alice", headers=root.headers, status=404)
    assert log_in(api, "alicia", "quite another one") == 201
    assert log_in(api, "alice", alice.password) == 401


def test_a_name_changes_its_case_and_is_not_taken_from_another(
    api: Client, alice: Person, bob: Person, root: Person
) -> None:
    assert change(api, "PATCH", alice, root, username="ALICE").json["username"] == "ALICE"
    taken = change(api, "PATCH", alice, root, username="Bob", data={"a": 1})
    assert (taken.status_int, taken.json["type"]) == (409, "/problems/username-taken")
    assert (User.get_by_id(alice.id).username, User.get_by_id(alice.id).data) == ("ALICE", {})


def test_an_admin_may_rename_themselves(api: Client, root: Person) -> None:
    assert change(api, "PATCH", root, root, username="toor").json["username"] == "toor"
    assert api.get("/", headers=root.headers).json["username"] == "toor"


@pytest.mark.parametrize("method", VERBS)
@pytest.mark.parametrize("field", ["username", "role"])
def test_a_user_changes_neither_name_nor_role(api: Client, alice: Person, method: str, field: str) -> None:
    before = User.get_by_id(alice.id).__data__
    for value in ("alice", "user", "admin", None):
        assert change(api, method, alice, alice, **{field: value, "data": {"a": 1}}).status_int == 403
    assert User.get_by_id(alice.id).__data__ == before


@pytest.mark.parametrize("method", VERBS)
def test_somebody_else_is_403_and_nobody_404(
    api: Client, alice: Person, bob: Person, root: Person, method: str
) -> None:
    for other in (bob, root):
        assert change(api, method, other, alice, nonsense=1).status_int == 403
    bob.user.erase(by=root.as_actor())
    assert change(api, method, bob, alice, data={}).status_int == 404


@pytest.mark.parametrize("method", VERBS)
def test_an_admin_demotes_another_and_not_the_last(api: Client, root: Person, carol: Person, method: str) -> None:
    assert change(api, method, carol, root, role="user").json["role"] == "user"
    assert change(api, method, root, carol, role="user").status_int == 403
    assert change(api, method, carol, root, role="admin").json["role"] == "admin"
    assert change(api, method, root, carol, role="user").status_int == 200
    api.delete(f"/users/{carol.id}", headers=carol.headers, status=409)


def test_an_unknown_field_says_put_it_under_data(api: Client, alice: Person) -> None:
    refused = change(api, "PATCH", alice, alice, nickname="al")
    assert fields_at_fault(refused) == ["nickname"]
    assert "under data" in refused.json["errors"][0]["message"]
