"""Other origins may read answers only if CORS_ORIGINS names them, to the letter."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from falcon.testing import Result, TestClient

from api.app import create_app
from models.stores import connect, drop_connection, opened

NAMED = "https://app.example"
PREFLIGHT = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def named(stores: None) -> Iterator[TestClient]:
    before = opened.settings
    drop_connection()
    yield TestClient(create_app(replace(before, cors_origins=(NAMED,))))
    drop_connection()
    connect(before, send=opened.send, count_refusal=opened.count_refusal)


def test_a_named_origin_may_read_answers_and_ask_with_a_token(named: TestClient) -> None:
    answer = named.simulate_get("/", headers={"Origin": NAMED})
    assert answer.headers["Access-Control-Allow-Origin"] == NAMED
    assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
    preflight = named.simulate_options("/user/alice", headers={"Origin": NAMED, **PREFLIGHT})
    assert preflight.headers["Access-Control-Allow-Origin"] == NAMED
    assert "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"] == "authorization"


@pytest.mark.parametrize(
    "origin",
    ["https://app.example.evil", "http://app.example", "https://app.example:8443", "https://evil.app.example", "null"],
)
def test_no_other_origin_may(named: TestClient, origin: str) -> None:
    assert _allowed(named.simulate_get("/", headers={"Origin": origin})) == []
    assert _allowed(named.simulate_options("/user/alice", headers={"Origin": origin, **PREFLIGHT})) == []


def _allowed(answer: Result) -> list[str]:
    return [name for name in answer.headers if name.lower().startswith("access-control-allow")]
