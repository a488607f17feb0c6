"""Other origins may read answers only if CORS_ORIGINS names them, to the letter."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from falcon.testing import Result, TestClient

from api.app import create_app
from models.stores import connect, drop_connection, opened

NAMED = "https://app.example"
READ = {
    "access-control-allow-origin": NAMED,
    "access-control-expose-headers": (
        "ETag, Idempotent-Replayed, Link, Location, Preference-Applied, Retry-After, X-Request-ID"
    ),
}
PREFLIGHT = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def named(stores: None) -> Iterator[TestClient]:
    before = opened.settings
    drop_connection()
    yield TestClient(create_app(replace(before, cors_origins=(NAMED,))))
    drop_connection()
    connect(before, send=opened.send, count_refusal=opened.count_refusal)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 200), ("GET", "/user/alice", 401), ("GET", "/nowhere", 404), ("PUT", "/user", 405),
     ("POST", "/user", 400), ("OPTIONS", "/user", 200)],
)  # fmt: skip
def test_a_named_origin_may_read_every_answer_but_by_no_cookie(
    named: TestClient, method: str, path: str, status: int
) -> None:
    answer = named.simulate_request(method, path, headers={"Origin": NAMED})
    assert answer.status_code == status
    assert _said(answer) == READ


def test_a_named_origin_may_ask_with_a_token(named: TestClient) -> None:
    preflight = named.simulate_options("/user/alice", headers={"Origin": NAMED, **PREFLIGHT})
    methods = {"access-control-allow-methods": "DELETE, GET, HEAD, PATCH, PUT", "access-control-max-age": "86400"}
    assert _said(preflight) == READ | methods | {"access-control-allow-headers": "authorization"}


@pytest.mark.parametrize(
    "origin",
    ["https://app.example.evil", "http://app.example", "https://app.example:8443", "https://evil.app.example", "null",
     "https://app.example/", "https://APP.example", "https://app.example, https://evil.example", "*", ""],
)  # fmt: skip
def test_no_other_origin_may(named: TestClient, origin: str) -> None:
    assert _said(named.simulate_get("/", headers={"Origin": origin})) == {}
    assert _said(named.simulate_options("/user/alice", headers={"Origin": origin, **PREFLIGHT})) == {}


@pytest.mark.parametrize("origin", [NAMED, "https://evil.example", None])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("HEAD", "/"), ("GET", "/user/alice"), ("GET", "/nowhere"), ("GET", "//users"), ("PUT", "/user"),
     ("POST", "/user"), ("OPTIONS", "/user"), ("GET", "/problems/not-found"), ("GET", "/admin"),
     ("GET", "/admin/login"), ("GET", "/static/aerie.css")],
)  # fmt: skip
def test_every_answer_says_that_it_depends_on_the_origin(
    named: TestClient, method: str, path: str, origin: str | None
) -> None:
    headers = {} if origin is None else {"Origin": origin}
    for more in ({}, PREFLIGHT) if method == "OPTIONS" else ({},):
        answer = named.simulate_request(method, path, headers=headers | more)
        assert "Origin" in answer.headers["Vary"].split(", ")
    if path.startswith("/problems"):
        assert answer.headers["Vary"] == "Accept, Origin"


def test_unless_origins_are_named_none_may(app: Any, stores: None) -> None:
    unnamed = TestClient(app)
    assert "Vary" not in unnamed.simulate_get("/", headers={"Origin": NAMED}).headers
    assert _said(unnamed.simulate_get("/", headers={"Origin": NAMED})) == {}
    assert _said(unnamed.simulate_options("/user/alice", headers={"Origin": NAMED, **PREFLIGHT})) == {}


def _said(answer: Result) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items() if name.lower().startswith("access-control")}
