"""What an admin revokes is revoked at once, whatever Redis does, and a restoration brings none of it back."""

from collections.abc import Callable
from typing import Any

import pytest

from models.roles import Role
from tests.people import Person
from tests.security.asking import Answer, ask, ask_json
from tests.security.test_revocation import greeted, redis_refusing, restore, snapshot
from tests.security.together import together

Fate = Callable[[Any, Person, Person], Answer]


def deleted(app: Any, victim: Person, root: Person) -> Answer:
    return ask(app, "DELETE", f"/users/{victim.id}", headers=root.headers)


def deleted_and_restored(app: Any, victim: Person, root: Person) -> Answer:
    assert deleted(app, victim, root).status == 200
    return ask(app, "POST", f"/users/{victim.id}/restore", headers=root.headers)


def sessions_ended(app: Any, victim: Person, root: Person) -> Answer:
    return ask(app, "DELETE", f"/users/{victim.id}/sessions", headers=root.headers)


def new_password(app: Any, victim: Person, root: Person) -> Answer:
    return ask_json(app, "PATCH", f"/users/{victim.id}", {"password": "quite another one"}, headers=root.headers)


FATES: list[Fate] = [deleted, deleted_and_restored, sessions_ended, new_password]


@pytest.mark.parametrize("commands", [(), ("del", "zrem"), ("@write",)], ids=["well", "no DEL", "read-only"])
@pytest.mark.parametrize("fate", FATES)
def test_all_sessions_are_dead_whatever_redis_refuses(
    app: Any, alice: Person, root: Person, fate: Fate, commands: tuple[str, ...]
) -> None:
    """Promise 6"""
    tokens = [alice.token, alice.log_in()]
    with redis_refusing(*commands):
        assert fate(app, alice, root).status == 200
        assert [greeted(app, token) for token in tokens] == [False, False]
    assert [greeted(app, token) for token in tokens] == [False, False]
    assert greeted(app, root.token)


@pytest.mark.parametrize("fate", [deleted, sessions_ended, new_password])
def test_where_redis_cant_say_which_sessions_there_are_all_end(
    app: Any, alice: Person, root: Person, fate: Fate
) -> None:
    """Promise 6"""
    with redis_refusing("zcount", "zpopmin"):
        answer = fate(app, alice, root)
        assert (answer.status, answer.json.get("sessions_revoked")) == (200, None)
        assert not greeted(app, alice.token)
    assert not greeted(app, alice.token)


@pytest.mark.parametrize("fate", FATES)
def test_a_redis_back_from_an_older_copy_brings_no_session_back(
    app: Any, alice: Person, root: Person, fate: Fate
) -> None:
    """R08"""
    tokens = [alice.token, alice.log_in()]
    copy = snapshot()
    assert fate(app, alice, root).status == 200
    restore(copy)
    assert [greeted(app, token) for token in tokens] == [False, False]
    assert greeted(app, root.token)


def test_a_redis_back_from_an_older_copy_brings_no_session_back_after_a_new_password_of_one_s_own(
    app: Any, alice: Person
) -> None:
    """R08"""
    other, copy = alice.log_in(), snapshot()
    given = {"password": "quite another one", "current_password": alice.password}
    assert ask_json(app, "PUT", f"/users/{alice.id}", given, headers=alice.headers).status == 200
    restore(copy)
    assert [greeted(app, token) for token in (alice.token, other)] == [True, False]


@pytest.mark.parametrize("fate", FATES)
def test_fifty_requests_at_once_afterwards_are_all_401(app: Any, alice: Person, root: Person, fate: Fate) -> None:
    assert fate(app, alice, root).status == 200
    statuses = together(50, lambda _: ask(app, "GET", f"/users/{alice.id}", headers=alice.headers).status)
    assert statuses == [401] * 50


def test_a_demoted_admin_is_a_user_on_the_very_next_request(app: Any, root: Person, carol: Person) -> None:
    """Promise 6, R08: with the same token, and with Redis as it was before."""
    copy = snapshot()
    assert ask(app, "GET", "/users?role=admin", headers=carol.headers).status == 200
    demotion = ask_json(app, "PATCH", f"/users/{carol.id}", {"role": "user"}, headers=root.headers)
    assert demotion.status == 200
    restore(copy)
    asked = [("GET", "/users?role=admin"), ("GET", "/user/root"), ("DELETE", f"/users/{root.id}"),
             ("POST", f"/users/{root.id}/restore"), ("DELETE", f"/users/{root.id}/sessions")]  # fmt: skip
    assert {ask(app, method, path, headers=carol.headers).status for method, path in asked} == {403}
    new = {"username": "dave", "password": "a rather long one", "role": "admin"}
    assert ask_json(app, "POST", "/users", new, headers=carol.headers).status == 403
    assert ask(app, "GET", f"/users/{root.id}", headers=carol.headers).json.keys() == {"id", "username", "created_at"}
    back = ask_json(app, "PATCH", f"/users/{carol.id}", {"role": "admin"}, headers=carol.headers)
    assert back.status == 403


def test_fifty_requests_of_a_demoted_admin_are_all_403(app: Any, root: Person, carol: Person) -> None:
    ask_json(app, "PATCH", f"/users/{carol.id}", {"role": Role.USER}, headers=root.headers)
    statuses = together(50, lambda which: ask(app, "DELETE", f"/users/{which + 1}", headers=carol.headers).status)
    assert statuses == [403] * 50


def test_a_promoted_user_is_an_admin_on_the_very_next_request(app: Any, alice: Person, root: Person) -> None:
    assert ask_json(app, "PATCH", f"/users/{alice.id}", {"role": "admin"}, headers=root.headers).status == 200
    assert ask(app, "GET", "/users?role=admin", headers=alice.headers).status == 200
