"""An answer kept under an Idempotency-Key is only for a caller who may still make the request. R33."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple, get_type_hints
from urllib.parse import urlencode

import pytest

from api.app import PAGES, ROUTES
from models.account import MergedUser
from models.errors import KeyInFlight
from models.idempotency import KeptAnswer, Once
from models.roles import Role
from models.user import User
from tests.people import Person
from tests.security.asking import Answer, ask
from tests.security.cookies import FORM, from_page
from tests.security.rows import rows

KEY = "0" * 32
DAVE = {"username": "dave", "password": "dave's long password", "role": "user"}
JAVASCRIPT = {"type": "javascript", "code": "6*7"}
DELAY = {"type": "delay", "seconds": "600"}
LEAK = {"comment": "It leaks."}


class Route(NamedTuple):
    """A request with a key: *status* answers it, and *for_admins* says whether its verb is theirs alone."""

    path: str
    body: dict[str, Any]
    status: int
    for_admins: bool = False


ROUTES_WITH_KEY = {
    "a user": Route("/users", DAVE, 201, for_admins=True),
    "JavaScript": Route("/tasks", JAVASCRIPT, 202, for_admins=True),
    "a delay": Route("/tasks", {**DELAY, "seconds": 600}, 202),
    "a defect": Route("/api/defects", LEAK, 201),
    "a user's page": Route("/admin/users/new", DAVE, 303, for_admins=True),
    "JavaScript's page": Route("/admin/tasks/new", JAVASCRIPT, 303, for_admins=True),
    "a delay's page": Route("/admin/tasks/new", DELAY, 303),
    "a defect's page": Route("/admin/defects/new", LEAK, 303),
}
FATES: dict[str, Callable[[Person, Person], object]] = {
    "demoted": lambda carol, root: give(carol, Role.USER, root),
    "deleted": lambda carol, root: User.get_by_id(carol.id).deactivate(by=root.as_actor()),
    "password changed": lambda carol, root: User.get_by_id(carol.id).merge_fields(
        MergedUser(password="another long password"), by=root.as_actor()
    ),
    "role given back": lambda carol, root: (give(carol, Role.USER, root), give(carol, Role.ADMIN, root)),
}
# When it happens: after the first request, after the caller is authenticated, after the kept answer was read.
MOMENTS = ["before", "authenticated", "read"]


def give(person: Person, role: Role, root: Person) -> User:
    return User.get_by_id(person.id).merge_fields(MergedUser(role=role), by=root.as_actor())


def send(app: Any, route: Route, by: Person) -> Answer:
    if route.path.startswith("/admin/"):
        content = urlencode({**route.body, "key": KEY}).encode()
        return ask(app, "POST", route.path, headers=from_page(by.token, **FORM), body=content)
    headers = by.headers | {"Idempotency-Key": KEY}
    return ask(app, "POST", route.path, headers=headers, body=json.dumps(route.body).encode())


def arrange(monkeypatch: pytest.MonkeyPatch, moment: str, happen: Callable[[], object]) -> None:
    """Have it happen once, at that moment of the next request; or now."""
    if moment == "before":
        happen()
        return
    name, owner = ("run", Once) if moment == "authenticated" else ("get_or_none", KeptAnswer)
    original, left = getattr(owner, name), [happen]

    def at_that_moment(*args: Any, **named: Any) -> Any:
        found = original(*args, **named) if moment == "read" else None
        if left:
            left.pop()()
        return found if moment == "read" else original(*args, **named)

    monkeypatch.setattr(owner, name, at_that_moment)


def refusal(route: Route, fate: str, moment: str) -> int | None:
    """The status of the refusal, whether or not there is a kept answer; None if the caller is served."""
    is_page = route.path.startswith("/admin/")
    if fate in ("deleted", "password changed"):
        return 303 if is_page else 401
    # The page itself is for admins, and its rule is asked when the caller is authenticated.
    is_for_admins = route.for_admins or (is_page and moment == "before")
    return 403 if fate == "demoted" and is_for_admins else None


def made() -> list[list[dict[str, Any]]]:
    """What the routes make."""
    users = [row for row in rows("users") if row["username"] == "dave"]
    return [users, [{"id": row["id"]} for row in rows("task")], rows("defect")]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kept", [False, True], ids=["fresh", "kept"])
@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("name", ROUTES_WITH_KEY)
def test_rights_are_those_of_now_whatever_the_key_has_done(
    app: Any,
    root: Person,
    carol: Person,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    fate: str,
    kept: bool,
    moment: str,
) -> None:
    """R33"""
    route = ROUTES_WITH_KEY[name]
    first = send(app, route, carol) if kept else None
    assert first is None or first.status == route.status
    before = made()
    arrange(monkeypatch, moment, lambda: FATES[fate](carol, root))
    answer = send(app, route, carol)
    location, refused = answer.headers.get("location", ""), refusal(route, fate, moment)
    assert answer.status == (refused or route.status)
    if refused:
        assert location.partition("?")[0] == ("/admin/login" if refused == 303 else "")
        assert (made(), "idempotent-replayed" in answer.headers) == (before, False)
    elif first is not None:
        assert (answer.body, location) == (first.body, first.headers["location"])
        assert (made(), answer.headers["idempotent-replayed"]) == (before, "true")
    else:
        assert made() != before


def test_a_key_that_did_something_else_is_no_answer_for_those_without_the_right(
    app: Any, root: Person, carol: Person
) -> None:
    send(app, ROUTES_WITH_KEY["a delay"], carol)
    give(carol, Role.USER, root)
    assert send(app, ROUTES_WITH_KEY["JavaScript"], carol).status == 403


def test_a_twin_in_flight_is_no_answer_for_those_without_the_right(
    app: Any, root: Person, carol: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_flight(once: Once) -> None:
        raise KeyInFlight

    monkeypatch.setattr(Once, "begin", in_flight)
    arrange(monkeypatch, "authenticated", lambda: give(carol, Role.USER, root))
    assert send(app, ROUTES_WITH_KEY["a user"], carol).status == 403


def test_what_was_refused_under_a_key_is_done_when_the_right_is_back(app: Any, root: Person, carol: Person) -> None:
    route = ROUTES_WITH_KEY["JavaScript"]
    give(carol, Role.USER, root)
    assert send(app, route, carol).status == 403
    give(carol, Role.ADMIN, root)
    answer = send(app, route, carol)
    assert (answer.status, "idempotent-replayed" in answer.headers) == (202, False)


def test_a_new_session_after_a_new_password_has_the_kept_answer(app: Any, root: Person, carol: Person) -> None:
    route = ROUTES_WITH_KEY["a user"]
    first = send(app, route, carol)
    FATES["password changed"](carol, root)
    carol.password = "another long password"
    carol.token = carol.log_in()
    assert send(app, route, carol).body == first.body


def test_every_route_that_takes_a_key_is_in_the_table() -> None:
    takes = {
        path
        for path, resource in {**ROUTES, **PAGES}.items()
        if "once" in get_type_hints(getattr(resource, "on_post", lambda: None))
    }
    assert takes == {route.path for route in ROUTES_WITH_KEY.values()}
