"""Revoked is revoked at once, whatever Redis does."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from models.stores import database, opened
from tests.people import Person, bearer
from tests.security.asking import Answer, ask, ask_json
from tests.security.forgery import claims_of
from tests.security.rows import redis_contents
from tests.security.together import together
from tests.services.processes import wait_until


def greeted(app: Any, token: str) -> bool:
    """Whether a token is still worth something; the two routes must agree."""
    account = ask(app, "GET", "/auth/sessions", headers=bearer(token)).status
    greeting = ask(app, "GET", "/", headers=bearer(token)).json
    assert account in (200, 401)
    assert (account == 200) == ("username" in greeting)
    return account == 200


@contextmanager
def redis_refusing(*commands: str) -> Iterator[None]:
    """A Redis that answers reads and refuses these."""
    opened.redis.run("ACL", "SETUSER", "default", *(f"-{command}" for command in commands))
    try:
        yield
    finally:
        opened.redis.run("ACL", "SETUSER", "default", "+@all")


def snapshot() -> list[tuple[str, str]]:
    """Every key of Redis, as Redis would give it to a copy; a dump is no text, so Lua quotes it."""
    quote = (
        "return (redis.call('DUMP', KEYS[1]):gsub('.', function(c) return string.format('%02x', string.byte(c)) end))"
    )
    return [(key, opened.redis.run("EVAL", quote, 1, key)) for key in opened.redis.run("KEYS", "*")]


def restore(copy: list[tuple[str, str]]) -> None:
    """Put Redis back to what it was when the copy was made."""
    opened.redis.run("FLUSHALL")
    for key, dump in copy:
        opened.redis.run("RESTORE", key, 0, bytes.fromhex(dump))
    assert {key for key, _ in copy} == redis_contents().keys()


def end(app: Any, path: str, token: str) -> Answer:
    return ask(app, "DELETE", path, headers=bearer(token))


def test_fifty_requests_at_once_after_a_log_out_are_all_401(app: Any, alice: Person) -> None:
    assert end(app, "/auth", alice.token).status == 204
    statuses = together(50, lambda _: ask(app, "GET", "/user/alice", headers=alice.headers).status)
    assert statuses == [401] * 50


def test_log_out_ends_one_session_and_no_other(app: Any, alice: Person, bob: Person) -> None:
    other = alice.log_in()
    end(app, "/auth", alice.token)
    assert not greeted(app, alice.token)
    assert greeted(app, other) and greeted(app, bob.token)
    assert end(app, "/auth", alice.token).status == 401


@pytest.mark.parametrize("commands", [(), ("del", "zrem"), ("@write",)], ids=["well", "no DEL", "read-only"])
def test_after_an_account_is_erased_its_tokens_are_401(app: Any, alice: Person, commands: tuple[str, ...]) -> None:
    """Promise 6, also while Redis refuses to delete."""
    other = alice.log_in()
    with redis_refusing(*commands):
        assert end(app, "/user/alice", alice.token).status == 204
        assert [greeted(app, token) for token in (alice.token, other)] == [False, False]
        left = [key for key in redis_contents() if key.startswith("session:")]
        assert len(left) == (2 if commands else 0), "the fault was not there"
    assert not greeted(app, alice.token)


@pytest.mark.parametrize("path", ["/auth", "/auth/sessions/{id}"])
def test_a_log_out_that_redis_refuses_is_503_and_can_be_repeated(app: Any, alice: Person, path: str) -> None:
    path = path.format(id=claims_of(alice)["jti"])
    with redis_refusing("del"):
        refusal = end(app, path, alice.token)
        assert refusal.status == 503
        assert "retry-after" in refusal.headers
        assert greeted(app, alice.token), "it said that it could not, and it is true"
    assert end(app, path, alice.token).status == 204
    assert not greeted(app, alice.token)


def test_a_log_in_that_redis_refuses_to_keep_is_503(app: Any, alice: Person) -> None:
    with redis_refusing("set"):
        credentials = {"username": "alice", "password": alice.password}
        assert ask_json(app, "POST", "/auth", credentials).status == 503
        assert greeted(app, alice.token), "those who are logged in stay so"


@pytest.mark.parametrize("commands", [(), ("del", "zrem"), ("@write",)], ids=["well", "no DEL", "read-only"])
def test_ending_all_others_ends_them_whatever_redis_refuses(app: Any, alice: Person, commands: tuple[str, ...]) -> None:
    others = [alice.log_in(), alice.log_in()]
    with redis_refusing(*commands):
        answer = end(app, "/auth/sessions", alice.token)
        assert (answer.status, answer.json) == (200, {"sessions_revoked": 2})
        assert [greeted(app, token) for token in others] == [False, False]
    assert [greeted(app, token) for token in others] == [False, False]
    assert greeted(app, alice.token) or commands == ("@write",)


@pytest.mark.parametrize("path", ["/user/alice", "/auth/sessions"])
def test_a_redis_back_from_an_older_copy_brings_no_session_back(app: Any, alice: Person, path: str) -> None:
    """R08"""
    others = [alice.log_in(), alice.log_in()]
    copy = snapshot()
    restore(copy)
    assert all(greeted(app, token) for token in others), "the copy is whole"
    assert end(app, path, alice.token).status < 300
    restore(copy)
    assert [greeted(app, token) for token in others] == [False, False]
    assert path == "/auth/sessions" or not greeted(app, alice.token)


def test_an_id_is_not_given_again_so_an_old_session_never_becomes_another_s(app: Any, alice: Person) -> None:
    """R08"""
    copy = snapshot()
    end(app, "/user/alice", alice.token)
    again = ask_json(app, "POST", "/user", {"username": "alice", "password": alice.password})
    assert again.status == 201 and again.json["id"] != alice.id
    restore(copy)
    assert not greeted(app, alice.token)


@pytest.mark.parametrize(
    "change", ["deleted_at = '2026-01-01T00:00:00.000000Z'", "session_epoch = session_epoch + 1", "session_epoch = -1"]
)
def test_the_account_s_row_decides_on_the_next_request(app: Any, alice: Person, bob: Person, change: str) -> None:
    assert greeted(app, alice.token)
    database.execute_sql(f"UPDATE users SET {change} WHERE username = 'alice'")
    assert not greeted(app, alice.token)
    assert greeted(app, bob.token)


def test_a_demoted_admin_is_a_user_on_the_next_request(app: Any, alice: Person, root: Person) -> None:
    assert ask(app, "GET", "/user/alice", headers=root.headers).status == 200
    database.execute_sql("UPDATE users SET role = 'user' WHERE username = 'root'")
    assert ask(app, "GET", "/user/alice", headers=root.headers).status == 403


def test_a_session_ends_when_redis_says_so_and_not_later(app: Any, alice: Person) -> None:
    claims = claims_of(alice)
    key = f"session:{claims['jti']}"
    assert greeted(app, alice.token)
    assert opened.redis.run("EXPIRETIME", key) == claims["exp"], "being used makes it no longer"
    opened.redis.run("PEXPIRE", key, 1)
    asked = partial(ask, app, "GET", "/user/alice", headers=alice.headers)
    wait_until(lambda: asked().status == 401, seconds=1, what="the session's end")
    assert not greeted(app, alice.token)
