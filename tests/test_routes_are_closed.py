"""Closed by default: whatever is not on a written list wants a session, before it looks at anything else."""

import uuid
from typing import Any
from urllib.parse import quote

import pytest
from webtest import TestApp

from api.app import PAGES, ROUTES
from api.openapi import operations_of
from tests.client import Client
from tests.people import Person

OPEN = {
    ("get", "/"),
    ("head", "/"),
    ("post", "/user"),
    ("post", "/auth"),
    ("get", "/livez"),
    ("head", "/livez"),
    ("get", "/readyz"),
    ("head", "/readyz"),
    # Tests ask on the same machine; tests/security/test_metrics.py from elsewhere.
    ("get", "/metrics"),
    ("head", "/metrics"),
    ("get", "/openapi.json"),
    ("head", "/openapi.json"),
    ("get", "/problems/{slug}"),
    ("head", "/problems/{slug}"),
}
OPEN_PAGES = {
    ("get", "/admin/login"),
    ("head", "/admin/login"),
    ("post", "/admin/login"),
    ("get", "/docs"),
    ("head", "/docs"),
    ("get", "/static/{name}"),
    ("head", "/static/{name}"),
}
ALL = {(method, path) for path, resource in ROUTES.items() for method in operations_of(resource)}
ALL_PAGES = {(method, path) for path, resource in PAGES.items() for method in operations_of(resource)}
CLOSED = sorted(ALL - OPEN)
CLOSED_PAGES = sorted(ALL_PAGES - OPEN_PAGES)
EXAMPLES = {
    "{username}": "alice",
    "{user_id:id}": "1",
    "{session_id:uuid}": str(uuid.UUID(int=1)),
    "{task_id:uuid}": str(uuid.UUID(int=1)),
    "{defect_id:id}": "1",
    "{notification_id:id}": "1",
    "{entry_id:id}": "1",
    "{slug}": "not-found",
    "{request_id}": "req-1",
    "{name}": "aerie.css",
}
BROKEN = {
    "broken JSON": ({"Content-Type": "application/json"}, b'{"data":'),
    "no JSON": ({"Content-Type": "text/plain"}, b"hello"),
    "too large": ({"Content-Type": "application/json"}, b" " * (1024 * 1024 + 1)),
    "no body": ({}, b""),
}
TOKENS = {
    "no token": {},
    "a bad token": {"Authorization": "Bearer nonsense"},
    "basic": {"Authorization": "Basic YTpi"},
    "a bad cookie": {"Cookie": "session=nonsense"},
}


def filled(path: str) -> str:
    for parameter, example in EXAMPLES.items():
        path = path.replace(parameter, example)
    assert "{" not in path, f"give {path} an example"
    return path


def test_the_written_list_names_only_routes_that_exist() -> None:
    assert OPEN <= ALL
    assert OPEN_PAGES <= ALL_PAGES


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_a_session_it_is_401(api: Client, method: str, path: str, token: str) -> None:
    answer = api.request(filled(path), method=method.upper(), headers=TOKENS[token], status=401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("body", BROKEN)
@pytest.mark.parametrize(("method", "path"), [each for each in CLOSED if each[0] in ("put", "patch", "post")])
def test_a_broken_body_without_a_session_is_401(api: Client, method: str, path: str, body: str) -> None:
    headers, content = BROKEN[body]
    api.request(filled(path), method=method.upper(), headers=headers, body=content, status=401)


def test_wrong_parameters_without_a_session_are_401(api: Client) -> None:
    api.get("/auth/sessions?limit=0&nonsense=1", status=401)


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize(("method", "path"), CLOSED_PAGES)
def test_a_page_without_a_session_leads_to_the_entrance(
    app: Any, stores: None, method: str, path: str, token: str
) -> None:
    for headers, content in BROKEN.values() if method == "post" else [({}, b"")]:
        asked: dict[str, Any] = {"headers": TOKENS[token] | headers, "body": content}
        answer = TestApp(app).request(filled(path), method=method.upper(), status=303, **asked)
        lost = "&lost=" if method == "post" else ""
        assert answer.headers["Location"] == f"/admin/login?next={quote(filled(path), safe='')}{lost}"
        assert answer.body == b""
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", PAGES)
def test_a_method_that_a_page_has_not_is_405_and_an_unknown_page_404(app: Any, stores: None, path: str) -> None:
    having = {method.upper() for method in operations_of(PAGES[path])}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - having:
        answer = TestApp(app).request(filled(path), method=method, body=b"{", status=405)
        assert set(answer.headers["Allow"].split(", ")) == having | {"OPTIONS"}
    TestApp(app).post(f"{filled(path)}/more", "{", status=404)


@pytest.mark.parametrize(("method", "path"), sorted(OPEN))
def test_what_is_on_the_list_needs_no_session(api: Client, method: str, path: str) -> None:
    assert api.request(filled(path), method=method.upper()).status_int in (200, 400)


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("path", ["/nowhere", "/user/alice/more", "/auth/sessions/not-a-uuid", "/users%00"])
def test_an_unknown_route_is_404_before_anything_else(api: Client, method: str, path: str, token: str) -> None:
    answer = api.request(path, method=method, headers=TOKENS[token], status=404)
    assert answer.json["type"] == "/problems/not-found"


@pytest.mark.parametrize("path", ROUTES)
def test_a_method_that_a_route_has_not_is_405_before_anything_else(api: Client, app: Any, path: str) -> None:
    having = {method.upper() for method in operations_of(ROUTES[path])} | {"OPTIONS"}
    unchecked = TestApp(app, lint=False)  # WebTest's own checks know no such methods
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW", "get"} - having:
        answer = unchecked.request(filled(path), method=method, body=b"{", status=405)
        assert set(answer.headers["Allow"].split(", ")) == having
        assert answer.json["type"] == "/problems/method-not-allowed"


@pytest.mark.parametrize("path", ROUTES)
def test_options_lists_the_methods_to_anyone(api: Client, path: str) -> None:
    answer = api.options(filled(path), status=200)
    having = {method.upper() for method in operations_of(ROUTES[path])}
    assert {word.strip() for word in answer.headers["Allow"].split(",")} - {"OPTIONS"} == having
    assert answer.body == b""


@pytest.mark.parametrize("where", ["header", "parameter"])
def test_a_method_cant_be_overridden(api: Client, alice: Person, where: str) -> None:
    given = {"X-HTTP-Method-Override": "DELETE"} if where == "header" else {}
    query = "?_method=DELETE" if where == "parameter" else ""
    api.post(f"/user/alice{query}", headers=alice.headers | given, status=405)
    api.get("/user/alice", headers=alice.headers | given, status=200)
