"""What is borne, whatever was sent: the answer is no fault of ours, says what is wrong, and nothing is half done."""

import re
from typing import Any
from urllib.parse import unquote

import msgspec

from tests.security.asking import Answer, ask
from tests.security.rows import counts
from tests.test_conventions import HEADERS

SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
LEAKS = re.compile(rb"Traceback|sqlite|psycopg|SELECT |INSERT |\.py\b")


def assert_borne(app: Any, method: str, target: str, **options: Any) -> Answer:
    """Ask, and hold the answer against what R32 promises."""
    before = counts()
    answer = ask(app, method, target, **options)
    where = f"{method} {target[:80]!r}: {answer.status} {answer.body[:300]!r}"
    assert answer.status < 500, where
    assert SANE_ID.fullmatch(answer.headers["x-request-id"]), where
    assert_guarded(answer, where)
    if answer.status >= 400:
        for_people = re.match(r"/(admin|docs)(/|$)", unquote(target.partition("?")[0]))
        kind = "text/html; charset=utf-8" if for_people else "application/problem+json"
        assert answer.headers["content-type"] == kind, where
        assert counts() == before, where
        if method != "HEAD":
            assert_a_page(answer) if for_people else assert_a_problem(answer)
    return answer


def assert_guarded(answer: Answer, where: str) -> None:
    """The headers of every answer are on it; a page may run and show what is ours, as tests/pages/laws.py says."""
    is_page = answer.headers.get("content-type") == "text/html; charset=utf-8"
    policy = {"Content-Security-Policy": answer.headers["content-security-policy"], "Referrer-Policy": "same-origin"}
    guards = HEADERS | (policy if is_page else {})
    assert {name: answer.headers.get(name.lower()) for name in HEADERS} == guards, where


def assert_a_problem(answer: Answer) -> None:
    problem = msgspec.json.decode(answer.body)
    assert problem["status"] == answer.status
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["type"].startswith("/problems/") and problem["title"] and problem["detail"]
    if problem["type"] == "/problems/invalid-input":
        assert problem["errors"], "the fields at fault are named"
    assert not LEAKS.search(answer.body)


def assert_a_page(answer: Answer) -> None:
    """It is whole, and runs nothing that was sent."""
    assert answer.body.startswith(b"<!doctype html>") and answer.body.rstrip().endswith(b"</html>")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert b"<script>" not in answer.body
    assert not LEAKS.search(answer.body)
