"""Contract section 2: what every answer has in common."""

import json
import re
from typing import Any

import pytest
from webtest import TestApp

from models import presence, throttle
from models.audit import AuditEntry
from tests.client import Client
from tests.faults import redis_away
from tests.people import Person

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
JSON = {"Content-Type": "application/json"}
# Every status that these routes have: what was asked, as alice who exists.
ASKED: dict[int, tuple[str, str, bytes, dict[str, str]]] = {
    200: ("GET", "/user/alice", b"", {}),
    201: ("POST", "/user", b'{"username": "dave", "password": "a rather long one"}', JSON),
    204: ("DELETE", "/auth", b"", {}),
    304: ("GET", "/user/alice", b"", {"If-None-Match": "*"}),
    400: ("POST", "/user", b"{", JSON),
    401: ("GET", "/user/alice", b"", {"Authorization": "Bearer nonsense"}),
    403: ("GET", "/user/bob", b"", {}),
    404: ("GET", "/nowhere", b"", {}),
    405: ("BREW", "/user/alice", b"", {}),
    409: ("POST", "/user", b'{"username": "ALICE", "password": "a rather long one"}', JSON),
    412: ("PATCH", "/user/alice", b"{}", JSON | {"If-Match": '"another"'}),
    413: ("POST", "/user", b" " * (1024 * 1024 + 1), JSON),
    415: ("POST", "/user", b"{}", {"Content-Type": "text/plain"}),
    500: ("GET", "/readyz", b"", {}),
}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """`/readyz` meets what nobody thought of."""

    def break_down() -> None:
        raise RuntimeError("a secret of ours in /some/path")

    monkeypatch.setattr(presence, "seen_lately", break_down)


@pytest.fixture
def ask(app: Any, alice: Person, broken: None) -> Any:
    """Asks for what has a certain status, past the checks of the other clients."""

    def ask(status: int, **more: str) -> Any:
        method, path, body, headers = ASKED[status]
        named = {name.replace("_", "-"): value for name, value in more.items()}
        client = TestApp(app, lint=False)
        return client.request(path, method=method, body=body, headers=alice.headers | headers | named, status=status)

    return ask


@pytest.mark.parametrize("status", ASKED)
def test_every_answer_has_its_status_security_headers_and_a_request_id(ask: Any, status: int) -> None:
    answer = ask(status)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert re.fullmatch(r"[0-9a-f-]{32,36}", answer.headers["X-Request-ID"])
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    assert ("Location" in answer.headers) == (status == 201)
    assert ("Allow" in answer.headers) == (status == 405)
    assert (answer.body == b"") == (status in (204, 304))
    assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_429_and_503_say_when_to_come_back_and_have_the_same_headers(api: Client, alice: Person) -> None:
    with redis_away():
        answers = [api.get("/user/alice", headers=alice.headers, status=503)]
    for _ in range(10):
        throttle.Attempt(account="alice", address="127.0.0.1").failed()
    given = {"username": "alice", "password": alice.password}
    answers.append(api.post_json("/auth", given, extra_environ={"REMOTE_ADDR": "127.0.0.1"}, status=429))
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.json["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("status", [status for status in ASKED if status >= 400])
def test_every_error_is_a_problem_with_a_sentence(ask: Any, status: int) -> None:
    answer = ask(status, X_Request_ID="req-1")
    problem = answer.json
    assert answer.content_type == "application/problem+json"
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail", "request_id"}
    assert (problem["status"], problem["request_id"]) == (status, "req-1")
    assert problem["type"].startswith("/problems/")
    assert problem["detail"].endswith(".")


def test_the_unexpected_leaks_nothing_and_is_logged(ask: Any, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    answer = ask(500, X_Request_ID="req-1")
    assert "secret" not in answer.text
    assert "Error" not in answer.text
    failure, request = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert failure["traceback"].endswith("RuntimeError\n")
    assert (failure["level"], failure["request_id"], request["status"]) == ("error", "req-1", 500)


@pytest.mark.parametrize("given", ["a", "x" * 128, "req-1", "2026:11.21_ab-CD"])
def test_a_sane_request_id_is_taken(api: Client, given: str) -> None:
    assert api.get("/", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "a,b", '{"a":1}', "<script>", "a/b", "\xe9", "a;b"])
def test_another_request_id_is_replaced(api: Client, given: str) -> None:
    made = {api.get("/", headers={"X-Request-ID": given}).headers["X-Request-ID"] for _ in range(2)}
    assert len(made) == 2
    assert given not in made


def test_a_request_id_is_on_answer_log_and_audit(api: Client, alice: Person, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    headers = alice.headers | {"X-Request-ID": "req-1"}
    answer = api.patch_json("/user/alice", {"data": {"a": 1}}, headers=headers, status=200)
    assert answer.headers["X-Request-ID"] == "req-1"
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(line["event"], line["request_id"]) for line in lines] == [("user changed", "req-1"), ("request", "req-1")]
    assert AuditEntry.select().order_by(AuditEntry.id.desc()).get().request_id == "req-1"


def test_one_line_is_logged_a_request(api: Client, alice: Person, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    api.get("/user/alice?token=canary", headers=alice.headers, status=200)
    (line,) = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    told = {"method": "GET", "path": "/user/alice", "route": "/user/{username}", "status": 200, "user": alice.id}
    assert told.items() <= line.items()
    assert line["ms"] >= 0


@pytest.mark.parametrize(
    "path", ["/", "/livez", "/readyz", "/openapi.json", "/user/alice", "/users", "/users/1", "/auth/sessions",
     "/problems/not-found"]
)  # fmt: skip
def test_head_answers_as_get_without_a_body(api: Client, alice: Person, path: str) -> None:
    headers = alice.headers | {"X-Request-ID": "same"}
    got, head = api.get(path, headers=headers, status=200), api.head(path, headers=headers, status=200)
    assert head.body == b""
    assert dict(head.headers) == dict(got.headers)


@pytest.mark.parametrize(
    "path", ["/user/bob", "/users/4711", "/users?limit=0", "/auth/sessions?limit=0", "/problems/none"]
)
def test_head_of_an_error_has_its_status(api: Client, alice: Person, path: str) -> None:
    expected = api.get(path, headers=alice.headers).status_int
    assert expected >= 400
    assert api.head(path, headers=alice.headers, status=expected).body == b""


@pytest.mark.parametrize("path", ["/livez", "/user/alice", "/users", "/users/1", "/auth/sessions", "/openapi.json"])
def test_a_trailing_slash_means_the_same_as_none(api: Client, alice: Person, path: str) -> None:
    plain, slashed = [api.get(each, headers=alice.headers, status=200).json for each in (path, f"{path}/")]
    assert plain == slashed


def test_a_trailing_slash_means_the_same_when_writing(api: Client) -> None:
    api.post_json("/user/", {"username": "dave", "password": "a rather long one"}, status=201)
    api.post_json("/auth/", {"username": "dave", "password": "a rather long one"}, status=201)


def test_times_are_utc_with_a_z(api: Client, alice: Person) -> None:
    account = api.get("/user/alice", headers=alice.headers, status=200).json
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", account["created_at"])
