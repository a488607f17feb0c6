"""The OpenAPI document says what the application does for programs, no more and no less; pages are for people."""

import re
from typing import Any

import pytest
import regress
from falcon.inspect import inspect_app
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from api.app import PAGES, ROUTES
from tests.client import Client
from tests.people import Person


@pytest.fixture
def document(api: Client) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/openapi.json", status=200).json
    return found


def test_it_names_the_routes_and_methods_that_falcon_has_but_for_pages(app: Any, document: dict[str, Any]) -> None:
    routed = {
        (re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path), method.method.lower())
        for route in inspect_app(app).routes
        if route.path not in PAGES
        for method in route.methods
        if not method.internal  # Falcon's own: OPTIONS, and 405 for all others
    }
    documented = {(path, method) for path, item in document["paths"].items() for method in item}
    assert documented == routed
    assert len(routed) > 15


def test_every_route_stands_in_one_of_two_tables_and_what_only_people_look_at_is_known_by_its_path(app: Any) -> None:
    assert sorted(route.path for route in inspect_app(app).routes) == sorted([*ROUTES, *PAGES])
    for_people = {path for path in [*ROUTES, *PAGES] if path.split("/")[1] in ("admin", "docs", "static")}
    assert for_people == set(PAGES)


def test_it_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    operations = [each for item in document["paths"].values() for each in item.values()]
    for operation in operations:
        assert operation["summary"].strip()
        assert operation["description"].strip()
        assert operation["responses"]
        assert all(answer["description"].strip() for answer in operation["responses"].values())
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)


def test_every_parameter_of_a_path_is_described(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for operation in item.values():
            named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))


def test_no_password_is_in_any_answer(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("Account", "SessionDocument", "Greeting"):
        assert not {"password", "password_hash", "session_epoch", "token"} & set(schemas[name]["properties"])


def test_every_operation_stands_under_a_heading_that_says_what_it_is(document: dict[str, Any]) -> None:
    headings = {each["name"]: each["description"] for each in document["tags"]}
    used = [tuple(operation["tags"]) for item in document["paths"].values() for operation in item.values()]
    assert set(used) == {(name,) for name in headings}
    assert all(description.endswith(".") for description in headings.values())


REFUSED_PARAMETERS = [
    ("/users", "cursor", "x"),
    ("/users", "username", ""),
    ("/users", "email", "LPT1"),
    ("/users", "q", ""),
    ("/api/defects", "q", ""),
    ("/api/defects", "q", "a\0"),
    ("/audit", "object_id", ""),
    ("/audit", "object_id", "\u00e9"),
    ("/audit", "request_id", "a\x0b"),
    ("/audit", "since", "0467-07-05T02:47:54Z"),
    ("/audit", "until", "9999-01-01T00:00:00Z"),
    ("/notifications", "request_id", ""),
]


@pytest.mark.parametrize(("path", "name", "value"), REFUSED_PARAMETERS)
def test_what_a_list_refuses_of_its_parameters_the_document_refuses_too(
    api: Client, root: Person, document: dict[str, Any], path: str, name: str, value: str
) -> None:
    answer = api.get(path, {name: value}, headers=root.headers, status=400)
    assert [each["field"] for each in answer.json["errors"]] == [name]
    assert not is_valid(value, parameter(document, path, "get", name))


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/users", "q", "a b"),
        ("/api/defects", "q", "\u0085"),
        ("/audit", "object_id", "~ 7"),
        ("/audit", "since", "1000-01-02T00:00:00Z"),
    ],
)
def test_what_a_list_takes_the_document_takes_too(
    api: Client, root: Person, document: dict[str, Any], path: str, name: str, value: str
) -> None:
    api.get(path, {name: value}, headers=root.headers, status=200)
    assert is_valid(value, parameter(document, path, "get", name))


@pytest.mark.parametrize(
    ("comment", "status"), [(" ", 400), ("\x1c", 400), ("\x85", 400), ("\u3000", 400), ("\0", 400), ("\ufeff", 201)]
)
def test_a_comment_is_blank_to_the_document_where_it_is_to_us(
    api: Client, alice: Person, document: dict[str, Any], comment: str, status: int
) -> None:
    api.post_json("/api/defects", {"comment": comment}, headers=alice.headers, status=status)
    pattern = document["components"]["schemas"]["NewDefect"]["properties"]["comment"]["pattern"]
    # Whose expressions the document's are is JavaScript; Python's \s is another.
    assert (regress.Regex(pattern).find(comment) is not None) is (status == 201)


def test_a_time_with_no_four_digits_of_a_year_is_wrong_to_the_document_too(
    api: Client, alice: Person, document: dict[str, Any]
) -> None:
    schema = document["components"]["schemas"]["NewDefect"]["properties"]["timestamp"]
    for timestamp, status in (("0467-07-05T02:47:54Z", 400), ("2026-07-05T02:47:54Z", 201)):
        body = {"comment": "It leaks.", "timestamp": timestamp}
        api.post_json("/api/defects", body, headers=alice.headers, status=status)
        assert is_valid(timestamp, schema) is (status == 201)


@pytest.mark.parametrize(
    ("path", "method", "name", "value"),
    [("/api/defects", "post", "Idempotency-Key", "a b"), ("/user/{username}", "delete", "If-Match", ",")],
)
def test_headers_that_are_refused_the_document_refuses_too(
    api: Client, alice: Person, document: dict[str, Any], path: str, method: str, name: str, value: str
) -> None:
    headers = alice.headers | {name: value, "Content-Type": "application/json"}
    body = b'{"comment": "It leaks."}' if method == "post" else b""
    api.request(path.format(username="alice"), method=method.upper(), headers=headers, body=body, status=400)
    assert not is_valid(value, parameter(document, path, method, name))


def test_code_that_is_too_long_is_so_in_the_document_too(api: Client, root: Person, document: dict[str, Any]) -> None:
    code = "1" * (256 * 1024 + 1)
    api.post_json("/tasks", {"type": "javascript", "code": code}, headers=root.headers, status=400)
    assert not is_valid(code, document["components"]["schemas"]["NewJavaScript"]["properties"]["code"])


def parameter(document: dict[str, Any], path: str, method: str, name: str) -> dict[str, Any]:
    """The schema of a parameter of an operation."""
    found: dict[str, Any] = next(
        each["schema"] for each in document["paths"][path][method]["parameters"] if each["name"] == name
    )
    return found


def is_valid(value: str, schema: dict[str, Any]) -> bool:
    """Whether a document's schema takes a value."""
    return bool(Draft202012Validator(schema, format_checker=FormatChecker(["email"])).is_valid(value))
