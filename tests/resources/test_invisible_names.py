"""Names with characters that show nothing are refused; accounts that have one go on working."""

from urllib.parse import quote

import pytest

from models.names import caseless
from models.user import User
from tests.client import Client
from tests.people import Person

PASSWORD = "a rather long one"
INVISIBLE = ["\u3164", "\u115f", "\u1160", "\uffa0", "root\u3164", "root\uffa0", "ro\u034fot"]
FROM_BEFORE = "root\u1160"
ADDRESS_FROM_BEFORE = "root\u3164@example.com"


@pytest.fixture
def old(person: object, alice: Person) -> Person:
    """alice, under a name and with an address that were allowed once."""
    kept = {"username": FROM_BEFORE, "email": ADDRESS_FROM_BEFORE}
    keys = {f"{name}_key": caseless(text) for name, text in kept.items()}
    User.update({**kept, **keys}).where(User.id == alice.id).execute()
    return alice


@pytest.mark.parametrize("name", INVISIBLE, ids=ascii)
def test_nobody_gets_a_name_that_is_empty_or_another_to_the_eye(
    api: Client, root: Person, alice: Person, name: str
) -> None:
    account = {"username": name, "password": PASSWORD}
    for refusal in (
        api.post_json("/user", account, status=400),
        api.post_json("/users", account | {"role": "user"}, headers=root.headers, status=400),
        api.patch_json(f"/users/{alice.id}", {"username": name}, headers=root.headers, status=400),
    ):
        assert refusal.json["errors"] == [{"field": "username", "message": "Leave out invisible characters."}]


def test_an_address_has_no_invisible_characters(api: Client, alice: Person) -> None:
    refusal = api.patch_json("/user/alice", {"email": ADDRESS_FROM_BEFORE}, headers=alice.headers, status=400)
    assert refusal.json["errors"] == [{"field": "email", "message": "Leave out invisible characters."}]


@pytest.mark.parametrize("name", ["सीता", "สมชาย", "দেবী", "דָּוִד"])
def test_marks_are_part_of_their_letters(api: Client, name: str) -> None:
    made = api.post_json("/user", {"username": name, "password": PASSWORD}, status=201)
    assert made.json["username"] == name
    token = api.post_json("/auth", {"username": name, "password": PASSWORD}, status=201).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert api.get(f"/user/{quote(name)}", headers=headers, status=200).json["username"] == name
    assert api.get(f"/users?q={quote(name[:2])}", headers=headers, status=200).json["items"]


@pytest.mark.parametrize("typed", [FROM_BEFORE, "ROOT\u3164", "root\uffa0"], ids=ascii)
def test_an_account_with_an_old_name_logs_in_and_is_found(api: Client, old: Person, root: Person, typed: str) -> None:
    token = api.post_json("/auth", {"username": typed, "password": old.password}, status=201).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert api.get(f"/user/{quote(typed)}", headers=headers, status=200).json["id"] == old.id
    for query in (f"username={quote(typed)}", f"q={quote(typed)}", f"email={quote(ADDRESS_FROM_BEFORE)}"):
        found = api.get(f"/users?{query}", headers=root.headers, status=200).json["items"]
        assert [each["id"] for each in found] == [old.id]


def test_an_account_with_an_old_name_is_managed_as_others_are(api: Client, old: Person, root: Person) -> None:
    path = f"/users/{old.id}"
    assert api.patch_json(path, {"data": {"a": 1}}, headers=root.headers, status=200).json["username"] == FROM_BEFORE
    api.delete(path, headers=root.headers, status=200)
    api.post(f"{path}/restore", headers=root.headers, status=200)
    assert api.patch_json(path, {"username": "alicia"}, headers=root.headers, status=200).json["username"] == "alicia"
