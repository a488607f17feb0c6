"""The OpenAPI document says what the application does for programs, no more and no less; pages are for people."""

import re
from typing import Any

import pytest
from falcon.inspect import inspect_app
from openapi_spec_validator import validate

from api.app import PAGES, ROUTES
from tests.client import Client


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
