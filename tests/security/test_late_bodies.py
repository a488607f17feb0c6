"""A body that takes its time does not carry what was revoked meanwhile over the line."""

import io
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from hooks.body import AT_ONCE
from models.roles import Role
from models.session import Session
from models.user import User
from tests.people import Person, bearer, claims, is_valid
from tests.security.asking import Answer, ask
from tests.security.cookies import FORM, csrf_token, from_page, without
from tests.security.rows import rows

Fate = Callable[[Person, Person], object]
FATES: dict[str, Fate] = {
    "logged out": lambda carol, root: Session.end_current(by=carol.as_actor()),
    "session ended": lambda carol, root: Session.seen_by(
        carol.as_actor(), UUID(claims(carol.token)["jti"])
    ).end(by=carol.as_actor()),
    "all others ended": lambda carol, root: _elsewhere(carol),
    "deleted": lambda carol, root: User.get_by_id(carol.id).deactivate(by=root.as_actor()),
    "erased": lambda carol, root: User.get_by_id(carol.id).erase(by=root.as_actor()),
}  # fmt: skip
WRITES = [
    ("POST", "/users", b'{"username": "mallory", "password": "a rather long one", "role": "admin"}'),
    ("PATCH", "/users/{alice}", b'{"role": "admin"}'),
    ("PUT", "/users/{carol}", b'{"data": {"a": 1}}'),
    ("PATCH", "/user/carol", b'{"data": {"a": 1}}'),
]
FORMS = [
    ("/admin/users/new", b"username=mallory&password=a+rather+long+one&role=admin"),
    ("/admin/users/{alice}", b"role=admin&email=&data=%7B%7D"),
    ("/admin/users/{alice}/password", b"password=a+rather+long+one"),
    ("/admin/users/{alice}/delete", b"version="),
    ("/admin/users/{alice}/end-sessions", b"version="),
]
WAYS = {"bearer": bearer, "cookie": from_page}
# Where the CSRF token is: the body is read while the session is looked at, or when that is done.
PLACES = {"field": "csrf_token", "header": "X-CSRF-Token"}


class Late(io.BytesIO):
    """A body during whose arrival something happens."""

    def __init__(self, content: bytes, meanwhile: Callable[[], object]) -> None:
        super().__init__(content)
        self._meanwhile = meanwhile

    def read(self, size: int | None = -1, /) -> bytes:
        self._meanwhile()
        time.sleep(AT_ONCE)  # what makes it late
        return super().read(size)


def give_role(person: Person, role: Role) -> None:
    User.update(role=role).where(User.id == person.id).execute()


def _elsewhere(person: Person) -> None:
    other = Session.bearer(person.log_in())
    other.end_sessions(by=other, but=other.session_id)


def late(
    app: Any, method: str, path: str, content: bytes, headers: dict[str, str], meanwhile: Callable[[], object]
) -> Answer:
    environ: Any = {"wsgi.input": Late(content, meanwhile)}
    return ask(app, method, path, headers=headers, body=content, environ=environ)


def late_form(
    app: Any, path: str, content: bytes, by: Person, meanwhile: Callable[[], object], *, place: str
) -> Answer:
    headers = from_page(by.token, **FORM)
    if place == "field":
        headers = without(headers, PLACES["header"])
        content += f"&{PLACES['field']}={csrf_token(by.token)}".encode()
    return late(app, "POST", path, content, headers, meanwhile)


class Revoked:
    """What happens to carol, once; and what was left then."""

    def __init__(self, fate: str, carol: Person, root: Person) -> None:
        self._fate, self._carol, self._root = FATES[fate], carol, root
        self.left: Any = None

    def __call__(self) -> None:
        if self.left is None:
            self._fate(self._carol, self._root)
            self.left = rows("users")


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize(("method", "path", "content"), WRITES)
@pytest.mark.parametrize("way", ["bearer", "cookie"])
def test_whose_session_ended_while_they_were_sending_is_401(
    app: Any, alice: Person, root: Person, carol: Person, way: str, method: str, path: str, content: bytes, fate: str
) -> None:
    """Promise 6"""
    meanwhile = Revoked(fate, carol, root)
    path, headers = path.format(alice=alice.id, carol=carol.id), WAYS[way](carol.token)
    assert late(app, method, path, content, headers, meanwhile).status == 401
    assert rows("users") == meanwhile.left


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize(("path", "content"), FORMS)
@pytest.mark.parametrize("place", PLACES)
def test_whose_session_ended_while_their_form_arrived_has_to_log_in(
    app: Any, alice: Person, root: Person, carol: Person, path: str, content: bytes, fate: str, place: str
) -> None:
    """Promise 6"""
    if place == "header" and path.endswith("/end-sessions"):
        return  # nothing is left to read
    meanwhile = Revoked(fate, carol, root)
    answer = late_form(app, path.format(alice=alice.id), content, carol, meanwhile, place=place)
    assert (answer.status, answer.headers["location"].partition("?")[0]) == (303, "/admin/login")
    assert rows("users") == meanwhile.left
    assert is_valid(alice.token)


@pytest.mark.parametrize("way", ["bearer", "cookie"])
def test_who_was_demoted_while_they_were_sending_is_403(
    app: Any, alice: Person, root: Person, carol: Person, way: str
) -> None:
    """Promise 6"""
    for method, path, content in WRITES[:2]:
        give_role(carol, Role.ADMIN)
        demote = partial(give_role, carol, Role.USER)
        headers = WAYS[way](carol.token)
        assert late(app, method, path.format(alice=alice.id), content, headers, demote).status == 403
    assert {row["role"] for row in rows("users") if row["id"] == alice.id} == {"user"}


@pytest.mark.parametrize("place", PLACES)
def test_who_was_demoted_while_their_form_arrived_is_403(
    app: Any, alice: Person, root: Person, carol: Person, place: str
) -> None:
    """Promise 6"""
    for path, content in FORMS[: 4 if place == "header" else 5]:
        give_role(carol, Role.ADMIN)
        before = [row for row in rows("users") if row["id"] != carol.id]
        demote = partial(give_role, carol, Role.USER)
        assert late_form(app, path.format(alice=alice.id), content, carol, demote, place=place).status == 403, path
        assert [row for row in rows("users") if row["id"] != carol.id] == before
    assert is_valid(alice.token)


@pytest.mark.parametrize("way", ["bearer", "cookie"])
def test_who_takes_their_time_and_lost_nothing_is_served(app: Any, alice: Person, way: str) -> None:
    headers = WAYS[way](alice.token)
    answer = late(app, "PATCH", "/user/alice", b'{"data": {"a": 1}}', headers, lambda: None)
    assert (answer.status, answer.json["data"]) == (200, {"a": 1})


@pytest.mark.parametrize("place", PLACES)
def test_whose_form_takes_its_time_and_who_lost_nothing_is_served(app: Any, carol: Person, place: str) -> None:
    assert late_form(app, *FORMS[0], carol, lambda: None, place=place).status == 303
    assert [row["username"] for row in rows("users")] == ["carol", "mallory"]
