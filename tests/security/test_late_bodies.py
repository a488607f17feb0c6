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
from tests.people import Person, claims
from tests.security.asking import Answer, ask
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


def late(app: Any, method: str, path: str, content: bytes, by: Person, meanwhile: Callable[[], object]) -> Answer:
    environ: Any = {"wsgi.input": Late(content, meanwhile)}
    return ask(app, method, path, headers=by.headers, body=content, environ=environ)


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize(("method", "path", "content"), WRITES)
def test_whose_session_ended_while_they_were_sending_is_401(
    app: Any, alice: Person, root: Person, carol: Person, method: str, path: str, content: bytes, fate: str
) -> None:
    """Promise 6"""
    kept: list[Any] = []

    def meanwhile() -> None:
        if not kept:
            FATES[fate](carol, root)
            kept.append(rows("users"))

    path = path.format(alice=alice.id, carol=carol.id)
    assert late(app, method, path, content, carol, meanwhile).status == 401
    assert rows("users") == kept[0]


def test_who_was_demoted_while_they_were_sending_is_403(app: Any, alice: Person, root: Person, carol: Person) -> None:
    """Promise 6"""
    for method, path, content in WRITES[:2]:
        give_role(carol, Role.ADMIN)
        demote = partial(give_role, carol, Role.USER)
        assert late(app, method, path.format(alice=alice.id), content, carol, demote).status == 403
    assert {row["role"] for row in rows("users") if row["id"] == alice.id} == {"user"}


def test_who_takes_their_time_and_lost_nothing_is_served(app: Any, alice: Person) -> None:
    answer = late(app, "PATCH", "/user/alice", b'{"data": {"a": 1}}', alice, lambda: None)
    assert (answer.status, answer.json["data"]) == (200, {"a": 1})
