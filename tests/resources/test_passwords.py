"""New passwords: one's own for who knows the current one, anybody's for an admin; other sessions end."""

import json
from typing import Any

import pytest

from models import password
from models.account import MergedUser
from models.audit import AuditEntry
from models.capacity import LOG_INS
from models.errors import WrongPassword
from models.stores import opened
from models.user import User
from tests.client import Client
from tests.people import Person, claims, is_valid

NEW = "quite another one"


def change(api: Client, person: Person, *, by: Person, **fields: Any) -> Any:
    return api.patch_json(f"/users/{person.id}", fields, headers=by.headers)


def opens(api: Client, person: Person, given: str) -> bool:
    status = api.post_json("/auth", {"username": person.name, "password": given}).status_int
    assert status in (201, 401)
    return bool(status == 201)


def test_ones_own_password_changes_with_the_current_one(api: Client, alice: Person, bob: Person) -> None:
    other = alice.log_in()
    assert change(api, alice, by=alice, password=NEW, current_password=alice.password).status_int == 200
    assert [is_valid(each) for each in (alice.token, other, bob.token)] == [True, False, True]
    left = {f"session:{claims(each)['jti']}" for each in (alice.token, bob.token)}
    assert set(opened.redis.run("KEYS", "session:*")) == left
    assert [opens(api, alice, each) for each in (alice.password, NEW)] == [False, True]


@pytest.mark.parametrize("admin", [False, True])
def test_without_the_current_one_it_is_400_and_with_a_wrong_one_403(
    api: Client, alice: Person, root: Person, admin: bool
) -> None:
    person = root if admin else alice
    before = User.get_by_id(person.id).__data__
    missing = change(api, person, by=person, password=NEW, email="a@b")
    assert (missing.status_int, missing.json["errors"][0]["field"]) == (400, "current_password")
    for wrong in (NEW, "", person.password.upper(), person.password + " "):
        refused = change(api, person, by=person, password=NEW, current_password=wrong, email="a@b")
        assert (refused.status_int, refused.json["type"]) == (403, "/problems/wrong-password")
    assert User.get_by_id(person.id).__data__ == before


def test_an_admin_sets_anothers_password_and_ends_all_their_sessions(api: Client, alice: Person, root: Person) -> None:
    other = alice.log_in()
    assert change(api, alice, by=root, password=NEW).status_int == 200
    assert [is_valid(each) for each in (alice.token, other, root.token)] == [False, False, True]
    assert [opens(api, alice, each) for each in (alice.password, NEW)] == [False, True]


def test_a_current_password_that_nothing_needs_is_400(api: Client, alice: Person, root: Person) -> None:
    for person, by, fields in ((alice, root, {"password": NEW}), (alice, alice, {"email": "a@b"})):
        refused = change(api, person, by=by, current_password=alice.password, **fields)
        assert (refused.status_int, refused.json["errors"][0]["field"]) == (400, "current_password")


@pytest.mark.parametrize("bad", ["canary", "iloveyou", "canary" * 22, None, 7, "ALICE.AND.MORE"])
def test_a_bad_password_is_400_and_never_echoed(api: Client, alice: Person, root: Person, bad: Any) -> None:
    change(api, alice, by=root, username="alice.and.more")
    for by, more in ((alice, {"current_password": alice.password}), (root, {})):
        refused = change(api, alice, by=by, password=bad, **more)
        assert refused.status_int == 400
        assert [fault["field"] for fault in refused.json["errors"]] == ["password"]
        assert "canary" not in refused.text
    assert opens(api, Person(User.get_by_id(alice.id), alice.password), alice.password)


def test_a_password_that_is_the_new_name_is_400(api: Client, alice: Person, root: Person) -> None:
    refused = change(api, alice, by=root, username="Somebody.Else", password="somebody.else")
    assert [fault["field"] for fault in refused.json["errors"]] == ["password"]


def test_a_new_password_waits_for_its_turn_to_be_hashed(
    api: Client, alice: Person, root: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password, "LONGEST_WAIT_SECONDS", 0.01)
    with password.turn(LOG_INS, address="198.51.100.1"):
        assert change(api, alice, by=root, password=NEW).status_int == 503
        assert change(api, alice, by=alice, password=NEW, current_password=alice.password).status_int == 503
    assert opens(api, alice, alice.password)


def test_a_wrong_current_password_is_in_the_log(api: Client, alice: Person, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    change(api, alice, by=alice, password=NEW, current_password="a guess")
    line = json.loads(capfd.readouterr().out.splitlines()[0])
    assert (line["event"], line["user"], line["address"]) == ("new password refused", alice.id, "127.0.0.1")


def test_guessing_the_current_password_is_throttled_like_a_log_in(api: Client, alice: Person) -> None:
    for _ in range(10):
        assert change(api, alice, by=alice, password=NEW, current_password="a guess").status_int == 403
    refused = change(api, alice, by=alice, password=NEW, current_password=alice.password)
    assert (refused.status_int, refused.json["type"]) == (429, "/problems/too-many-attempts")
    assert int(refused.headers["Retry-After"]) > 0


def test_the_other_sessions_end_although_redis_refuses_to_forget_them(api: Client, alice: Person) -> None:
    other = alice.log_in()
    opened.redis.run("ACL", "SETUSER", "default", "-del")
    try:
        assert change(api, alice, by=alice, password=NEW, current_password=alice.password).status_int == 200
        assert [is_valid(each) for each in (alice.token, other)] == [True, False]
    finally:
        opened.redis.run("ACL", "SETUSER", "default", "+del")


def test_the_trail_says_that_it_changed_and_that_sessions_ended(api: Client, alice: Person) -> None:
    alice.log_in()
    before = AuditEntry.select().count()
    change(api, alice, by=alice, password=NEW, current_password=alice.password)
    (changed,) = AuditEntry.select().order_by(AuditEntry.id).offset(before)
    assert (changed.model, changed.action, changed.object_id) == ("user", "update", str(alice.id))
    assert changed.changes == {"password_hash": ["***", "***"], "session_epoch": [0, 1]}


def test_of_two_who_change_it_with_the_same_current_one_only_the_first_does(alice: Person) -> None:
    """The second held the row as it was before the first; its current password is none any more."""
    stale, actor = User.get_by_id(alice.id), alice.as_actor()
    given = MergedUser(password=NEW, current_password=alice.password)
    actor.merge_fields(given, by=actor)
    with pytest.raises(WrongPassword):
        stale.merge_fields(given, by=actor)
