"""ETag, If-Match and If-None-Match: what one person read is what they change."""

from typing import Any

import pytest

from models.user import User
from tests.client import Client
from tests.people import Person

DOORS = ["/users/{id}", "/user/{name}"]


def door(template: str, person: Person) -> str:
    return template.format(id=person.id, name=person.name)


def tag(api: Client, path: str, by: Person) -> str:
    found: str = api.get(path, headers=by.headers, status=200).headers["ETag"]
    return found


def patch(api: Client, path: str, by: Person, if_match: str | None, value: Any = 1) -> Any:
    headers = by.headers | ({} if if_match is None else {"If-Match": if_match})
    return api.patch_json(path, {"data": {"a": value}}, headers=headers)


@pytest.mark.parametrize("template", DOORS)
def test_a_single_user_carries_a_strong_etag_that_changes_with_them(api: Client, alice: Person, template: str) -> None:
    path = door(template, alice)
    first = tag(api, path, alice)
    assert first.startswith('"') and first.endswith('"')
    assert tag(api, path, alice) == first
    changed = patch(api, path, alice, None)
    assert changed.headers["ETag"] == tag(api, path, alice) != first


def test_both_doors_show_one_version(api: Client, alice: Person) -> None:
    assert tag(api, f"/users/{alice.id}", alice) == tag(api, "/user/alice", alice)


def test_who_is_shown_another_document_has_another_version(
    api: Client, alice: Person, bob: Person, root: Person
) -> None:
    path = f"/users/{alice.id}"
    assert len({tag(api, path, by) for by in (alice, bob, root)}) == 3
    card = tag(api, path, bob)
    patch(api, path, alice, None)
    assert tag(api, path, bob) == card, "a card tells nothing of what is not on it, not even that it changed"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("template", DOORS)
def test_get_of_the_version_one_has_is_304(api: Client, alice: Person, template: str, method: str) -> None:
    path = door(template, alice)
    version = tag(api, path, alice)
    for given in (version, f"W/{version}", f'"other", {version}', "*"):
        answer = api.request(path, method=method, headers=alice.headers | {"If-None-Match": given}, status=304)
        assert answer.body == b""
        assert answer.headers["ETag"] == version
    for given in ('"other"', "", '"x', "W/", '"*"'):
        api.request(path, method=method, headers=alice.headers | {"If-None-Match": given}, status=200)


@pytest.mark.parametrize("template", DOORS)
def test_a_change_of_the_version_one_read_is_made_and_of_an_older_one_412(
    api: Client, alice: Person, template: str
) -> None:
    path = door(template, alice)
    version = tag(api, path, alice)
    assert patch(api, path, alice, version).status_int == 200
    outdated = patch(api, path, alice, version, 2)
    assert (outdated.status_int, outdated.json["type"]) == (412, "/problems/outdated")
    assert User.get_by_id(alice.id).data == {"a": 1}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("template", DOORS)
def test_put_and_delete_honour_it_too(api: Client, alice: Person, root: Person, template: str, method: str) -> None:
    path = door(template, alice)
    version = tag(api, path, root)
    patch(api, path, alice, None)
    headers = root.headers | {"Content-Type": "application/json"}
    body = b'{"data": {}}' if method == "PUT" else b""
    api.request(path, method=method, headers=headers | {"If-Match": version}, body=body, status=412)
    assert User.get_by_id(alice.id).deleted_at is None
    now = {"If-Match": tag(api, path, root)}
    assert api.request(path, method=method, headers=headers | now, body=body).status_int in (200, 204)


def test_the_forms_of_if_match(api: Client, alice: Person) -> None:
    path = "/user/alice"
    for given, status in (
        ("*", 200),
        ('"a", {}, "b"', 200),
        ("{}", 200),
        ("W/{}", 412),
        ('"*"', 412),
        ('W/"*"', 412),
        ('"other"', 412),
        ('""', 412),
        ("nonsense", 400),
        (" ", 400),
        (",", 400),
        (",,x", 400),
    ):
        answer = patch(api, path, alice, given.replace("{}", tag(api, path, alice)))
        assert answer.status_int == status, given
        assert status != 400 or answer.json["errors"][0]["field"] == "If-Match"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("template", DOORS)
def test_a_write_of_what_if_none_match_names_is_412(
    api: Client, alice: Person, root: Person, template: str, method: str
) -> None:
    path = door(template, alice)
    headers = root.headers | {"Content-Type": "application/json"}
    body = b"" if method == "DELETE" else b'{"data": {"a": 1}}'
    version = tag(api, path, root)
    for given in ("*", version, f"W/{version}", f'"other", {version}'):
        answer = api.request(path, method=method, headers=headers | {"If-None-Match": given}, body=body, status=412)
        assert answer.json["type"] == "/problems/outdated"
    for given in (",", "", "nonsense", '"x', "W/", '*, "x"', f"{version}, x"):
        unreadable = api.request(path, method=method, headers=headers | {"If-None-Match": given}, body=body, status=400)
        assert unreadable.json["errors"][0]["field"] == "If-None-Match", given
    both = {"If-Match": version, "If-None-Match": version}
    api.request(path, method=method, headers=headers | both, body=body, status=412)
    assert tag(api, path, root) == version, "a refused change leaves it as it was"
    others = {"If-Match": version, "If-None-Match": '"other", "*"'}
    assert api.request(path, method=method, headers=headers | others, body=body).status_int in (200, 204)


def test_what_is_not_yours_or_not_there_is_said_first(api: Client, alice: Person, bob: Person) -> None:
    assert patch(api, "/user/bob", alice, '"other"').status_int == 403
    assert patch(api, f"/users/{bob.id}", alice, '"other"').status_int == 403
    assert patch(api, "/users/4711", alice, '"other"').status_int == 404


def test_a_refused_change_leaves_the_version(api: Client, alice: Person) -> None:
    version = tag(api, "/user/alice", alice)
    api.patch_json("/user/alice", {"nonsense": 1}, headers=alice.headers | {"If-Match": version}, status=400)
    api.patch_json("/user/alice", {}, headers=alice.headers | {"If-Match": version}, status=200)
    assert tag(api, "/user/alice", alice) == version


def test_a_new_account_comes_with_the_version_its_owner_will_read(api: Client) -> None:
    made = api.post_json("/user", {"username": "dave", "password": "a rather long one"}, status=201)
    given = {"username": "dave", "password": "a rather long one"}
    token = api.post_json("/auth", given, status=201).json["token"]
    read = api.get("/user/dave", headers={"Authorization": f"Bearer {token}"}, status=200)
    assert read.headers["ETag"] == made.headers["ETag"]
