"""The product decides as docs/who-may-do-what.md says, cell by cell, and shows nobody what is another's."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from models.audit import AuditEntry
from models.defect import Defect
from models.defect_document import NewDefect
from models.notification import Notification
from models.notification_document import NoticeStatus
from models.roles import Role
from models.stores import opened
from models.task import Task
from models.task_kinds import NewDelay
from models.user import User
from tests.client import Client
from tests.people import Person, bearer, claims
from tests.security.cookies import from_page
from tests.security.decisions import PAGE, Decision, decisions
from tests.security.rows import rows

DECISIONS = list(decisions(PAGE.read_text(encoding="utf-8")))
ASKING = {
    "user": "alice",
    "other user": "bob",
    "admin": "root",
    "second admin": "carol",
    "deleted": "dave",
    "demoted": "erin",
}
WAYS = {"bearer": bearer, "cookie": from_page}
# By cookie, one of each kind: whoever is let in is let in whatever else they send.
BY_COOKIE = {(each.method, each.path, each.who, each.status): each for each in DECISIONS if each.who in ASKING}
ASKED = [(each, "bearer") for each in DECISIONS] + [(each, "cookie") for each in BY_COOKIE.values()]
OWNING = {"a user's": ["bob", "alice"], "an admin's": ["carol", "root"], "deleted": ["dave"]}
ADMINS = ["root", "carol"]
LISTS = ["/users", "/tasks", "/api/defects", "/notifications", "/audit"]
PRIVATE = {"email", "role", "data", "deleted_at"}


@dataclass(frozen=True, kw_only=True)
class Target:
    """Whose thing it is, and what names it; made up where it is nobody's."""

    username: str = "nobody"
    user_id: int = 999_999
    session_id: str = "00000000-0000-4000-8000-000000000000"
    password: str = "nobody's long password"
    task_id: str = "00000000-0000-4000-8000-000000000000"
    defect_id: int = 999_999
    notification_id: int = 999_999
    entry_id: int = 999_999


class People(dict[str, Person]):
    """Everybody by name, made when first asked for, each with something to keep to themselves."""

    def __init__(self, api: Client, make: Callable[..., Person]) -> None:
        super().__init__()
        self._api, self._make = api, make
        self.tasks: dict[str, str] = {}
        self.defects: dict[str, int] = {}

    def __missing__(self, name: str) -> Person:
        made = self[name] = self._make(name, Role.ADMIN if name in (*ADMINS, "erin") else Role.USER)
        self.tasks[name] = Task.submit(NewDelay(seconds=60), by=made.as_actor()).id
        self.defects[name] = Defect.report(NewDefect(comment="The door sticks."), by=made.as_actor()).id
        failed = {"status": NoticeStatus.FAILED, "next_attempt_at": None, "send_at": None}
        Notification.update(failed).where(Notification.user_id == made.id).execute()
        email = f"{name}@example.com"
        User.update(email=email, email_key=email, data={"diary": f"of {name}"}).where(User.id == made.id).execute()
        if name == "dave":
            self._api.delete(f"/users/{made.id}", headers=self["root"].headers, status=200)
        if name == "erin":
            self._api.patch_json(f"/users/{made.id}", {"role": "user"}, headers=self["root"].headers, status=200)
        return made

    def target(self, whose: str, actor: Person | None) -> Target:
        """Somebody of that kind, and not the actor if there is another."""
        asking = actor.name if actor else ""
        fitting = [asking] if whose == "own" else OWNING.get(whose, [])
        if not fitting:
            return Target()
        owner = self[next((name for name in fitting if name != asking), asking)]
        another = whose == "own" and asking != "dave"  # who can't log in any more
        session_id = claims(owner.log_in() if another else owner.token)["jti"]
        return Target(
            username=owner.name,
            user_id=owner.id,
            session_id=session_id,
            password=owner.password,
            task_id=self.tasks[owner.name],
            defect_id=self.defects[owner.name],
            notification_id=Notification.get(Notification.user_id == owner.id).id,
            entry_id=AuditEntry.get(AuditEntry.user_id == owner.id).id,
        )


@pytest.fixture
def people(api: Client, person: Callable[..., Person]) -> People:
    return People(api, person)


@pytest.mark.parametrize(("decision", "way"), ASKED, ids=str)
def test_everybody_gets_what_the_table_says(api: Client, people: People, decision: Decision, way: str) -> None:
    actor = people[ASKING[decision.who]] if decision.who in ASKING else None
    if decision.path in LISTS:
        needed = list(ASKING.values())
    else:  # no admin who goes may be the last
        needed = ADMINS if decision.by_admin and "own" in decision.whose else []
    for name in needed:
        people[name]
    for whose in decision.whose:
        target = people.target(whose, actor)
        for method in decision.methods:
            before = _kept()
            answer = _ask(api, method, decision, target, WAYS[way](actor.token) if actor else {})
            assert answer.status_int == decision.status, f"{method} of {whose}"
            assert decision.status < 400 or _kept() == before, f"{method} of {whose} changed something"
            assert method != "HEAD" or answer.body == b""
            if answer.body and decision.keys:
                _check_shown(decision, answer.json, target, people)
            if answer.body and not decision.by_admin:
                _check_nothing_of_others(answer, people, actor)


