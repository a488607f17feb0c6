"""The product decides as docs/who-may-do-what.md says, cell by cell, and shows nobody what is another's."""

import re
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest

from models.stores import opened
from tests.client import Client
from tests.people import Person, bearer
from tests.security.cookies import from_page
from tests.security.decisions import PAGE, Decision, decisions
from tests.security.everybody import ADMINS, OWNING, People, Target
from tests.security.requested import check_which, request
from tests.security.rows import rows
from tests.services.databases import OF_PARTS

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
Turn = tuple[list[Decision], str]
LISTS = ["/users", "/tasks", "/api/defects", "/notifications", "/audit"]
PRIVATE = {"email", "role", "data", "deleted_at"}


@pytest.fixture
def people(api: Client, person: Callable[..., Person]) -> People:
    return People(api, person)


def turns() -> list[Turn]:
    """All that somebody may ask at one path for nothing to change, and whatever changes something by itself."""
    found: dict[tuple[str, str, str, int], Turn] = {}
    for number, (each, way) in enumerate(ASKED, 1):
        changes = each.status < 400 and each.method != "GET"
        decisions, _ = found.setdefault((each.path, each.who, way, number if changes else 0), ([], way))
        decisions.append(each)
    return list(found.values())


def name_of(turn: Turn) -> str:
    (first, *others), way = turn
    return f"{first} and {len(others)} more, {way}" if others else f"{first}, {way}"


def on_each_database_in_turn() -> list[Any]:
    """Half of them on one and half on the other; a run on one database alone asks all of it."""
    databases = cycle(OF_PARTS)
    return [pytest.param(next(databases), turn, id=name_of(turn)) for turn in turns()]


@pytest.mark.parametrize(("app", "turn"), on_each_database_in_turn(), indirect=["app"])
def test_everybody_gets_what_the_table_says(api: Client, people: People, turn: Turn) -> None:
    decisions, way = turn
    for decision in decisions:
        actor = _actor(decision, people)
        for name in _needed(decision):
            people[name]
        for whose in decision.whose:
            target = people.target(whose, actor)
            for method in decision.methods:
                before = _kept()
                answer = request(api, method, decision, target, WAYS[way](actor.token) if actor else {})
                assert answer.status_int == decision.status, f"{decision}: {method} of {whose}"
                assert decision.status < 400 or _kept() == before, f"{decision}: {method} of {whose} changed something"
                _check_answer(decision, method, answer, target, people)


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


def _actor(decision: Decision, people: People) -> Person | None:
    return people[ASKING[decision.who]] if decision.who in ASKING else None


def _needed(decision: Decision) -> list[str]:
    """Who must be there, besides those whom it is about."""
    if decision.path in LISTS:
        return list(ASKING.values())
    # No admin who goes may be the last.
    return ADMINS if decision.by_admin and "own" in decision.whose else []


def _check_answer(decision: Decision, method: str, answer: Any, target: Target, people: People) -> None:
    assert method != "HEAD" or answer.body == b""
    if answer.body and decision.keys:
        _check_shown(decision, answer.json, target, people)
    if answer.body and not decision.by_admin:
        _check_nothing_of_others(answer, people, _actor(decision, people))


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
    else:
        check_which(decision, answer, target)


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
    is_document = "json" in answer.content_type and answer.request.path != "/openapi.json"
    for each in _objects(answer.json if is_document else {}):
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
