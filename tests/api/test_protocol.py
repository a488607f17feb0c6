"""What a head says of bodies on every route, and which form of an answer it asks for."""

from typing import Any

import pytest

from hooks.media import LARGEST_BODY
from models.defect import Defect
from models.defect_document import NewDefect
from models.task import Task
from models.task_kinds import NewDelay
from tests.people import Person, claims
from tests.security.asking import Answer, ask
from tests.security.cookies import cookie

GOOD = b'{"username": "mallory", "password": "a rather long one"}'

pytestmark = pytest.mark.usefixtures("stores")


def kind(answer: Answer) -> str:
    return str(answer.json["type"]).removeprefix("/problems/")


@pytest.mark.parametrize(
    "coding", ["gzip", "GZIP", "br", "deflate, gzip", "identity, gzip", "x", "\xff", "identity;q=1"]
)
def test_a_body_that_is_encoded_is_415(app: Any, root: Person, coding: str) -> None:
    for method, path in (("POST", "/user"), ("POST", "/auth"), ("PATCH", "/user/root"), ("POST", "/api/defects")):
        answer = ask(app, method, path, headers=root.headers | {"Content-Encoding": coding}, body=GOOD)
        assert (answer.status, kind(answer)) == (415, "unsupported-encoding")
        assert answer.headers["accept-encoding"] == "identity"
    assert "accept-encoding" not in ask(app, "POST", "/user", headers={"Content-Type": "text/plain"}, body=b"x").headers
    assert ask(app, "PATCH", "/user/root", headers={"Content-Encoding": coding}, body=GOOD).status == 401


@pytest.mark.parametrize("coding", ["", "identity", "Identity", " identity , identity"])
def test_a_body_that_says_it_is_not_encoded_is_taken(app: Any, coding: str) -> None:
    assert ask(app, "POST", "/user", headers={"Content-Encoding": coding}, body=GOOD).status == 201


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        ("TEXT/HTML", True),
        ("Text/Html;Q=0.5, application/json;q=0.4", True),
        ("text/*", True),
        ('text/html;a="x,y"', True),
        ('text/html;a="x\\",y"', True),
        ("text/html;q=0", False),
        ("TEXT/HTML;Q=0, */*", False),
        ("text/html, APPLICATION/JSON", False),
        ("application/json", False),
        ("*/*", False),
        ("nonsense", False),
    ],
)
def test_a_problem_is_a_page_for_whoever_would_rather_have_one(app: Any, accept: str, is_page: bool) -> None:
    answer = ask(app, "GET", "/problems/not-found", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("text/html" if is_page else "application/json")


def test_what_has_no_etag_is_not_written_under_if_none_match_either(app: Any, alice: Person) -> None:
    task = Task.submit(NewDelay(seconds=60), by=alice.as_actor())
    for path, status in ((f"/tasks/{task.id}", 200), (f"/auth/sessions/{claims(alice.token)['jti']}", 204)):
        answer = ask(app, "DELETE", path, headers=alice.headers | {"If-None-Match": "*"})
        assert (answer.status, kind(answer)) == (412, "outdated")
        assert ask(app, "DELETE", f"{path[:-4]}0000", headers=alice.headers | {"If-None-Match": "*"}).status == 404
        assert ask(app, "DELETE", path, headers=alice.headers | {"If-None-Match": '"*"'}).status == status


def test_a_restoration_and_a_retry_are_refused_under_if_none_match_too(app: Any, alice: Person, root: Person) -> None:
    Defect.report(NewDefect(comment="It leaks."), by=alice.as_actor())
    ask(app, "DELETE", f"/users/{alice.id}", headers=root.headers)
    for path in (f"/users/{alice.id}/restore", "/notifications/1/retry"):
        assert ask(app, "POST", path, headers=root.headers | {"If-None-Match": "*"}).status == 412
        assert ask(app, "POST", path, headers=root.headers).status == 200


def test_ending_all_sessions_under_if_none_match_is_refused_too(app: Any, alice: Person, root: Person) -> None:
    star = {"If-None-Match": "*"}
    for path, person in (("/auth/sessions", alice), ("/auth", alice), (f"/users/{alice.id}/sessions", root)):
        assert ask(app, "DELETE", path, headers=person.headers | star).status == 412
    assert ask(app, "GET", "/user/alice", headers=alice.headers).status == 200


def test_a_cookie_in_quotes_is_no_session(app: Any, root: Person) -> None:
    assert ask(app, "GET", "/users", headers=cookie(f'"{root.token}"')).status == 401
    padded = {"Cookie": f"a=b;c;\tsession={root.token} ; d"}
    assert ask(app, "GET", "/users", headers=padded).status == 200


@pytest.mark.parametrize("length", [LARGEST_BODY + 1, 10**9])
def test_what_the_head_says_against_a_body_is_said_before_the_body_is_read(app: Any, length: int) -> None:
    """So that a request with `Expect: 100-continue` is refused before its body is sent."""

    class Unread:
        def read(self, size: int = -1) -> bytes:
            raise AssertionError("the body was read")

    for headers, status in (
        ({"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(length)}, 413),
        ({"CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "5"}, 415),
        ({"CONTENT_LENGTH": "5"}, 415),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, 415),
        ({"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "5", "HTTP_CONTENT_ENCODING": "gzip"}, 415),
    ):
        for path in ("/user", "/auth"):
            environ: dict[str, Any] = {**headers, "wsgi.input": Unread()}
            assert ask(app, "POST", path, environ=environ).status == status
