"""`GET /users`: accounts for admins, cards for others, and the deleted nowhere but where an admin asks."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.client import Client
from tests.people import Person

CARD = {"id", "username", "created_at"}


def names(api: Client, by: Person, query: str = "") -> list[str]:
    found: Any = api.get(f"/users?{query}", headers=by.headers, status=200).json["items"]
    return [item["username"] for item in found]


def test_admins_list_accounts_and_others_cards_in_the_order_of_ids(
    api: Client, root: Person, bob: Person, alice: Person
) -> None:
    accounts = api.get("/users", headers=root.headers, status=200).json
    assert [each["username"] for each in accounts["items"]] == ["root", "bob", "alice"]
    assert accounts["next"] is None
    for account in accounts["items"]:
        assert account == api.get(f"/users/{account['id']}", headers=root.headers).json
    cards = api.get("/users", headers=alice.headers, status=200).json["items"]
    assert [card.keys() for card in cards] == [CARD] * 3


def test_pages_follow_each_other_by_link(api: Client, root: Person, bob: Person, alice: Person) -> None:
    first = api.get("/users?limit=2&count=true", headers=alice.headers, status=200)
    assert first.headers["Link"] == f'<{first.json["next"]}>; rel="next"'
    assert (first.json["total"], first.json["total_exact"]) == (3, True)
    second = api.get(first.json["next"], headers=alice.headers, status=200)
    assert [each["username"] for each in second.json["items"]] == ["alice"]
    assert (second.json["next"], "Link" in second.headers, second.json["total"]) == (None, False, 3)


@pytest.mark.parametrize("cursor", ["9223372036854775807", "0"])
def test_any_place_may_be_asked_for(api: Client, alice: Person, cursor: str) -> None:
    assert names(api, alice, f"cursor={cursor}") == ([] if cursor != "0" else ["alice"])


def test_a_name_is_found_in_every_spelling_and_only_whole(api: Client, alice: Person, bob: Person) -> None:
    for spelling in ("alice", "ALICE", "ａｌｉｃｅ"):
        assert names(api, bob, f"username={quote(spelling)}") == ["alice"]
    assert names(api, bob, "username=alic") == names(api, bob, "username=nobody") == []


def test_admins_find_addresses_in_any_case_and_roles(api: Client, alice: Person, bob: Person, root: Person) -> None:
    for person in (alice, bob):
        api.patch_json(f"/users/{person.id}", {"email": "Some.One@Example.com"}, headers=root.headers, status=200)
    assert names(api, root, "email=some.one@EXAMPLE.com") == ["alice", "bob"]
    assert names(api, root, "email=one@example.com") == []
    assert names(api, root, "role=admin") == ["root"]
    assert names(api, root, "role=user&username=bob&email=some.one@example.com") == ["bob"]
    assert names(api, root, "role=admin&username=bob") == []
    api.patch_json(f"/users/{bob.id}", {"email": None}, headers=root.headers, status=200)
    assert names(api, root, "email=some.one@example.com") == ["alice"]


def test_a_part_is_found_whatever_its_case_and_stands_for_itself(
    api: Client, alice: Person, person: Any, root: Person
) -> None:
    for name in ("Straße", "a_b", "a.b", "a+b"):
        person(name)
    for part, found in (
        ("LIC", ["alice"]), ("strasse", ["Straße"]), ("RASSE", ["Straße"]), ("a_b", ["a_b"]), ("_", ["a_b"]),
        ("%", []), (".", ["a.b"]), ("a+b", ["a+b"]), ("\\", []), ("'", []), ("a*", []), ("ic", ["alice"]), (" ", []),
        ("ＬＩＣ", ["alice"]), ("ﬁ", []),
    ):  # fmt: skip
        assert names(api, alice, f"q={quote(part, safe='')}") == found, part


def test_admins_search_addresses_too_and_others_learn_nothing_of_them(
    api: Client, alice: Person, bob: Person, root: Person
) -> None:
    api.patch_json("/user/bob", {"email": "Secret.Lair@example.com"}, headers=bob.headers, status=200)
    assert names(api, root, "q=secret.LAIR") == ["bob"]
    assert names(api, alice, "q=secret.lair") == names(api, bob, "q=secret.lair") == []
    assert api.get("/users?q=lair&count=true", headers=alice.headers).json["total"] == 0


@pytest.mark.parametrize("query", ["email=a@b", "role=user", "deleted=include", "deleted=only", "q=a&role=admin"])
def test_what_is_on_no_card_is_no_filter_for_users(api: Client, alice: Person, query: str) -> None:
    for more in ("", "&limit=0", "&nonsense=1"):
        api.get(f"/users?{query}{more}", headers=alice.headers, status=403)


def test_it_is_no_filter_for_users_whatever_its_value(api: Client, alice: Person) -> None:
    for query in ("email=", "role=boss", "deleted=x", "deleted=only&deleted=include"):
        api.get(f"/users?{query}", headers=alice.headers, status=403)
    api.get(f"/users/{alice.id}?deleted=x", headers=alice.headers, status=403)
    api.get(f"/users/{alice.id}?delete=only", headers=alice.headers, status=400)


def test_the_deleted_are_nowhere_for_users(api: Client, alice: Person, bob: Person, root: Person) -> None:
    api.delete(f"/users/{bob.id}", headers=root.headers, status=200)
    for query in ("", "username=bob", "q=bo", "limit=1", f"cursor={bob.id - 1}"):
        assert "bob" not in names(api, alice, query)
    assert api.get("/users?count=true", headers=alice.headers).json["total"] == 2
    assert api.get("/users?count=true&q=bob", headers=alice.headers).json["total"] == 0
    same = alice.headers | {"X-Request-ID": "same"}
    missing = api.get("/users/4711", headers=same, status=404)
    assert api.get(f"/users/{bob.id}", headers=same, status=404).body == missing.body
    for method in ("PUT", "PATCH"):
        api.request(f"/users/{bob.id}", method=method, headers=alice.headers, status=404)


def test_admins_see_the_deleted_where_they_ask(api: Client, alice: Person, bob: Person, root: Person) -> None:
    api.delete(f"/users/{bob.id}", headers=root.headers, status=200)
    assert names(api, root) == ["alice", "root"]
    assert names(api, root, "deleted=include") == ["alice", "bob", "root"]
    assert names(api, root, "deleted=only") == names(api, root, "deleted=include&username=bob") == ["bob"]
    assert names(api, root, "username=bob") == names(api, root, "deleted=only&q=ali") == []
    assert api.get("/users?deleted=include&count=true", headers=root.headers).json["total"] == 3
    api.get(f"/users/{bob.id}", headers=root.headers, status=404)
    for deleted in ("include", "only"):
        seen = api.get(f"/users/{bob.id}?deleted={deleted}", headers=root.headers, status=200).json
        assert seen["deleted_at"] is not None
    api.get(f"/users/{alice.id}?deleted=include", headers=root.headers, status=200)
    api.get(f"/users/{alice.id}?deleted=only", headers=root.headers, status=404)
    api.get(f"/users/{alice.id}?deleted=include", headers=alice.headers, status=403)


def test_parameters_that_are_wrong_are_all_named(api: Client, root: Person) -> None:
    refused = api.get("/users?role=boss&deleted=yes&limit=0&q=&email=x&offset=7", headers=root.headers, status=400)
    faults = {fault["field"]: fault["message"] for fault in refused.json["errors"]}
    assert faults.keys() == {"role", "deleted", "limit", "q", "email", "offset"}
    assert (faults["role"], faults["deleted"]) == ("Give user or admin.", "Give include or only.")
    api.get(f"/users/{root.id}?delete=only", headers=root.headers, status=400)