def test_every_operation_has_a_row_and_every_row_an_operation(api: Client) -> None:
    paths = api.get("/openapi.json", status=200).json["paths"]
    there = {(method, path) for path, operations in paths.items() for method in operations}
    assert set().union(*(each.operations for each in DECISIONS)) == there


def test_every_operation_on_a_thing_is_decided_for_everybody_s() -> None:
    whose: dict[tuple[str, str], set[str]] = {}
    for each in DECISIONS:
        if "_id}" in each.path or "{username}" in each.path:
            whose.setdefault((each.method, each.path), set()).update(each.whose)
    assert whose
    assert [each for each, found in whose.items() if found != {"own", *OWNING, "missing"}] == []


@pytest.mark.parametrize(
    "line",
    [
        "| `GET` | – | 401 | 200 | 200 | 200 | 200 | 401 |",
        "| `GET` | – | 401 | 200 | 200 | 200 | 200 | 401 | 2000 |",
        "| `GET` | – | 401 | 200 | 200 | 200 | 200 | 401 | 200 everything |",
        "| `GET` | – | 401 | 200 | 200 | 200 | 200 | 401 | – |",
        "| `GET` | whose | 401 | 200 | 200 | 200 | 200 | 401 | 200 |",
        "| GET | – | 401 | 200 | 200 | 200 | 200 | 401 | 200 |",
        "| `PUT` with role | – | 401 | 200 | 200 | 200 | 200 | 401 | 200 |",
        "| Request | Whose | user | anonymous | other user | admin | second admin | deleted | demoted |",
    ],
)
def test_a_line_that_can_t_be_read_is_quoted(line: str) -> None:
    with pytest.raises(ValueError, match=re.escape(line)):
        list(decisions(line))


def _kept() -> Any:
    """What a refusal may not change: every row, and which sessions there are."""
    kept = [rows(table) for table in ("users", "task", "defect", "notification", "audit_entry")]
    return kept, sorted(opened.redis.run("KEYS", "session:*"))


def _ask(api: Client, method: str, decision: Decision, target: Target, headers: dict[str, str]) -> Any:
    slug = "no-such-problem" if "missing" in decision.whose else "not-found"
    path = decision.path.format(**vars(target), slug=slug) + decision.query
    if not decision.fields:
        return api.request(path, method=method, headers=headers)
    logs_in = decision.path == "/auth"
    values = {
        "username": target.username if logs_in else f"new-{target.username}",
        "password": target.password if logs_in else "an entirely new password",
        "current_password": target.password,
        "role": "user" if target.username in ADMINS else "admin",
        "email": "new@example.com",
        "data": {"new": 1},
        "type": "javascript" if "code" in decision.fields else "delay",
        "seconds": 0,
        "code": "1",
        "comment": "The door still sticks.",
        "timestamp": "2026-01-01T00:00:00Z",
        "user": target.user_id,
    }
    body = {name: values[name] if right else "not what it should be" for name, right in decision.fields.items()}
    call: Any = getattr(api, f"{method.lower()}_json")
    return call(path, body, headers=headers)


def _check_shown(decision: Decision, answer: Any, target: Target, people: People) -> None:
    assert {frozenset(each) for each in answer.get("items", [answer])} == {decision.keys}
    assert ("items" in answer) == (decision.path in LISTS and decision.method == "GET")
    if decision.path == "/tasks" and decision.method == "GET":
        owners = {each["owner"] for each in answer["items"]}
        assert owners == {people[name].id for name in _owners_shown(decision)}
    elif decision.path == "/api/defects" and decision.method == "GET":
        hidden = set() if decision.by_admin else {"dave"}
        creators = {None if name in hidden else people[name].id for name in ASKING.values()}
        assert {each["user"] for each in answer["items"]} == creators
    elif decision.path == "/users" and "items" in answer:
        assert ("dave" in {each["username"] for each in answer["items"]}) == ("deleted=" in decision.query)
    elif name := re.search(r"{(\w+_id)}", decision.path):
        assert answer["id"] == getattr(target, name[1])
    elif "{username}" in decision.path:
        assert answer["id"] == target.user_id


def _owners_shown(decision: Decision) -> set[str]:
    """Whose tasks are in somebody's list: their own, and in an admin's those of users."""
    asking = ASKING[decision.who]
    others = {name for name in ASKING.values() if name not in ADMINS} if decision.by_admin else set()
    # Those of deleted users were cancelled.
    return {asking} | (others - {"dave"} if "status=queued" in decision.query else others)


def _check_nothing_of_others(answer: Any, people: People, actor: Person | None) -> None:
    for other in people.values():
        if other is not actor:
            assert f"{other.name}@example.com" not in answer.text
            assert f"of {other.name}" not in answer.text
    assert "dave" not in answer.text
    for each in _objects(answer.json if answer.request.path != "/openapi.json" else {}):
        if PRIVATE & each.keys():
            assert each["username"] in (actor.name if actor else "", "new-nobody")
            assert "deleted_at" not in each


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document, but what somebody keeps under `data`."""
    if isinstance(document, dict):
        yield document
        document = [value for name, value in document.items() if name != "data"]
    for each in document if isinstance(document, list) else []:
        yield from _objects(each)
