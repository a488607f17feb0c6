"""R32: whatever the bytes, the answer is a 4xx that names the fault, and nothing is half done."""

import json
import re
from itertools import product
from typing import Any

import pytest

from api.app import ROUTES
from api.openapi import operations_of
from hooks.body import kinds_of
from models.defect import Defect
from models.defect_document import NewDefect
from tests.people import Person
from tests.security.asking import ask
from tests.security.borne import assert_borne
from tests.security.hostile import (
    BODIES,
    CONTENT_TYPES,
    HEADERS,
    LENGTHS,
    LENGTHS_TOO_LARGE,
    METHODS,
    NAMES,
    ODD_QUERIES,
    PATHS,
    REFUSED_FILTERS,
    REFUSED_QUERIES,
    VALUES,
)
from tests.security.rows import rows
from tests.services.databases import OF_REFUSALS

GOOD_FIELDS = {
    "username": "mallory", "password": "a long password", "email": "mallory@example.com", "data": {"a": 1},
    "role": "user", "current_password": "alice's long password", "seconds": 60, "code": "1",
    "comment": "The door sticks.", "timestamp": "2026-01-01T00:00:00Z",
}  # fmt: skip
GOOD = b'{"username": "mallory", "password": "mallory\'s long password"}'
EXAMPLES = {
    "username": "alice",
    "user_id": "1",
    "session_id": "00000000-0000-4000-8000-000000000000",
    "task_id": "00000000-0000-4000-8000-000000000000",
    "defect_id": "1",
    "notification_id": "1",
    "entry_id": "1",
    "slug": "not-found",
}

LISTS = {"/auth/sessions", "/users", "/tasks", "/api/defects", "/notifications", "/audit"}

pytestmark = [pytest.mark.usefixtures("stores"), pytest.mark.parametrize("app", OF_REFUSALS, indirect=True)]


@pytest.fixture
def alice(alice: Person) -> Person:
    """With a defect, so that a path to it leads as far as its body."""
    Defect.report(NewDefect(comment="The door sticks."), by=alice.as_actor())
    return alice


def address(template: str) -> str:
    """A path for a route; a new parameter needs an example here."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: EXAMPLES[found[1]], template)


# What ends the asker's session or account comes last, else nobody would ask the rest.
EVERYTHING = sorted(
    ((each.upper(), address(path)) for path, resource in ROUTES.items() for each in operations_of(resource)),
    key=lambda route: route[0] == "DELETE" and 1 + (route[1] == "/auth"),
)
KINDS = [
    ((method.upper(), address(path)), kind)
    for path, resource in ROUTES.items()
    for method, responder in operations_of(resource).items()
    if "body" in responder.__annotations__
    for kind in kinds_of(responder.__annotations__["body"])
]
WITH_BODY = [route for route, _ in KINDS]


def test_the_corpus_is_as_large_as_promised_and_finds_the_routes() -> None:
    assert sum(map(len, (BODIES, VALUES, CONTENT_TYPES, LENGTHS, HEADERS, NAMES, PATHS, REFUSED_QUERIES))) >= 80
    assert {("POST", "/user"), ("POST", "/auth"), ("PUT", "/user/alice"), ("PATCH", "/user/alice")} <= set(WITH_BODY)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_hostile_body_is_borne(app: Any, alice: Person, root: Person, body: bytes) -> None:
    """R32"""
    for person, (method, path) in product((alice, root), WITH_BODY):
        assert_borne(app, method, path, headers=person.headers, body=body)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_a_hostile_value_is_borne_in_every_field(app: Any, alice: Person, root: Person, value: Any) -> None:
    """R32"""
    for person, ((method, path), kind) in product((alice, root), KINDS):
        good = {name: each for name, each in GOOD_FIELDS.items() if name in kind.__struct_fields__}
        if kind.__struct_config__.tag:
            good["type"] = kind.__struct_config__.tag
        bad = [good | {name: value} for name in good] + [good | {"data": {"a": [value], str(value): value}}]
        for document in bad:
            assert_borne(app, method, path, headers=person.headers, body=json.dumps(document).encode())


def test_a_hostile_content_type_is_borne(app: Any, alice: Person) -> None:
    """R32"""
    for (method, path), kind in product(WITH_BODY, CONTENT_TYPES):
        assert_borne(app, method, path, headers=alice.headers | {"Content-Type": kind}, body=GOOD)


def test_a_content_length_that_lies_is_borne(app: Any, alice: Person) -> None:
    """R32"""
    for (method, path), length in product(WITH_BODY, LENGTHS + LENGTHS_TOO_LARGE):
        claimed = {"CONTENT_LENGTH": length.encode().decode("latin-1")}
        answer = assert_borne(app, method, path, headers=alice.headers, body=GOOD, environ=claimed)
        assert length not in LENGTHS_TOO_LARGE or answer.status in (400, 403, 413), "a part is not taken for the whole"


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: ascii(str(headers)[:60]))
def test_a_hostile_header_is_borne_everywhere(app: Any, alice: Person, headers: dict[str, str]) -> None:
    """R32"""
    for method, path in EVERYTHING:
        answer = assert_borne(app, method, path, headers=headers, body=GOOD)
        assert not {"set-cookie", "x-evil"} & answer.headers.keys()
    assert {row["username"] for row in rows("users")} <= {"alice", "mallory"}


def test_a_method_override_is_ignored(app: Any, alice: Person) -> None:
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        for method in ("GET", "PATCH"):
            answer = ask(
                app, method, "/user/alice?_method=DELETE", headers=alice.headers | {name: "DELETE"}, body=b"{}"
            )
            assert answer.status == 200
    assert [row["username"] for row in rows("users")] == ["alice"]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "POST"])
def test_a_hostile_name_in_the_path_is_borne(app: Any, alice: Person, root: Person, method: str) -> None:
    """R32"""
    for name, headers in product(NAMES, (alice.headers, root.headers, {})):
        assert_borne(app, method, f"/user/{name}", headers=headers, body=b'{"data": {}}')
    assert len(rows("users")) == 2


def test_a_hostile_path_is_borne(app: Any, alice: Person, root: Person) -> None:
    """R32"""
    for path, method, person in product(PATHS, ("GET", "POST", "HEAD"), (alice, root)):
        assert_borne(app, method, path, headers=person.headers)


def test_a_hostile_query_is_borne(app: Any, alice: Person, root: Person) -> None:
    """R32"""
    reading = [path for method, path in EVERYTHING if method == "GET"]
    for path, query in product(reading, REFUSED_QUERIES + ODD_QUERIES):
        answer = assert_borne(app, "GET", f"{path}?{query}", headers=root.headers)
        assert path not in LISTS or answer.status == 400 or query in ODD_QUERIES, query[:40]


@pytest.mark.parametrize("path", REFUSED_FILTERS)
def test_a_hostile_filter_is_refused_by_name(app: Any, root: Person, path: str) -> None:
    """R32"""
    for query in REFUSED_FILTERS[path]:
        answer = assert_borne(app, "GET", f"{path}?{query}", headers=root.headers)
        assert answer.status == 400, query
        assert answer.faults.keys() == {query.partition("=")[0]}, query


@pytest.mark.parametrize("method", METHODS, ids=lambda method: ascii(method[:20]))
def test_a_hostile_method_is_borne(app: Any, alice: Person, method: str) -> None:
    """R32"""
    for path in {path for _, path in EVERYTHING}:
        answer = assert_borne(app, method, path, headers=alice.headers, body=GOOD)
        if method not in ("OPTIONS", "HEAD"):
            assert answer.status in (400, 404, 405, 501)
