"""The session in a browser's cookie is the session: good for all that a bearer token is, and dead when that is."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from api.app import create_app
from hooks.csrf import HEADER
from models.account import MergedUser
from models.defect import Defect
from models.defect_document import NewDefect
from models.roles import Role
from models.session import Session
from models.stores import connect, drop_connection, opened
from models.user import User
from tests.people import Person, bearer, claims
from tests.security.asking import Answer, ask, ask_json
from tests.security.cookies import HOST, cookie, from_page, without
from tests.security.rows import rows
from tests.test_routes_are_closed import CLOSED, filled

LISTED = "https://app.example"
READ = [filled(path) for method, path in CLOSED if method == "get"]
WRITES = [
    ("PATCH", "/user/alice", {"data": {"a": 1}}, 200),
    ("PUT", "/users/{alice}", {"data": {"b": 1}}, 200),
    ("POST", "/tasks", {"type": "delay", "seconds": 60}, 202),
    ("POST", "/api/defects", {"comment": "The window sticks."}, 201),
    ("DELETE", "/api/defects/1", None, 204),
    ("DELETE", "/auth/sessions", None, 200),
    ("DELETE", "/auth", None, 204),
]
END: dict[str, Callable[[Person, Person], object]] = {
    "log-out": lambda carol, root: Session.end_current(by=carol.as_actor()),
    "its end from elsewhere": lambda carol, root: _session(carol).end(by=Session.bearer(carol.log_in())),
    "the end of all others": lambda carol, root: _elsewhere(carol, Session.bearer(carol.log_in())),
    "an admin's end of all": lambda carol, root: User.get_by_id(carol.id).end_sessions(by=root.as_actor()),
    "a new password by an admin": lambda carol, root: _change(carol, root, password="an entirely new one"),
    "deletion": lambda carol, root: User.get_by_id(carol.id).deactivate(by=root.as_actor()),
    "erasure": lambda carol, root: User.get_by_id(carol.id).erase(by=root.as_actor()),
    "its record's loss": lambda carol, root: opened.redis.run("FLUSHALL"),
}


def _session(person: Person) -> Session:
    return Session.seen_by(person.as_actor(), UUID(claims(person.token)["jti"]))


def _elsewhere(person: Person, other: User) -> None:
    other.end_sessions(by=other, but=other.session_id)


def _change(person: Person, by: Person, **fields: Any) -> None:
    User.get_by_id(person.id).merge_fields(MergedUser(**fields), by=by.as_actor())


def answered(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    return (
        answer.status,
        without(answer.headers, "x-request-id"),
        answer.body.replace(answer.headers["x-request-id"].encode(), b""),
    )


@pytest.fixture
def defect(alice: Person, root: Person) -> None:
    """The first, with its notice and its entry; alice and root are the first two users."""
    Defect.report(NewDefect(comment="The door sticks."), by=alice.as_actor())


@pytest.mark.parametrize("path", READ)
def test_what_can_be_read_by_bearer_token_can_be_read_by_cookie(
    app: Any, alice: Person, root: Person, defect: None, path: str
) -> None:
    for person, method in ((root, "GET"), (root, "HEAD"), (alice, "GET")):
        expected = ask(app, method, path, headers=bearer(person.token) | {"Host": HOST})
        assert answered(ask(app, method, path, headers=cookie(person.token))) == answered(expected)
        assert expected.status not in (401, 500)


def test_the_greeting_is_by_cookie_too(app: Any, alice: Person) -> None:
    assert ask(app, "GET", "/", headers=cookie(alice.token)).json["username"] == "alice"
    assert "username" not in ask(app, "GET", "/", headers=cookie("nonsense")).json


@pytest.mark.parametrize(("method", "path", "document", "status"), WRITES)
def test_what_can_be_written_can_be_written_from_a_page(
    app: Any, alice: Person, defect: None, method: str, path: str, document: Any, status: int
) -> None:
    body = None if document is None else json.dumps(document).encode()
    answer = ask(app, method, path.format(alice=alice.id), headers=from_page(alice.token), body=body)
    assert answer.status == status
    assert {row["user_id"] for row in rows("audit_entry")[-1:]} == {alice.id}


@pytest.mark.parametrize("end", END)
def test_the_cookie_of_a_session_that_has_ended_is_dead_at_once(
    app: Any, carol: Person, root: Person, end: str
) -> None:
    """Promise 6"""
    headers = from_page(carol.token)
    assert ask(app, "GET", "/user/carol", headers=headers).status == 200
    END[end](carol, root)
    for method in ("GET", "PATCH", "DELETE"):
        assert ask(app, method, "/user/carol", headers=headers, body=b"{}").status == 401
    assert "username" not in ask(app, "GET", "/", headers=headers).json
    assert ask(app, "GET", "/admin", headers=headers).status == 303


def test_a_demoted_admin_s_cookie_is_a_user_s_at_once(app: Any, carol: Person, root: Person) -> None:
    headers = from_page(carol.token)
    assert ask(app, "GET", "/user/root", headers=headers).status == 200
    _change(carol, root, role=Role.USER)
    assert ask(app, "GET", "/user/root", headers=headers).status == 403
    assert ask_json(app, "POST", "/users", {}, headers=headers).status == 403
    assert ask(app, "GET", "/admin", headers=headers).status == 403


def test_a_new_password_of_one_s_own_keeps_the_cookie_that_set_it_and_no_other(app: Any, alice: Person) -> None:
    here, there = from_page(alice.token), from_page(alice.log_in())
    new = {"password": "an entirely new one", "current_password": alice.password}
    assert ask_json(app, "PATCH", f"/users/{alice.id}", new, headers=here).status == 200
    assert [ask(app, "GET", "/user/alice", headers=each).status for each in (here, there)] == [200, 401]


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("authorization", ["Bearer nonsense", "Bearer", "Bearer ", "bearer x", "BEARER a.b.c"])
def test_a_bad_bearer_token_is_401_whatever_cookie_comes_along(
    app: Any, alice: Person, method: str, authorization: str
) -> None:
    headers = from_page(alice.token, Authorization=authorization)
    assert ask(app, method, "/user/alice", headers=headers, body=b"{}").status == 401
    assert "username" not in ask(app, "GET", "/", headers=headers).json


def test_who_comes_with_a_bearer_token_is_its_owner_whatever_cookie_comes_along(
    app: Any, alice: Person, root: Person
) -> None:
    headers = from_page(root.token) | bearer(alice.token)
    assert ask(app, "GET", "/", headers=headers).json["username"] == "alice"
    assert ask(app, "GET", "/user/root", headers=headers).status == 403
    assert ask(app, "GET", "/admin", headers=headers).status == 403
    assert ask(app, "DELETE", "/auth", headers=headers).status == 204
    assert ask(app, "GET", "/", headers=cookie(root.token)).json["username"] == "root", "it is the bearer's that ended"


@pytest.mark.parametrize("authorization", ["Basic {basic}", "Negotiate x", "Digest a=b", "", "Bearertoken x"])
def test_another_kind_of_authorization_leaves_it_to_the_cookie(
    app: Any, alice: Person, root: Person, authorization: str
) -> None:
    basic = base64.b64encode(f"root:{root.password}".encode()).decode()
    headers = from_page(alice.token, Authorization=authorization.format(basic=basic))
    assert ask(app, "GET", "/", headers=headers).json["username"] == "alice"
    assert ask_json(app, "PATCH", "/user/alice", {"data": {}}, headers=headers).status == 200
    assert ask_json(app, "PATCH", "/user/alice", {"data": {}}, headers=without(headers, HEADER)).status == 403
    assert ask(app, "GET", "/user/alice", headers=without(headers, "Cookie")).status == 401


def test_an_idempotency_key_works_by_cookie_and_is_the_person_s(app: Any, alice: Person) -> None:
    headers, defect = {"Idempotency-Key": "once"}, {"comment": "The door sticks."}
    first = ask_json(app, "POST", "/api/defects", defect, headers=from_page(alice.token) | headers)
    again = [
        ask_json(app, "POST", "/api/defects", defect, headers=way | headers)
        for way in (from_page(alice.token), from_page(alice.log_in()), alice.headers)
    ]
    assert [each.json for each in again] == [first.json] * 3
    assert {each.headers["idempotent-replayed"] for each in again} == {"true"}
    assert len(rows("defect")) == 1
    forged = ask_json(app, "POST", "/api/defects", defect, headers=cookie(alice.token) | headers)
    assert forged.status == 403, "not even an answer that was given before"


def test_if_match_and_if_none_match_work_by_cookie(app: Any, alice: Person) -> None:
    page = from_page(alice.token)
    version = ask(app, "GET", "/user/alice", headers=page).headers["etag"]
    assert ask(app, "GET", "/user/alice", headers=page | {"If-None-Match": version}).status == 304
    statuses = [
        ask_json(app, "PATCH", "/user/alice", {"data": {"a": 1}}, headers=page | {"If-Match": version}).status
        for _ in range(2)
    ]
    assert statuses == [200, 412]


def test_prefer_works_by_cookie(app: Any, alice: Person) -> None:
    page = from_page(alice.token, Prefer="wait=1")
    answer = ask_json(app, "POST", "/tasks", {"type": "delay", "seconds": 60}, headers=page)
    assert (answer.status, answer.headers["preference-applied"]) == (202, "wait=1")


@pytest.fixture
def listed(stores: None) -> Iterator[Any]:
    """An application that lets LISTED read its answers."""
    before = opened.settings
    drop_connection()
    yield create_app(replace(before, cors_origins=(LISTED,)))
    drop_connection()
    connect(before, send=opened.send, count_refusal=opened.count_refusal)


def test_an_origin_that_may_read_answers_may_not_write_by_cookie(listed: Any, alice: Person) -> None:
    page = from_page(alice.token, Origin=LISTED)
    refusal = ask_json(listed, "PATCH", "/user/alice", {"data": {}}, headers=page)
    assert (refusal.status, refusal.json["type"]) == (403, "/problems/forged-request")
    for method, headers in (("GET", page), ("OPTIONS", page | {"Access-Control-Request-Method": "PATCH"})):
        answer = ask(listed, method, "/user/alice", headers=headers)
        assert answer.headers["access-control-allow-origin"] == LISTED, "it is listed"
        assert "access-control-allow-credentials" not in answer.headers, "a browser shows it nothing it got by cookie"
    by_bearer = ask_json(listed, "PATCH", "/user/alice", {"data": {}}, headers=page | bearer(alice.token))
    assert by_bearer.status == 200
